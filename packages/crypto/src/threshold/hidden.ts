/**
 * Where the secrets of the shared key live: bytes that are reachable only from the object that stands for them, so that printing,
 * serialising, spreading or cloning it shows none. For this folder alone.
 */
import { CocoError } from '@coco/primitives';

const hidden = new WeakMap<object, readonly Uint8Array[]>();

/** `object`, frozen, standing for `material` from now on. */
export function hide<Kind extends object>(object: Kind, material: readonly Uint8Array[]): Kind {
  Object.freeze(object);
  hidden.set(object, material);
  return object;
}

/** What `object` stands for. COCO_CRYPTO_KEY when it is a copy, or was erased. */
export function hiddenOf(object: object): readonly Uint8Array[] {
  const material = hidden.get(object);
  if (material === undefined) {
    throw new CocoError(
      'COCO_CRYPTO_KEY',
      'this share carries no material: it was erased, or is a copy of one that does',
    );
  }
  return material;
}

/** Wipes what `object` stands for, as far as this language can: numbers on the way from and to it are left to its memory. */
export function erase(object: object): void {
  for (const part of hidden.get(object) ?? []) part.fill(0);
  hidden.delete(object);
}
