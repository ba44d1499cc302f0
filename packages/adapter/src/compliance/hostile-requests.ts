/**
 * Requests that no honest client sends. Each must be answered, and none may change anything.
 */
import { utf8 } from '@coco/primitives';
import type { AdapterRequest } from '../types.js';

export interface HostileRequest {
  readonly what: string;
  readonly request: AdapterRequest;
}

/** Bodies, queries and headers for a hostile request to one route; `honest` is a good body to distort. */
export function hostileRequests(
  route: { readonly method: string; readonly path: string },
  honest: Uint8Array,
): readonly HostileRequest[] {
  const plain: AdapterRequest = {
    ...route,
    query: '',
    headers: { 'content-type': 'application/json' },
    body: new Uint8Array(0),
    caller: { kind: 'anonymous' },
  };
  return [
    ...hostileBodies(honest).map(({ what, body }) => ({ what, request: { ...plain, body } })),
    ...hostileQueries().map(({ what, query }) => ({ what, request: { ...plain, query } })),
    ...hostileHeaders().map(({ what, headers }) => ({ what, request: { ...plain, headers } })),
  ];
}

function hostileBodies(honest: Uint8Array): { what: string; body: Uint8Array }[] {
  const deep = 100_000;
  const texts: [string, string][] = [
    ['brackets 100,000 deep', '['.repeat(deep)],
    ['arrays 100,000 deep', `${'['.repeat(deep)}${']'.repeat(deep)}`],
    ['objects 100,000 deep', `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`],
    ['100,000 keys', `{${Array.from({ length: deep }, (_, i) => `"k${i}":0`).join()}}`],
    ['a number of 100,000 digits', '9'.repeat(deep)],
    ['numbers that JavaScript cannot hold', '[1e400,-0,9007199254740993,-1e400]'],
    ['keys that mean something to JavaScript', '{"__proto__":{"hostile":1},"constructor":{"prototype":{}}}'],
    ['a lone surrogate', '"\\ud800"'],
    ['duplicate keys', '{"a":1,"a":2}'],
    ['control characters', '"\\u0000\\u001b[2J\\r\\n"'],
    ['null', 'null'],
    ['an empty array', '[]'],
    ['an empty object', '{}'],
    ['a text', '"text"'],
    ['half a text', '"'],
  ];
  return [
    { what: 'nothing', body: new Uint8Array(0) },
    { what: '1 MiB of zeros', body: new Uint8Array(2 ** 20) },
    { what: '1 MiB of white space', body: new Uint8Array(2 ** 20).fill(32) },
    { what: 'bytes that are not UTF-8', body: Uint8Array.of(0x22, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x22) },
    { what: 'a byte order mark', body: Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d) },
    ...texts.map(([what, text]) => ({ what, body: utf8(text) })),
    ...[1, 2, 4, 8].map((part) => ({
      what: `a good body cut off after 1/${part}`,
      body: honest.subarray(0, Math.max(0, Math.floor(honest.length / part) - 1)),
    })),
  ];
}

function hostileQueries(): { what: string; query: string }[] {
  return [
    '%',
    '%ff%fe',
    '%00',
    '__proto__=1',
    '&&&===',
    'a='.repeat(5000),
    '\u{1f4a3}\ud800',
    `${'x'.repeat(100_000)}`,
  ].map((query) => ({ what: `the query ${query.slice(0, 20)}`, query }));
}

function hostileHeaders(): { what: string; headers: Record<string, string> }[] {
  return [
    { what: 'no content type', headers: {} },
    { what: 'a strange content type', headers: { 'content-type': '\u0000;=;;boundary=' } },
    { what: 'a strange preference', headers: { prefer: 'respond-async, respond-async; wait=-1e99, ,=' } },
  ];
}
