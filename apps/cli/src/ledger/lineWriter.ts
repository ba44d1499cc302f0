/**
 * Lines to standard output for commands that may print millions of them: waits when the reader is slower, and stops
 * without complaint when the reader has seen enough (`coco ledger show … | head`).
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export interface LineWriter {
  /** Resolves to false when nobody reads any more. */
  line(text: string): Promise<boolean>;
  /** Resolves when everything is handed over. */
  end(): Promise<void>;
}

const gatheredCharsMax = 16_384;

/** Writes to `stream`, which stays open. What is not a reader going away is thrown. */
export function lineWriter(stream: Writable): LineWriter {
  let gathered = '';
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  const gone = (): boolean => {
    if (failure === undefined) return false;
    if ((failure as { code?: unknown }).code === 'EPIPE') return true;
    throw failure;
  };
  const flush = async (): Promise<boolean> => {
    const text = gathered;
    gathered = '';
    if (gone()) return false;
    // A reader that went away shows as an error event, some time after the write.
    if (stream.write(text)) await new Promise((resolve) => setImmediate(resolve));
    else await once(stream, 'drain').catch(() => undefined);
    return !gone();
  };
  return {
    async line(text) {
      gathered += `${text}\n`;
      return gathered.length < gatheredCharsMax || flush();
    },
    async end() {
      await flush();
    },
  };
}
