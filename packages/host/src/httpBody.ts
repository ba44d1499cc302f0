/**
 * Reads the body of a request within two limits: its own, and that of all bodies which this endpoint holds.
 */
import type { IncomingMessage } from 'node:http';
import { plainBytes } from './plainBytes.js';

/** Bytes held for requests in progress. */
export interface BodyBudget {
  held: number;
  readonly heldMax: number;
  readonly bodyBytesMax: number;
}

/**
 * The body, or why there is none; `gone` when the client left. `held` was added to the budget and is the caller's to
 * take off when the request is answered.
 */
export type ReadBody =
  | { readonly kind: 'body'; readonly body: Uint8Array; readonly held: number }
  | { readonly kind: 'too large' | 'busy' | 'gone'; readonly held: number };

/** Reads all of it. */
export function readBody(request: IncomingMessage, budget: BodyBudget): Promise<ReadBody> {
  const stated = Number(request.headers['content-length'] ?? 0);
  if (stated > budget.bodyBytesMax) return Promise.resolve({ kind: 'too large', held: 0 });
  if (budget.held + stated > budget.heldMax) return Promise.resolve({ kind: 'busy', held: 0 });
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let length = 0;
    let finished = false;
    const finish = (kind: Exclude<ReadBody['kind'], 'body'>): void => {
      finished = true;
      resolve({ kind, held: length });
    };
    request.on('data', (part: ArrayBufferView) => {
      // What still comes after a refusal is dropped.
      if (finished) return;
      length += part.byteLength;
      budget.held += part.byteLength;
      parts.push(plainBytes(part));
      if (length > budget.bodyBytesMax) finish('too large');
      else if (budget.held > budget.heldMax) finish('busy');
    });
    request.on('end', () => resolve({ kind: 'body', body: join(parts, length), held: length }));
    request.on('error', () => finish('gone'));
    request.on('close', () => finish('gone'));
  });
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
