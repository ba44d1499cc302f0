/**
 * A network of one governance store for tests: what the replica does around `Governance`, without ledger or consensus.
 */
import type { AdapterRequest, Caller } from '@coco/adapter';
import { coseSign1 } from '@coco/crypto';
import { createStore, type Store } from '@coco/kv';
import { fromUtf8, utf8 } from '@coco/primitives';
import { genesisTables } from '../genesis.js';
import { governanceOver } from '../governance.js';
import type { ConstitutionScripts } from '../proposals/scriptPort.js';
import { defaultGovernanceSettings } from '../settings.js';
import type { Governance, GovernanceSettings, VotingPolicy } from '../types.js';
import { type Identity, makeIdentity, testTimeMs } from './identities.js';
import { toyScripts } from './toyScripts.js';

export interface WorldOptions {
  readonly members?: readonly Identity[];
  readonly constitution?: string;
  readonly votingPolicies?: Readonly<Record<string, VotingPolicy>>;
  readonly scripts?: ConstitutionScripts;
  readonly settings?: Partial<GovernanceSettings>;
  readonly governance?: Governance;
}

export interface World {
  readonly store: Store;
  readonly governance: Governance;
  readonly members: readonly Identity[];
  readonly participant: Identity;
  readonly service: Identity;
  readonly node: Identity;
  nowMs: number;
  /** Sends one request; commits what it wrote. */
  send(request: Partial<AdapterRequest> & { readonly path: string }): Answered;
  get(path: string, caller?: Caller): Answered;
  post(path: string, body: Uint8Array): Answered;
  propose(member: Identity, ...actions: readonly unknown[]): Answered;
  vote(member: Identity, proposalId: string, ballot: unknown): Answered;
}

export interface Answered {
  readonly status: number;
  readonly writes: boolean;
  readonly json: Record<string, unknown>;
  readonly text: string;
  /** Code of the error, if it is one. */
  readonly code: string;
  readonly triggers: unknown;
}

export function createWorld(options: WorldOptions = {}): World {
  const members = options.members ?? [1, 2, 3].map((number) => makeIdentity({ name: `member ${number}` }));
  const participant = makeIdentity({ name: 'participant' });
  const service = makeIdentity({ name: 'service', isCa: true });
  const node = makeIdentity({ name: 'node', issuer: service });
  const settings = { ...defaultGovernanceSettings, ...options.settings };
  const governance = options.governance ?? governanceOver(() => options.scripts ?? toyScripts, settings);
  const store = createStore();
  const genesis = genesisTables({
    serviceCertificatePem: service.certificate.pem,
    constitution: options.constitution ?? 'toy',
    members: members.map(({ certificate }) => ({
      certificatePem: certificate.pem,
      name: certificate.subject.slice(3),
    })),
    participants: [{ certificatePem: participant.certificate.pem, name: 'participant' }],
    nodes: [
      {
        nodeId: node.key.publicKey.fingerprint,
        certificatePem: node.certificate.pem,
        peerAddress: 'a:1',
        applicationAddress: 'a:2',
        administrativeAddress: 'a:3',
        actorId: members[0]?.id ?? '',
      },
    ],
    votingPolicies: options.votingPolicies ?? { default: { kind: 'majority' } },
  });
  store.apply(genesis, 1);
  const world: World = {
    store,
    governance,
    members,
    participant,
    service,
    node,
    nowMs: testTimeMs,
    send(request) {
      const { method = 'GET', path, query = 'api-version=2024-07-01', headers = {} } = request;
      const { body = new Uint8Array(0), caller = { kind: 'anonymous' } } = request;
      const transaction = store.begin();
      const { response, writes, triggers } = governance.handle(
        { method, path, query, headers, body, caller },
        transaction,
        {
          nowMs: world.nowMs,
          root: () => new Uint8Array(32).fill(store.head),
          committed: { view: 2, seqno: store.head },
          txStatus: () => 'Committed',
        },
      );
      if (writes) store.commit(transaction, store.head + 1);
      return answered(response.status, response.body, writes, triggers);
    },
    get: (path, caller) => world.send({ path, ...(caller !== undefined && { caller }) }),
    post: (path, body) =>
      world.send({ method: 'POST', path, body, headers: { 'content-type': 'application/cose' } }),
    propose: (member, ...actions) =>
      world.post('/gov/members/proposals:create', signed(world, member, 'proposal', { actions })),
    vote: (member, proposalId, ballot) =>
      world.post(
        `/gov/members/proposals/${proposalId}/ballots/${member.id}:submit`,
        signed(world, member, 'ballot', { ballot }, { proposalId }),
      ),
  };
  return world;
}

export interface SignOptions {
  readonly proposalId?: string;
  /** Default: the time of the world, and every second a new one. */
  readonly createdAt?: unknown;
  /** The actor in whose name; default the signer. */
  readonly keyId?: unknown;
  readonly chain?: readonly Identity[];
  readonly header?: ReadonlyMap<unknown, unknown>;
}

/** A COSE_Sign1 of `payload` (JSON, or bytes). */
export function signed(
  world: Pick<World, 'nowMs'>,
  signer: Identity,
  type: unknown,
  payload: unknown,
  options: SignOptions = {},
): Uint8Array {
  const { proposalId, chain } = options;
  const keyId = 'keyId' in options ? options.keyId : signer.id;
  const header = new Map<unknown, unknown>([
    [4, typeof keyId === 'string' ? utf8(keyId) : keyId],
    ['ccf.gov.msg.type', type],
    ['ccf.gov.msg.created_at', 'createdAt' in options ? options.createdAt : Math.floor(world.nowMs / 1000)],
  ]);
  if (proposalId !== undefined) header.set('ccf.gov.msg.proposal_id', proposalId);
  for (const [label, value] of options.header ?? []) header.set(label, value);
  for (const [label, value] of [...header]) if (value === undefined) header.delete(label);
  const ders = chain?.map(({ certificate }) => certificate.der);
  return coseSign1({
    protectedHeader: header,
    ...(ders !== undefined && { unprotectedHeader: new Map([[33, ders.length === 1 ? ders[0] : ders]]) }),
    payload: payload instanceof Uint8Array ? payload : utf8(JSON.stringify(payload)),
    key: signer.key,
  });
}

function answered(status: number, body: Uint8Array, writes: boolean, triggers: unknown): Answered {
  const text = fromUtf8(body) ?? '';
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text);
  } catch {
    // Scripts, and nothing.
  }
  const error = json['error'] as { readonly code?: string } | undefined;
  return { status, writes, json, text, code: error?.code ?? '', triggers };
}
