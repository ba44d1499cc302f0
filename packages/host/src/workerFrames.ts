/**
 * What passes between the manager and a worker in a process of its own, over a pair of connected sockets (descriptor 3 of
 * the worker). All frames of one turn of the event loop leave together: waking the other side costs more than most
 * messages do.
 *
 *   frame   = u32 length | payload[length]
 *   payload = a boundary message (adapter room, `toWorkerCodec.ts`, `fromWorkerCodec.ts`), or one of
 *     128 start       to the worker, first: JSON of settings and adapters
 *     129 ready       from the worker, when the adapters are loaded
 *     130 not ready   from the worker, when they are not: text that says why
 *     131 round trip  to the worker and back, behind everything that was sent before
 */
import { ByteWriter } from '@coco/primitives';

export const frameKinds = { start: 128, ready: 129, notReady: 130, roundTrip: 131 } as const;

export interface FrameSender {
  /** Adds a frame with what `write` writes. When that throws, nothing is added. */
  frame(write: (writer: ByteWriter) => void): void;
}

const capacityMin = 4096;
const capacityMax = 2 ** 20;

/** Sends what was framed in one turn with one call of `send`, which then owns the bytes. */
export function createFrameSender(send: (bytes: Uint8Array) => void): FrameSender {
  let capacity = capacityMin;
  let writer = new ByteWriter(0);
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    const bytes = writer.finish();
    writer = new ByteWriter(0);
    // As large as the last turn needed, so that most turns never grow it.
    capacity = Math.min(Math.max(bytes.length, capacityMin), capacityMax);
    if (bytes.length > 0) send(bytes);
  }

  return {
    frame(write) {
      if (writer.length === 0) writer = new ByteWriter(capacity);
      const at = writer.length;
      try {
        write(writer.u32(0));
      } catch (error) {
        const before = writer.finish().subarray(0, at);
        writer = new ByteWriter(capacity).raw(before);
        throw error;
      }
      writer.patchU32(at, writer.length - at - 4);
      if (scheduled) return;
      scheduled = true;
      queueMicrotask(flush);
    },
  };
}
