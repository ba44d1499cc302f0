/**
 * The primary's side of leases (MIT-2): a node on the VN list that proves anew what it runs may take part for as long as the
 * members have decided; one that is out for now comes back by it.
 */
import { isQuarantined, type NetworkView, type NodeAttestation } from '@coco/governance';
import type { LedgerSecret } from '@coco/ledger';
import type { NodeId, Seqno } from '@coco/primitives';
import type { NodeCustody } from '../custody/custody.js';
import type { HttpResponse } from '../http.js';
import { decodeLeaseAsk, ledgerSecretsJson, peerNodesJson } from '../joinProtocol.js';
import { wipeLedgerSecrets } from '../nodeSecrets.js';
import { failure, json } from './answers.js';
import { type AppendedFacts, committedOrAppended } from './appended.js';
import { leaseJson } from './leaseJson.js';
import { atPrimary, type NetworkFacts } from './networkRoutes.js';
import { type ProofFacts, proofOf } from './proof.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface LeaseFacts extends NetworkFacts, ProofFacts, AppendedFacts {
  readonly isPrimary: () => boolean;
  /** Those that nobody could bring back. */
  readonly ledgerSecrets: () => readonly LedgerSecret[];
  readonly custody: Pick<NodeCustody, 'secretFrom'>;
  /** Grants a lease when the evidence is accepted; the answer comes when that is committed. */
  readonly renewLease: (
    nodeId: NodeId,
    attestation: NodeAttestation,
    lastSeqno: Seqno,
  ) => Promise<HttpResponse>;
}

const { string, integer, boolean, listOf } = plain;

export function leaseRoutes(facts: LeaseFacts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/node/lease',
      summary:
        'Renews the lease of a node that proves what it runs; one that is quarantined comes back by it',
      body: objectOf({ last_seqno: integer, 'secrets?': boolean, 'evidence?': string }),
      answers: {
        200: {
          description: 'The lease, and who takes part',
          schema: objectOf({
            lease: ref('Lease'),
            'ledger_secrets?': listOf(ref('LedgerSecret')),
            nodes: listOf(ref('PeerNode')),
          }),
        },
        307: { description: 'The primary grants leases' },
      },
      handle: (request) => lease(facts, request),
    },
  ];
}

async function lease(facts: LeaseFacts, { request }: RouteRequest): Promise<HttpResponse> {
  const [leaf] = request.chain;
  const nodeId = leaf?.publicKey.fingerprint;
  const node = facts.network().nodes.find((one) => one.nodeId === nodeId);
  if (nodeId === undefined || node === undefined) return unknown;
  const ask = decodeLeaseAsk(request.body);
  if (ask === undefined) return failure(400, 'COCO_JOIN_REQUEST', 'this is not a request for a lease');
  if (!facts.isPrimary()) return atPrimary(facts, '/node/lease');
  if (node.status === 'Pending') return notJoined;
  if (node.status === 'Retired' && !isQuarantined(node)) return removed;
  const proof = proofOf(facts, request, ask.evidence);
  if ('refused' in proof) return proof.refused;
  const renewal = facts.renewLease(nodeId, proof.attestation, ask.lastSeqno);
  // A node that was out got nothing that was written since, nor the secrets that were told there.
  const isToBeTold = ask.secrets || isQuarantined(node);
  const answer = isToBeTold ? await committedOrAppended(renewal, nodeId, facts) : await renewal;
  if (answer !== undefined && answer.status !== 200) return answer;
  // By the row of its ledger nobody can bring that back; by a later one, which it does not have, this node can.
  const lacked = ask.secrets ? await facts.custody.secretFrom(ask.lastSeqno + 1) : [];
  try {
    const view = answer === undefined ? facts.head() : facts.network();
    const secrets = isToBeTold ? [...facts.ledgerSecrets(), ...lacked] : undefined;
    return granted(view, nodeId, answer?.headers ?? {}, secrets);
  } finally {
    wipeLedgerSecrets(lacked);
  }
}

function granted(
  { nodes }: NetworkView,
  nodeId: NodeId,
  headers: HttpResponse['headers'],
  secrets: readonly LedgerSecret[] | undefined,
): HttpResponse {
  const found = nodes.find((one) => one.nodeId === nodeId)?.lease;
  if (found === undefined) return removed;
  const trusted = nodes.filter(({ status }) => status === 'Trusted');
  const told = secrets && { ledger_secrets: ledgerSecretsJson(secrets) };
  return json(200, { lease: leaseJson(found), ...told, nodes: peerNodesJson(trusted) }, headers);
}

const unknown = failure(
  403,
  'COCO_LEASE_UNKNOWN',
  'leases are for nodes on the VN list: connect with the certificate of one',
);
const notJoined = failure(
  403,
  'COCO_LEASE_UNKNOWN',
  'the node has not joined yet: its first lease comes with that',
);
const removed = failure(403, 'COCO_LEASE_REMOVED', 'the node was removed by vote, and cannot come back');
