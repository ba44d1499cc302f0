/**
 * The way of a request: to this node's worker, or to governance; if only the primary can answer, to the primary; and the
 * answer back (TX-3). A backup holds the primary's answer until it has committed what the answer depends on, so that a client
 * that reads next, here, sees its own write.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import type { Governance } from '@coco/governance';
import { assertNever, type NodeId, type Seqno } from '@coco/primitives';
import type { Circumstances } from './circumstances.js';
import type { EffectsBuilder } from './effects.js';
import { encodeAnswerFrame, encodeForwardFrame } from './frames.js';
import { answerObjection } from './httpHeads.js';
import {
  addRequest,
  createRequests,
  deliver,
  errorResponse,
  type Origin,
  type PendingRequest,
  takeRequest,
} from './requests.js';
import type { ReplicaSettings } from './types.js';
import { workerFault } from './workerFault.js';

export interface Forwarding {
  readonly size: number;
  accept(origin: Origin, request: AdapterRequest, now: Circumstances): void;
  /** The worker answered. COCO_REPLICA_WORKER when the head of its answer is none. */
  finished(id: number, response: AdapterResponse, now: Circumstances): void;
  /** The worker says that only the primary can answer. It is sent there once, or it might be carried out twice. */
  forward(id: number, now: Circumstances): void;
  /** A node answered, or said (without a response) that it is not the primary. */
  answered(from: NodeId, id: number, response: AdapterResponse | undefined, now: Circumstances): void;
  primaryChanged(now: Circumstances): void;
  committed(seqno: Seqno, effects: EffectsBuilder): void;
  elapsed(ms: number, now: Circumstances): void;
}

export function createForwarding(
  settings: Pick<ReplicaSettings, 'requestsMax' | 'forwardTimeoutMs'>,
  governance: Pick<Governance, 'serves' | 'needsPrimary'>,
): Forwarding {
  const requests = createRequests();

  function serve(pending: PendingRequest, { effects, nowMs, govern }: Circumstances): void {
    const { id, origin, request } = pending;
    if (governance.serves(request)) {
      takeRequest(requests, id);
      govern(origin, request);
    } else {
      pending.phase = { kind: 'worker' };
      effects.now.push({ type: 'request', id, request, nowMs });
    }
  }

  function route(pending: PendingRequest, now: Circumstances): void {
    if (now.acting) {
      serve(pending, now);
    } else if (pending.origin.kind === 'peer') {
      takeRequest(requests, pending.id);
      now.effects.send.push({ to: pending.origin.node, header: encodeAnswerFrame(pending.origin.id) });
    } else if (now.primary === undefined) {
      pending.phase = { kind: 'homeless' };
    } else {
      pending.phase = { kind: 'forwarded', to: now.primary };
      now.effects.send.push({
        to: now.primary,
        header: encodeForwardFrame(pending.id, pending.request),
      });
    }
  }

  function reply(pending: PendingRequest, response: AdapterResponse, effects: EffectsBuilder): void {
    takeRequest(requests, pending.id);
    deliver(effects, pending.origin, response);
  }

  function age(pending: PendingRequest, ms: number, now: Circumstances): void {
    pending.ageMs += ms;
    const { phase } = pending;
    if (phase.kind === 'worker') return;
    if (phase.kind === 'homeless' && (now.acting || now.primary !== undefined)) {
      route(pending, now);
    } else if (pending.ageMs > settings.forwardTimeoutMs) {
      reply(pending, phase.kind === 'held' ? phase.response : noPrimary(phase.kind), now.effects);
    }
  }

  return {
    get size() {
      return requests.pending.size;
    },
    accept(origin, request, now) {
      if (requests.pending.size >= settings.requestsMax) {
        const busy = errorResponse(503, 'COCO_REPLICA_BUSY', 'too many requests are in progress; try again');
        deliver(now.effects, origin, busy);
        return;
      }
      const pending = addRequest(requests, origin, request);
      // What only the primary can answer an adapter says itself, when it has looked into the request.
      const isForPrimary = governance.serves(request)
        ? governance.needsPrimary(request)
        : origin.kind === 'peer';
      if (isForPrimary) route(pending, now);
      else serve(pending, now);
    },
    finished(id, response, { effects }) {
      const pending = requests.pending.get(id);
      checkAnswer(response);
      if (pending?.phase.kind === 'worker') reply(pending, response, effects);
    },
    forward(id, now) {
      const pending = requests.pending.get(id);
      if (pending?.phase.kind !== 'worker') return;
      // The worker has not heard yet that this node became primary: ask it again a little later.
      if (now.acting) pending.phase = { kind: 'homeless' };
      else route(pending, now);
    },
    answered(from, id, response, now) {
      const pending = requests.pending.get(id);
      if (pending?.phase.kind !== 'forwarded' || pending.phase.to !== from) return;
      const until = response?.txId?.seqno ?? 0;
      if (response === undefined) pending.phase = { kind: 'homeless' };
      else if (until <= now.commit) reply(pending, response, now.effects);
      else pending.phase = { kind: 'held', response, until };
    },
    primaryChanged(now) {
      for (const pending of [...requests.pending.values()]) {
        const { phase } = pending;
        if (phase.kind === 'homeless') route(pending, now);
        else if (phase.kind === 'forwarded' && phase.to !== now.primary) {
          reply(pending, noPrimary(phase.kind), now.effects);
        }
      }
    },
    committed(seqno, effects) {
      for (const pending of [...requests.pending.values()]) {
        const { phase } = pending;
        if (phase.kind === 'held' && phase.until <= seqno) reply(pending, phase.response, effects);
      }
    },
    elapsed(ms, now) {
      for (const pending of [...requests.pending.values()]) age(pending, ms, now);
    },
  };
}

/** COCO_REPLICA_WORKER when it is none. */
function checkAnswer(response: AdapterResponse): void {
  const objection = answerObjection(response);
  if (objection !== undefined) throw workerFault(objection);
}

function noPrimary(phase: 'homeless' | 'forwarded'): AdapterResponse {
  switch (phase) {
    case 'homeless':
      return errorResponse(
        503,
        'COCO_REPLICA_NO_PRIMARY',
        'the network has no primary at the moment; try again',
      );
    case 'forwarded':
      return errorResponse(
        503,
        'COCO_REPLICA_PRIMARY_LOST',
        'the primary was lost before it answered: the request may or may not have been carried out; look it up first',
      );
    default:
      return assertNever(phase, 'phase');
  }
}
