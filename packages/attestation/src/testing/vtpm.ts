/**
 * A synthetic Azure confidential VM: a paravisor above a synthetic processor, and its vTPM with an attestation key and PCRs.
 * For tests of all rooms, and for processes that stand in for hardware:
 *
 *     const tpm = createVtpm();                                  // an RSA key: some 100 ms
 *     azureSnpEvidence(tpm, amd.machine(), claims)               // Evidence for runtime claims in CBOR
 *     azureTdxEvidence(tpm, intel.machine(), claims)             // the same above a trust domain
 *     tpm.hcl(report, 'snp')                                     // what NV index 0x01400001 holds
 *     tpm.quote(qualifyingData)                                  // what TPM2_Quote gives: {quote, signature}
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { concatBytes, utf8 } from '@coco/primitives';
import { encodeVtpmEvidence, type VtpmInput, vtpmPcrs } from '../platforms/vtpm/evidence.js';
import { reportDataOf } from '../runtimeClaims.js';
import type { Evidence } from '../types.js';
import type { DcapCollateralOptions, DcapMachine, DcapQuoteOverrides } from './dcapAuthority.js';
import { freshKeyPair } from './freshKeyPair.js';
import type { SnpMachine, SnpReportOverrides } from './snpAuthority.js';

export interface VtpmOptions {
  /** By index, 32 bytes each. Default: the index in every byte. */
  readonly pcrs?: Readonly<Record<number, Uint8Array>>;
  readonly resetCount?: number;
  /** The attestation key, RSA. Default a new one of 2048 bits. */
  readonly key?: KeyObject;
  /** Instead of the JSON that names the attestation key. */
  readonly runtimeData?: (usual: Record<string, unknown>) => unknown;
}

/** What may be bent of a quote. */
export interface QuoteOverrides {
  readonly magic?: number;
  readonly type?: number;
  readonly bank?: number;
  /** Which PCRs the quote says that it is over. */
  readonly pcrs?: readonly number[];
  readonly pcrDigest?: Uint8Array;
  readonly trailing?: Uint8Array;
  readonly key?: KeyObject;
}

export interface Vtpm {
  readonly attestationKey: KeyObject;
  /** JSON: what the hardware's report data begin with the SHA-256 of. */
  readonly runtimeData: Uint8Array;
  /** 64 bytes, for the hardware beneath. */
  readonly hardwareReportData: Uint8Array;
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  hcl(hardwareReport: Uint8Array, kind: 'snp' | 'tdx', bend?: (hcl: Uint8Array) => void): Uint8Array;
  quote(
    qualifyingData: Uint8Array,
    overrides?: QuoteOverrides,
  ): { readonly quote: Uint8Array; readonly signature: Uint8Array };
}

export function createVtpm(options: VtpmOptions = {}): Vtpm {
  const { resetCount = 7 } = options;
  const privateKey = options.key ?? freshKeyPair(2048).privateKey;
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  const usual = {
    keys: [
      { kid: 'HCLAkPub', key_ops: ['sign'], kty: 'RSA', e, n },
      { kid: 'HCLEkPub', key_ops: ['encrypt'], kty: 'RSA', e, n },
    ],
    'vm-configuration': { 'tpm-enabled': true },
    'user-data': '00'.repeat(64),
  };
  const runtimeData = utf8(JSON.stringify(options.runtimeData?.(usual) ?? usual));
  const pcrs = new Map(
    vtpmPcrs.map((index) => [index, options.pcrs?.[index] ?? new Uint8Array(32).fill(index)] as const),
  );
  const hardwareReportData = new Uint8Array(64);
  hardwareReportData.set(digest(runtimeData));
  return {
    attestationKey: privateKey,
    runtimeData,
    hardwareReportData,
    pcrs,
    hcl(hardwareReport, kind, bend) {
      const bytes = new Uint8Array(2600);
      const view = new DataView(bytes.buffer);
      const header = [0x414c4348, 2, 32 + 1184 + 20 + runtimeData.length, 2, 0];
      for (const [at, word] of header.entries()) view.setUint32(4 * at, word, true);
      bytes.set(hardwareReport, 32);
      const request = [20 + runtimeData.length, 1, kind === 'snp' ? 2 : 4, 1, runtimeData.length];
      for (const [at, word] of request.entries()) view.setUint32(1216 + 4 * at, word, true);
      bytes.set(runtimeData, 1236);
      bend?.(bytes);
      return bytes;
    },
    quote(qualifyingData, bent = {}) {
      const selected = new Uint8Array(3);
      for (const index of bent.pcrs ?? vtpmPcrs)
        selected[index >> 3] = (selected[index >> 3] ?? 0) | (1 << (index & 7));
      const quote = concatBytes(
        bigEndian(bent.magic ?? 0xff544347, 4),
        bigEndian(bent.type ?? 0x8018, 2),
        sized(new Uint8Array(34).fill(0x0b)),
        sized(qualifyingData),
        bigEndian(123_456, 8),
        bigEndian(resetCount, 4),
        bigEndian(0, 4),
        Uint8Array.of(1),
        bigEndian(0x2016, 8),
        bigEndian(1, 4),
        bigEndian(bent.bank ?? 0x000b, 2),
        Uint8Array.of(selected.length),
        selected,
        sized(bent.pcrDigest ?? digest(concatBytes(...pcrs.values()))),
        bent.trailing ?? new Uint8Array(0),
      );
      return { quote, signature: new Uint8Array(sign('sha256', quote, bent.key ?? privateKey)) };
    },
  };
}

/** What may be bent of an Azure VM's evidence. */
export interface AzureOverrides {
  readonly report?: SnpReportOverrides;
  readonly tdQuote?: DcapQuoteOverrides;
  readonly collateral?: DcapCollateralOptions;
  readonly quote?: QuoteOverrides;
  /** Instead of the SHA-384 of the claims. */
  readonly qualifyingData?: Uint8Array;
  readonly parts?: Partial<VtpmInput>;
}

/** Evidence whose quote is over the hash of `claims` (runtime claims in CBOR), on a machine of AMD's. */
export function azureSnpEvidence(
  tpm: Vtpm,
  machine: SnpMachine,
  claims: Uint8Array,
  bent: AzureOverrides = {},
): Evidence {
  const report = machine.report(tpm.hardwareReportData, bent.report);
  const evidence = encodeVtpmEvidence({
    hcl: tpm.hcl(report, 'snp'),
    pcrs: tpm.pcrs,
    ...tpm.quote(bent.qualifyingData ?? reportDataOf(claims).subarray(0, 48), bent.quote),
    ...bent.parts,
  });
  return { platform: 'az-snp-vtpm', evidence, claims, endorsements: machine.endorsements };
}

/** The same on a machine of Intel's. */
export function azureTdxEvidence(
  tpm: Vtpm,
  machine: DcapMachine,
  claims: Uint8Array,
  bent: AzureOverrides = {},
): Evidence {
  const evidence = encodeVtpmEvidence({
    hcl: tpm.hcl(new Uint8Array(1024), 'tdx'),
    pcrs: tpm.pcrs,
    ...tpm.quote(bent.qualifyingData ?? reportDataOf(claims).subarray(0, 48), bent.quote),
    tdQuote: machine.quote(tpm.hardwareReportData, bent.tdQuote),
    ...bent.parts,
  });
  return {
    platform: 'az-tdx-vtpm',
    evidence,
    claims,
    endorsements: { collateral: machine.collateral(bent.collateral) },
  };
}

function digest(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function bigEndian(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
}

function sized(bytes: Uint8Array): Uint8Array {
  return concatBytes(bigEndian(bytes.length, 2), bytes);
}
