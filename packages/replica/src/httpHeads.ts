/**
 * Heads of requests and answers that come from a worker or from another node: what a door of this node writes out later
 * must not break the framing of HTTP there, and not speak for the node. A worker and a peer are held to the same, so that no
 * worker can have its manager send what another node will not take.
 */
import { utf8 } from '@coco/primitives';

/** Headers by which the node itself speaks, and those that frame an answer. */
const headersOfTheNode: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-coco-committed-seqno',
  'x-coco-stale-ms',
  'x-ms-ccf-transaction-id',
]);

/** RFC 9110, section 5.6.2, in lower case. */
const namePattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/;
/** RFC 9110, section 5.5: visible characters, spaces, tabs, and obs-text as Node.js reads it (Latin-1). */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

const headersMax = 1000;
/** Of one text, in UTF-8: what the boundary to the worker lets through. */
const textBytesMax = 2 ** 16;
/** Of all names and values together. Clients refuse far less. */
const charactersMax = 2 ** 16;

/** What is wrong with the head of an answer, as the end of a sentence about who sent it; undefined when nothing is. */
export function answerObjection({
  status,
  headers,
}: {
  readonly status: unknown;
  readonly headers: unknown;
}): string | undefined {
  // An answer is final: 1xx would leave the client waiting for another.
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    return 'it answered with a status that is out of range';
  const objection = headersObjection(headers);
  if (objection !== undefined) return objection;
  for (const name in headers as object) {
    if (headersOfTheNode.has(name)) return `it answered with the header ${name}, which is the node's`;
  }
  return undefined;
}

/** What is wrong with the headers of a request or an answer. */
export function headersObjection(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return 'it sent no headers';
  let count = 0;
  let characters = 0;
  for (const [name, value] of Object.entries(headers)) {
    count++;
    // Setting __proto__ would set no property at all.
    if (!namePattern.test(name) || name === '__proto__') return 'it sent a header whose name is none';
    if (typeof value !== 'string' || !valuePattern.test(value)) return 'it sent a header that is none';
    characters += name.length + value.length;
  }
  return count > headersMax || characters > charactersMax ? 'it sent too many headers' : undefined;
}

/** Whether this can be part of a request's head. */
export function isHeadText(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  return text.length * 3 <= textBytesMax || utf8(text).length <= textBytesMax;
}
