/**
 * Sealing for the `virtual` platform, for development: the key is a file next to what it seals. Whoever has the disk
 * has the secrets. It proves nothing, and says so.
 *
 *   file = 32 random bytes, mode 0600
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { openWithKey, randomBytes, sealWithKey } from '@coco/crypto';
import { CocoError } from '@coco/primitives';
import { onDiskSync, replaceFileSync } from './disk.js';
import type { Sealer } from './sealer.js';

const keyBytes = 32;

/** The sealer whose key is in the file at `keyPath`, which is made when it is missing. COCO_HOST_SEALING_KEY. */
export async function openVirtualSealer(keyPath: string): Promise<Sealer> {
  if (!existsSync(keyPath)) replaceFileSync(keyPath, randomBytes(keyBytes), 0o600);
  const key = readKey(keyPath);
  return {
    platform: 'virtual',
    provesNothing: true,
    seal: (purpose, plaintext) => sealWithKey({ key, iv: randomBytes(12), purpose, plaintext }),
    open: (purpose, envelope) => openSealed(key, purpose, envelope),
  };
}

function openSealed(key: Uint8Array, purpose: string, envelope: Uint8Array): Uint8Array {
  let plaintext: Uint8Array | undefined;
  try {
    plaintext = openWithKey({ key, purpose, envelope });
  } catch {
    // Not even an envelope: the same to whoever asks.
  }
  if (plaintext === undefined) {
    throw new CocoError(
      'COCO_HOST_SEALED',
      `the sealed ${purpose} was changed, or was not sealed by this node's platform for this purpose`,
      { purpose },
    );
  }
  return plaintext;
}

function readKey(path: string): Uint8Array {
  return onDiskSync('read the sealing key', path, () => {
    const descriptor = openSync(path, 'r');
    try {
      const { mode, size } = fstatSync(descriptor);
      if ((mode & 0o077) !== 0) throw refused(path, 'others than its owner may read it; make its mode 0600');
      if (size !== keyBytes) throw refused(path, `it has ${size} bytes and not ${keyBytes}`);
      return new Uint8Array(readFileSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  });
}

function refused(path: string, reason: string): CocoError {
  return new CocoError('COCO_HOST_SEALING_KEY', `the sealing key ${path} is refused: ${reason}`, {
    path,
    reason,
  });
}
