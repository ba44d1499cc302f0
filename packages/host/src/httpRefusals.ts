/**
 * How an endpoint says no, one answer for each reason.
 */
import type { Duplex } from 'node:stream';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const allow = 'GET, HEAD, POST, PUT, DELETE';

export const refusals = {
  malformed: {
    status: 400,
    code: 'COCO_HOST_HTTP_MALFORMED',
    message: 'this is not a well-formed HTTP/1.1 request',
  },
  caller: { status: 401, code: 'COCO_HOST_HTTP_CALLER', message: 'the caller is not known' },
  path: {
    status: 404,
    code: 'COCO_HOST_HTTP_PATH',
    message: 'the path is not one that is served, in its one spelling',
  },
  method: {
    status: 405,
    code: 'COCO_HOST_HTTP_METHOD',
    message: `the method is not one of ${allow}`,
    headers: { allow },
  },
  timeout: { status: 408, code: 'COCO_HOST_HTTP_TIMEOUT', message: 'the request did not arrive in time' },
  body: { status: 413, code: 'COCO_HOST_HTTP_BODY', message: 'the body is too large' },
  url: { status: 414, code: 'COCO_HOST_HTTP_URL', message: 'the URL is too long' },
  expectation: { status: 417, code: 'COCO_HOST_HTTP_EXPECT', message: 'only 100-continue can be expected' },
  headers: {
    status: 431,
    code: 'COCO_HOST_HTTP_HEADERS',
    message: 'there are too many headers, or too large ones',
  },
  busy: {
    status: 503,
    code: 'COCO_HOST_HTTP_BUSY',
    message: 'too many requests are in progress; try again',
    headers: { 'retry-after': '1' },
  },
  /** Not a refusal but the answer to a browser that asks first. */
  preflight: { status: 204, code: '', message: '' },
} as const satisfies Record<string, Refusal>;

const byParserCode: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: refusals.headers,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: refusals.body,
  HPE_INVALID_METHOD: refusals.method,
  ERR_HTTP_REQUEST_TIMEOUT: refusals.timeout,
};

/** The answer to what the platform's parser reported; undefined when there is nobody to answer. */
export function parserRefusal(error: Error): Refusal | undefined {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return byParserCode[code] ?? refusals.malformed;
}

/** Writes the answer where the platform has no response object for it, and closes. */
export function writeRaw(socket: Duplex, { status, code, message, headers = {} }: Refusal): void {
  const body = JSON.stringify({ error: { code, message } });
  const lines = [
    `HTTP/1.1 ${status} ${code}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
