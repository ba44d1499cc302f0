/**
 * What an Azure confidential VM proves through its virtual TPM, in deterministic CBOR:
 *
 *     { "pcrs":         { "4": bstr(32), … }  values of the SHA-256 bank, for every index in `vtpmPcrs`
 *       "quote":        bstr   TPMS_ATTEST (TPM 2.0 part 2, 10.12.12) of TPM2_Quote over these PCRs: see tpmQuote.ts
 *       ? "report":     bstr   az-snp-vtpm: the SNP report of the paravisor, from its own report (hclReport.ts)
 *       ? "td_quote":   bstr   az-tdx-vtpm: the TDX quote over the TD report that is there instead
 *       "signature":    bstr   RSASSA-PKCS1-v1_5 with SHA-256 over `quote` by the attestation key 0x81000003, without any frame
 *       "runtime_data": bstr } JSON, from the paravisor's report: names the attestation key
 *
 * Every byte of it is signed, or hashed into what is. The qualifying data of TPM2_Quote are the first 48 bytes of the report
 * data (the SHA-384, runtimeClaims.ts).
 */
import { cborEncode } from '@coco/crypto';
import { assert } from '@coco/primitives';
import { cborItems } from '../../cborItems.js';
import { refused } from '../../refused.js';
import { readHclReport } from './hclReport.js';

export interface VtpmEvidence {
  /** What the hardware's report data begin with the SHA-256 of. */
  readonly runtimeData: Uint8Array;
  /** One of the two: on AMD's processors, on Intel's. */
  readonly report?: Uint8Array;
  readonly tdQuote?: Uint8Array;
  /** By index: exactly those in `vtpmPcrs`, 32 bytes each. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  readonly quote: Uint8Array;
  readonly signature: Uint8Array;
}

/** What the machine gives. */
export interface VtpmInput extends Pick<VtpmEvidence, 'pcrs' | 'quote' | 'signature' | 'tdQuote'> {
  /** The report of the paravisor (HCL), from NV index 0x01400001. */
  readonly hcl: Uint8Array;
}

/**
 * The PCRs that say what runs; all others are not looked at. Together they leave nothing to choose that is not measured
 * (UAPI group, Linux TPM PCR Registry):
 * - 4: boot loader and unified kernel image, as the firmware started them.
 * - 8: the digest of the code tree (`coco measure`), extended once, before the node is started. GRUB's register otherwise,
 *   which a unified kernel image leaves alone; unlike 16 and 23 it cannot be reset without a restart.
 * - 11: the parts of the unified kernel image: kernel, initrd, command line with the root hash of dm-verity.
 * - 12, 13: what could be added to it: another command line, credentials; system extensions.
 */
export const vtpmPcrs: readonly number[] = [4, 8, 11, 12, 13];

/** The evidence of a machine, in bytes. Throws COCO_ATTESTATION_MALFORMED, COCO_BYTES_TRUNCATED when `hcl` is no paravisor's report. */
export function encodeVtpmEvidence({ hcl, pcrs, quote, signature, tdQuote }: VtpmInput): Uint8Array {
  assert(
    pcrs.size === vtpmPcrs.length && vtpmPcrs.every((index) => pcrs.get(index)?.length === 32),
    'there is a value of 32 bytes for every PCR, and for no other',
  );
  const { kind, hardwareReport, runtimeData } = readHclReport(hcl);
  const values = [...pcrs].map(([index, value]) => [`${index}`, value] as const);
  const fields: [string, unknown][] = [
    ['pcrs', new Map(values)],
    ['quote', quote],
    ['signature', signature],
    ['runtime_data', runtimeData],
  ];
  if (kind === 'snp') fields.push(['report', hardwareReport]);
  if (tdQuote !== undefined) fields.push(['td_quote', tdQuote]);
  return cborEncode(new Map(fields));
}

/** Reads it again; the parts share the memory of `bytes`. Throws COCO_ATTESTATION_MALFORMED. */
export function decodeVtpmEvidence(bytes: Uint8Array): VtpmEvidence {
  const items = cborItems(bytes, 'the evidence of a vTPM');
  const read: { -readonly [Key in keyof VtpmEvidence]?: VtpmEvidence[Key] } = {};
  items.map(8, (key) => {
    if (key === 'runtime_data') read.runtimeData = items.bytes(partBytesMax);
    else if (key === 'report') read.report = items.bytes(2048);
    else if (key === 'quote') read.quote = items.bytes(1024);
    else if (key === 'signature') read.signature = items.bytes(512);
    else if (key === 'td_quote') read.tdQuote = items.bytes(partBytesMax);
    else if (key === 'pcrs') {
      const pcrs = new Map<number, Uint8Array>();
      items.map(vtpmPcrs.length, (name) => {
        const index = vtpmPcrs.find((known) => `${known}` === name);
        const value = items.bytes(32);
        if (index === undefined || value.length !== 32)
          throw malformed('a PCR is not one that is wanted, of 32 bytes');
        pcrs.set(index, value);
      });
      read.pcrs = pcrs;
    } else throw malformed(`the field ${JSON.stringify(key)} is unknown`);
  });
  items.end();
  const { runtimeData, pcrs, quote, signature } = read;
  if (pcrs?.size !== vtpmPcrs.length) throw malformed('one of the PCRs is missing');
  if (runtimeData === undefined || quote === undefined || signature === undefined) {
    throw malformed('quote, signature or runtime_data is missing');
  }
  return { ...read, runtimeData, pcrs, quote, signature };
}

const partBytesMax = 16 * 1024;

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `the evidence of a vTPM cannot be read: ${reason}`);
}
