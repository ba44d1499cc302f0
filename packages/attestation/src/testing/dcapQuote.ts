/**
 * Writes quotes of Intel's formats (platforms/dcap/quote.ts) from a description in which everything can be wrong.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { concatBytes, fromHex, utf8 } from '@coco/primitives';

/** Fields of a report by name, in hex; numbers as registers have them, highest byte first. */
export type ReportFields = Readonly<Record<string, string>>;

export interface SyntheticQuote {
  readonly version: number;
  readonly platform: 'tdx' | 'sgx';
  /** Fields of the enclave's or the trust domain's report, see the layouts below. */
  readonly body: ReportFields;
  readonly reportData: Uint8Array;
  /** Version 5: 2 for TDX 1.0, 3 (default) for TDX 1.5. */
  readonly bodyType?: number;
  readonly keyType?: number;
  readonly teeType?: number;
  /** Of the quoting enclave, hex. */
  readonly vendor?: string;
  readonly qe: ReportFields;
  readonly qeData?: Uint8Array;
  /** What the QE's report says, instead of the hash of attestation key and QE data; 64 bytes. */
  readonly qeReportData?: Uint8Array;
  readonly attestationKey: KeyObject;
  readonly pckKey: KeyObject;
  /** PEM, or whatever. */
  readonly pckChain: string;
  readonly pckDataType?: number;
  /** After the QE part, and after what surrounds it. */
  readonly qePartTrailing?: Uint8Array;
  readonly authTrailing?: Uint8Array;
  /** After the quote. */
  readonly trailing?: Uint8Array;
}

type Layout = Readonly<Record<string, readonly [at: number, length: number]>>;

const enclaveLayout: Layout = {
  cpu_svn: [0, 16],
  misc_select: [16, 4],
  isv_ext_prod_id: [32, 16],
  attributes: [48, 16],
  mrenclave: [64, 32],
  mrsigner: [128, 32],
  config_id: [192, 64],
  isv_prod_id: [256, 2],
  isv_svn: [258, 2],
  config_svn: [260, 2],
  isv_family_id: [304, 16],
};

const tdLayout: Layout = {
  tee_tcb_svn: [0, 16],
  mr_seam: [16, 48],
  mr_signer_seam: [64, 48],
  seam_attributes: [112, 8],
  attributes: [120, 8],
  xfam: [128, 8],
  mrtd: [136, 48],
  mr_config_id: [184, 48],
  mr_owner: [232, 48],
  mr_owner_config: [280, 48],
  rtmr0: [328, 48],
  rtmr1: [376, 48],
  rtmr2: [424, 48],
  rtmr3: [472, 48],
  tee_tcb_svn2: [584, 16],
  mr_service_td: [600, 48],
};

/** A quote, signed by its attestation key, whose quoting enclave the PCK vouches for. */
export function syntheticQuote(quote: SyntheticQuote): Uint8Array {
  const { version, platform, attestationKey, pckKey, qeData = new Uint8Array(32) } = quote;
  const tdx = platform === 'tdx';
  const bodyType = quote.bodyType ?? 3;
  const header = concatBytes(
    u16(version),
    u16(quote.keyType ?? 2),
    u32(quote.teeType ?? (tdx ? 0x81 : 0)),
    new Uint8Array(4),
    hexBytes(quote.vendor ?? '939a7233f79c4ca9940a0db3957f0607'),
    new Uint8Array(20),
  );
  const bodyLength = !tdx ? 384 : version === 5 && bodyType === 3 ? 648 : 584;
  const body = report(bodyLength, tdx ? tdLayout : enclaveLayout, quote.body);
  body.set(quote.reportData, tdx ? 520 : 320);
  const description = version === 5 ? concatBytes(u16(bodyType), u32(bodyLength)) : new Uint8Array(0);
  const signed = concatBytes(header, description, body);
  const point = pointOf(attestationKey);
  const qeReport = report(384, enclaveLayout, quote.qe);
  const hash = createHash('sha256').update(point).update(qeData).digest();
  qeReport.set(quote.qeReportData ?? concatBytes(hash, new Uint8Array(32)), 320);
  const qePart = concatBytes(
    qeReport,
    rawBy(pckKey, qeReport),
    sized16(qeData),
    datum(quote.pckDataType ?? 5, utf8(quote.pckChain)),
    quote.qePartTrailing ?? new Uint8Array(0),
  );
  const auth = concatBytes(
    rawBy(attestationKey, signed),
    point,
    version === 3 ? qePart : datum(6, qePart),
    quote.authTrailing ?? new Uint8Array(0),
  );
  return concatBytes(signed, u32(auth.length), auth, quote.trailing ?? new Uint8Array(0));
}

/** An ECDSA signature with SHA-256, r || s. */
export function rawBy(key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }));
}

function report(length: number, layout: Layout, fields: ReportFields): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [name, hex] of Object.entries(fields)) {
    const [at, size] = layout[name] ?? [0, -1];
    const value = hexBytes(hex);
    if (value.length !== size) throw new Error(`${name} is no field of ${value.length} bytes`);
    if (at < length) bytes.set(size === 2 ? value.reverse() : value, at);
  }
  return bytes;
}

/** x || y. */
function pointOf(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(spki.length - 64));
}

function datum(type: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(u16(type), u32(bytes.length), bytes);
}

function sized16(bytes: Uint8Array): Uint8Array {
  return concatBytes(u16(bytes.length), bytes);
}

function hexBytes(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`${hex} is not hex`);
  return bytes;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, value >> 8);
}

function u32(value: number): Uint8Array {
  return concatBytes(u16(value & 0xffff), u16(value >>> 16));
}
