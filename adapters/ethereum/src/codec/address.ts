/**
 * Addresses of contracts that are created, and addresses as map keys.
 */
export { contractAddress as createAddress } from '@coco/evm';

/** Node's own conversion, several times as fast as building the string in JavaScript. */
const latin1Slice = Buffer.prototype.latin1Slice as (this: Uint8Array, start: number, end: number) => string;

/** A short string that stands for `bytes` in a Map or Set: one character per byte. */
export function mapKey(bytes: Uint8Array): string {
  return latin1Slice.call(bytes, 0, bytes.length);
}

/** The bytes behind a `mapKey`. */
export function fromMapKey(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
}
