/**
 * Writes what a handler answered: bytes that are there, a part of a file, or a stream that goes on until one side ends
 * it.
 */
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Refusal } from './httpRefusals.js';

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** In place of `body`: the bytes `from`..`to` (exclusive) of a file. */
  readonly file?: { readonly path: string; readonly from: number; readonly to: number };
  /** In place of `body`: called once the headers are written. */
  readonly stream?: (stream: HttpStream) => void;
}

/** An answer that goes on. */
export interface HttpStream {
  /** Bytes that the client has not taken yet. */
  readonly waiting: number;
  write(text: string): void;
  end(): void;
  onClose(callback: () => void): void;
}

const fixedHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Resolves when all of it is written, or the client is gone. */
export async function sendResponse(response: ServerResponse, answer: HttpResponse): Promise<void> {
  const { status, headers, body, file, stream } = answer;
  const isHead = response.req.method === 'HEAD';
  if (stream !== undefined && !isHead) {
    response.writeHead(status, { ...headers, ...fixedHeaders });
    response.flushHeaders();
    await sendStream(response, stream);
    return;
  }
  const length = file === undefined ? body.length : file.to - file.from;
  response.writeHead(status, { ...headers, ...fixedHeaders, 'content-length': length });
  if (file === undefined || isHead || length === 0) {
    response.end(file === undefined ? body : undefined);
    return;
  }
  // A file that ends early, or a client that leaves, breaks the connection: the length said more.
  await pipeline(createReadStream(file.path, { start: file.from, end: file.to - 1 }), response).catch(() =>
    response.destroy(),
  );
}

function sendStream(response: ServerResponse, stream: (stream: HttpStream) => void): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    stream({
      get waiting() {
        return response.writableLength;
      },
      write: (text) => void (response.destroyed || response.write(text)),
      end: () => void response.end(),
      onClose: (callback) => void response.once('close', callback),
    });
  });
}

/** Answers at the door itself. */
export function send(response: ServerResponse, { status, code, message, headers }: Refusal): void {
  const body = code === '' ? '' : JSON.stringify({ error: { code, message } });
  response.writeHead(status, {
    'content-type': 'application/json',
    ...fixedHeaders,
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
