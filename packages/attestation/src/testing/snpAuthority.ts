/**
 * A synthetic AMD: a root (ARK), the authority below it (ASK), and machines whose reports they vouch for. What it makes is
 * as good as AMD's to whoever trusts its root (`anchors`, or `root` voted into the TEE manifest), and worth nothing to
 * anybody else. For tests of all rooms, and for processes that stand in for hardware:
 *
 *     const amd = createSnpAuthority();                       // once; slow, RSA keys
 *     const machine = amd.machine({ hostData });              // quick: a chip with a key of its own
 *     machine.endorsements                                    // vcek, ask, ark
 *     machine.report(reportData)                              // 1184 bytes, as /dev/sev-guest gives them
 *     machine.report(reportData, { debug: true })             // bent, and signed all the same
 *     machine.evidence(claims)                                // Evidence for runtime claims in CBOR
 *     examineSnp({ report, endorsements }, amd.anchors, atMs)
 *
 * Processes share one authority by its text: `createSnpAuthority({ saved: text })` of another's `amd.save()`.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { fromBase64, toBase64 } from '@coco/primitives';
import { tcbBytes, tcbExtensions } from '../platforms/snp/tcb.js';
import type { AmdFamily, Anchors, Endorsements, Evidence } from '../types.js';
import { freshKeyPair } from './freshKeyPair.js';
import { ia5, integer, syntheticCertificate, syntheticCrl } from './snpDer.js';
import { type SyntheticReport, syntheticReport } from './snpReport.js';

export interface SnpAuthorityOptions {
  /** Default milan. */
  readonly family?: AmdFamily;
  /** RSA: 2048 (default) or 4096 as AMD's. */
  readonly keyBits?: number;
  /** What `save` of another process gave. */
  readonly saved?: string;
  readonly notBeforeMs?: number;
  /** Of the root and the authority. Default 2045. */
  readonly notAfterMs?: number;
}

export interface SnpAuthority {
  readonly family: AmdFamily;
  /** Trusts this authority for its family, and nobody else. */
  readonly anchors: Anchors;
  /** SHA-256 of the root's public key: what a TEE manifest lists in `roots`. */
  readonly root: string;
  readonly ark: Uint8Array;
  readonly ask: Uint8Array;
  readonly askSerial: number;
  machine(options?: SnpMachineOptions): SnpMachine;
  /** A revocation list of the root's, DER. */
  crl(options?: SnpCrlOptions): Uint8Array;
  /** Private keys and certificates as text: secret only as far as anybody trusts this authority. */
  save(): string;
}

export interface SnpMachineOptions {
  /** Default vcek. */
  readonly signer?: 'vcek' | 'vlek';
  /** Of the reports. Default 3, 5 on Turin. */
  readonly version?: number;
  /** By part, of certificate and reports. */
  readonly tcb?: Readonly<Record<string, number>>;
  /** 64 bytes (8 and zeros on Turin). Default at random. */
  readonly chipId?: Uint8Array;
  readonly cspId?: string;
  readonly measurement?: Uint8Array;
  readonly hostData?: Uint8Array;
  /** Goes into the endorsements; its SHA-256 becomes the host data, unless that is given. */
  readonly policy?: Uint8Array;
  /** A COSE_Sign1, see snpUvm.ts. */
  readonly uvm?: Uint8Array;
  readonly crl?: Uint8Array;
  /** Of the key's certificate. Default 2023 to 2040. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** By identifier, instead of what the certificate of the key would have; null leaves one out. */
  readonly extensions?: Readonly<Record<string, Uint8Array | null>>;
}

export type SnpReportOverrides = Partial<Omit<SyntheticReport, 'reportData'>>;

export interface SnpMachine {
  readonly endorsements: Endorsements;
  /** The chip's id, 64 bytes. */
  readonly chipId: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  /** A report with this report data (64 bytes), everything else in it as overridden. */
  report(reportData: Uint8Array, overrides?: SnpReportOverrides): Uint8Array;
  /** Evidence whose report data is the hash of `claims`, runtime claims in CBOR. */
  evidence(claims: Uint8Array, overrides?: SnpReportOverrides): Evidence;
}

export interface SnpCrlOptions {
  readonly thisUpdateMs?: number;
  readonly nextUpdateMs?: number;
  readonly revoked?: readonly number[];
  /** Default the root's. */
  readonly key?: KeyObject;
  readonly issuer?: string;
}

const amd = '1.3.6.1.4.1.3704.1';
const cpuids = { milan: [0x19, 0x01, 0x01], genoa: [0x19, 0x11, 0x01], turin: [0x1a, 0x02, 0x01] } as const;
const defaultTcb = { fmc: 1, boot_loader: 4, tee: 0, snp: 24, microcode: 219 };
const askSerial = 65537;

interface Keys {
  readonly family: AmdFamily;
  readonly arkKey: KeyObject;
  readonly askKey: KeyObject;
  readonly ark: Uint8Array;
  readonly ask: Uint8Array;
}

/** By options: making RSA keys is slow. */
const made = new Map<string, Keys>();

/** The same for the same options within a process. */
export function createSnpAuthority(options: SnpAuthorityOptions = {}): SnpAuthority {
  const cacheKey = JSON.stringify(options);
  const keys =
    made.get(cacheKey) ?? (options.saved === undefined ? makeKeys(options) : loadKeys(options.saved));
  made.set(cacheKey, keys);
  const { family, ark, ask, arkKey } = keys;
  const root = createHash('sha256')
    .update(createPublicKey(arkKey).export({ format: 'der', type: 'spki' }))
    .digest('hex');
  return {
    family,
    anchors: { amd: { milan: [], genoa: [], turin: [], [family]: [root] }, intel: [] },
    root,
    ark,
    ask,
    askSerial,
    machine: (machine = {}) => createMachine(keys, machine),
    crl: (crl = {}) =>
      syntheticCrl({
        issuer: crl.issuer ?? `ARK-${family}`,
        signedBy: crl.key ?? arkKey,
        thisUpdateMs: crl.thisUpdateMs ?? Date.UTC(2025, 0, 1),
        nextUpdateMs: crl.nextUpdateMs ?? Date.UTC(2035, 0, 1),
        revoked: crl.revoked ?? [],
      }),
    save: () => saveKeys(keys),
  };
}

function makeKeys(options: SnpAuthorityOptions): Keys {
  const { family = 'milan', keyBits = 2048 } = options;
  const arkKey = freshKeyPair(keyBits).privateKey;
  const askKey = freshKeyPair(keyBits).privateKey;
  const authority = {
    issuer: `ARK-${family}`,
    signedBy: arkKey,
    notBeforeMs: options.notBeforeMs ?? Date.UTC(2020, 9, 22),
    notAfterMs: options.notAfterMs ?? Date.UTC(2045, 9, 22),
  };
  return {
    family,
    arkKey,
    askKey,
    ark: syntheticCertificate({
      ...authority,
      subject: `ARK-${family}`,
      publicKey: createPublicKey(arkKey),
      serial: 65536,
      ca: {},
    }),
    ask: syntheticCertificate({
      ...authority,
      subject: `SEV-${family}`,
      publicKey: createPublicKey(askKey),
      serial: askSerial,
      ca: { pathLengthMax: 0 },
    }),
  };
}

function saveKeys({ family, arkKey, askKey, ark, ask }: Keys): string {
  const [arkPem, askPem] = [arkKey, askKey].map((key) => key.export({ format: 'pem', type: 'pkcs8' }));
  return JSON.stringify({ family, arkPem, askPem, ark: toBase64(ark), ask: toBase64(ask) });
}

function loadKeys(saved: string): Keys {
  const { family, arkPem, askPem, ark, ask } = JSON.parse(saved) as Record<string, string>;
  return {
    family: family as AmdFamily,
    arkKey: createPrivateKey(arkPem ?? ''),
    askKey: createPrivateKey(askPem ?? ''),
    ark: fromBase64(ark ?? '') ?? new Uint8Array(0),
    ask: fromBase64(ask ?? '') ?? new Uint8Array(0),
  };
}

function createMachine({ family, askKey, ark, ask }: Keys, options: SnpMachineOptions): SnpMachine {
  const { privateKey, publicKey } = freshKeyPair('secp384r1');
  const vlek = options.signer === 'vlek';
  const tcb = tcbBytes(family, { ...defaultTcb, ...options.tcb });
  const idBytes = family === 'turin' ? 8 : 64;
  const chipId = options.chipId ?? new Uint8Array(64);
  if (options.chipId === undefined && !vlek) chipId.set(randomBytes(idBytes));
  const policyDigest = createHash('sha256')
    .update(options.policy ?? new Uint8Array(0))
    .digest();
  const hostData =
    options.hostData ?? (options.policy === undefined ? new Uint8Array(32) : new Uint8Array(policyDigest));
  const measurement = options.measurement ?? new Uint8Array(48).fill(0x6d);
  const usual: Record<string, Uint8Array | null> = {
    [`${amd}.1`]: integer(0),
    [`${amd}.2`]: ia5(`${family.charAt(0).toUpperCase()}${family.slice(1)}`),
    ...Object.fromEntries(
      tcbExtensions[family].map((n, at) => [`${amd}.3.${n}`, integer(tcb[at] as number)]),
    ),
    [vlek ? `${amd}.5` : `${amd}.4`]: vlek
      ? ia5(options.cspId ?? 'CN=cc-region-1.cloud.example')
      : chipId.subarray(0, idBytes),
  };
  const vcek = syntheticCertificate({
    subject: vlek ? 'SEV-VLEK' : 'SEV-VCEK',
    issuer: `SEV-${family}`,
    publicKey,
    signedBy: askKey,
    serial: 0,
    notBeforeMs: options.notBeforeMs ?? Date.UTC(2023, 0, 1),
    notAfterMs: options.notAfterMs ?? Date.UTC(2040, 0, 1),
    extensions: Object.entries({ ...usual, ...options.extensions }).flatMap(([id, value]) =>
      value === null ? [] : [[id, value] as const],
    ),
  });
  const { crl, uvm, policy } = options;
  const endorsements: Endorsements = {
    vcek,
    ask,
    ark,
    ...(crl === undefined ? {} : { crl }),
    ...(uvm === undefined ? {} : { uvm }),
    ...(policy === undefined ? {} : { policy }),
  };
  // A guest keeps its id for as long as it runs.
  const reportId = new Uint8Array(randomBytes(32));
  const report: SnpMachine['report'] = (reportData, overrides = {}) =>
    syntheticReport({
      version: options.version ?? (family === 'turin' ? 5 : 3),
      debug: false,
      migratable: false,
      vmpl: 0,
      signatureAlgorithm: 1,
      signingKey: vlek ? 1 : 0,
      chipKeyMasked: false,
      reportData,
      measurement,
      hostData,
      reportId,
      reportedTcb: tcb,
      cpuid: cpuids[family],
      chipId,
      key: privateKey,
      ...overrides,
    });
  const evidence: SnpMachine['evidence'] = (claims, overrides) => {
    const reportData = new Uint8Array(64);
    reportData.set(createHash('sha384').update(claims).digest());
    return { platform: 'sev-snp', evidence: report(reportData, overrides), claims, endorsements };
  };
  return { endorsements, chipId, measurement, hostData, report, evidence };
}
