/**
 * Shares of the network's key on this node's disk, sealed (CONF-3): that of its actor, and while shares are made anew the next
 * one as well. What replaces them is durable before it counts.
 *
 *     count (u32), and for each: digest of the ceremony (32 bytes), share (32 bytes)
 */
import type { KeptShare } from '@coco/governance';
import { ByteReader, ByteWriter, fixedCopy, fromHex, toHex } from '@coco/primitives';
import { loadSealed, saveSealed } from '../nodeSecrets.js';
import type { Sealer } from '../sealer.js';

/** None before there are any. COCO_HOST_SEALED when the file does not open. */
export function loadKeyShares(directory: string, sealer: Sealer): readonly KeptShare[] {
  return loadSealed(directory, sealer, 'keyShares', sharesIn) ?? [];
}

function sharesIn(bytes: Uint8Array): readonly KeptShare[] {
  const reader = new ByteReader(bytes);
  const shares: KeptShare[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    shares.push({ ceremony: toHex(reader.take(32)), material: fixedCopy(reader.take(32)) });
  }
  reader.end();
  return shares;
}

/** Replaces them durably, all or nothing. COCO_HOST_DISK. */
export function saveKeyShares(directory: string, sealer: Sealer, shares: readonly KeptShare[]): void {
  const writer = new ByteWriter(64 * (shares.length + 1)).u32(shares.length);
  for (const { ceremony, material } of shares) writer.raw(fromHex(ceremony) as Uint8Array).raw(material);
  saveSealed(directory, sealer, 'keyShares', writer.finish());
}
