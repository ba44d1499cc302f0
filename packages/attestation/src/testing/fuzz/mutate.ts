/**
 * Bends bytes the way a hostile peer would: single bits, bytes, cuts, repeats, lengths, and pieces of other evidence.
 */
import type { Random } from '@coco/primitives';

/** A changed copy of `bytes`; `others` lend pieces. It may come out equal. */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bent: Uint8Array = bytes.slice();
  const changes = random.integer(4) === 0 ? 1 + random.integer(8) : 1;
  for (let i = 0; i < changes; i++) bent = mutateOnce(bent, others, random);
  return bent;
}

const interesting = [
  0, 1, 0x1f, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0xa0, 0xbf, 0xfe, 0xff, 0x22, 0x5b, 0x7b,
];

function mutateOnce(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const length = bytes.length;
  if (length === 0) return Uint8Array.of(random.integer(256));
  const at = random.integer(length);
  switch (random.integer(9)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
      return bytes;
    case 2:
      bytes[at] = interesting[random.integer(interesting.length)] as number;
      return bytes;
    case 3:
      return bytes.slice(0, at);
    case 4: {
      const end = Math.min(length, at + 1 + random.integer(64));
      return join(bytes.subarray(0, at), bytes.subarray(end));
    }
    case 5: {
      const piece = bytes.slice(at, at + 1 + random.integer(random.integer(8) === 0 ? 20_000 : 64));
      return join(bytes.subarray(0, at), piece, bytes.subarray(at));
    }
    case 6: {
      const noise = Uint8Array.from({ length: 1 + random.integer(32) }, () => random.integer(256));
      return join(bytes.subarray(0, at), noise, bytes.subarray(at));
    }
    case 7: {
      const other = others[random.integer(others.length)] ?? bytes;
      const from = random.integer(other.length + 1);
      const piece = other.subarray(from, from + 1 + random.integer(2048));
      bytes.set(piece.subarray(0, length - at), at);
      return bytes;
    }
    default:
      bytes.fill(interesting[random.integer(interesting.length)] as number, at, at + 1 + random.integer(16));
      return bytes;
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
