/**
 * The constitution for people: its digest, and what it says of members, participants, votes and nodes (GOV-8). Everything
 * else of it, scripts included, is under /gov.
 */
import { type ActorView, type NetworkView, readVotingPolicies, votingPolicyRow } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { json } from './answers.js';
import type { Route } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface ConstitutionFacts {
  /** As committed. */
  readonly network: () => NetworkView;
  /** Governance tables as committed. */
  readonly tables: () => Reader;
}

export function constitutionRoutes({ network, tables }: ConstitutionFacts): readonly Route[] {
  const { string, listOf, mapOf } = plain;
  const actors = listOf(ref('Actor'));
  const node = objectOf({
    node_id: ref('EntityId'),
    status: ref('NodeStatus'),
    actor: { type: ['string', 'null'] },
  });
  return [
    {
      method: 'GET',
      path: '/node/constitution',
      summary: 'The constitution in short, for whoever is to approve it',
      answers: {
        200: {
          description: 'Digest and summary',
          schema: objectOf({
            constitution_digest: ref('EntityId'),
            service_status: string,
            members: actors,
            participants: actors,
            voting_policies: mapOf({}),
            nodes: listOf(node),
          }),
        },
      },
      handle: () => {
        const view = network();
        return json(200, {
          constitution_digest: view.constitutionDigest,
          service_status: view.serviceStatus,
          members: view.members.map(actorOf),
          participants: view.participants.map(actorOf),
          voting_policies: policiesOf(tables()),
          nodes: view.nodes.map(({ nodeId, status, actorId }) => ({
            node_id: nodeId,
            status,
            actor: actorId ?? null,
          })),
        });
      },
    },
  ];
}

function actorOf({ id, name, status }: ActorView): unknown {
  return { id, name, status };
}

function policiesOf(tables: Reader): unknown {
  const policies = Object.entries(readVotingPolicies(tables));
  return Object.fromEntries(policies.map(([name, policy]) => [name, votingPolicyRow(policy)]));
}
