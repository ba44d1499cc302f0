/**
 * A synthetic Intel: a root, the authority that certifies machines (PCK), the signer of TCB info and QE identities, and machines whose
 * quotes they vouch for. What it makes is as good as Intel's to whoever trusts its root (`anchors`, or `root` voted into the
 * TEE manifest), and worth nothing to anybody else. For tests of all rooms, and for processes that stand in for hardware:
 *
 *     const intel = createDcapAuthority();
 *     const machine = intel.machine({ platform: 'tdx', registers: { rtmr3 } });   // sgx: version 3; tdx: 4 or 5 (default)
 *     machine.quote(reportData)                                                   // as configfs-tsm gives it
 *     machine.quote(reportData, { body: { attributes: '0100001000000000' } })     // bent (debug), and signed all the same
 *     machine.collateral({ issuedMs: now })                                       // JSON; good for 30 days
 *     machine.collateral({ status: 'OutOfDate', revoked: ['pck'] })
 *     machine.evidence(claims)                                                    // Evidence for runtime claims in CBOR
 *     examineDcap({ quote, collateral, platform: 'tdx' }, intel.anchors, syntheticDcapAtMs)
 *
 * Processes share one authority by its text: `createDcapAuthority({ saved: text })` of another's `intel.save()`.
 */
import { createHash, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { fromHex, toHex, utf8 } from '@coco/primitives';
import type { Anchors, Evidence } from '../types.js';
import { qeIdentity, quotingEnclave, type SyntheticDocuments, tcbInfo, teeTcbSvn } from './dcapCollateral.js';
import { type ReportFields, rawBy, type SyntheticQuote, syntheticQuote } from './dcapQuote.js';
import {
  element,
  integer,
  keyDigest,
  objectId,
  pem,
  type SyntheticList,
  type SyntheticX509,
  sequence,
  syntheticList,
  syntheticX509,
} from './dcapX509.js';
import { freshKeyPair } from './freshKeyPair.js';

/** When collateral is issued unless it is said otherwise; it is good for 30 days. */
export const syntheticDcapAtMs = Date.UTC(2026, 0, 1);

const dayMs = 86_400_000;

export interface DcapAuthorityOptions {
  /** Which of Intel's two authorities certifies machines. Default platform, as for servers. */
  readonly ca?: 'Platform' | 'Processor';
  /** What `save` of another process gave. */
  readonly saved?: string;
  /** Of all certificates of authorities. Default 2020 to 2049. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Changes of the certificates. */
  readonly certificates?: Partial<Record<AuthorityName, Partial<SyntheticX509>>>;
}

export type AuthorityName = 'root' | 'authority' | 'tcbSigning';

export interface DcapAuthority {
  /** Trusts this authority, and nobody else. */
  readonly anchors: Anchors;
  /** SHA-256 of the root's public key: what a TEE manifest lists in `roots`. */
  readonly root: string;
  /** Private keys and certificates (DER). */
  readonly keys: Readonly<Record<AuthorityName, KeyObject>>;
  readonly certificates: Readonly<Record<AuthorityName, Uint8Array>>;
  machine(options?: DcapMachineOptions): DcapMachine;
  /** Private keys as text: secret only as far as anybody trusts this authority. */
  save(): string;
}

export interface DcapMachineOptions {
  /** Default tdx. */
  readonly platform?: 'tdx' | 'sgx';
  /** Of its quotes. Default 3 for sgx, 5 for tdx. */
  readonly version?: 3 | 4 | 5;
  /** Of all its quotes: fields of the report by name in hex, for example {mrtd, rtmr3} or {mrenclave}. */
  readonly registers?: ReportFields;
  /** Hex. Default at random. */
  readonly ppid?: string;
  readonly fmspc?: string;
  readonly pceId?: string;
  /** 16 SVNs. */
  readonly components?: readonly number[];
  readonly pceSvn?: number;
  /** Changes of the PCK certificate. */
  readonly certificate?: Partial<SyntheticX509>;
}

/** What can be bent in a quote. */
export type DcapQuoteOverrides = Partial<Omit<SyntheticQuote, 'platform' | 'reportData'>>;

export interface DcapCollateralOptions {
  /** Default syntheticDcapAtMs. */
  readonly issuedMs?: number;
  /** Default 30 days later. */
  readonly nextUpdateMs?: number;
  /** What Intel says of this machine's level. Default UpToDate, without advisories. */
  readonly status?: string;
  readonly advisories?: readonly string[];
  readonly tcbEvaluationNumber?: number;
  /** Change the documents before they are signed. */
  readonly tcbInfo?: (document: Record<string, unknown>) => unknown;
  readonly qeIdentity?: (document: Record<string, unknown>) => unknown;
  readonly revoked?: readonly ('pck' | 'authority' | 'tcbSigning')[];
  readonly rootCrl?: Partial<SyntheticList>;
  readonly pckCrl?: Partial<SyntheticList>;
  /** Signs the documents, instead of the authority's. */
  readonly tcbSigning?: { readonly key: KeyObject; readonly certificate: Uint8Array };
  /** Whole fields of the JSON, instead of what they would be; null leaves one out. */
  readonly fields?: Readonly<Record<string, string | null>>;
}

export interface DcapMachine {
  readonly platform: 'tdx' | 'sgx';
  /** PPID, hex. */
  readonly ppid: string;
  readonly pckKey: KeyObject;
  readonly pckCertificate: Uint8Array;
  /** A quote over this report data (64 bytes). */
  quote(reportData: Uint8Array, overrides?: DcapQuoteOverrides): Uint8Array;
  collateral(options?: DcapCollateralOptions): Uint8Array;
  /** Evidence whose report data is the hash of `claims`, runtime claims in CBOR. */
  evidence(claims: Uint8Array, overrides?: DcapQuoteOverrides, collateral?: DcapCollateralOptions): Evidence;
}

const serials = { root: Uint8Array.of(1), authority: Uint8Array.of(2), tcbSigning: Uint8Array.of(3) };

export function createDcapAuthority(options: DcapAuthorityOptions = {}): DcapAuthority {
  const {
    ca = 'Platform',
    notBeforeMs = Date.UTC(2020, 0, 1),
    notAfterMs = Date.UTC(2049, 11, 31),
  } = options;
  const saved =
    options.saved === undefined ? undefined : (JSON.parse(options.saved) as Record<string, string>);
  const key = (name: AuthorityName): KeyObject => {
    const text = saved?.[name];
    return text === undefined ? p256() : createPrivateKey(text);
  };
  const keys = { root: key('root'), authority: key('authority'), tcbSigning: key('tcbSigning') };
  const subjects = {
    root: 'Intel SGX Root CA',
    authority: `Intel SGX PCK ${ca} CA`,
    tcbSigning: 'Intel SGX TCB Signing',
  };
  const certificate = (name: AuthorityName, limits: Partial<SyntheticX509>): Uint8Array =>
    syntheticX509({
      subject: subjects[name],
      issuer: subjects.root,
      key: keys[name],
      signedBy: keys.root,
      serial: serials[name],
      notBeforeMs,
      notAfterMs,
      ...limits,
      ...options.certificates?.[name],
    });
  const certificates = {
    root: certificate('root', { ca: true, pathLengthMax: 1 }),
    authority: certificate('authority', { ca: true, pathLengthMax: 0 }),
    tcbSigning: certificate('tcbSigning', {}),
  };
  const root = keyDigest(keys.root);
  const authority = { ca, keys, certificates };
  return {
    anchors: { amd: { milan: [], genoa: [], turin: [] }, intel: [root] },
    root,
    keys,
    certificates,
    machine: (machine = {}) => createMachine(authority, machine),
    save: () =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(keys).map(([name, key]) => [name, key.export({ format: 'pem', type: 'pkcs8' })]),
        ),
      ),
  };
}

type Authority = Pick<DcapAuthority, 'keys' | 'certificates'> & { readonly ca: 'Platform' | 'Processor' };

function createMachine(authority: Authority, options: DcapMachineOptions): DcapMachine {
  const { platform = 'tdx' } = options;
  const version = options.version ?? (platform === 'sgx' ? 3 : 5);
  const machine = {
    platform,
    ppid: options.ppid ?? randomBytes(16).toString('hex'),
    fmspc: options.fmspc ?? '90c06f000000',
    pceId: options.pceId ?? '0000',
    components: options.components ?? [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0],
    pceSvn: options.pceSvn ?? 13,
  };
  const pckKey = p256();
  const attestationKey = p256();
  const serial = new Uint8Array(randomBytes(19));
  const pckCertificate = syntheticX509({
    subject: 'Intel SGX PCK Certificate',
    issuer: `Intel SGX PCK ${authority.ca} CA`,
    key: pckKey,
    signedBy: authority.keys.authority,
    serial,
    notBeforeMs: Date.UTC(2024, 0, 1),
    notAfterMs: Date.UTC(2040, 0, 1),
    extensions: [['1.2.840.113741.1.13.1', sgxExtension(machine)]],
    ...options.certificate,
  });
  const { root, authority: issuer } = authority.certificates;
  const usual: SyntheticQuote = {
    version,
    platform,
    body:
      platform === 'sgx'
        ? {
            attributes: '0500000000000000e700000000000000',
            mrenclave: 'c0'.repeat(32),
            mrsigner: 'c1'.repeat(32),
          }
        : {
            tee_tcb_svn: teeTcbSvn,
            attributes: '0000001000000000',
            xfam: 'e702060000000000',
            mrtd: 'd0'.repeat(48),
          },
    reportData: new Uint8Array(64),
    qe: quotingEnclave(platform),
    attestationKey,
    pckKey,
    pckChain: `${pem('CERTIFICATE', pckCertificate, issuer, root)}\0`,
  };
  const quote: DcapMachine['quote'] = (reportData, overrides = {}) =>
    syntheticQuote({
      ...usual,
      ...overrides,
      reportData,
      body: { ...usual.body, ...options.registers, ...overrides.body },
      qe: { ...usual.qe, ...overrides.qe },
    });
  const collateral: DcapMachine['collateral'] = (wanted = {}) =>
    utf8(JSON.stringify(collateralFields(authority, { ...machine, serial }, wanted)));
  return {
    platform,
    ppid: machine.ppid,
    pckKey,
    pckCertificate,
    quote,
    collateral,
    evidence: (claims, overrides, wanted) => {
      const reportData = new Uint8Array(64);
      reportData.set(createHash('sha384').update(claims).digest());
      return {
        platform,
        evidence: quote(reportData, overrides),
        claims,
        endorsements: { collateral: collateral(wanted) },
      };
    },
  };
}

interface Machine {
  readonly platform: 'tdx' | 'sgx';
  readonly ppid: string;
  readonly fmspc: string;
  readonly pceId: string;
  readonly components: readonly number[];
  readonly pceSvn: number;
}

/** The fields of the JSON, see platforms/dcap/collateral.ts. */
function collateralFields(
  { ca, keys, certificates }: Authority,
  machine: Machine & { readonly serial: Uint8Array },
  wanted: DcapCollateralOptions,
): Record<string, string> {
  const issuedMs = wanted.issuedMs ?? syntheticDcapAtMs;
  const nextUpdateMs = wanted.nextUpdateMs ?? issuedMs + 30 * dayMs;
  const { status = 'UpToDate', advisories = [], tcbEvaluationNumber = 18, revoked = [] } = wanted;
  const about: SyntheticDocuments = {
    ...machine,
    issuedMs,
    nextUpdateMs,
    status,
    advisories,
    tcbEvaluationNumber,
  };
  const list = { thisUpdateMs: issuedMs, nextUpdateMs };
  const signer = wanted.tcbSigning ?? { key: keys.tcbSigning, certificate: certificates.tcbSigning };
  const document = (name: string, value: unknown): Record<string, string> => {
    const text = JSON.stringify(value);
    return {
      [`${name}_issuer_chain`]: pem('CERTIFICATE', signer.certificate, certificates.root),
      [name]: text,
      [`${name}_signature`]: toHex(rawBy(signer.key, utf8(text))),
    };
  };
  const fields: Record<string, string | null> = {
    pck_crl_issuer_chain: pem('CERTIFICATE', certificates.authority, certificates.root),
    root_ca_crl: toHex(
      syntheticList({
        ...list,
        issuer: 'Intel SGX Root CA',
        signedBy: keys.root,
        revoked: revoked.flatMap((name) => (name === 'pck' ? [] : [serials[name]])),
        ...wanted.rootCrl,
      }),
    ),
    pck_crl: toHex(
      syntheticList({
        ...list,
        issuer: `Intel SGX PCK ${ca} CA`,
        signedBy: keys.authority,
        revoked: revoked.includes('pck') ? [machine.serial] : [],
        ...wanted.pckCrl,
      }),
    ),
    ...document('tcb_info', wanted.tcbInfo?.(tcbInfo(about)) ?? tcbInfo(about)),
    ...document('qe_identity', wanted.qeIdentity?.(qeIdentity(about)) ?? qeIdentity(about)),
    ...wanted.fields,
  };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

/** Intel's extension of PCK certificates, see platforms/dcap/pckExtensions.ts. */
function sgxExtension({ ppid, components, pceSvn, pceId, fmspc }: Machine): Uint8Array {
  const id = '1.2.840.113741.1.13.1';
  const item = (path: string, value: Uint8Array) => sequence(objectId(`${id}.${path}`), value);
  const octets = (hex: string) => element(0x04, fromHex(hex) as Uint8Array);
  return sequence(
    item('1', octets(ppid)),
    item(
      '2',
      sequence(
        ...components.map((svn, index) => item(`2.${index + 1}`, integer(svn))),
        item('2.17', integer(pceSvn)),
        item('2.18', element(0x04, Uint8Array.from(components))),
      ),
    ),
    item('3', octets(pceId)),
    item('4', octets(fmspc)),
    item('5', element(0x0a, Uint8Array.of(0))),
  );
}

function p256(): KeyObject {
  return freshKeyPair('prime256v1').privateKey;
}
