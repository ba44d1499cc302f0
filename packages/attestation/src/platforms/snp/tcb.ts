/**
 * The security versions of a processor's firmware, 8 bytes in the report, from the lowest address, and one extension each
 * in the certificate of its key (AMD document 57230): 1.3.6.1.4.1.3704.1.3.n. Turin has other bytes than its elders.
 *
 *     milan, genoa   boot_loader  tee  -  -  -  -  snp  microcode
 *     turin          fmc  boot_loader  tee  snp  -  -  -  microcode
 */
import type { AmdFamily } from '../../types.js';

/** The n of the certificate's extension for each byte; 4 to 7 are reserved. */
export const tcbExtensions: Readonly<Record<AmdFamily, readonly number[]>> = {
  milan: [1, 2, 4, 5, 6, 7, 3, 8],
  genoa: [1, 2, 4, 5, 6, 7, 3, 8],
  turin: [9, 1, 2, 3, 5, 6, 7, 8],
};

const nameOf: Readonly<Record<number, string>> = {
  1: 'boot_loader',
  2: 'tee',
  3: 'snp',
  8: 'microcode',
  9: 'fmc',
};

/** The parts by name, of 8 bytes. */
export function tcbParts(family: AmdFamily, tcb: Uint8Array): Readonly<Record<string, number>> {
  const parts: Record<string, number> = {};
  for (const [at, extension] of tcbExtensions[family].entries()) {
    const name = nameOf[extension];
    if (name !== undefined) parts[name] = tcb[at] as number;
  }
  return parts;
}

/** The 8 bytes that these parts make; a part that is not named is 0. */
export function tcbBytes(family: AmdFamily, parts: Readonly<Record<string, number>>): Uint8Array {
  return Uint8Array.from(tcbExtensions[family], (extension) => parts[nameOf[extension] ?? ''] ?? 0);
}

/** The lower version of every part. */
export function lowerTcb(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((version, at) => Math.min(version, b[at] as number));
}

/** For people: "boot_loader 4, tee 0, snp 24, microcode 219". */
export function tcbText(family: AmdFamily, tcb: Uint8Array): string {
  return Object.entries(tcbParts(family, tcb))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
