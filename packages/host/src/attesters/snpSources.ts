/**
 * Where the certificates of an SNP report's key come from. Each source says what it has for a report; whether it fits is for
 * snpEvidence.ts to find out, which asks one source after the other.
 */
import path from 'node:path';
import {
  readCertificate,
  readCertificates,
  readCrl,
  type SnpFiles,
  type SnpReport,
  tcbParts,
} from '@coco/attestation';
import { coseDecode, coseEncode } from '@coco/crypto';
import { CocoError, fromBase64, fromUtf8, toHex } from '@coco/primitives';
import { readDeviceFile } from './deviceFile.js';
import type { EndorsementSource, Wanted } from './endorsementSource.js';
import { readSnpCertificateTable } from './snpCertificateTable.js';

/** host: what the host gave with the report. aci: files of an Azure container. thim: Azure's service for virtual machines. kds: AMD's. */
export type SnpSourceName = 'host' | 'aci' | 'thim' | 'kds';

export interface SnpSourceSettings {
  /** Folder with host-amd-cert-base64 and others, UVM_SECURITY_CONTEXT_DIR in Azure's containers. */
  readonly securityContext?: string;
  readonly thimUrl: string;
  /** Without a path. */
  readonly kdsUrl: string;
}

/** What may vouch for a report, and the URLs that it is from. */
export interface SnpCandidate {
  readonly files: SnpFiles;
  readonly urls: readonly string[];
}

export interface SnpRequest {
  readonly report: SnpReport;
  /** The host's table of certificates. */
  readonly table?: Uint8Array;
}

/** COCO_ATTESTER_SOURCE, COCO_ATTESTER_DEVICE when the source has nothing for this report. */
export async function askSnpSource(
  name: SnpSourceName,
  request: SnpRequest,
  { settings, source }: { readonly settings: SnpSourceSettings; readonly source: EndorsementSource },
): Promise<SnpCandidate> {
  switch (name) {
    case 'host':
      return fromHost(request, settings, source);
    case 'aci':
      return fromAci(settings);
    case 'thim':
      return fromThim(settings.thimUrl, source);
    case 'kds':
      return fromKds(request.report, settings.kdsUrl, source);
  }
}

/** The host's table; it often has the leaf alone (AWS gives a VLEK), and AMD has the rest. */
async function fromHost(
  { report, table }: SnpRequest,
  { kdsUrl }: SnpSourceSettings,
  source: EndorsementSource,
): Promise<SnpCandidate> {
  const { vcek, vlek, ask, ark, crl } = table === undefined ? {} : readSnpCertificateTable(table);
  const leaf = report.signingKey === 'vlek' ? vlek : vcek;
  if (leaf === undefined) throw nothing('the host gave no certificate of the key with the report');
  const given = { ...(crl !== undefined && { crl }) };
  if (ask !== undefined && ark !== undefined)
    return { files: { certificates: [leaf, ask, ark], ...given }, urls: [] };
  let reason = '';
  for (const product of productsOf(report)) {
    const url = chainUrl(kdsUrl, report, product);
    try {
      return { files: { certificates: [leaf, await source.get(chainWanted(url))], ...given }, urls: [url] };
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  throw nothing(
    `the host gave only the certificate of the key, and its authority's could not be had: ${reason}`,
  );
}

const fileBytesMax = 256 * 1024;

async function fromAci({ securityContext }: SnpSourceSettings): Promise<SnpCandidate> {
  if (securityContext === undefined)
    throw nothing('this is no Azure container: UVM_SECURITY_CONTEXT_DIR is not set');
  const read = async (name: string): Promise<Uint8Array> => {
    const file = path.join(securityContext, name);
    try {
      return await readDeviceFile(file, fileBytesMax);
    } catch (error) {
      throw nothing(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const certificates = await read('host-amd-cert-base64');
  const uvm = withoutTimeStamp(await read('reference-info-base64'));
  const policy = await read('security-policy-base64');
  return { files: { certificates: [certificates], uvm, policy }, urls: [] };
}

/**
 * Microsoft's endorsement of the utility VM as it signed it. What stands beside that, a time stamp, is left away: the
 * endorsement is worth the same without it, and nobody needs to know who makes Microsoft's time stamps.
 */
function withoutTimeStamp(file: Uint8Array): Uint8Array {
  const bytes = fromBase64((fromUtf8(file) ?? '').replaceAll(/\s/g, ''));
  try {
    return coseEncode({ ...coseDecode(bytes ?? file), unprotectedHeader: new Map() });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw nothing(`the endorsement of the utility VM cannot be read: ${reason}`);
  }
}

async function fromThim(url: string, source: EndorsementSource): Promise<SnpCandidate> {
  const certificates = await source.get({
    url,
    what: "Azure's certificates of the machine's key",
    requestHeaders: { metadata: 'true' },
    read: ({ body }, fetchedMs) => {
      const { vcekCert, cacheControl } = JSON.parse(new TextDecoder().decode(body)) as Record<
        string,
        unknown
      >;
      if (typeof vcekCert !== 'string') throw new Error('it has no vcekCert');
      const seconds = Number(cacheControl);
      return {
        value: body,
        freshUntilMs: fetchedMs + (seconds > 0 ? Math.min(seconds * 1000, dayMs) : dayMs),
      };
    },
  });
  return { files: { certificates: [certificates] }, urls: [url] };
}

/** AMD's Key Distribution Service (document 57230): by product, chip id and TCB. */
async function fromKds(report: SnpReport, kdsUrl: string, source: EndorsementSource): Promise<SnpCandidate> {
  if (report.signingKey !== 'vcek')
    throw nothing("AMD gives out certificates of chips' own keys (VCEK) alone");
  if (report.chipId.every((byte) => byte === 0)) {
    throw nothing('the owner of the machine has masked its chip id, by which AMD knows it');
  }
  const failures: string[] = [];
  for (const product of productsOf(report)) {
    const leafUrl = vcekUrl(kdsUrl, report, product);
    const authorityUrl = chainUrl(kdsUrl, report, product);
    try {
      // The leaf first: whether AMD has it says whether this is the product.
      const leaf = await source.get(leafWanted(leafUrl));
      const certificates = [leaf, await source.get(chainWanted(authorityUrl))];
      const crlUrl = `${kdsUrl}/vcek/v1/${product}/crl`;
      const crl = await source.get(crlWanted(crlUrl)).catch(() => undefined);
      const files = { certificates, ...(crl !== undefined && { crl }) };
      return { files, urls: [leafUrl, authorityUrl, crlUrl] };
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw nothing(failures.join('; '));
}

type Product = 'Milan' | 'Genoa' | 'Turin';

/** By CPUID family and model; reports before version 3 do not say, and Turin's are later than that. */
function productsOf({ cpuid }: SnpReport): readonly Product[] {
  if (cpuid === undefined) return ['Milan', 'Genoa'];
  if (cpuid.family === 0x1a) return ['Turin'];
  return [cpuid.model < 0x10 ? 'Milan' : 'Genoa'];
}

function chainUrl(kdsUrl: string, { signingKey }: SnpReport, product: Product): string {
  return `${kdsUrl}/${signingKey === 'vlek' ? 'vlek' : 'vcek'}/v1/${product}/cert_chain`;
}

/** AMD's names of the parts of a TCB, in the order in which its examples have them. */
const kdsNames = { fmc: 'fmcSPL', boot_loader: 'blSPL', tee: 'teeSPL', snp: 'snpSPL', microcode: 'ucodeSPL' };

function vcekUrl(kdsUrl: string, { chipId, reportedTcb }: SnpReport, product: Product): string {
  const family = product.toLowerCase() as Lowercase<Product>;
  const parts = tcbParts(family, reportedTcb);
  const query = Object.entries(kdsNames)
    .filter(([part]) => parts[part] !== undefined)
    .map(([part, name]) => `${name}=${String(parts[part]).padStart(2, '0')}`);
  const id = toHex(product === 'Turin' ? chipId.subarray(0, 8) : chipId);
  return `${kdsUrl}/vcek/v1/${product}/${id}?${query.join('&')}`;
}

const dayMs = 86_400_000;
/** Certificates are asked for again well before they end, and once a month. */
const certificateDays = 30;
const certificateMarginMs = 7 * dayMs;

function leafWanted(url: string): Wanted<Uint8Array> {
  const read: Wanted<Uint8Array>['read'] = ({ body }, fetchedMs) => {
    const { notAfterMs } = readCertificate(body);
    const freshUntilMs = Math.min(fetchedMs + certificateDays * dayMs, notAfterMs - certificateMarginMs);
    return { value: body, freshUntilMs };
  };
  return { url, what: "AMD's certificate of the machine's key", read };
}

function chainWanted(url: string): Wanted<Uint8Array> {
  const read: Wanted<Uint8Array>['read'] = ({ body }, fetchedMs) => {
    const ends = readCertificates(body, "AMD's chain").map(
      ({ notAfterMs }) => notAfterMs - certificateMarginMs,
    );
    return { value: body, freshUntilMs: Math.min(fetchedMs + certificateDays * dayMs, ...ends) };
  };
  return { url, what: "AMD's certificates of its authorities", read };
}

function crlWanted(url: string): Wanted<Uint8Array> {
  const read: Wanted<Uint8Array>['read'] = ({ body }, fetchedMs) => {
    const { nextUpdateMs } = readCrl(body, "AMD's CRL");
    return { value: body, freshUntilMs: Math.min(fetchedMs + dayMs, nextUpdateMs) };
  };
  return { url, what: "AMD's list of revoked certificates", read };
}

function nothing(reason: string): CocoError {
  return new CocoError('COCO_ATTESTER_SOURCE', reason, { reason });
}
