/**
 * What a node tells of the network: its service, the constitution, who takes part, who is primary, and which nodes can
 * be shut down.
 */
import { networkAssurance } from '@coco/attestation';
import type { NetworkView, NodeView } from '@coco/governance';
import type { NodeId } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { HttpResponse } from '../http.js';
import { empty, failure, json, redirect } from './answers.js';
import { leaseJson } from './leaseJson.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface NetworkFacts {
  readonly nodeId: NodeId;
  readonly replica: Pick<Replica, 'status'>;
  /** As committed. */
  readonly network: () => NetworkView;
}

export interface RemovalFacts extends NetworkFacts {
  /** Takes a removed node off the list; the answer comes when that is committed. */
  readonly forget: (nodeId: NodeId) => Promise<HttpResponse>;
}

const { integer, listOf } = plain;

/** The primary, if one is known. */
export function primaryOf({ replica }: Pick<NetworkFacts, 'replica'>): NodeId | undefined {
  const { consensus } = replica.status();
  return consensus.leadership === 'Leader' ? consensus.nodeId : consensus.primary;
}

/** 307 to the primary's administrative address, or 503 when none is known. */
export function atPrimary(facts: NetworkFacts, path: string, status: 307 | 308 = 307): HttpResponse {
  const primary = primaryOf(facts);
  const address = facts.network().nodes.find(({ nodeId }) => nodeId === primary)?.administrativeAddress;
  if (address !== undefined && address !== '') return redirect(status, `https://${address}${path}`);
  const sentence = 'the network has no primary at the moment; try again';
  return failure(503, 'PrimaryNotFound', sentence, { 'retry-after': '1' });
}

export function networkRoutes(facts: RemovalFacts): readonly Route[] {
  return [...serviceRoutes(facts), ...nodeListRoutes(facts), ...roleRoutes(facts), ...removalRoutes(facts)];
}

function serviceRoutes(facts: NetworkFacts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/network',
      summary: 'The service',
      answers: {
        200: {
          description: 'The service',
          schema: objectOf({
            service_status: plain.string,
            service_certificate: ref('Pem'),
            constitution_digest: ref('EntityId'),
            current_view: integer,
            primary_id: { type: ['string', 'null'] },
            assurance: ref('Assurance'),
            lease_seconds: integer,
            /** On the primary: why nodes take part that should not. */
            'lease_trouble?': plain.string,
            'rekey_trouble?': plain.string,
          }),
        },
      },
      handle: () => {
        const { serviceStatus, serviceCertificatePem, constitutionDigest, manifests, leaseSeconds } =
          facts.network();
        const { consensus, leaseTrouble, rekeyTrouble } = facts.replica.status();
        return json(200, {
          service_status: serviceStatus,
          service_certificate: serviceCertificatePem,
          constitution_digest: constitutionDigest,
          current_view: consensus.view,
          primary_id: primaryOf(facts) ?? null,
          assurance: networkAssurance(manifests.tee),
          lease_seconds: leaseSeconds,
          ...(leaseTrouble !== undefined && { lease_trouble: leaseTrouble }),
          ...(rekeyTrouble !== undefined && { rekey_trouble: rekeyTrouble }),
        });
      },
    },
  ];
}

function nodeListRoutes(facts: NetworkFacts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/network/nodes',
      summary: 'Every node on the VN list',
      query: [{ name: 'status', description: 'Only those in this status', schema: ref('NodeStatus') }],
      answers: { 200: { description: 'The nodes', schema: objectOf({ nodes: listOf(ref('Node')) }) } },
      handle: ({ query }) => {
        const status = query.get('status');
        if (status !== null && !['Pending', 'Trusted', 'Retired'].includes(status)) {
          const sentence = 'status must be Pending, Trusted or Retired';
          return failure(400, 'InvalidQueryParameterValue', sentence);
        }
        const nodes = facts.network().nodes.filter((node) => status === null || node.status === status);
        return json(200, { nodes: nodes.map((node) => nodeOf(node, primaryOf(facts))) });
      },
    },
    {
      method: 'GET',
      path: '/node/network/nodes/{node_id}',
      summary: 'One node',
      answers: { 200: { description: 'The node', schema: ref('Node') } },
      handle: ({ parameters }) => {
        const node = facts.network().nodes.find(({ nodeId }) => nodeId === parameters['node_id']);
        return node === undefined ? noSuchNode : json(200, nodeOf(node, primaryOf(facts)));
      },
    },
    ...[
      { name: 'self', of: () => facts.nodeId },
      { name: 'primary', of: () => primaryOf(facts) },
    ].map(({ name, of }) => ({
      method: 'GET' as const,
      path: `/node/network/nodes/${name}`,
      summary: `Where to read of ${name === 'self' ? 'this node' : 'the primary'}`,
      answers: { 308: { description: 'There' } },
      handle: () => {
        const nodeId = of();
        if (nodeId !== undefined) return redirect(308, `/node/network/nodes/${nodeId}`);
        return failure(503, 'PrimaryNotFound', 'the network has no primary at the moment; try again');
      },
    })),
  ];
}

function nodeOf(node: NodeView, primary: NodeId | undefined): unknown {
  const at = (address: string) => ({ bind_address: address, published_address: address });
  return {
    node_id: node.nodeId,
    status: node.status,
    primary: node.nodeId === primary,
    rpc_interfaces: {
      application: at(node.applicationAddress),
      administrative: at(node.administrativeAddress),
    },
    node_to_node_interface: at(node.peerAddress),
    node_data: node.actorId === undefined ? null : { actor: node.actorId },
    retired_committed: node.retiredCommitted,
    ...(node.evidence !== undefined && {
      platform: node.evidence.platform,
      code_id: node.evidence.codeId,
      attested_at: node.evidence.atMs,
    }),
    ...(node.lease !== undefined && { lease: leaseJson(node.lease) }),
  };
}

function roleRoutes(facts: NetworkFacts): readonly Route[] {
  const isPrimary = (): boolean => primaryOf(facts) === facts.nodeId;
  const primary = (): HttpResponse => (isPrimary() ? empty : atPrimary(facts, '/node/primary', 308));
  const backup = (): HttpResponse => {
    if (!isPrimary()) return empty;
    const other = facts
      .network()
      .nodes.find(({ nodeId, status }) => nodeId !== facts.nodeId && status === 'Trusted');
    if (other !== undefined) return redirect(308, `https://${other.administrativeAddress}/node/backup`);
    return failure(503, 'BackupNotFound', 'the network has no other node');
  };
  const of = (name: string, handle: () => HttpResponse) =>
    (['GET', 'HEAD'] as const).map((method) => ({
      method,
      path: `/node/${name}`,
      summary: `Whether this node is ${name === 'primary' ? 'the primary' : 'a backup'}`,
      answers: { 200: { description: 'It is' }, 308: { description: 'That one is' } },
      handle,
    }));
  return [...of('primary', primary), ...of('backup', backup)];
}

function removalRoutes(facts: RemovalFacts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/network/removable_nodes',
      summary: 'Removed nodes that nobody needs any more: they can be shut down',
      answers: { 200: { description: 'The nodes', schema: objectOf({ nodes: listOf(ref('Node')) }) } },
      handle: () => {
        const nodes = facts.network().nodes.filter(removable);
        return json(200, { nodes: nodes.map((node) => nodeOf(node, undefined)) });
      },
    },
    {
      method: 'DELETE',
      path: '/node/network/nodes/{node_id}',
      summary:
        'Takes a removed node that has been shut down off the VN list: for members, participants, and the node itself',
      answers: {
        200: {
          description: 'It is off the list, and its id can never be used again',
          schema: objectOf({ nodeId: ref('EntityId'), forgotten: plain.boolean }),
        },
        307: { description: 'The primary does it' },
      },
      handle: (request) => forget(facts, request),
    },
  ];
}

async function forget(facts: RemovalFacts, { request, parameters }: RouteRequest): Promise<HttpResponse> {
  const nodeId = parameters['node_id'] ?? '';
  const node = facts.network().nodes.find((one) => one.nodeId === nodeId);
  if (node === undefined) return noSuchNode;
  if (!removable(node)) {
    const sentence = 'only a node whose removal is committed can be forgotten: remove it by vote first';
    return failure(400, 'NodeNotRetiredCommitted', sentence);
  }
  const { caller, chain } = request;
  const isItself = chain[0]?.publicKey.fingerprint === nodeId;
  if (caller.kind !== 'member' && caller.kind !== 'participant' && !isItself) return notForYou;
  if (primaryOf(facts) !== facts.nodeId) return atPrimary(facts, `/node/network/nodes/${nodeId}`);
  return facts.forget(nodeId);
}

function removable({ status, retiredCommitted }: NodeView): boolean {
  return status === 'Retired' && retiredCommitted;
}

const notForYou = failure(
  403,
  'AuthorizationFailed',
  'connect with the certificate of a member or participant, or with that of the node itself',
);
const noSuchNode = failure(404, 'ResourceNotFound', 'there is no such node on the VN list');
