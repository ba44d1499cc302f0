/**
 * An alarm (MIT-3) and its row: see alarms.ts. What comes from other nodes is read here, once.
 */
import { formatTxId, type NodeId, parseTxId, type TxId } from '@coco/primitives';
import { countOf, isJsonObject, type JsonObject } from './rows.js';

/** What a node says of a transaction that does not come out as it was recorded. */
export interface Alarm {
  /** Who says it. */
  readonly nodeId: NodeId;
  readonly txId: TxId;
  /** Who signed the entry. */
  readonly primaryId: NodeId;
  /** Of the entry as it stands in the ledger: lower-case hex, as in its receipt. */
  readonly writeSetDigest: string;
  /** Keyed digests of what was recorded and of what comes out: lower-case hex. Absent when the secret is gone. */
  readonly recorded?: string;
  readonly reexecuted?: string;
  /** Whether what the receipt proves besides differs. */
  readonly claims: boolean;
  /** How many rows differ. */
  readonly rowCount: number;
  /** The first of them. */
  readonly rows: readonly AlarmRow[];
  /** Milliseconds since 1970, by the clock of the node. */
  readonly raisedAtMs: number;
  /** Parsed JSON. */
  readonly receipt: JsonObject;
  readonly certificatePem: string;
  /** Base64. */
  readonly signature: string;
}

/** A row that differs; its key as lower-case hex, or a keyed digest of it in a private table. */
export type AlarmRow =
  | { readonly table: string; readonly key: string }
  | { readonly table: string; readonly key_digest: string }
  /** Of a private table, when the secret is gone. */
  | { readonly table: string };

const rowsMax = 16;
const tableCharsMax = 256;
const keyCharsMax = 256;
const receiptCharsMax = 16_384;
const pemCharsMax = 8192;
const signatureCharsMax = 256;

/** The alarm as it is written down, sent, and signed: in this order. */
export function alarmRow(alarm: Alarm): JsonObject {
  const { recorded, reexecuted } = alarm;
  return {
    node_id: alarm.nodeId,
    transaction_id: formatTxId(alarm.txId),
    primary_id: alarm.primaryId,
    write_set_digest: alarm.writeSetDigest,
    ...(recorded !== undefined && { recorded }),
    ...(reexecuted !== undefined && { reexecuted }),
    claims: alarm.claims,
    row_count: alarm.rowCount,
    rows: alarm.rows,
    raised_at: alarm.raisedAtMs,
    receipt: alarm.receipt,
    cert: alarm.certificatePem,
    signature: alarm.signature,
  };
}

/** The alarm that `value` is; undefined when it is none, or larger than any. */
export function parseAlarm(value: unknown): Alarm | undefined {
  if (!isJsonObject(value)) return undefined;
  const nodeId = digestIn(value['node_id']);
  const primaryId = digestIn(value['primary_id']);
  const writeSetDigest = digestIn(value['write_set_digest']);
  const txId = parseTxId(textUpTo(value['transaction_id'], 40) ?? '');
  const rowCount = countOf(value['row_count']);
  const raisedAtMs = countOf(value['raised_at']);
  const rows = rowsIn(value['rows']);
  const claims = value['claims'];
  const receipt = value['receipt'];
  const certificatePem = textUpTo(value['cert'], pemCharsMax);
  const signature = textUpTo(value['signature'], signatureCharsMax);
  const digests = keyedDigests(value);
  if (nodeId === undefined || primaryId === undefined || writeSetDigest === undefined) return undefined;
  if (txId === undefined || rowCount === undefined || raisedAtMs === undefined) return undefined;
  if (rows === undefined || digests === undefined || typeof claims !== 'boolean') return undefined;
  if (certificatePem === undefined || signature === undefined) return undefined;
  if (!isJsonObject(receipt) || JSON.stringify(receipt).length > receiptCharsMax) return undefined;
  const facts = { nodeId, txId, primaryId, writeSetDigest, ...digests, claims, rowCount, rows, raisedAtMs };
  return { ...facts, receipt, certificatePem, signature };
}

function keyedDigests(value: JsonObject): Pick<Alarm, 'recorded' | 'reexecuted'> | undefined {
  if (value['recorded'] === undefined && value['reexecuted'] === undefined) return {};
  const recorded = digestIn(value['recorded']);
  const reexecuted = digestIn(value['reexecuted']);
  return recorded === undefined || reexecuted === undefined ? undefined : { recorded, reexecuted };
}

function rowsIn(value: unknown): readonly AlarmRow[] | undefined {
  if (!Array.isArray(value) || value.length > rowsMax) return undefined;
  const rows = value.map(rowIn).filter((row) => row !== undefined);
  return rows.length === value.length ? rows : undefined;
}

function rowIn(value: unknown): AlarmRow | undefined {
  if (!isJsonObject(value)) return undefined;
  const table = textUpTo(value['table'], tableCharsMax);
  if (table === undefined) return undefined;
  const names = Object.keys(value).length;
  const key = textUpTo(value['key'], keyCharsMax);
  if (names === 2 && key !== undefined && /^[0-9a-f]*$/.test(key)) return { table, key };
  const digest = digestIn(value['key_digest']);
  if (names === 2 && digest !== undefined) return { table, key_digest: digest };
  return names === 1 ? { table } : undefined;
}

/** SHA-256 in lower-case hex: an id, or a digest. */
function digestIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined;
}

function textUpTo(value: unknown, charsMax: number): string | undefined {
  return typeof value === 'string' && value.length <= charsMax ? value : undefined;
}
