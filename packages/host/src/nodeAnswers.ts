/**
 * Requests that wait for the manager: each has a token, by which the answer finds it.
 */
import type { AdapterResponse } from '@coco/adapter';
import type { HttpResponse } from './http.js';
import type { Metrics } from './metrics.js';
import { failure } from './routes/answers.js';

export interface NodeAnswers {
  /** Hands out a token, and resolves when its answer is there. */
  wait(begin: (token: number) => void): Promise<HttpResponse>;
  /** The answer to whoever waits with this token; one that nobody waits for is dropped. */
  reply(token: number, response: AdapterResponse): void;
  /** Answers everybody that the node stops. */
  stop(): void;
}

export function createNodeAnswers(metrics: Pick<Metrics, 'observe'>): NodeAnswers {
  const waiting = new Map<number, { readonly startedMs: number; resolve(response: HttpResponse): void }>();
  let nextToken = 1;
  function reply(token: number, response: AdapterResponse): void {
    const found = waiting.get(token);
    if (found === undefined) return;
    waiting.delete(token);
    const { txId, ...rest } = response;
    if (txId === undefined) {
      found.resolve(rest);
      return;
    }
    metrics.observe('commit_latency', performance.now() - found.startedMs);
    const header = { 'x-ms-ccf-transaction-id': `${txId.view}.${txId.seqno}` };
    found.resolve({ ...rest, headers: { ...rest.headers, ...header } });
  }
  return {
    wait: (begin) =>
      new Promise((resolve) => {
        const token = nextToken++;
        waiting.set(token, { startedMs: performance.now(), resolve });
        begin(token);
      }),
    reply,
    stop() {
      for (const token of waiting.keys()) reply(token, stopped);
    },
  };
}

const stopped = failure(503, 'COCO_HOST_STOPPED', 'the node stops; whether this was done is not known');
