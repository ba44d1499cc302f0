/**
 * Schemas of what built-in endpoints answer (JSON Schema 2020-12, as OpenAPI 3.1 has it). Shapes are CCF's where it has
 * the endpoint.
 */

export type Schema = Readonly<Record<string, unknown>>;

const string: Schema = { type: 'string' };
const integer: Schema = { type: 'integer', minimum: 0 };
const boolean: Schema = { type: 'boolean' };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });

/** An object with these properties; those whose name ends in "?" need not be there. */
export function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(properties);
  return {
    type: 'object',
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), properties[name]])),
  };
}

/** A reference to one of `componentSchemas`. */
export function ref(name: keyof typeof componentSchemas): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const refTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export const plain = { string, integer, boolean, listOf, mapOf } as const;

export const componentSchemas = {
  Error: objectOf({
    error: objectOf({ code: string, message: string, 'details?': listOf(mapOf({})) }),
  }),
  TransactionId: { type: 'string', pattern: '^[0-9]+\\.[0-9]+$' },
  EntityId: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  Pem: string,
  TxStatus: { type: 'string', enum: ['Unknown', 'Pending', 'Committed', 'Invalid'] },
  NodeStatus: { type: 'string', enum: ['Pending', 'Trusted', 'Retired'] },
  /** Times in milliseconds since 1970. */
  Lease: objectOf({
    state: { type: 'string', enum: ['held', 'lapsed', 'distrusted'] },
    granted_at: integer,
    expires_at: integer,
    'reason?': objectOf({ code: string, sentence: string }),
  }),
  /** What attestation in this network is worth: that of the weakest entry of its TEE manifest. */
  Assurance: objectOf({
    level: { type: 'string', enum: ['none', 'reduced', 'full'] },
    'weakest?': string,
    reasons: listOf(string),
  }),
  /** What executing again what other nodes executed has shown since the start of the node. */
  Sampling: objectOf({
    /** Everything is executed again, whatever the fraction. */
    all: boolean,
    fraction_ppm: integer,
    equal: integer,
    differing: integer,
    unrepeatable: integer,
    dropped: integer,
    alarms: listOf(
      objectOf({
        transaction_id: refTo('TransactionId'),
        'primary_id?': refTo('EntityId'),
        /** On the ledger. */
        written: boolean,
        'trouble?': string,
      }),
    ),
  }),
  Interface: objectOf({ bind_address: string, published_address: string }),
  Node: objectOf({
    node_id: refTo('EntityId'),
    status: refTo('NodeStatus'),
    primary: boolean,
    rpc_interfaces: mapOf(refTo('Interface')),
    node_to_node_interface: refTo('Interface'),
    node_data: { type: ['object', 'null'] },
    retired_committed: boolean,
    'platform?': string,
    'code_id?': refTo('EntityId'),
    'attested_at?': integer,
    'lease?': refTo('Lease'),
  }),
  Receipt: objectOf({
    signature: string,
    cert: refTo('Pem'),
    node_id: refTo('EntityId'),
    'leaf?': string,
    'leaf_components?': objectOf({
      write_set_digest: string,
      commit_evidence: string,
      'claims_digest?': string,
    }),
    proof: listOf(objectOf({ 'left?': string, 'right?': string })),
    'service_endorsements?': listOf(refTo('Pem')),
  }),
  /** Keys and values are base64, and so is `entry`: all its bytes, when nothing in it is private. */
  LedgerEntry: objectOf({
    transaction_id: refTo('TransactionId'),
    signature: boolean,
    entry_type: integer,
    size: integer,
    private_size: integer,
    write_set_digest: refTo('EntityId'),
    'claims_digest?': refTo('EntityId'),
    tables: listOf(
      objectOf({
        name: string,
        puts: listOf(objectOf({ key: string, value: string })),
        removes: listOf(string),
      }),
    ),
    'entry?': string,
    'receipt?': refTo('Receipt'),
    'receipt_cose?': string,
  }),
  Actor: objectOf({ id: refTo('EntityId'), name: string, status: string }),
  LedgerSecret: objectOf({ from_seqno: plain.integer, key: plain.string }),
  PeerNode: objectOf({
    node_id: refTo('EntityId'),
    peer_address: string,
    administrative_address: string,
  }),
  OpenApi: objectOf({
    openapi: string,
    info: mapOf({}),
    'servers?': listOf(mapOf({})),
    paths: mapOf(mapOf({})),
    components: mapOf({}),
  }),
} as const satisfies Readonly<Record<string, Schema>>;
