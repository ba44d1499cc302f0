/**
 * Cuts a stream of bytes from a peer into frames:
 *
 *   frame = u32 length | payload[length]        length < 2^31
 *
 * A frame whose length has the highest bit set is marked: it belongs to the session itself, by which peers prove what they
 * run, and not to the payload. A stated length takes no memory before the bytes are there, and one that is too large ends the
 * connection.
 */
export interface FrameReader {
  /**
   * Takes the next bytes of the stream and returns the payloads that are now complete, each in memory of its own.
   * Undefined when a length is over the limit: nothing after it can be trusted.
   */
  push(bytes: Uint8Array): readonly Uint8Array[] | undefined;
}

/** What is to be done with marked frames. */
export interface MarkedFrames {
  readonly bytesMax: number;
  /** Whether frames that are not marked may come by now; one that comes too early is as one that is too large. */
  readonly isOpen: () => boolean;
  /** Called within `push`, so that it holds for what comes behind. */
  readonly receive: (payload: Uint8Array) => void;
}

const lengthBytes = 4;
const mark = 0x8000_0000;

/** Without `marked`, marked frames are refused. */
export function createFrameReader(frameBytesMax: number, marked?: MarkedFrames): FrameReader {
  let parts: Uint8Array[] = [];
  let held = 0;

  /** The first `count` of the held bytes, which are no longer held then. */
  const take = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const part = parts[0] as Uint8Array;
      const used = Math.min(part.length, count - filled);
      out.set(part.subarray(0, used), filled);
      filled += used;
      if (used === part.length) parts.shift();
      else parts[0] = part.subarray(used);
    }
    held -= count;
    return out;
  };

  /** How long the frame that begins with `word` may be; negative when it may not come at all. */
  const lengthMax = (word: number): number => {
    if (word >= mark) return marked?.bytesMax ?? -1;
    return marked?.isOpen() === false ? -1 : frameBytesMax;
  };

  let word: number | undefined;
  return {
    push(bytes) {
      if (bytes.length > 0) parts.push(bytes);
      held += bytes.length;
      const frames: Uint8Array[] = [];
      while (true) {
        if (word === undefined) {
          if (held < lengthBytes) return frames;
          word = new DataView(take(lengthBytes).buffer).getUint32(0, true);
          if (word % mark > lengthMax(word)) {
            parts = [];
            return undefined;
          }
        }
        if (held < word % mark) return frames;
        const payload = take(word % mark);
        if (word >= mark) marked?.receive(payload);
        else frames.push(payload);
        word = undefined;
      }
    },
  };
}

/** The length field before a payload of `length` bytes. */
export function frameHeader(length: number, marked = false): Uint8Array {
  const header = new Uint8Array(lengthBytes);
  new DataView(header.buffer).setUint32(0, marked ? mark + length : length, true);
  return header;
}
