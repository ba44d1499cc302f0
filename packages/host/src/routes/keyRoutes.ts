/**
 * The primary's side of making the network's key (CONF-3): takes what nodes contribute to a ceremony, and writes it to the ledger.
 */
import { decodeKeyContribution, type KeyContribution, type NetworkView } from '@coco/governance';
import { CocoError, type NodeId } from '@coco/primitives';
import type { HttpResponse } from '../http.js';
import { failure } from './answers.js';
import { atPrimary, type NetworkFacts } from './networkRoutes.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain } from './schemas.js';

export interface KeyFacts extends NetworkFacts {
  readonly isPrimary: () => boolean;
  readonly network: () => NetworkView;
  /** Writes it down, or says why not; the answer comes when that is committed. */
  readonly contribute: (nodeId: NodeId, contribution: KeyContribution) => Promise<HttpResponse>;
}

export function keyRoutes(facts: KeyFacts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/node/network-key',
      summary: "What a node that takes part contributes to making the network's key, or its shares anew",
      body: { type: 'object' },
      answers: {
        200: { description: 'It is on the ledger', schema: objectOf({ node_id: plain.string }) },
        307: { description: 'The primary takes contributions' },
      },
      handle: (request) => contribute(facts, request),
    },
  ];
}

async function contribute(facts: KeyFacts, { request }: RouteRequest): Promise<HttpResponse> {
  const [leaf] = request.chain;
  const nodeId = leaf?.publicKey.fingerprint;
  const node = facts.network().nodes.find((one) => one.nodeId === nodeId);
  if (nodeId === undefined || node?.status !== 'Trusted') return unlisted;
  if (!facts.isPrimary()) return atPrimary(facts, '/node/network-key');
  try {
    return await facts.contribute(nodeId, decodeKeyContribution(request.body));
  } catch (error) {
    if (error instanceof CocoError) return failure(400, error.code, error.message);
    throw error;
  }
}

const unlisted = failure(
  403,
  'COCO_KEY_UNLISTED',
  "only nodes that take part make the network's key: connect with the certificate of one",
);
