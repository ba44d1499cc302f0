/**
 * Gets evidence from what this node runs on: from the device of its platform, with the endorsements that others need to judge
 * it. It decides nothing, and believes neither device nor sources: verification is elsewhere.
 */
import {
  type Endorsements,
  type Evidence,
  encodeClaims,
  type Platform,
  type PlatformEvidence,
  type RuntimeClaims,
  reportDataOf,
  virtualEvidence,
} from '@coco/attestation';
import { CocoError } from '@coco/primitives';
import type { Log } from '../log.js';
import type { AttestationSettings } from './attestationSettings.js';
import { type AzureVtpmReport, readAzureVtpm } from './azureVtpm.js';
import { type Clock, realClock } from './clock.js';
import { readTsmReport } from './configfsTsm.js';
import { fetchCollateral } from './dcapCollateral.js';
import { openEndorsementSource } from './endorsementSource.js';
import { readGramineQuote } from './gramine.js';
import { endorseSnp } from './snpEvidence.js';
import { openTpmDevice } from './tpm/tpmTransport.js';

export interface Attester {
  readonly platform: Platform;
  /** What it gives is worth nothing: `virtual`. Whoever shows it says so. */
  readonly provesNothing: boolean;
  /** Evidence for `claims`. Throws COCO_ATTESTER_*. */
  attest(claims: RuntimeClaims): Promise<Evidence>;
}

export interface AttesterOptions {
  /** The node's key, SubjectPublicKeyInfo, and signing with it as `virtualEvidence` wants it: for `virtual`. */
  readonly publicKeyDer: Uint8Array;
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
  readonly log: Log;
  /** Default: the real one. */
  readonly clock?: Clock;
}

/** The attester of the platform that `settings` names. It touches its device only when it attests. */
export function openAttester(settings: AttestationSettings, options: AttesterOptions): Attester {
  const { platform } = settings;
  const get = reporterOf(settings, options);
  return {
    platform,
    provesNothing: platform === 'virtual',
    async attest(claims) {
      const encoded = encodeClaims(claims);
      return { platform, claims: encoded, ...(await get(reportDataOf(encoded), claims)) };
    },
  };
}

interface Report {
  readonly evidence: Uint8Array;
  readonly endorsements: Endorsements;
}

type Reporter = (reportData: Uint8Array, claims: RuntimeClaims) => Promise<Report>;

function reporterOf(settings: AttestationSettings, options: AttesterOptions): Reporter {
  switch (settings.platform) {
    case 'virtual':
      return virtualReporter(options);
    case 'sev-snp':
    case 'tdx':
      return tsmReporter(settings, settings.platform, endorserOf(settings, options));
    case 'sgx':
      return gramineReporter(settings, endorserOf(settings, options));
    case 'az-snp-vtpm':
    case 'az-tdx-vtpm':
      return vtpmReporter(settings, settings.platform, endorserOf(settings, options));
  }
}

function virtualReporter({ publicKeyDer, sign }: AttesterOptions): Reporter {
  return async (reportData, { code, instance }) => ({
    evidence: virtualEvidence({ reportData, tree: code, instance, publicKeyDer, sign }),
    endorsements: {},
  });
}

type Subject = Omit<PlatformEvidence, 'endorsements'>;

interface Endorser {
  readonly clock: Clock;
  /** `subject`: what the report or quote is a part of, where it is not the evidence itself. */
  snp(report: Uint8Array, table?: Uint8Array, subject?: Subject): Promise<Endorsements>;
  dcap(quote: Uint8Array, subject?: Subject): Promise<Endorsements>;
}

function endorserOf(
  { cache, sources }: AttestationSettings,
  { log, clock = realClock }: AttesterOptions,
): Endorser {
  const { timeoutMs, bytesMax, pcsUrl, rootCrlUrl } = sources;
  const source = openEndorsementSource({ directory: cache, timeoutMs, bytesMax, clock, log });
  const about = (subject?: Subject) => ({ source, clock, log, ...(subject !== undefined && { subject }) });
  return {
    clock,
    snp: (report, table, subject) =>
      endorseSnp(report, table, { sources: sources.snp, settings: sources, ...about(subject) }),
    async dcap(quote, subject) {
      return { collateral: await fetchCollateral(quote, { pcsUrl, rootCrlUrl, ...about(subject) }) };
    },
  };
}

const providers = { 'sev-snp': 'sev_guest', tdx: 'tdx_guest' } as const;

function tsmReporter(
  { devices, deviceTimeoutMs }: AttestationSettings,
  platform: keyof typeof providers,
  endorser: Endorser,
): Reporter {
  return async (reportData) => {
    const request = { directory: devices.tsm, reportData, timeoutMs: deviceTimeoutMs };
    const { provider, outblob, auxblob } = await readTsmReport(request, endorser.clock);
    if (provider !== providers[platform]) throw otherPlatform(platform, provider);
    const endorsements =
      platform === 'tdx' ? await endorser.dcap(outblob) : await endorser.snp(outblob, auxblob);
    return { evidence: outblob, endorsements };
  };
}

/** Runs what it is given one after the other: for devices with one place for what a report shall be for. */
function oneAtATime(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

function gramineReporter({ devices, deviceTimeoutMs }: AttestationSettings, endorser: Endorser): Reporter {
  const inTurn = oneAtATime();
  return async (reportData) => {
    const request = { directory: devices.gramine, reportData, timeoutMs: deviceTimeoutMs };
    const quote = await inTurn(() => readGramineQuote(request, endorser.clock));
    return { evidence: quote, endorsements: await endorser.dcap(quote) };
  };
}

function vtpmReporter(
  { devices, deviceTimeoutMs }: AttestationSettings,
  platform: 'az-snp-vtpm' | 'az-tdx-vtpm',
  endorser: Endorser,
): Reporter {
  const { clock } = endorser;
  const inTurn = oneAtATime();
  const read = async (reportData: Uint8Array): Promise<AzureVtpmReport> => {
    const transport = await openTpmDevice(devices.tpm);
    try {
      const { tdQuoteUrl } = devices;
      return await readAzureVtpm(reportData, {
        platform,
        transport,
        tdQuoteUrl,
        timeoutMs: deviceTimeoutMs,
        clock,
      });
    } finally {
      await transport.close();
    }
  };
  return async (reportData) => {
    const { evidence, hardware } = await inTurn(() => read(reportData));
    const subject = { platform, evidence };
    const endorsements =
      platform === 'az-tdx-vtpm'
        ? await endorser.dcap(hardware, subject)
        : await endorser.snp(hardware, undefined, subject);
    return { evidence, endorsements };
  };
}

function otherPlatform(platform: Platform, provider: string): CocoError {
  const found = Object.entries(providers).find(([, name]) => name === provider)?.[0];
  const is =
    found === undefined
      ? `gives reports of "${provider}", which is unknown here`
      : `is of the platform ${found}`;
  return new CocoError(
    'COCO_ATTESTER_PLATFORM',
    `this machine ${is}, and attestation.platform says ${platform}`,
    {
      platform,
      provider,
    },
  );
}
