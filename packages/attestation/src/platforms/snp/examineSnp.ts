/**
 * Judges an SNP report with what vouches for it: AMD's root -> ASK -> VCEK or VLEK -> report, all as of a stated time. What
 * is wrong already is refused here; the signatures that must hold are returned.
 */
import { sha256 } from '@coco/crypto';
import { equalBytes, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type {
  AmdFamily,
  Anchors,
  Endorsements,
  Examined,
  NamedSignature,
  PlatformClaims,
} from '../../types.js';
import { readCertificate, type X509 } from '../../x509/certificate.js';
import { checkChain, checkSigns } from '../../x509/chain.js';
import { checkCrl, isRevoked, readCrl } from '../../x509/crl.js';
import { familyOf } from './family.js';
import { readSnpKey, type SnpKey } from './keyCertificate.js';
import { cpuidText, readSnpReport, type SnpReport } from './report.js';
import { lowerTcb, tcbParts, tcbText } from './tcb.js';
import { examineUvm } from './uvm.js';

export interface SnpEvidence {
  /** 1184 bytes. */
  readonly report: Uint8Array;
  /** `vcek` (or a VLEK), `ask`, `ark`, DER; `crl`, `uvm` and `policy` where there are any (see types.ts). */
  readonly endorsements: Endorsements;
}

/** Throws COCO_ATTESTATION_* for all that is wrong without any signature. */
export function examineSnp(
  { report: bytes, endorsements }: SnpEvidence,
  anchors: Anchors,
  atMs: number,
): Examined<PlatformClaims> {
  const report = readSnpReport(bytes);
  if (report.debug) {
    throw refused('COCO_ATTESTATION_DEBUG', 'the guest allows debugging, so the host can read its memory');
  }
  const { leaf, ask, ark } = certificatesOf(endorsements);
  const family = familyOf({ report, ark, leaf, anchors });
  const key = readSnpKey(leaf, family);
  const name = `the ${key.kind.toUpperCase()}`;
  const chain = checkChain([leaf, ask, ark], anchors.amd[family], atMs, name);
  checkSigns(leaf, 'reports');
  checkSigner(report, key);
  checkChip(report, key);
  checkTcb(report, key, family);
  const crl = examineCrl(endorsements['crl'], { ask, ark, atMs });
  const uvm =
    endorsements['uvm'] === undefined ? undefined : examineUvm(endorsements['uvm'], report.measurement);
  checkPolicy(report, endorsements['policy']);
  const claims: PlatformClaims = {
    platform: 'sev-snp',
    registers: { measurement: toHex(report.measurement), host_data: toHex(report.hostData) },
    reportData: report.reportData,
    version: report.version,
    tcb: {
      family,
      // What flaws of older firmware let somebody do to the guest at its start stays done when the firmware is replaced.
      parts: tcbParts(family, lowerTcb(report.reportedTcb, report.launchTcb)),
      ...(report.cpuid === undefined ? {} : { cpuid: cpuidText(report.cpuid) }),
    },
    advisories: [],
    migratable: report.migratable,
    vmpl: report.vmpl,
    signer: key.kind,
    ...(key.cspId === undefined ? {} : { cspId: key.cspId }),
    ...machineOf(report, key, family),
    instanceId: toHex(report.reportId),
    ...(uvm === undefined ? {} : { uvm: uvm.claims }),
    root: ark.publicKeyDigest,
    validUntilMs: Math.min(leaf.notAfterMs, ask.notAfterMs, ark.notAfterMs, crl?.nextUpdateMs ?? Infinity),
  };
  const signatures: NamedSignature[] = [
    ...chain,
    ...(crl === undefined ? [] : [crl.signature]),
    {
      what: `the signature of ${name} on the report`,
      scheme: 'ecdsa-p384-sha384',
      publicKey: leaf.publicKey,
      message: report.signed,
      signature: report.signature,
    },
    ...(uvm?.signatures ?? []),
  ];
  return { claims, signatures };
}

function certificatesOf(endorsements: Endorsements): {
  readonly leaf: X509;
  readonly ask: X509;
  readonly ark: X509;
} {
  const read = (name: 'vcek' | 'ask' | 'ark'): X509 => {
    const der = endorsements[name];
    const what = `the certificate ${name.toUpperCase()}`;
    if (der === undefined) throw refused('COCO_ATTESTATION_CHAIN', `${what} is missing`);
    // PEM would leave bytes that no signature covers.
    if (der[0] !== 0x30) throw refused('COCO_ATTESTATION_MALFORMED', `${what} is not DER`);
    return readCertificate(der, what);
  };
  return { leaf: read('vcek'), ask: read('ask'), ark: read('ark') };
}

function checkSigner({ signingKey }: SnpReport, { kind }: SnpKey): void {
  if (signingKey === 'none') {
    throw refused('COCO_ATTESTATION_SIGNATURE', 'the report is not signed: the host has masked the key');
  }
  if (signingKey !== kind) {
    const [says, is] = [signingKey.toUpperCase(), kind.toUpperCase()];
    throw refused(
      'COCO_ATTESTATION_CHAIN',
      `the report says that a ${says} signed it, and the certificate is that of a ${is}`,
    );
  }
}

/** A VCEK is one chip's, and the report must say that it is that one. On Turin the id has 8 bytes, and zeros follow. */
function checkChip({ chipId }: SnpReport, { hwId }: SnpKey): void {
  if (hwId === undefined) return;
  if (chipId.every((byte) => byte === 0)) {
    throw refused('COCO_ATTESTATION_CHIP', 'the host has masked the id of the chip in the report');
  }
  const rest = chipId.subarray(hwId.length);
  if (equalBytes(chipId.subarray(0, hwId.length), hwId) && rest.every((byte) => byte === 0)) return;
  throw refused(
    'COCO_ATTESTATION_CHIP',
    'the report is of another chip than the one that the certificate is for',
    { chip: toHex(chipId), certificate: toHex(hwId) },
  );
}

/** The key is derived from the versions of the firmware: a certificate for other versions is one for another key. */
function checkTcb({ reportedTcb }: SnpReport, { tcb }: SnpKey, family: AmdFamily): void {
  if (equalBytes(reportedTcb, tcb)) return;
  const [reported, certified] = [tcbText(family, reportedTcb), tcbText(family, tcb)];
  throw refused(
    'COCO_ATTESTATION_TCB',
    `the report is of the firmware ${reported}, and the certificate is for ${certified}`,
    { reported: toHex(reportedTcb), certificate: toHex(tcb) },
  );
}

/** With a VLEK the report may leave the chip out. */
function machineOf({ chipId }: SnpReport, { hwId }: SnpKey, family: AmdFamily): { machineId?: string } {
  const id = hwId ?? (family === 'turin' ? chipId.subarray(0, 8) : chipId);
  return id.every((byte) => byte === 0) ? {} : { machineId: toHex(id) };
}

/** AMD's list is the root's, and tells which ASK are revoked. */
function examineCrl(
  bytes: Uint8Array | undefined,
  { ask, ark, atMs }: { readonly ask: X509; readonly ark: X509; readonly atMs: number },
): { readonly signature: NamedSignature; readonly nextUpdateMs: number } | undefined {
  if (bytes === undefined) return undefined;
  if (bytes[0] !== 0x30) throw refused('COCO_ATTESTATION_CRL', "AMD's CRL is not DER");
  const crl = readCrl(bytes, "AMD's CRL");
  const signature = checkCrl(crl, ark, atMs, "AMD's CRL");
  if (isRevoked(crl, ask.serial)) {
    throw refused('COCO_ATTESTATION_REVOKED', `AMD has revoked the certificate of ${ask.subjectText}`, {
      certificate: ask.subjectText,
      serial: ask.serial,
    });
  }
  return { signature, nextUpdateMs: crl.nextUpdateMs };
}

function checkPolicy({ hostData }: SnpReport, policy: Uint8Array | undefined): void {
  if (policy === undefined) return;
  const digest = sha256(policy);
  if (equalBytes(digest, hostData)) return;
  throw refused(
    'COCO_ATTESTATION_POLICY',
    'the policy that came with the evidence is not the one whose SHA-256 is in HOST_DATA',
    { policy: toHex(digest), hostData: toHex(hostData) },
  );
}
