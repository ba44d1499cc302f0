/**
 * Values as the execution-apis specification writes them: quantities are hexadecimal without leading zeros, bytes
 * have two digits each, both with "0x".
 */

/** QUANTITY: "0x0", "0x41". */
export function formatQuantity(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** DATA: "0x", "0x0041". */
export function formatData(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** DATA of exactly 32 bytes, padded with zeros on the left: the value of a storage slot. */
export function formatWord(bytes: Uint8Array): string {
  return `0x${formatData(bytes).slice(2).padStart(64, '0')}`;
}
