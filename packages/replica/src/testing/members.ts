/**
 * Members and their signed requests, in CCF's format (COSE_Sign1), made from nothing but the COSE of the crypto room; and
 * a constitution that is small enough to know by heart.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import {
  type Certificate,
  coseSign1,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
} from '@coco/crypto';
import { type NodeTuple, nodeTuplePayload, nodeTupleRow } from '@coco/governance';
import { fromUtf8, toBase64, utf8 } from '@coco/primitives';

export interface TestMember {
  readonly id: string;
  readonly name: string;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

export function createMember(name: string): TestMember {
  const key = generateKeyPair();
  const certificate = issueCertificate(
    {
      notBeforeMs: 0,
      notAfterMs: 4_000_000_000_000,
      serialNumber: new Uint8Array(16).fill(3),
      subjectCommonName: name,
      publicKey: key.publicKey,
      isCa: false,
    },
    { key, subjectCommonName: name },
  );
  return { id: certificate.fingerprint, name, key, certificate };
}

/** Signs what a member says, as its own client would. */
function signed(
  member: TestMember,
  type: string,
  { payload, proposalId, createdAt }: { payload: Uint8Array; proposalId?: string; createdAt?: number },
): Uint8Array {
  const protectedHeader = new Map<unknown, unknown>([
    [4, utf8(member.id)],
    ['ccf.gov.msg.type', type],
  ]);
  if (createdAt !== undefined) protectedHeader.set('ccf.gov.msg.created_at', createdAt);
  if (proposalId !== undefined) protectedHeader.set('ccf.gov.msg.proposal_id', proposalId);
  return coseSign1({ protectedHeader, payload, key: member.key });
}

function post(path: string, body: Uint8Array): AdapterRequest {
  return {
    method: 'POST',
    path,
    query: 'api-version=2024-07-01',
    headers: { 'content-type': 'application/cose' },
    body,
    caller: { kind: 'anonymous' },
  };
}

/** Any two members' proposals must differ in time, or one would be a replay of the other. */
let createdAt = 1;

export interface TestAction {
  readonly name: string;
  readonly args: unknown;
}

export function proposalRequest(member: TestMember, actions: readonly TestAction[]): AdapterRequest {
  const payload = utf8(JSON.stringify({ actions }));
  return post(
    '/gov/members/proposals:create',
    signed(member, 'proposal', { payload, createdAt: createdAt++ }),
  );
}

export function ballotRequest(member: TestMember, proposalId: string, inFavour = true): AdapterRequest {
  const ballot = `export function vote () { return ${inFavour}; }`;
  const payload = utf8(JSON.stringify({ ballot }));
  const path = `/gov/members/proposals/${proposalId}/ballots/${member.id}:submit`;
  return post(path, signed(member, 'ballot', { payload, proposalId, createdAt: createdAt++ }));
}

export function readRequest(path: string): AdapterRequest {
  return { ...post(path, new Uint8Array(0)), method: 'GET', headers: {} };
}

/** The action that puts a node on the VN list, with the tuple signed by `member`. */
export function addNodeAction(member: TestMember, tuple: Omit<NodeTuple, 'actor'>): TestAction {
  const whole = { ...tuple, actor: member.id };
  const cose = signed(member, 'vn_tuple', { payload: nodeTuplePayload(whole) });
  return { name: 'add_node', args: nodeTupleRow(whole, toBase64(cose)) };
}

export function bodyOf(response: AdapterResponse | undefined): Record<string, unknown> {
  return JSON.parse(fromUtf8(response?.body ?? new Uint8Array(0)) || '{}') as Record<string, unknown>;
}

/** A majority decides; the actions that these tests need. */
export const testConstitution = `
const nodes = () => ccf.kv['public:ccf.gov.nodes.info'];
const json = (value) => ccf.jsonCompatibleToBuf(value);
const actions = {
  add_node: (args) => {
    const id = ccf.strToBuf(args.node_id);
    const side = (address) => ({ bind_address: address, published_address: address });
    nodes().set(id, json({
      node_to_node_interface: side(args.peer_address),
      public_key: args.public_key,
      quote_info: { format: 'Insecure_Virtual', quote: '', endorsements: '' },
      rpc_interfaces: { application: side(args.application_address), administrative: side(args.administrative_address) },
      status: 'Pending',
    }));
    ccf.kv['public:coco.nodes.tuples'].set(id, json(args));
  },
  remove_node: ({ node_id }) => {
    const id = ccf.strToBuf(node_id);
    nodes().set(id, json({ ...ccf.bufToJsonCompatible(nodes().get(id)), status: 'Retired' }));
  },
  remove_member: ({ member_id }) => {
    for (const table of ['certs', 'info']) ccf.kv['public:ccf.gov.members.' + table].delete(ccf.strToBuf(member_id));
  },
  set_voting_policy: ({ name, policy }) => {
    ccf.kv['public:coco.voting_policies'].set(ccf.strToBuf(name), json(policy));
  },
  set_row: ({ table, key, value }) => {
    const rows = ccf.kv['public:' + table];
    const at = key === undefined ? new ArrayBuffer(8) : ccf.strToBuf(key);
    if (value === undefined) rows.delete(at);
    else rows.set(at, json(value));
  },
  set_node_certificate_validity: ({ node_id, valid_from, validity_period_days }) => {
    coco.renewNodeCertificate(node_id, valid_from, validity_period_days);
  },
  trigger_ledger_rekey: () => ccf.node.triggerLedgerRekey(),
  trigger_snapshot: () => ccf.node.triggerSnapshot(),
  trigger_ledger_chunk: () => ccf.node.triggerLedgerChunk(),
};
export function validate(input) {
  const unknown = JSON.parse(input).actions.filter(({ name }) => actions[name] === undefined);
  return { valid: unknown.length === 0, description: unknown.map(({ name }) => name).join(' ') };
}
export function resolve(proposal, proposerId, votes) {
  const favour = votes.filter(({ vote }) => vote).length;
  let members = 0;
  ccf.kv['public:ccf.gov.members.info'].forEach(() => { members += 1; });
  const policy = ccf.kv['public:coco.voting_policies'].get(ccf.strToBuf('default'));
  const { kind } = ccf.bufToJsonCompatible(policy);
  const needed = kind === 'unanimous' ? members : kind === 'one_of_n' ? 1 : Math.floor(members / 2) + 1;
  return favour >= needed ? 'Accepted' : 'Open';
}
export function apply(proposal) {
  for (const { name, args } of JSON.parse(proposal).actions) actions[name](args);
}
`;
