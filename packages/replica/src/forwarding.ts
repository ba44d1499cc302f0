/**
 * The way of a request: to this node's worker; if only the primary can answer, to the primary; and the answer back
 * (TX-3). A backup holds the primary's answer until it has committed what the answer depends on, so that a client
 * that reads next, here, sees its own write.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import { assertNever, type NodeId, type Seqno } from '@coco/primitives';
import type { EffectsBuilder } from './effects.js';
import { encodeAnswerFrame, encodeForwardFrame } from './frames.js';
import {
  addRequest,
  createRequests,
  errorResponse,
  type Origin,
  type PendingRequest,
  takeRequest,
} from './requests.js';
import type { ReplicaSettings } from './types.js';

/** What forwarding must know of the node at the moment of a call. */
export interface Routing {
  /** This node's worker acts as primary. */
  readonly isPrimary: boolean;
  /** Another node that is primary, if one is known. */
  readonly primary: NodeId | undefined;
  readonly commit: Seqno;
  readonly nowMs: number;
  readonly effects: EffectsBuilder;
}

export interface Forwarding {
  readonly size: number;
  accept(origin: Origin, request: AdapterRequest, routing: Routing): void;
  /** The worker answered. */
  finished(id: number, response: AdapterResponse, routing: Routing): void;
  /** The worker says that only the primary can answer. */
  forward(id: number, routing: Routing): void;
  /** The primary answered, or said (without a response) that it is none. */
  answered(id: number, response: AdapterResponse | undefined, routing: Routing): void;
  primaryChanged(routing: Routing): void;
  committed(seqno: Seqno, effects: EffectsBuilder): void;
  elapsed(ms: number, routing: Routing): void;
}

export function createForwarding(
  settings: Pick<ReplicaSettings, 'requestsMax' | 'forwardTimeoutMs'>,
): Forwarding {
  const requests = createRequests();

  function toWorker(pending: PendingRequest, { effects, nowMs }: Routing): void {
    pending.phase = { kind: 'worker' };
    effects.now.push({ type: 'request', id: pending.id, request: pending.request, nowMs });
  }

  function route(pending: PendingRequest, routing: Routing): void {
    if (routing.isPrimary) {
      toWorker(pending, routing);
    } else if (pending.origin.kind === 'peer') {
      takeRequest(requests, pending.id);
      routing.effects.send.push({ to: pending.origin.node, header: encodeAnswerFrame(pending.origin.id) });
    } else if (routing.primary === undefined) {
      pending.phase = { kind: 'homeless' };
    } else {
      pending.phase = { kind: 'forwarded', to: routing.primary };
      routing.effects.send.push({
        to: routing.primary,
        header: encodeForwardFrame(pending.id, pending.request),
      });
    }
  }

  function reply(pending: PendingRequest, response: AdapterResponse, effects: EffectsBuilder): void {
    takeRequest(requests, pending.id);
    if (pending.origin.kind === 'client') {
      effects.replies.push({ token: pending.origin.token, response });
    } else {
      effects.send.push({ to: pending.origin.node, header: encodeAnswerFrame(pending.origin.id, response) });
    }
  }

  function age(pending: PendingRequest, ms: number, routing: Routing): void {
    pending.ageMs += ms;
    const { phase } = pending;
    if (phase.kind === 'worker') return;
    if (phase.kind === 'homeless' && (routing.isPrimary || routing.primary !== undefined)) {
      route(pending, routing);
    } else if (pending.ageMs > settings.forwardTimeoutMs) {
      reply(pending, phase.kind === 'held' ? phase.response : noPrimary(phase.kind), routing.effects);
    }
  }

  return {
    get size() {
      return requests.pending.size;
    },
    accept(origin, request, routing) {
      if (requests.pending.size >= settings.requestsMax) {
        const busy = errorResponse(503, 'COCO_REPLICA_BUSY', 'too many requests are in progress; try again');
        if (origin.kind === 'client') routing.effects.replies.push({ token: origin.token, response: busy });
        else routing.effects.send.push({ to: origin.node, header: encodeAnswerFrame(origin.id, busy) });
        return;
      }
      const pending = addRequest(requests, origin, request);
      if (origin.kind === 'client') toWorker(pending, routing);
      else route(pending, routing);
    },
    finished(id, response, { effects }) {
      const pending = requests.pending.get(id);
      if (pending?.phase.kind === 'worker') reply(pending, response, effects);
    },
    forward(id, routing) {
      const pending = requests.pending.get(id);
      if (pending === undefined) return;
      // The worker has not heard yet that this node became primary: ask it again a little later.
      if (routing.isPrimary) pending.phase = { kind: 'homeless' };
      else route(pending, routing);
    },
    answered(id, response, routing) {
      const pending = requests.pending.get(id);
      if (pending?.phase.kind !== 'forwarded') return;
      const until = response?.txId?.seqno ?? 0;
      if (response === undefined) pending.phase = { kind: 'homeless' };
      else if (until <= routing.commit) reply(pending, response, routing.effects);
      else pending.phase = { kind: 'held', response, until };
    },
    primaryChanged(routing) {
      for (const pending of [...requests.pending.values()]) {
        const { phase } = pending;
        if (phase.kind === 'homeless') route(pending, routing);
        else if (phase.kind === 'forwarded' && phase.to !== routing.primary) {
          reply(pending, noPrimary(phase.kind), routing.effects);
        }
      }
    },
    committed(seqno, effects) {
      for (const pending of [...requests.pending.values()]) {
        const { phase } = pending;
        if (phase.kind === 'held' && phase.until <= seqno) reply(pending, phase.response, effects);
      }
    },
    elapsed(ms, routing) {
      for (const pending of [...requests.pending.values()]) age(pending, ms, routing);
    },
  };
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
