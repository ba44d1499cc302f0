/**
 * JSON-RPC 2.0 on the client's side: calls to text, and answers, which may be anything, to outcomes.
 */
import { CocoError } from '@coco/primitives';
import type { JsonRpcCall, JsonRpcOutcome } from './types.js';

/** Text of one call, or of a batch of several. Ids are the positions. */
export function formatCalls(calls: readonly JsonRpcCall[], batch: boolean): string {
  const requests = calls.map(({ method, params }, id) => ({
    jsonrpc: '2.0',
    id,
    method,
    params: params ?? [],
  }));
  return JSON.stringify(batch ? requests : requests[0]);
}

/**
 * Outcomes in the order of `count` calls. Throws COCO_CLIENT_RESPONSE unless there is exactly one good answer for
 * each.
 */
export function readOutcomes(answer: unknown, count: number): readonly JsonRpcOutcome[] {
  const answers: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  const outcomes = new Map<number, JsonRpcOutcome>();
  for (const one of answers) {
    const { id, outcome } = readOne(one);
    // A server that could not even read the batch answers once, without an id: that is everybody's outcome.
    if (id === null && !outcome.ok && !Array.isArray(answer))
      return Array<JsonRpcOutcome>(count).fill(outcome);
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= count || outcomes.has(id)) {
      throw unreadable('an answer to no call');
    }
    outcomes.set(id, outcome);
  }
  return Array.from({ length: count }, (_, id) => {
    const outcome = outcomes.get(id);
    if (outcome === undefined) throw unreadable(`no answer to call ${id}`);
    return outcome;
  });
}

function readOne(answer: unknown): { readonly id: unknown; readonly outcome: JsonRpcOutcome } {
  if (!isRecord(answer) || answer.jsonrpc !== '2.0') throw unreadable('not a JSON-RPC 2.0 answer');
  const { id, error } = answer;
  if (error === undefined || error === null) {
    if (!('result' in answer)) throw unreadable('neither a result nor an error');
    return { id, outcome: { ok: true, result: answer.result } };
  }
  if (!isRecord(error) || typeof error.code !== 'number' || typeof error.message !== 'string') {
    throw unreadable('an error without code and message');
  }
  const { code, message, data } = error;
  return { id, outcome: { ok: false, code, message, ...(data !== undefined && { data }) } };
}

/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(reason: string): CocoError {
  return new CocoError('COCO_CLIENT_RESPONSE', `the node's answer cannot be used: ${reason}`);
}
