/**
 * The report that the paravisor of an Azure confidential VM (HCL) keeps in the vTPM (Microsoft, "Guest attestation for
 * confidential VMs: design"). Little-endian:
 *
 *     0     u32 "HCLA", u32 version, u32 report size, u32 request type, u32 status, 12 bytes reserved
 *     32    the hardware's report, 1184 bytes: SNP's, or a TD report of 1024 and zeros
 *     1216  u32 size, u32 version, u32 report type (2 SNP, 4 TDX), u32 hash type (1 SHA-256), u32 length
 *     1236  runtime data, JSON, of that length; what follows is padding of the NV index
 *
 * The hardware's report data begin with the SHA-256 of the runtime data, which name the vTPM's attestation key (JWK).
 */
import { ByteReader, fromUtf8 } from '@coco/primitives';
import { refused } from '../../refused.js';
import { rsaPublicKey } from './rsaPublicKey.js';

export interface HclReport {
  /** SNP: the 1184 bytes that the processor signed. */
  readonly hardwareReport: Uint8Array;
  readonly kind: 'snp' | 'tdx';
  /** What the hardware's report data begin with the SHA-256 of. */
  readonly runtimeData: Uint8Array;
}

/** Throws COCO_ATTESTATION_MALFORMED, or COCO_BYTES_TRUNCATED. Of what it reads the runtime data are hashed, no more. */
export function readHclReport(bytes: Uint8Array): HclReport {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== signature) throw malformed('it does not begin with HCLA');
  reader.take(headerBytes - 4);
  const hardwareReport = reader.take(hardwareReportBytes);
  reader.take(8);
  const kind = kinds.get(reader.u32());
  if (kind === undefined) throw malformed('it is neither of SNP nor of TDX');
  if (reader.u32() !== sha256Type) throw malformed('its runtime data are not hashed with SHA-256');
  return { hardwareReport, kind, runtimeData: reader.sized32() };
}

/** The attestation key "HCLAkPub" that `runtimeData` name, as SubjectPublicKeyInfo. Throws COCO_ATTESTATION_MALFORMED. */
export function attestationKeyIn(runtimeData: Uint8Array): Uint8Array {
  const { keys } = json(runtimeData);
  const found = Array.isArray(keys) ? keys.filter((key) => isObject(key) && key['kid'] === 'HCLAkPub') : [];
  const [key] = found as Record<string, unknown>[];
  if (key === undefined || found.length > 1) throw malformed('its runtime data do not name one key HCLAkPub');
  const { kty, n, e } = key;
  const publicKey =
    kty === 'RSA' && typeof n === 'string' && typeof e === 'string' ? rsaPublicKey(n, e) : undefined;
  if (publicKey === undefined) throw malformed('the key HCLAkPub is not RSA of 2048 to 4096 bits');
  return publicKey;
}

/** "HCLA", little-endian. */
const signature = 0x414c4348;
const headerBytes = 32;
const hardwareReportBytes = 1184;
const sha256Type = 1;
const kinds: ReadonlyMap<number, HclReport['kind']> = new Map([
  [2, 'snp'],
  [4, 'tdx'],
]);

function json(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes) ?? '');
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw malformed('its runtime data are not a JSON object');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `the report of the paravisor (HCL) cannot be read: ${reason}`);
}
