/**
 * HTTPS as `curl` would do it: nothing of ours between a test and the node.
 */
import { once } from 'node:events';
import { type RequestOptions, request } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface RawReply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** POST of `body`, or GET when there is none. `options` has `ca`, and `cert` and `key` of a caller. */
export async function rawHttps(url: string, options: RequestOptions, body?: string): Promise<RawReply> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers };
  const outgoing = request(url, { agent: false, ...options, method, headers });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const text = (await buffer(incoming)).toString('utf8');
  return { status: incoming.statusCode, headers: incoming.headers, text };
}
