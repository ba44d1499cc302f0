/**
 * How evidence travels and is kept: one CMW collection (RFC 9999) in CBOR, a map from labels to records
 * [media type, bytes, indicator]. Deterministically encoded, so that the same evidence has one encoding; the media type of
 * `evidence` says the platform.
 *
 *     "__cmwc_t"   text: the type of the collection, urn:x-coco:evidence:1
 *     "evidence"   indicator 4 (evidence)
 *                  sev-snp      application/vnd.coco.sev-snp-report      ATTESTATION_REPORT (AMD 56860)
 *                  tdx          application/vnd.coco.tdx-quote           Intel TDX DCAP quote, version 4 or 5
 *                  sgx          application/vnd.coco.sgx-quote           Intel SGX DCAP quote, version 3
 *                  az-snp-vtpm  application/vnd.coco.az-snp-vtpm+cbor    see platforms/vtpm/evidence.ts
 *                  az-tdx-vtpm  application/vnd.coco.az-tdx-vtpm+cbor    the same
 *                  virtual      application/vnd.coco.virtual-insecure+cbor   see platforms/virtual/evidence.ts
 *     "claims"     indicator 4   application/vnd.coco.runtime-claims+cbor    see runtimeClaims.ts
 *     endorsements, indicator 2 (endorsements), by name
 *     "vcek" "ask" "ark"       application/pkix-cert                         (RFC 2585)
 *     "crl"                    application/pkix-crl                          (RFC 2585)
 *     "uvm"                    application/cose; cose-type="cose-sign1"      (RFC 9052)
 *     "policy"                 application/vnd.coco.host-policy
 *     "collateral"             application/vnd.coco.dcap-collateral+json
 *
 * In an X.509 certificate it is the extension id-pe-cmw, not critical: CMW ::= CHOICE { json UTF8String, cbor OCTET STRING }.
 */
import { cborEncode, derRead } from '@coco/crypto';
import { assert, concatBytes } from '@coco/primitives';
import { cborItems } from './cborItems.js';
import { checkSizes, evidenceLimits } from './evidenceLimits.js';
import { refused } from './refused.js';
import { claimsBytesMax } from './runtimeClaims.js';
import type { Evidence, Platform } from './types.js';

/** `evidence` as a CMW collection. Throws COCO_ATTESTATION_TOO_LARGE. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  checkSizes(evidence);
  const { platform, claims, endorsements } = evidence;
  const records = new Map<string, unknown>([
    [typeLabel, collectionType],
    ['evidence', [mediaTypes[platform], evidence.evidence, indicators.evidence]],
    ['claims', [claimsMediaType, claims, indicators.evidence]],
  ]);
  for (const [name, bytes] of Object.entries(endorsements)) {
    const mediaType = endorsementTypes.get(name);
    assert(mediaType !== undefined, 'every endorsement has a media type');
    records.set(name, [mediaType, bytes, indicators.endorsements]);
  }
  return cborEncode(records);
}

/**
 * Reads a CMW collection; the parts share the memory of `bytes`. Throws COCO_ATTESTATION_TOO_LARGE, COCO_ATTESTATION_MALFORMED.
 */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const { cmwBytesMax, evidenceBytesMax, endorsementBytesMax } = evidenceLimits;
  if (bytes.length > cmwBytesMax) {
    throw refused('COCO_ATTESTATION_TOO_LARGE', `evidence is longer than ${cmwBytesMax} bytes`, {
      length: bytes.length,
    });
  }
  const items = cborItems(bytes, 'the evidence (a CMW collection)');
  const endorsements: [string, Uint8Array][] = [];
  const found: { type?: string; platform?: Platform; evidence?: Uint8Array; claims?: Uint8Array } = {};

  /** The bytes of one record, of the media type and indicator that its label wants. */
  function record(
    label: string,
    isRight: (mediaType: string) => boolean,
    indicator: number,
    bytesMax: number,
  ) {
    if (items.array() !== 3) throw malformed(`"${label}" is not a record of three items`);
    const mediaType = items.text(128);
    if (!isRight(mediaType)) throw malformed(`"${label}" has a media type that is not expected there`);
    const value = items.bytes(bytesMax);
    const read = items.unsigned();
    if (read !== indicator) throw malformed(`"${label}" has the indicator ${read}, not ${indicator}`);
    return value;
  }

  items.map(labelsMax, (label) => {
    if (label === typeLabel) {
      found.type = items.text(64);
    } else if (label === 'evidence') {
      const isEvidence = (mediaType: string) => {
        const platform = platformOf(mediaType);
        if (platform !== undefined) found.platform = platform;
        return platform !== undefined;
      };
      found.evidence = record(label, isEvidence, indicators.evidence, evidenceBytesMax);
    } else if (label === 'claims') {
      found.claims = record(label, (type) => type === claimsMediaType, indicators.evidence, claimsBytesMax);
    } else {
      const expected = endorsementTypes.get(label);
      if (expected === undefined) throw malformed(`nobody knows the label ${JSON.stringify(label)}`);
      const value = record(label, (type) => type === expected, indicators.endorsements, endorsementBytesMax);
      endorsements.push([label, value]);
    }
  });
  items.end();
  const { type, platform, evidence, claims } = found;
  if (type !== collectionType) throw malformed(`the collection is not of the type ${collectionType}`);
  if (platform === undefined || evidence === undefined || claims === undefined) {
    throw malformed('"evidence" or "claims" is missing');
  }
  const decoded = { platform, evidence, claims, endorsements: Object.fromEntries(endorsements) };
  checkSizes(decoded);
  return decoded;
}

/** id-pe-cmw, { id-pe 35 } (RFC 9999). */
export const evidenceExtensionOid = '1.3.6.1.5.5.7.1.35';

/** What stands in the extension id-pe-cmw for `cmw` (CBOR): the DER of an OCTET STRING. */
export function evidenceExtension(cmw: Uint8Array): Uint8Array {
  const { length } = cmw;
  assert(length < 2 ** 24, 'evidence has a length of three bytes at most');
  const digits = [length >> 16, (length >> 8) & 0xff, length & 0xff];
  while (digits[0] === 0 && digits.length > 1) digits.shift();
  const header = length < 0x80 ? [0x04, length] : [0x04, 0x80 | digits.length, ...digits];
  return concatBytes(Uint8Array.from(header), cmw);
}

/** The CMW (CBOR) in an extension id-pe-cmw. Throws COCO_ATTESTATION_MALFORMED when it is not that. */
export function evidenceInExtension(value: Uint8Array): Uint8Array {
  const { cmwBytesMax } = evidenceLimits;
  try {
    const { tag, content } = derRead(value, { bytesMax: cmwBytesMax + 8, depthMax: 1, nodesMax: 1 });
    if (tag === 0x04) return content;
  } catch {
    // Told below: why exactly the DER is not one OCTET STRING concerns nobody.
  }
  throw malformed('the extension id-pe-cmw does not hold an OCTET STRING');
}

/** Conceptual messages, as RFC 9999 numbers their bits. */
const indicators = { endorsements: 2, evidence: 4 } as const;

/** More than there are; what is too many is told by name. */
const labelsMax = 16;

const typeLabel = '__cmwc_t';
const collectionType = 'urn:x-coco:evidence:1';

const claimsMediaType = 'application/vnd.coco.runtime-claims+cbor';

const mediaTypes: Readonly<Record<Platform, string>> = {
  'sev-snp': 'application/vnd.coco.sev-snp-report',
  tdx: 'application/vnd.coco.tdx-quote',
  sgx: 'application/vnd.coco.sgx-quote',
  'az-snp-vtpm': 'application/vnd.coco.az-snp-vtpm+cbor',
  'az-tdx-vtpm': 'application/vnd.coco.az-tdx-vtpm+cbor',
  virtual: 'application/vnd.coco.virtual-insecure+cbor',
};

const endorsementTypes: ReadonlyMap<string, string> = new Map([
  ['vcek', 'application/pkix-cert'],
  ['ask', 'application/pkix-cert'],
  ['ark', 'application/pkix-cert'],
  ['crl', 'application/pkix-crl'],
  ['uvm', 'application/cose; cose-type="cose-sign1"'],
  ['policy', 'application/vnd.coco.host-policy'],
  ['collateral', 'application/vnd.coco.dcap-collateral+json'],
]);

function platformOf(mediaType: string): Platform | undefined {
  return (Object.keys(mediaTypes) as Platform[]).find((platform) => mediaTypes[platform] === mediaType);
}

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `the evidence cannot be read: ${reason}`);
}
