/**
 * Evidence of an Azure confidential VM: the paravisor's report from the vTPM, its quote of the PCRs over our report data, and
 * what vouches for the hardware beneath (packages/attestation, platforms/vtpm/evidence.ts has the format).
 */
import { encodeVtpmEvidence, type VtpmEvidence, vtpmPcrs } from '@coco/attestation';
import { sha256 } from '@coco/crypto';
import { CocoError, equalBytes, fromBase64, fromUtf8, toBase64 } from '@coco/primitives';
import { boundedFetch } from './boundedFetch.js';
import type { Clock } from './clock.js';
import { type Tpm, tpmOver } from './tpm/tpmCommands.js';
import type { TpmTransport } from './tpm/tpmTransport.js';

/** The evidence's bytes, and what of the hardware has to be endorsed. COCO_ATTESTER_TPM, COCO_ATTESTER_DEVICE, COCO_ATTESTER_SOURCE. */
export async function readAzureVtpm(reportData: Uint8Array, from: AzureVtpm): Promise<AzureVtpmReport> {
  const tpm = tpmOver(from.transport, from.clock);
  const hcl = await tpm.readNv(hclIndex);
  checkKind(hcl, from.platform);
  const hardwareReport = hcl.slice(hardwareReportAt, hardwareReportAt + hardwareReportBytes);
  const quoted = await quotePcrs(tpm, reportData.subarray(0, qualifyingBytes));
  if (from.platform === 'az-snp-vtpm')
    return { evidence: encodeVtpmEvidence({ hcl, ...quoted }), hardware: hardwareReport };
  const tdQuote = await fetchTdQuote(hardwareReport.subarray(0, tdReportBytes), from);
  return { evidence: encodeVtpmEvidence({ hcl, ...quoted, tdQuote }), hardware: tdQuote };
}

export interface AzureVtpm {
  readonly platform: 'az-snp-vtpm' | 'az-tdx-vtpm';
  readonly transport: TpmTransport;
  /** Azure's service on the machine that makes TD quotes out of TD reports. */
  readonly tdQuoteUrl: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface AzureVtpmReport {
  readonly evidence: Uint8Array;
  /** The SNP report, or the TDX quote. */
  readonly hardware: Uint8Array;
}

const hclIndex = 0x01400001;
/** Where the paravisor's report says of which hardware it is: 2 SNP, 4 TDX. */
const kindAt = 1224;
const kinds: ReadonlyMap<number | undefined, AzureVtpm['platform']> = new Map([
  [2, 'az-snp-vtpm'],
  [4, 'az-tdx-vtpm'],
]);
const attestationKey = 0x81000003;
const hardwareReportAt = 32;
const hardwareReportBytes = 1184;
const tdReportBytes = 1024;
/** A SHA-384: what a TPM takes at most. */
const qualifyingBytes = 48;
const attemptsMax = 5;

function checkKind(hcl: Uint8Array, platform: AzureVtpm['platform']): void {
  const found = kinds.get(hcl[kindAt]);
  if (found === platform) return;
  const is = found === undefined ? 'is of an unknown kind' : `is of the platform ${found}`;
  throw new CocoError(
    'COCO_ATTESTER_PLATFORM',
    `this machine ${is}, and attestation.platform says ${platform}`,
    {
      platform,
      found: found ?? 'unknown',
    },
  );
}

/** Values and a quote that belong together: between the two commands somebody may extend a PCR. */
async function quotePcrs(
  tpm: Tpm,
  qualifyingData: Uint8Array,
): Promise<Pick<VtpmEvidence, 'pcrs' | 'quote' | 'signature'>> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const pcrs = await tpm.readPcrs(vtpmPcrs);
    const { attest, signature } = await tpm.quote(attestationKey, qualifyingData, vtpmPcrs);
    const digest = sha256(...vtpmPcrs.map((index) => pcrs.get(index) ?? new Uint8Array(0)));
    // The digest of the PCRs ends the quote.
    if (equalBytes(attest.subarray(-digest.length), digest)) return { pcrs, quote: attest, signature };
  }
  throw new CocoError(
    'COCO_ATTESTER_TPM',
    `the PCRs change while they are quoted, ${attemptsMax} times in a row`,
    {},
  );
}

async function fetchTdQuote(tdReport: Uint8Array, { tdQuoteUrl, timeoutMs }: AzureVtpm): Promise<Uint8Array> {
  const { body } = await boundedFetch({
    url: tdQuoteUrl,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ report: toBase64Url(tdReport) }),
    timeoutMs,
    bytesMax: 64 * 1024,
  });
  const quote = quoteIn(fromUtf8(body) ?? '');
  if (quote !== undefined && quote.length > 0) return quote;
  throw new CocoError('COCO_ATTESTER_SOURCE', `${tdQuoteUrl} gives no TDX quote`, { url: tdQuoteUrl });
}

function quoteIn(text: string): Uint8Array | undefined {
  try {
    const { quote } = JSON.parse(text) as { readonly quote?: unknown };
    const standard = String(quote).replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
    return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
  } catch {
    return undefined;
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
