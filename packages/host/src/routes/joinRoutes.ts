/**
 * The network's side of joining (NET-1, NET-2, NET-4): who holds the key of a node that is on the VN list, by a tuple
 * that its actor signed, and proves that it runs what the members have approved, gets the secrets; when it has caught up it is
 * made Trusted. That the caller holds the key was proved when the connection was made; evidence is judged here, by the committed
 * manifests, before anything secret is given, and once more by the primary, which writes it down with its decision.
 */
import { type Certificate, isIssuedBy } from '@coco/crypto';
import {
  decideAttestation,
  governanceTables,
  isQuarantined,
  type NetworkView,
  type NodeAttestation,
  type NodeView,
  verifyNodeTuple,
} from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { LedgerSecret } from '@coco/ledger';
import { fromUtf8, type NodeId, type Seqno, utf8 } from '@coco/primitives';
import type { HttpRequest, HttpResponse } from '../http.js';
import {
  decodeJoinAsk,
  type JoinAsk,
  type JoinSecrets,
  joinSecretsJson,
  ledgerSecretsJson,
  peerNodesJson,
} from '../joinProtocol.js';
import type { PeerNode } from '../nodeSecrets.js';
import { failure, json } from './answers.js';
import { type AppendedFacts, committedOrAppended } from './appended.js';
import { atPrimary, type NetworkFacts } from './networkRoutes.js';
import { type ProofFacts, proofOf } from './proof.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface JoinFacts extends NetworkFacts, ProofFacts, AppendedFacts {
  readonly serviceCertificate: Certificate;
  readonly isPrimary: () => boolean;
  /** Governance tables as committed. */
  readonly tables: () => Reader;
  /** A snapshot older than this cannot be caught up from any more. */
  readonly minimumSeqno: () => Seqno;
  /** The secrets for `node`, with a certificate made for it. */
  readonly secretsFor: (
    node: NodeView,
    certificate: Certificate,
  ) => Omit<JoinSecrets, 'minimumSeqno' | 'nodes'>;
  /** Those that hold whatever becomes of the log. */
  readonly ledgerSecrets: () => readonly LedgerSecret[];
  /** Makes a node Trusted when its evidence is accepted; the answer comes when that is committed. */
  readonly admit: (
    nodeId: NodeId,
    certificatePem: string,
    attestation: NodeAttestation,
  ) => Promise<HttpResponse>;
}

const retryAfter = { 'retry-after': '2' };

export function joinRoutes(facts: JoinFacts): readonly Route[] {
  const { string, integer, listOf, boolean } = plain;
  const nodes = listOf(ref('PeerNode'));
  const ledgerSecrets = listOf(ref('LedgerSecret'));
  return [
    {
      method: 'POST',
      path: '/node/join',
      summary: 'Takes in a node that is on the VN list: first its secrets, and when it is ready, its part',
      body: {
        oneOf: [
          objectOf({
            phase: { const: 'secrets' },
            constitution_digest: ref('EntityId'),
            platform: string,
            'evidence?': string,
          }),
          objectOf({
            phase: { const: 'ready' },
            constitution_digest: ref('EntityId'),
            platform: string,
            startup_seqno: integer,
            'evidence?': string,
          }),
        ],
      },
      answers: {
        200: {
          description: 'Secrets, or that the node is Trusted',
          schema: {
            oneOf: [
              objectOf({
                service_certificate: ref('Pem'),
                service_key: ref('Pem'),
                ledger_secrets: ledgerSecrets,
                node_certificate: ref('Pem'),
                minimum_seqno: integer,
                nodes,
              }),
              objectOf({ admitted: boolean, 'ledger_secrets?': ledgerSecrets, nodes }),
            ],
          },
        },
        307: { description: 'The primary takes nodes in' },
      },
      handle: (request) => join(facts, request),
    },
  ];
}

async function join(facts: JoinFacts, { request }: RouteRequest): Promise<HttpResponse> {
  const [leaf] = request.chain;
  if (leaf === undefined) {
    return failure(401, 'COCO_JOIN_CERTIFICATE', "connect with a certificate for the joining node's key");
  }
  const ask = decodeJoinAsk(request.body);
  if (ask === undefined) return failure(400, 'COCO_JOIN_REQUEST', 'this is not a request to join');
  const view = facts.network();
  const node = view.nodes.find(({ nodeId }) => nodeId === leaf.publicKey.fingerprint);
  const refusal = refusalOf(facts, view, ask, node);
  if (refusal !== undefined || node === undefined) return refusal ?? notListed;
  const asked = { view, node, leaf, request };
  return ask.phase === 'secrets' ? secrets(facts, asked, ask) : ready(facts, asked, ask);
}

/** Who asks, and of which network. */
interface Asked {
  readonly view: NetworkView;
  readonly node: NodeView;
  readonly leaf: Certificate;
  readonly request: HttpRequest;
}

const notListed = failure(
  403,
  'COCO_JOIN_NOT_LISTED',
  'this node is not on the VN list yet: its tuple, signed by its actor, must be accepted by vote; ask again then',
  retryAfter,
);

/** Why whoever holds the key of `node` is not to be taken in. */
function refusalOf(
  facts: JoinFacts,
  view: NetworkView,
  ask: JoinAsk,
  node: NodeView | undefined,
): HttpResponse | undefined {
  const admitted = Object.keys(view.manifests.tee);
  if (!admitted.includes(ask.platform)) {
    const sentence = `this network runs on ${admitted.join(', ') || 'no platform at all'}, and not on ${ask.platform}`;
    return failure(403, 'COCO_JOIN_PLATFORM', sentence);
  }
  if (ask.constitutionDigest !== view.constitutionDigest) {
    const sentence = `the constitution is ${view.constitutionDigest} now, not the one that was approved`;
    return failure(409, 'COCO_JOIN_CONSTITUTION', sentence);
  }
  if (node === undefined) return notListed;
  if (isQuarantined(node)) {
    const sentence =
      'this node is out of the network for now; it comes back by renewing its lease, not by joining';
    return failure(403, 'COCO_JOIN_QUARANTINED', sentence);
  }
  if (node.status === 'Retired') {
    const sentence = 'this node was removed from the network: it can only come back with a new key';
    return failure(403, 'COCO_JOIN_RETIRED', sentence);
  }
  return node.status === 'Pending' ? tupleRefusal(facts, node) : undefined;
}

/** The tuple is looked at once more: whoever forged a row of the VN list must not get the secrets by it. */
function tupleRefusal({ tables }: JoinFacts, node: NodeView): HttpResponse | undefined {
  const reader = tables();
  const row = reader.get(governanceTables.nodeTuples, utf8(node.nodeId));
  const verdict = verifyNodeTuple(reader, row === undefined ? undefined : parse(row));
  if (verdict.outcome === 'good') {
    const { tuple } = verdict;
    const same =
      tuple.nodeId === node.nodeId &&
      tuple.peerAddress === node.peerAddress &&
      tuple.administrativeAddress === node.administrativeAddress;
    if (same) return undefined;
  }
  const reason = verdict.outcome === 'refused' ? verdict.reason : 'it is about another node or address';
  return failure(403, 'COCO_JOIN_TUPLE', `the tuple of this node on the VN list does not hold: ${reason}`);
}

function parse(row: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(row) ?? '');
  } catch {
    return undefined;
  }
}

function secrets(facts: JoinFacts, { view, node, leaf, request }: Asked, ask: JoinAsk): HttpResponse {
  if (node.status === 'Trusted') {
    const sentence = 'this node takes part already; one that lost its disk must come back with a new key';
    return failure(409, 'COCO_JOIN_TRUSTED', sentence);
  }
  const proof = proofOf(facts, request, ask.evidence);
  if ('refused' in proof) return proof.refused;
  const { nodeId } = node;
  const decision = decideAttestation(facts.tables(), { ...proof.attestation, nodeId, purpose: 'join' });
  if (decision.outcome === 'refused') {
    return failure(403, decision.refusal.code, decision.refusal.sentence);
  }
  const given = facts.secretsFor(node, leaf);
  const minimumSeqno = facts.minimumSeqno();
  return json(200, joinSecretsJson({ ...given, minimumSeqno, nodes: peerNodes(view) }));
}

async function ready(
  facts: JoinFacts,
  { view, node, leaf, request }: Asked,
  ask: Extract<JoinAsk, { readonly phase: 'ready' }>,
): Promise<HttpResponse> {
  if (node.status === 'Trusted') return admitted(view);
  const now = facts.nowMs();
  const endorsed =
    isIssuedBy(leaf, facts.serviceCertificate) && now >= leaf.notBeforeMs && now <= leaf.notAfterMs;
  if (!endorsed) {
    const sentence = 'connect with the certificate that the service issued to this node, while it is valid';
    return failure(403, 'COCO_JOIN_CERTIFICATE', sentence);
  }
  if (!facts.isPrimary()) return atPrimary(facts, '/node/join');
  const minimum = facts.minimumSeqno();
  if (ask.startupSeqno < minimum) {
    const sentence = `the node stands at entry ${ask.startupSeqno}, and the entries up to ${minimum} are not kept here: it needs a newer snapshot`;
    return failure(409, 'COCO_JOIN_SNAPSHOT_OLD', sentence);
  }
  const proof = proofOf(facts, request, ask.evidence);
  if ('refused' in proof) return proof.refused;
  const { nodeId } = node;
  const admission = facts.admit(nodeId, leaf.pem, proof.attestation);
  const answer = await committedOrAppended(admission, nodeId, facts);
  if (answer !== undefined && answer.status !== 200) return answer;
  // The secret may have changed since it got its own.
  const { headers = {} } = answer ?? {};
  return { ...admitted(facts.network(), facts.ledgerSecrets()), headers };
}

function admitted(view: NetworkView, secrets?: readonly LedgerSecret[]): HttpResponse {
  const told = secrets && { ledger_secrets: ledgerSecretsJson(secrets) };
  return json(200, { admitted: true, ...told, nodes: peerNodesJson(peerNodes(view)) });
}

function peerNodes({ nodes }: NetworkView): readonly PeerNode[] {
  return nodes.filter(({ status }) => status === 'Trusted');
}
