/**
 * What a node tells of itself: state, consensus, version, figures, readiness, certificate, settings.
 */
import { networkAssurance } from '@coco/attestation';
import type { NetworkView } from '@coco/governance';
import { formatTxId, type NodeId, type Seqno } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { LeaseStanding } from '../attestation/leaseKeeper.js';
import type { CommitTimes } from '../commitTimes.js';
import { custodySchema } from '../custody/custodyJson.js';
import type { HttpResponse } from '../http.js';
import type { Metrics } from '../metrics.js';
import type { SamplingStanding } from '../sampling/sampling.js';
import { empty, failure, json, text } from './answers.js';
import { leaseJson } from './leaseJson.js';
import type { Route } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface NodeFacts {
  readonly nodeId: NodeId;
  readonly replica: Pick<Replica, 'status'>;
  readonly network: () => NetworkView;
  /** The last entry of the ledger when the node started. */
  readonly startSeqno: Seqno;
  readonly platform: string;
  readonly provesNothing: boolean;
  /** Epoch and network key, as `custodySchema` says. */
  readonly secrets: () => unknown;
  /** How this node's lease stands. */
  readonly lease: () => LeaseStanding;
  readonly sampling: () => SamplingStanding;
  readonly version: string;
  readonly selfSignedCertificatePem: string;
  /** Settings that anybody may know. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly metrics: Pick<Metrics, 'text'>;
  readonly commitTimes: Pick<CommitTimes, 'after'>;
  /** How long this node has been out of touch with the network. */
  readonly outOfTouchMs: () => number;
}

const { string, integer, boolean, listOf, mapOf } = plain;

export function nodeRoutes(facts: NodeFacts): readonly Route[] {
  return [...stateRoutes(facts), ...certificateRoutes(facts), ...readyRoutes(facts), ...figureRoutes(facts)];
}

function stateRoutes(facts: NodeFacts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/state',
      summary: 'Where this node stands',
      answers: {
        200: {
          description: 'Its state',
          schema: objectOf({
            node_id: ref('EntityId'),
            state: { type: 'string', enum: ['Pending', 'PartOfNetwork'] },
            role: { type: 'string', enum: ['primary', 'backup'] },
            view: integer,
            last_signed_seqno: integer,
            last_committed: ref('TransactionId'),
            startup_seqno: integer,
            stop_notice: boolean,
            /** Absent on a node that was never in touch with its network since it started. */
            'out_of_touch_ms?': integer,
            /** It started, and counts for nothing until others show that it forgot nothing. */
            in_doubt: boolean,
            /** The others remember more than its disk showed. */
            disk_turned_back: boolean,
            platform: string,
            platform_proves_nothing: boolean,
            'code_id?': ref('EntityId'),
            'lease?': ref('Lease'),
            /** Why the lease is not renewed at the moment. */
            'lease_trouble?': objectOf({ code: string, sentence: string }),
            sampling: ref('Sampling'),
            assurance: ref('Assurance'),
            secrets: custodySchema,
          }),
        },
      },
      handle: () => json(200, stateOf(facts)),
    },
    {
      method: 'GET',
      path: '/node/consensus',
      summary: 'What consensus is doing on this node',
      answers: { 200: { description: 'Details', schema: objectOf({ details: consensusSchema }) } },
      handle: () => json(200, { details: consensusOf(facts) }),
    },
    {
      method: 'GET',
      path: '/node/version',
      summary: 'What runs here',
      answers: {
        200: {
          description: 'Versions',
          schema: objectOf({ ccf_version: string, coco_version: string, node_version: string }),
        },
      },
      handle: () =>
        json(200, {
          ccf_version: `coco-${facts.version}`,
          coco_version: facts.version,
          node_version: process.versions.node,
        }),
    },
    {
      method: 'GET',
      path: '/node/config',
      summary: 'Settings of this node that anybody may know',
      answers: { 200: { description: 'Settings', schema: mapOf({}) } },
      handle: () => json(200, facts.settings),
    },
  ];
}

function stateOf(facts: NodeFacts): unknown {
  const { nodeId, replica, network, startSeqno, platform, provesNothing } = facts;
  const { consensus, committed } = replica.status();
  const { nodes, manifests } = network();
  const own = nodes.find((node) => node.nodeId === nodeId);
  const { lease, trouble } = facts.lease();
  const outOfTouchMs = facts.outOfTouchMs();
  return {
    node_id: nodeId,
    state: own === undefined || own.status === 'Pending' ? 'Pending' : 'PartOfNetwork',
    role: consensus.leadership === 'Leader' ? 'primary' : 'backup',
    view: consensus.view,
    last_signed_seqno: consensus.committable.at(-1) ?? consensus.commit,
    last_committed: formatTxId(committed),
    startup_seqno: startSeqno,
    stop_notice: false,
    ...(Number.isFinite(outOfTouchMs) && { out_of_touch_ms: Math.floor(outOfTouchMs) }),
    in_doubt: consensus.doubt !== undefined,
    disk_turned_back: consensus.doubt?.turnedBack !== undefined,
    platform,
    platform_proves_nothing: provesNothing,
    ...(own?.evidence !== undefined && { code_id: own.evidence.codeId }),
    ...(lease !== undefined && { lease: leaseJson(lease) }),
    ...(trouble !== undefined && { lease_trouble: { code: trouble.code, sentence: trouble.message } }),
    sampling: samplingJson(facts.sampling()),
    assurance: networkAssurance(manifests.tee),
    secrets: facts.secrets(),
  };
}

function samplingJson({ all, fractionPpm, counts, alarms }: SamplingStanding): unknown {
  return {
    all,
    fraction_ppm: fractionPpm,
    ...counts,
    alarms: alarms.map(({ txId, primaryId, written, trouble }) => ({
      transaction_id: formatTxId(txId),
      ...(primaryId !== undefined && { primary_id: primaryId }),
      written,
      ...(trouble !== undefined && { trouble }),
    })),
  };
}

const consensusSchema = objectOf({
  configs: listOf(objectOf({ idx: integer, rid: integer, nodes: mapOf(objectOf({ address: string })) })),
  acks: mapOf(objectOf({ seqno: integer, last_received_ms: integer, 'needs_snapshot?': boolean })),
  membership_state: string,
  'leadership_state?': string,
  'retirement_phase?': string,
  'primary_id?': ref('EntityId'),
  current_view: integer,
  ticking: boolean,
  'snapshot_trouble?': string,
});

function consensusOf({ replica, network }: NodeFacts): unknown {
  const { consensus, snapshotTrouble } = replica.status();
  const { primary, retirementPhase, leadership, nodeId } = consensus;
  const { nodes } = network();
  const addressOf = (id: NodeId): string => nodes.find((node) => node.nodeId === id)?.peerAddress ?? '';
  const primaryId = leadership === 'Leader' ? nodeId : primary;
  return {
    configs: consensus.configurations.map(({ seqno, nodes: ids }) => ({
      idx: seqno,
      rid: seqno,
      nodes: Object.fromEntries(ids.map((id) => [id, { address: addressOf(id) }])),
    })),
    acks: Object.fromEntries(
      Object.entries(consensus.peers).map(([id, { match, silentMs, needsSnapshot }]) => [
        id,
        {
          seqno: match,
          last_received_ms: Math.floor(silentMs),
          ...(needsSnapshot === true && { needs_snapshot: true }),
        },
      ]),
    ),
    membership_state: consensus.membership,
    ...(leadership !== 'None' && { leadership_state: leadership }),
    ...(retirementPhase !== undefined && { retirement_phase: retirementPhase }),
    ...(primaryId !== undefined && { primary_id: primaryId }),
    current_view: consensus.view,
    ticking: true,
    ...(snapshotTrouble !== undefined && { snapshot_trouble: snapshotTrouble }),
  };
}

function certificateRoutes({ network, selfSignedCertificatePem }: NodeFacts): readonly Route[] {
  const certificate = objectOf({ self_signed_certificate: ref('Pem') });
  return [
    {
      method: 'GET',
      path: '/node/self_signed_certificate',
      summary: "This node's key, certified by itself: what it shows while it joins",
      answers: { 200: { description: 'The certificate', schema: certificate } },
      handle: () => json(200, { self_signed_certificate: selfSignedCertificatePem }),
    },
    {
      method: 'GET',
      path: '/node/service/previous_identity',
      summary: 'The identity of the service before its last recovery',
      answers: { 200: { description: 'There never is one yet', schema: mapOf({}) } },
      handle: () => failure(404, 'ResourceNotFound', 'this service has had one identity since its genesis'),
    },
    {
      method: 'GET',
      path: '/node/service/configuration',
      summary: 'Settings of the service, which members change by vote',
      answers: {
        200: {
          description: 'Settings',
          schema: objectOf({
            consensus: string,
            reconfiguration_type: string,
            recovery_threshold: integer,
            maximum_node_certificate_validity_days: integer,
          }),
        },
      },
      handle: () => {
        const { members, nodeCertificateDays } = network();
        return json(200, {
          consensus: 'CFT',
          reconfiguration_type: 'OneTransaction',
          recovery_threshold: Math.floor(members.length / 2) + 1,
          maximum_node_certificate_validity_days: nodeCertificateDays,
        });
      },
    },
  ];
}

function readyRoutes({ nodeId, network, lease }: NodeFacts): readonly Route[] {
  const ready = (): HttpResponse => {
    const { serviceStatus, nodes } = network();
    const own = nodes.find((node) => node.nodeId === nodeId);
    if (serviceStatus === 'Open' && own?.status === 'Trusted' && !lease().isOut)
      return { ...empty, status: 204 };
    const sentence = 'this node does not take part in an open network at the moment';
    return failure(503, 'FrontendNotOpen', sentence);
  };
  return ['app', 'gov'].map((door) => ({
    method: 'GET' as const,
    path: `/node/ready/${door}`,
    summary: `Whether this node answers ${door === 'app' ? 'applications' : 'members'}`,
    answers: { 204: { description: 'It does' } },
    handle: ready,
  }));
}

function figureRoutes({ metrics, commitTimes }: NodeFacts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/metrics',
      summary: "Figures of this node, in Prometheus' text format",
      answers: {
        200: { description: 'Figures', schema: string, contentType: 'text/plain; version=0.0.4' },
      },
      handle: () => text(metrics.text(), 'text/plain; version=0.0.4'),
    },
    {
      method: 'GET',
      path: '/node/commits',
      summary: 'When this node saw which entries committed',
      query: [{ name: 'after', description: 'Only those beyond this seqno', schema: integer }],
      answers: {
        200: {
          description: 'Advances of the commit, ascending',
          schema: objectOf({ commits: listOf(objectOf({ seqno: integer, atMs: { type: 'number' } })) }),
        },
      },
      handle: ({ query }) => json(200, { commits: commitTimes.after(Number(query.get('after') ?? 0) || 0) }),
    },
  ];
}
