/**
 * `coco evidence verify`: judges attestation evidence in files, offline, as of a stated date.
 */
import process from 'node:process';
import {
  builtInAnchors,
  type Platform,
  type PlatformClaims,
  type PlatformEvidence,
  platforms,
  snpEndorsements,
  verifyPlatformEvidence,
} from '@coco/attestation';
import { CocoError } from '@coco/primitives';
import { platformClaimsText } from '../attestation/claimsText.js';
import { readEvidenceFile, readHexFile } from '../attestation/evidenceFiles.js';
import { withHex } from '../attestation/verdictText.js';
import { type Command, needed, type OptionValues, text, UsageError, whole } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { green, red } from '../terminal.js';

export const evidenceVerify: Command = {
  name: 'evidence verify',
  summary: 'judge attestation evidence in files, offline, as of a date',
  operands: '',
  options: {
    platform: { type: 'string', value: 'NAME', help: 'sev-snp, tdx or sgx' },
    at: {
      type: 'string',
      value: 'DATE',
      help: 'as of when, 2026-02-20 or 2026-02-20T12:00:00Z; default now',
    },
    report: { type: 'string', value: 'FILE', group: 'AMD SEV-SNP', help: 'the attestation report' },
    certs: {
      type: 'string',
      value: 'LEAF,ASK,ARK',
      group: 'AMD SEV-SNP',
      help: 'the chain (VCEK or VLEK first), in one or several files',
    },
    crl: { type: 'string', value: 'FILE', group: 'AMD SEV-SNP', help: 'AMD’s list of revoked certificates' },
    uvm: {
      type: 'string',
      value: 'FILE',
      group: 'AMD SEV-SNP',
      help: 'Microsoft’s endorsement of the utility VM',
    },
    'uvm-svn': {
      type: 'string',
      value: 'N',
      default: '0',
      group: 'AMD SEV-SNP',
      help: 'the lowest security version of the utility VM to accept',
    },
    policy: {
      type: 'string',
      value: 'FILE',
      group: 'AMD SEV-SNP',
      help: 'the container policy whose SHA-256 the report must have as host data',
    },
    quote: { type: 'string', value: 'FILE', group: 'Intel TDX and SGX', help: 'the quote' },
    collateral: {
      type: 'string',
      value: 'FILE',
      group: 'Intel TDX and SGX',
      help: 'PCK chain’s CRLs, TCB info and QE identity, as JSON',
    },
    'accept-status': {
      type: 'string',
      value: 'A,B',
      group: 'Intel TDX and SGX',
      help: 'TCB statuses to accept; default: any that is not revoked, and it is shown',
    },
    ...jsonOption,
  },
  about: [
    'Verifies every signature up to the vendor’s root that is built in, validity at the date, revocation, and that debugging is off. Certificates may be PEM or DER; binary files may also be hex or base64.',
    'Exit status 0 when the evidence is accepted, 1 when it is refused, with the reason.',
  ],
  examples: [
    [
      'coco evidence verify --platform sev-snp --report report.bin --certs vcek.pem,ask.pem,ark.pem',
      'a report of AMD SEV-SNP',
    ],
    [
      'coco evidence verify --platform tdx --at 2025-06-20 --quote quote.dat --collateral coll.json',
      'a quote of Intel TDX, as of a date',
    ],
  ],
  async run(_operands, options) {
    const platform = platformOf(needed(options, 'platform'));
    const atMs = timeOf(text(options, 'at'));
    const json = options['json'] === true;
    const evidence = platform === 'sev-snp' ? snpInput(options) : dcapInput(platform, options);
    const uvmSvnMin = whole(options, 'uvm-svn', 0, 2 ** 31);
    try {
      const claims = verifyPlatformEvidence(evidence(), builtInAnchors, atMs);
      checkDemands(claims, options, uvmSvnMin);
      process.stdout.write(
        json
          ? `${JSON.stringify({ outcome: 'accepted', at: new Date(atMs).toISOString(), claims: withHex(claims) })}\n`
          : `${green('●')} evidence accepted as of ${new Date(atMs).toISOString()}\n\n${platformClaimsText(claims)}\n`,
      );
      return 0;
    } catch (error) {
      if (!(error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_'))) throw error;
      const { code, message, facts } = error;
      process.stdout.write(
        json
          ? `${JSON.stringify({ outcome: 'refused', at: new Date(atMs).toISOString(), refusal: { code, sentence: message, facts } })}\n`
          : `${red('●')} evidence refused as of ${new Date(atMs).toISOString()}\n\n  ${message} (${code})\n`,
      );
      return 1;
    }
  },
};

/** Reads the files; what is in them is judged later. COCO_CLI_FILE. */
function snpInput(options: OptionValues): () => PlatformEvidence {
  const certificates = needed(options, 'certs').split(',').map(readEvidenceFile);
  const evidence = readHexFile(needed(options, 'report'));
  const given = (['crl', 'uvm', 'policy'] as const).flatMap((name) => {
    const file = text(options, name);
    return file === undefined ? [] : [[name, readEvidenceFile(file)] as const];
  });
  const files = { certificates, ...Object.fromEntries(given) };
  return () => ({ platform: 'sev-snp', evidence, endorsements: snpEndorsements(files) });
}

function dcapInput(platform: Platform, options: OptionValues): () => PlatformEvidence {
  const evidence = readHexFile(needed(options, 'quote'));
  const collateral = readEvidenceFile(needed(options, 'collateral'));
  return () => ({ platform, evidence, endorsements: { collateral } });
}

/** What the caller demands beyond that the evidence is genuine. */
function checkDemands(claims: PlatformClaims, options: OptionValues, uvmSvnMin: number): void {
  if (claims.uvm !== undefined && claims.uvm.svn < uvmSvnMin) {
    const sentence = `the utility VM has security version ${claims.uvm.svn}, below the floor of ${uvmSvnMin}`;
    throw new CocoError('COCO_ATTESTATION_TCB_FLOOR', sentence, { svn: claims.uvm.svn, floor: uvmSvnMin });
  }
  const accepted = text(options, 'accept-status')?.split(',');
  const status = claims.tcbStatus;
  if (accepted === undefined || status === undefined || accepted.includes(status)) return;
  const sentence = `the TCB status is ${status}, and accepted are ${accepted.join(', ')}`;
  throw new CocoError('COCO_ATTESTATION_TCB_STATUS', sentence, { status });
}

function platformOf(name: string): Platform {
  const platform = platforms.find((known) => known === name);
  if (platform === 'sev-snp' || platform === 'tdx' || platform === 'sgx') return platform;
  throw new UsageError(`--platform is sev-snp, tdx or sgx, not "${name}"`);
}

function timeOf(value: string | undefined): number {
  if (value === undefined) return Date.now();
  const ms = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$/.test(value)
    ? Date.parse(value.length > 10 && !value.endsWith('Z') ? `${value}Z` : value)
    : Number.NaN;
  if (Number.isNaN(ms)) throw new UsageError(`--at takes a date like 2026-02-20T12:00:00Z, not "${value}"`);
  return ms;
}
