/**
 * Requests in progress on this node: where each came from, whether it was forwarded, and when to give up. Every
 * request is answered exactly once.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import { assert, type NodeId, type Seqno, utf8 } from '@coco/primitives';
import type { EffectsBuilder } from './effects.js';
import { encodeAnswerFrame } from './frames.js';

/** Who waits for the answer: a client of this node, or the node that forwarded the request. */
export type Origin =
  | { readonly kind: 'client'; readonly token: number }
  | { readonly kind: 'peer'; readonly node: NodeId; readonly id: number };

/** One request; `phase` says who is working on it. */
export interface PendingRequest {
  readonly id: number;
  readonly origin: Origin;
  readonly request: AdapterRequest;
  phase:
    | { readonly kind: 'worker' }
    /** Waits for a primary to be known. */
    | { readonly kind: 'homeless' }
    | { readonly kind: 'forwarded'; readonly to: NodeId }
    /** Answered by the primary; held until this node has committed what the answer depends on. */
    | { readonly kind: 'held'; readonly response: AdapterResponse; readonly until: Seqno };
  ageMs: number;
}

/** The table of requests in progress. Plain data; the replica is its only writer. */
export interface Requests {
  readonly pending: Map<number, PendingRequest>;
  nextId: number;
}

export function createRequests(): Requests {
  return { pending: new Map(), nextId: 1 };
}

export function addRequest(requests: Requests, origin: Origin, request: AdapterRequest): PendingRequest {
  const id = requests.nextId++;
  const pending: PendingRequest = { id, origin, request, phase: { kind: 'worker' }, ageMs: 0 };
  requests.pending.set(id, pending);
  return pending;
}

/** Takes a request out of the table; undefined when it was answered before (late answers are dropped). */
export function takeRequest(requests: Requests, id: number): PendingRequest | undefined {
  const pending = requests.pending.get(id);
  if (pending !== undefined) assert(requests.pending.delete(id), 'a pending request is in the table');
  return pending;
}

/** Sends an answer to whoever waits for it. */
export function deliver(effects: EffectsBuilder, origin: Origin, response: AdapterResponse): void {
  if (origin.kind === 'client') effects.replies.push({ token: origin.token, response });
  else effects.send.push({ to: origin.node, header: encodeAnswerFrame(origin.id, response) });
}

/** An error as every door of Coco words it: status and `{"error":{"code","message"}}`. */
export function errorResponse(status: number, code: string, message: string): AdapterResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (status === 503) headers['retry-after'] = '1';
  return { status, headers, body: utf8(JSON.stringify({ error: { code, message } })) };
}
