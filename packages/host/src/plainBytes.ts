/**
 * What the platform hands out is a Buffer, whose `slice` and printing differ from what the other rooms expect.
 */

/** `bytes` as a plain array over the same memory. */
export function plainBytes(bytes: ArrayBufferView): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
