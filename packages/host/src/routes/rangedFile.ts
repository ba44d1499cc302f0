/**
 * A file, or the part of it that a request names, so that a download goes on where it stopped.
 */
import type { HttpResponse } from '../http.js';
import type { Route } from './route.js';
import { plain } from './schemas.js';

/** The bytes that one range names (RFC 9110, 14.2); several, or what is no range, get all of it. */
export function rangedFile(
  { path, size }: { readonly path: string; readonly size: number },
  range: string | undefined,
): HttpResponse {
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  const whole: HttpResponse = {
    status: 200,
    headers,
    body: new Uint8Array(),
    file: { path, from: 0, to: size },
  };
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return whole;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (from >= size || to <= from) {
    return { status: 416, headers: { 'content-range': `bytes */${size}` }, body: new Uint8Array() };
  }
  const contentRange = `bytes ${from}-${to - 1}/${size}`;
  return {
    ...whole,
    status: 206,
    headers: { ...headers, 'content-range': contentRange },
    file: { path, from, to },
  };
}

/** What such a route answers. */
export const rangedAnswers: Route['answers'] = {
  200: { description: 'All of it', schema: plain.string, contentType: 'application/octet-stream' },
  206: { description: 'The range', schema: plain.string, contentType: 'application/octet-stream' },
  416: { description: 'It has no such range' },
};
