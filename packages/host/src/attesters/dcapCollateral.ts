/**
 * Intel's collateral for a quote, from its Provisioning Certification Service (PCS, API version 4) or a cache of it (PCCS), in
 * the form that verification reads (packages/attestation, platforms/dcap/collateral.ts):
 *
 *   <url>/{sgx|tdx}/certification/v4/tcb?fmspc=…            {"tcbInfo":{…},"signature":"…"}           TCB-Info-Issuer-Chain
 *   <url>/{sgx|tdx}/certification/v4/qe/identity            {"enclaveIdentity":{…},"signature":"…"}   SGX-Enclave-Identity-Issuer-Chain
 *   <url>/sgx/certification/v4/pckcrl?ca={processor|platform}&encoding=der                            SGX-PCK-CRL-Issuer-Chain
 *   <root CRL's own URL>                                    DER, or hex as a PCCS gives it
 */
import {
  type PlatformEvidence,
  readCertificates,
  readCrl,
  readPckExtensions,
  readQuote,
  verifyPlatformEvidence,
  type X509,
} from '@coco/attestation';
import { CocoError, fromHex, fromUtf8, toHex, utf8 } from '@coco/primitives';
import type { Log } from '../log.js';
import type { BoundedAnswer } from './boundedFetch.js';
import type { Clock } from './clock.js';
import type { EndorsementSource, Fresh, Wanted } from './endorsementSource.js';

export interface DcapSources {
  /** Without a path: https://api.trustedservices.intel.com, or a PCCS. */
  readonly pcsUrl: string;
  readonly rootCrlUrl: string;
  readonly source: EndorsementSource;
  readonly clock: Clock;
  readonly log: Log;
  /** What the quote is for, when it is a part of other evidence; default: it is all of it. */
  readonly subject?: Omit<PlatformEvidence, 'endorsements'>;
}

/**
 * The collateral for `quote`, JSON. When nobody would accept it with the quote, a warning says why. COCO_ATTESTER_SOURCE when it
 * cannot be had; COCO_ATTESTATION_* for what is no quote.
 */
export async function fetchCollateral(quote: Uint8Array, by: DcapSources): Promise<Uint8Array> {
  for (;;) {
    const { collateral, urls, platform, root } = await collect(quote, by);
    const fault = faultOf(
      { platform, evidence: quote, endorsements: { collateral } },
      root,
      by.clock.nowMs(),
    );
    if (fault === undefined) return collateral;
    if (await by.source.forget(urls)) continue;
    by.log.warn("Intel's collateral does not fit this machine's quote: others will refuse it", {
      reason: fault,
    });
    return collateral;
  }
}

async function collect(quote: Uint8Array, { pcsUrl, rootCrlUrl, source }: DcapSources) {
  const { platform, pckChain } = readQuote(quote);
  // As text in C: it ends with a zero.
  const chain = readCertificates(
    pckChain.at(-1) === 0 ? pckChain.subarray(0, -1) : pckChain,
    'the PCK chain',
  );
  const pck = chain[0];
  if (pck === undefined)
    throw new CocoError('COCO_ATTESTER_DEVICE', 'the quote names no certificate of its key', {});
  const { fmspc } = readPckExtensions(pck, 'the PCK');
  const ca = /platform/i.test(chain[1]?.subjectText ?? '') ? 'platform' : 'processor';
  const api = `${pcsUrl}/${platform}/certification/v4`;
  const tcb = signedWanted(`${api}/tcb?fmspc=${fmspc.toUpperCase()}`, "Intel's TCB info", tcbInfoForm);
  const identity = signedWanted(
    `${api}/qe/identity`,
    "Intel's identity of the quoting enclave",
    identityForm,
  );
  const crl = crlWanted(
    `${pcsUrl}/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`,
    "Intel's list of revoked PCK certificates",
    ['sgx-pck-crl-issuer-chain'],
  );
  const rootCrl = crlWanted(rootCrlUrl, "the list of revoked certificates of Intel's root", []);
  const asking = [source.get(tcb), source.get(identity), source.get(crl), source.get(rootCrl)] as const;
  // All of them: nothing is under way any more when one of them has failed.
  await Promise.allSettled(asking);
  const [tcbInfo, qeIdentity, pckCrl, rootCaCrl] = await Promise.all(asking);
  const collateral = {
    pck_crl_issuer_chain: pckCrl.chain,
    root_ca_crl: rootCaCrl.crl,
    pck_crl: pckCrl.crl,
    tcb_info_issuer_chain: tcbInfo.chain,
    tcb_info: tcbInfo.text,
    tcb_info_signature: tcbInfo.signature,
    qe_identity_issuer_chain: qeIdentity.chain,
    qe_identity: qeIdentity.text,
    qe_identity_signature: qeIdentity.signature,
  };
  const root = chain.at(-1) ?? pck;
  const urls = [tcb, identity, crl, rootCrl].map(({ url }) => url);
  return { collateral: utf8(JSON.stringify(collateral)), urls, platform, root };
}

interface Signed {
  /** Exactly what is signed. */
  readonly text: string;
  readonly signature: string;
  /** PEM. */
  readonly chain: string;
}

interface SignedForm {
  readonly field: string;
  /** The first that is there counts. */
  readonly chains: readonly string[];
}

const tcbInfoForm: SignedForm = {
  field: 'tcbInfo',
  chains: ['tcb-info-issuer-chain', 'sgx-tcb-info-issuer-chain'],
};
const identityForm: SignedForm = {
  field: 'enclaveIdentity',
  chains: ['sgx-enclave-identity-issuer-chain'],
};

function signedWanted(url: string, what: string, { field, chains }: SignedForm): Wanted<Signed> {
  const read = (answer: BoundedAnswer, fetchedMs: number): Fresh<Signed> => {
    const body = (fromUtf8(answer.body) ?? '').trim();
    // The signature is over the very text of the field, so it is cut out and not parsed and written again.
    const [, text = '', signature = ''] =
      new RegExp(`^\\{"${field}":(.*),"signature":"([0-9a-f]{128})"\\}$`, 's').exec(body) ?? [];
    if (text === '') throw new Error(`it is not {"${field}":…,"signature":"…"}`);
    const { nextUpdate } = JSON.parse(text) as { readonly nextUpdate?: unknown };
    return {
      value: { text, signature, chain: chainIn(answer, chains) },
      freshUntilMs: freshUntil(fetchedMs, Date.parse(String(nextUpdate))),
    };
  };
  return { url, what, headers: chains, read };
}

function crlWanted(
  url: string,
  what: string,
  chains: readonly string[],
): Wanted<{ readonly crl: string; readonly chain: string }> {
  const read = (answer: BoundedAnswer, fetchedMs: number) => {
    // DER begins with a SEQUENCE; hex of it with "30".
    const text = answer.body[0] === 0x30 ? undefined : fromUtf8(answer.body)?.trim().toLowerCase();
    const der = text === undefined ? answer.body : fromHex(text);
    if (der?.[0] !== 0x30) throw new Error('it is neither DER nor hex of it');
    const { nextUpdateMs } = readCrl(der, what);
    const chain = chains.length === 0 ? '' : chainIn(answer, chains);
    return { value: { crl: toHex(der), chain }, freshUntilMs: freshUntil(fetchedMs, nextUpdateMs) };
  };
  return { url, what, headers: chains, read };
}

/** PEM, percent-encoded in the first of these headers that is there. */
function chainIn(answer: BoundedAnswer, names: readonly string[]): string {
  const found = names.map((name) => answer.header(name) ?? '').find((value) => value !== '');
  if (found === undefined) throw new Error(`its header ${names[0] ?? ''} is missing`);
  const chain = decodeURIComponent(found);
  readCertificates(utf8(chain), 'the chain of its signer');
  return chain;
}

/** Collateral is good for 30 days; asked for every day, it never comes near its end, and revocations are heard of. */
const freshMs = 86_400_000;

function freshUntil(fetchedMs: number, nextUpdateMs: number): number {
  if (Number.isNaN(nextUpdateMs)) throw new Error('it does not say when it ends');
  return Math.min(fetchedMs + freshMs, nextUpdateMs);
}

/** What is wrong with them, taken for granted that their root is Intel's: that is for others to judge. */
function faultOf(evidence: PlatformEvidence, root: X509, nowMs: number): string | undefined {
  try {
    const anchors = { amd: { milan: [], genoa: [], turin: [] }, intel: [root.publicKeyDigest] };
    verifyPlatformEvidence(evidence, anchors, nowMs);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
