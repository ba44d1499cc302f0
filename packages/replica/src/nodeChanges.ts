/**
 * What the primary writes down for nodes, as the host asks for it: that one takes part, holds a lease, is gone, contributes to the
 * network's key, raises an alarm, or is about to answer an auditor. Whether it may is decided in governance.
 */
import type { AdapterResponse } from '@coco/adapter';
import {
  admitNode,
  alarmKey,
  auditReadKey,
  contributeToKey,
  forgetNode,
  governanceTables,
  leaseRow,
  raiseAlarm,
  recordAuditRead,
  renewLease,
} from '@coco/governance';
import type { Transaction } from '@coco/kv';
import { assertNever, type NodeId, utf8 } from '@coco/primitives';
import type { Circumstances } from './circumstances.js';
import type { Governing } from './governing.js';
import { errorResponse } from './requests.js';
import type { ReplicaEvent } from './types.js';

type NodeEvent<Type extends ReplicaEvent['type']> = Extract<ReplicaEvent, { readonly type: Type }>;

/** What the host asks of the primary for a node. */
export type NodeChangeEvent = NodeEvent<
  'admit' | 'renewLease' | 'forgetNode' | 'contributeKey' | 'raiseAlarm' | 'recordRead'
>;

/** The answer to such a change, and whether it holds already where there was nothing to write. */
export type NodeChange =
  | { readonly response: AdapterResponse; readonly isSettled: boolean }
  /** What was written besides is not to be used. */
  | { readonly refused: AdapterResponse };

interface Situation {
  readonly transaction: Transaction;
  readonly governing: Pick<Governing, 'isTrusted' | 'isListed' | 'at'>;
  readonly now: Pick<Circumstances, 'consensus' | 'commit' | 'nowMs'>;
}

/** Makes the change in the transaction, or says why not. */
export function nodeChange(event: NodeChangeEvent, situation: Situation): NodeChange {
  switch (event.type) {
    case 'admit':
      return admit(event, situation);
    case 'renewLease':
      return renew(event, situation);
    case 'forgetNode':
      return forget(event.nodeId, situation);
    case 'contributeKey':
      return contribute(event, situation);
    case 'raiseAlarm':
      return alarm(event, situation);
    case 'recordRead':
      return record(event, situation);
    default:
      return assertNever(event, 'change for a node');
  }
}

/** Makes a node Trusted that has caught up: the entry that says so is the reconfiguration. */
function admit(event: NodeEvent<'admit'>, situation: Situation): NodeChange {
  const { type: _, token: __, last, ...input } = event;
  if (isTooFarBack(last, situation)) return { refused: tooOld };
  const outcome = admitNode(situation.transaction, input);
  if (outcome.outcome === 'refused') {
    const [status, code] =
      outcome.why === 'evidence' ? ([403, outcome.code] as const) : refusals[outcome.why];
    return { refused: errorResponse(status, code, outcome.reason) };
  }
  const { nodeId } = event;
  const lease = outcome.outcome === 'admitted' && { lease: leaseRow(outcome.lease) };
  const response = answerOf({ nodeId, status: 'Trusted', ...lease });
  return { response, isSettled: situation.governing.isTrusted(nodeId) };
}

/** Grants a lease; where the node was quarantined the entry that says so is a reconfiguration as well. */
function renew({ nodeId, attestation, last }: NodeEvent<'renewLease'>, situation: Situation): NodeChange {
  const outcome = renewLease(situation.transaction, { nodeId, attestation });
  if (outcome.outcome === 'refused') return { refused: errorResponse(403, outcome.code, outcome.reason) };
  if (outcome.returned && isTooFarBack(last, situation)) return { refused: tooOld };
  return { response: answerOf({ node_id: nodeId, lease: leaseRow(outcome.lease) }), isSettled: false };
}

/** Takes a node off the list that was removed and shut down. */
function forget(nodeId: NodeId, { transaction, governing }: Situation): NodeChange {
  const outcome = forgetNode(transaction, nodeId);
  if (outcome.outcome === 'refused') {
    const [status, code] = forgetRefusals[outcome.why];
    return { refused: errorResponse(status, code, outcome.reason) };
  }
  return { response: answerOf({ nodeId, forgotten: true }), isSettled: !governing.isListed(nodeId) };
}

/** Takes what a node contributes to making the network's key. */
function contribute(
  { nodeId, contribution }: NodeEvent<'contributeKey'>,
  { transaction }: Situation,
): NodeChange {
  const outcome = contributeToKey(transaction, { nodeId, contribution });
  if (outcome.outcome === 'refused') return { refused: errorResponse(403, outcome.code, outcome.reason) };
  return { response: answerOf({ node_id: nodeId }), isSettled: false };
}

/** Writes down what a node says of a transaction, which may be one of this node's own making. */
function alarm(event: NodeEvent<'raiseAlarm'>, { transaction, governing, now }: Situation): NodeChange {
  const outcome = raiseAlarm(transaction, event.nodeId, event.alarm);
  if (outcome.outcome === 'refused') {
    const [status, code] = alarmRefusals[outcome.why];
    return { refused: errorResponse(status, code, outcome.reason) };
  }
  const key = alarmKey(event.alarm);
  const isSettled = governing.at(now.commit).has(governanceTables.alarms, utf8(key));
  return { response: answerOf({ alarm: key }), isSettled };
}

/** Writes down what a node is about to answer to an auditor. */
function record(event: NodeEvent<'recordRead'>, { transaction, now }: Situation): NodeChange {
  const outcome = recordAuditRead(transaction, event.nodeId, event.read, now.nowMs);
  if (outcome.outcome === 'recorded') {
    return { response: answerOf({ read: auditReadKey(event.read) }), isSettled: false };
  }
  const status = outcome.code === 'COCO_AUDIT_LIMIT' ? 429 : 403;
  return { refused: errorResponse(status, outcome.code, outcome.reason) };
}

/** It could never catch up from `last`, the last entry that it has. */
function isTooFarBack(last: number | undefined, { now }: Situation): boolean {
  return last !== undefined && last + 1 < now.consensus.status().heldFrom;
}

function answerOf(value: unknown): AdapterResponse {
  const body = utf8(JSON.stringify(value));
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

const refusals = {
  unknown: [403, 'AuthorizationFailed'],
  'no-tuple': [403, 'AuthorizationFailed'],
  retired: [403, 'InvalidNodeState'],
  certificate: [400, 'CSRPublicKeyInvalid'],
} as const;

const forgetRefusals = {
  unknown: [404, 'ResourceNotFound'],
  'not-retired': [400, 'NodeNotRetiredCommitted'],
} as const;

const alarmRefusals = {
  unknown: [403, 'COCO_ALARM_UNKNOWN'],
  evidence: [403, 'COCO_ALARM_EVIDENCE'],
  limit: [429, 'COCO_ALARM_LIMIT'],
} as const;

const tooOld = errorResponse(
  400,
  'StartupSeqnoIsOld',
  'the primary no longer holds the entries after those that the node has; start it from a later snapshot',
);
