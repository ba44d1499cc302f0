/**
 * The other end of pool.ts: runs in a thread of its own, and does nothing but recover senders.
 */
import { parentPort } from 'node:worker_threads';
import { ByteReader } from '@coco/primitives';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { ZERO_HASH } from '../codec/keccak.js';
import { recoverSender } from '../codec/signature.js';

const SENDER_BYTES = 21;

parentPort?.on('message', (message: Uint8Array) => {
  const raws: Uint8Array[] = [];
  for (const reader = new ByteReader(message); reader.remaining > 0; ) raws.push(reader.sized32());
  const senders = new Uint8Array(SENDER_BYTES * raws.length);
  for (const [index, raw] of raws.entries()) {
    const sender = recover(raw);
    if (sender === undefined) continue;
    senders[SENDER_BYTES * index] = 1;
    senders.set(sender, SENDER_BYTES * index + 1);
  }
  parentPort?.postMessage(senders, [senders.buffer]);
});

/** The limits were checked where the bytes came in; the hash is not needed here. */
function recover(raw: Uint8Array): Uint8Array | undefined {
  try {
    return recoverSender(decodeTransaction(raw, { bytesMax: Number.MAX_SAFE_INTEGER, hash: ZERO_HASH }));
  } catch {
    return undefined;
  }
}
