/**
 * AMD's attestation report (SEV-SNP Firmware ABI, document 56860, table "ATTESTATION_REPORT"), versions 2 to 5: 1184 bytes,
 * little-endian. Reading compares nothing but the form; what the vendor reserves must be zero, so that a meaning given to
 * it later is refused rather than overlooked.
 *
 *     0x000 version       0x030 vmpl                 0x050 report data 64   0x140 report id 32      0x1a0 chip id 64
 *     0x008 policy        0x034 signature algorithm  0x090 measurement 48   0x180 reported TCB 8    0x2a0 signature 512
 *     0x010 family id 16  0x038 current TCB          0x0c0 host data 32     0x188 CPUID 3, from version 3 on
 *     0x020 image id 16   0x048 key information      0x0e0 id keys 96       0x1f0 launch TCB 8
 *                                                                           0x1f8 mitigations 16, from version 4 on
 *
 *     signature = r (72) || s (72) || zeros (368); r and s little-endian, of which P-384 needs 48 bytes
 */
import { toHex } from '@coco/primitives';
import { refused } from '../../refused.js';

export const snpReportBytes = 1184;

/** Where the fields begin; the synthetic authority writes by the same table. */
export const snpOffsets = {
  version: 0x000,
  guestSvn: 0x004,
  policy: 0x008,
  vmpl: 0x030,
  signatureAlgorithm: 0x034,
  currentTcb: 0x038,
  keyInformation: 0x048,
  reportData: 0x050,
  measurement: 0x090,
  hostData: 0x0c0,
  reportId: 0x140,
  reportedTcb: 0x180,
  cpuid: 0x188,
  chipId: 0x1a0,
  committedTcb: 0x1e0,
  launchTcb: 0x1f0,
  mitigations: 0x1f8,
  signature: 0x2a0,
} as const;

export interface SnpReport {
  readonly version: number;
  /** The owner of the machine may read and change the guest's memory. */
  readonly debug: boolean;
  /** An agent outside may move the guest to another machine. */
  readonly migratable: boolean;
  /** Privilege of who asked for the report, 0 (highest) to 3. */
  readonly vmpl: number;
  /** Which key signed; `none`: the report is not signed. */
  readonly signingKey: 'vcek' | 'vlek' | 'none';
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportedTcb: Uint8Array;
  /** Of the firmware under which the guest was started: the owner of the machine may have replaced it since. */
  readonly launchTcb: Uint8Array;
  /** Version 3 on. */
  readonly cpuid?: { readonly family: number; readonly model: number; readonly stepping: number };
  /** 64 bytes; all zero when the machine's owner has masked it. */
  readonly chipId: Uint8Array;
  /** What is signed. */
  readonly signed: Uint8Array;
  /** r || s, big-endian, 48 bytes each. */
  readonly signature: Uint8Array;
}

const ecdsaP384Sha384 = 1;
const debugBit = 1 << 19;
const migrationAgentBit = 1 << 18;
const chipKeyMaskedBit = 1 << 1;
const numberBytes = 72;

/** Reads a report that fills `bytes`, which it shares. Throws COCO_ATTESTATION_MALFORMED, COCO_ATTESTATION_SIGNATURE. */
export function readSnpReport(bytes: Uint8Array): SnpReport {
  const { length } = bytes;
  if (length !== snpReportBytes) {
    throw malformed(`it has ${length} bytes instead of ${snpReportBytes}`, { length });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const field = (name: keyof typeof snpOffsets, size: number): Uint8Array =>
    bytes.subarray(snpOffsets[name], snpOffsets[name] + size);
  const number = (name: keyof typeof snpOffsets): number => view.getUint32(snpOffsets[name], true);
  const version = number('version');
  if (version < 2 || version > 5) {
    throw malformed(`its version is ${version}, and only versions 2 to 5 are understood`, { version });
  }
  const algorithm = number('signatureAlgorithm');
  if (algorithm !== ecdsaP384Sha384) {
    throw malformed(`its signature algorithm is ${algorithm} instead of 1, ECDSA P-384 with SHA-384`);
  }
  const vmpl = number('vmpl');
  if (vmpl > 3) throw malformed(`its VMPL is ${vmpl}, and there are only 0 to 3`, { vmpl });
  checkReserved(bytes, version);
  const [family = 0, model = 0, stepping = 0] = field('cpuid', 3);
  return {
    version,
    debug: (number('policy') & debugBit) !== 0,
    migratable: (number('policy') & migrationAgentBit) !== 0,
    vmpl,
    signingKey: signingKeyOf(number('keyInformation')),
    reportData: field('reportData', 64),
    measurement: field('measurement', 48),
    hostData: field('hostData', 32),
    reportId: field('reportId', 32),
    reportedTcb: field('reportedTcb', 8),
    launchTcb: field('launchTcb', 8),
    ...(version >= 3 ? { cpuid: { family, model, stepping } } : {}),
    chipId: field('chipId', 64),
    signed: bytes.subarray(0, snpOffsets.signature),
    signature: signatureOf(bytes),
  };
}

/** Bits 2 to 4 say which key signed: 0 the chip's, 1 the one that AMD has loaded for a cloud, 7 none. */
function signingKeyOf(keyInformation: number): SnpReport['signingKey'] {
  const key = (keyInformation >> 2) & 7;
  if ((keyInformation & chipKeyMaskedBit) !== 0 && key === 0) return 'none';
  if (key === 0 || key === 1) return key === 0 ? 'vcek' : 'vlek';
  if (key === 7) return 'none';
  throw malformed(`it is signed by a key of the unknown kind ${key}`, { key });
}

/** Ranges, from and before, that AMD reserves, by the first version in which they have a meaning. */
const reserved: readonly (readonly [number, number, number])[] = [
  [0x04c, 0x050, Number.POSITIVE_INFINITY],
  [0x188, 0x18b, 3],
  [0x18b, 0x1a0, Number.POSITIVE_INFINITY],
  [0x1eb, 0x1ec, Number.POSITIVE_INFINITY],
  [0x1ef, 0x1f0, Number.POSITIVE_INFINITY],
  [0x1f8, 0x208, 4],
  [0x208, 0x2a0, Number.POSITIVE_INFINITY],
];

function checkReserved(bytes: Uint8Array, version: number): void {
  for (const [from, before, since] of reserved) {
    if (version < since && bytes.subarray(from, before).some((byte) => byte !== 0)) {
      throw malformed(`version ${version} reserves what it has at byte ${from}`, { version, offset: from });
    }
  }
}

function signatureOf(bytes: Uint8Array): Uint8Array {
  const field = bytes.subarray(snpOffsets.signature);
  const signature = new Uint8Array(96);
  for (const [index, at] of [0, numberBytes].entries()) {
    signature.set(field.slice(at, at + 48).reverse(), index * 48);
    if (field.subarray(at + 48, at + numberBytes).some((byte) => byte !== 0)) {
      throw malformed('a number of its signature is longer than 48 bytes');
    }
  }
  if (field.subarray(2 * numberBytes).some((byte) => byte !== 0)) {
    throw malformed('something follows its signature');
  }
  return signature;
}

/** Family, model and stepping as CPUID leaf 1 gives them in EAX and CCF writes them, for example "00a00f11". */
export function cpuidText({ family, model, stepping }: NonNullable<SnpReport['cpuid']>): string {
  // Families beyond 15 are written as 15 and the rest; the model's upper half is apart too.
  const base = Math.min(family, 15);
  const extended = family - base;
  const eax = [extended >> 4, ((extended & 15) << 4) | (model >> 4), base, ((model & 15) << 4) | stepping];
  return toHex(Uint8Array.from(eax));
}

function malformed(reason: string, facts: Readonly<Record<string, number>> = {}): Error {
  return refused('COCO_ATTESTATION_MALFORMED', `the SNP report cannot be read: ${reason}`, facts);
}
