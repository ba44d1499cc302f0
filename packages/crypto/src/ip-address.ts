/**
 * Text forms of IP addresses to the bytes that a certificate's alternative name holds.
 */

/** 4 bytes of a dotted IPv4 address, 16 of an IPv6 address (RFC 4291 section 2.2, forms 1 and 2), or undefined. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const valid =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return valid ? new Uint8Array(parts.map(Number)) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [head, tail] = halves;
  if (head === undefined || halves.length > 2) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return new Uint8Array(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
