import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { fromHex, toHex, utf8 } from '@coco/primitives';
import { anchorsWith, builtInAnchors } from './anchors.js';
import { appraise } from './appraise.js';
import { codeId } from './codeId.js';
import { anyVirtual, codeManifest, manifestsFor, manifestsForAll, teeEntry } from './testing/manifests.js';
import { createSnpAuthority } from './testing/snpAuthority.js';
import { createVirtualNode, testClaims } from './testing/virtualNode.js';
import type { Binding, Manifests, Platform, RuntimeClaims, TeeEntry, VerifiedClaims } from './types.js';
import { verifyEvidence } from './verifyEvidence.js';

const atMs = Date.UTC(2026, 0, 1);
const nodeId = 'ab'.repeat(32);
const nonce = new Uint8Array(32).fill(1);
const exporter = new Uint8Array(32).fill(2);
const network = '0c'.repeat(32);
const [milan = ''] = builtInAnchors.amd.milan;
const [intel = ''] = builtInAnchors.intel;

const said: RuntimeClaims = {
  ...testClaims(nodeId),
  nonce,
  exporter,
  network: fromHex(network) as Uint8Array,
};
const binding: Binding = { purpose: 'session', nodeId, nonce, exporter, network };

/** What verification would say of a machine in good order. */
const good = (fields: Partial<VerifiedClaims> & { platform: Platform }): VerifiedClaims => ({
  registers: { measurement: 'aa', host_data: 'bb' },
  reportData: new Uint8Array(64),
  version: 3,
  tcb: { parts: {} },
  advisories: [],
  migratable: false,
  signer: 'node',
  validUntilMs: atMs + 1,
  claims: said,
  ...fields,
});

const snp = (fields: Partial<VerifiedClaims> = {}) =>
  good({
    platform: 'sev-snp',
    tcb: { family: 'milan', parts: { boot_loader: 4, tee: 0, snp: 24, microcode: 219 }, cpuid: '00a00f11' },
    vmpl: 0,
    signer: 'vcek',
    machineId: 'c1',
    root: milan,
    ...fields,
  });

const tdx = (fields: Partial<VerifiedClaims> = {}) =>
  good({
    platform: 'tdx',
    registers: { mrtd: 'aa', rtmr0: 'b0' },
    version: 4,
    tcbStatus: 'UpToDate',
    tcbEvaluationNumber: 17,
    collateralIssuedMs: atMs - 86_400_000,
    attributes: '0000001000000000e702060000000000',
    signer: 'pck',
    machineId: 'c2',
    root: intel,
    ...fields,
  });

const codes = [
  codeId('sev-snp', snp().registers),
  codeId('tdx', tdx().registers),
  codeId('az-snp-vtpm', snp().registers),
  codeId('az-tdx-vtpm', tdx().registers),
  codeId('sgx', tdx().registers),
  codeId('virtual', { tree: 'aa' }),
];

interface Case {
  readonly verified?: VerifiedClaims;
  readonly entry?: Partial<TeeEntry>;
  readonly manifests?: Manifests;
  readonly binding?: Partial<Binding>;
}

const judge = (given: Case) =>
  appraise(
    given.verified ?? snp(),
    given.manifests ?? manifestsForAll(codes, given.entry),
    { ...binding, ...given.binding },
    atMs,
  );

const accepts = (given: Case, component = 'node') => {
  const verdict = judge(given);
  assert.equal(verdict.outcome, 'accepted', JSON.stringify(verdict));
  assert.equal(verdict.outcome === 'accepted' && verdict.component, component);
};

const refuses = (given: Case, code: string, sentence: RegExp) => {
  const verdict = judge(given);
  assert.ok(verdict.outcome === 'refused', `${sentence}`);
  assert.equal(verdict.refusal.code, `COCO_ATTESTATION_${code}`);
  assert.match(verdict.refusal.sentence, sentence);
  assert.deepEqual(judge(given), verdict, 'decided the same again');
};

test('GOV-1: what the manifests list, bound to what it must be bound to, is accepted', () => {
  accepts({});
  accepts({ verified: tdx() });
  accepts({ verified: { ...tdx(), platform: 'sgx', attributes: '05' } });
  accepts({ verified: snp({ platform: 'az-snp-vtpm' }) });
  accepts({ verified: tdx({ platform: 'az-tdx-vtpm', attributes: '00000000000000000000000000000000' }) });
  accepts({ verified: good({ platform: 'virtual', registers: { tree: 'aa' } }) });
});

test('GOV-1: a platform that the TEE manifest does not admit is refused', () => {
  refuses({ manifests: anyVirtual }, 'PLATFORM', /admit the platform sev-snp, only: virtual/);
  refuses({ manifests: { ...anyVirtual, tee: {} } }, 'PLATFORM', /only: none/);
  const platform = 'constructor' as Platform;
  refuses({ verified: snp({ platform }) }, 'PLATFORM', /constructor/);
});

test('evidence for one purpose is worth nothing for another', () => {
  refuses({ binding: { purpose: 'join' } }, 'PURPOSE', /purpose "session", not "join"/);
});

test('evidence of another network, of another node, or of none is refused', () => {
  refuses({ binding: { network: '0d'.repeat(32) } }, 'NETWORK', /made for 0c0c.*not for the network 0d0d/);
  const { network: _, ...without } = said;
  refuses({ verified: snp({ claims: without }) }, 'NETWORK', /no network/);
  refuses({ binding: { nodeId: 'ac'.repeat(32) } }, 'KEY', /node key abab.*not of acac/);
});

test('SEC-2: replayed evidence is refused: its nonce is not the one that was asked for', () => {
  refuses({ binding: { nonce: exporter } }, 'NONCE', /nonce 0101.*0202/);
  refuses({ binding: { nonce: nonce.subarray(1) } }, 'NONCE', /not fresh/);
  const { nonce: _, ...without } = said;
  refuses({ verified: snp({ claims: without }) }, 'NONCE', /nonce none/);
});

test('SEC-2: evidence of another session cannot be relayed: its TLS exporter is another', () => {
  refuses({ binding: { exporter: nonce } }, 'SESSION', /another connection.*0202.*0101/);
  const { exporter: _, ...without } = said;
  refuses({ verified: snp({ claims: without }) }, 'SESSION', /exporter is none/);
});

test('what need not be bound is not compared', () => {
  const { network: _, nonce: __, exporter: ___, ...least } = said;
  const bound = { purpose: 'session', nodeId } as const;
  const verdict = appraise(snp({ claims: least }), manifestsForAll(codes), bound, atMs);
  assert.equal(verdict.outcome, 'accepted');
});

test('a root counts where it is the vendor’s, or voted in for this very platform', () => {
  refuses({ verified: snp({ root: 'ee' }) }, 'CHAIN', /root ee is neither/);
  refuses({ verified: snp({ root: intel }) }, 'CHAIN', /neither/);
  const { root: _, ...rootless } = snp();
  refuses({ verified: rootless }, 'CHAIN', /unknown/);
  accepts({ verified: snp({ root: 'ee' }), entry: { roots: ['ee'] } });
  const manifests = manifestsForAll(codes);
  const tee = { ...manifests.tee, 'az-snp-vtpm': teeEntry({ roots: ['ee'] }) };
  refuses({ verified: snp({ root: 'ee' }), manifests: { ...manifests, tee } }, 'CHAIN', /\(none\)/);
});

test('GOV-1: code that nobody listed is refused, with its code id', () => {
  const bent = snp({ registers: { measurement: 'aa', host_data: 'bc' } });
  refuses({ verified: bent }, 'CODE', new RegExp(`${codeId('sev-snp', bent.registers)}.*host_data bc`));
  refuses({ manifests: manifestsFor('sev-snp', []) }, 'CODE', /none of the 0/);
  refuses(
    { verified: snp({ platform: 'az-snp-vtpm', registers: { measurement: 'aa' } }) },
    'CODE',
    /code id/,
  );
});

test('code: any counts on virtual alone', () => {
  const manifests = manifestsForAll([], { code: 'any' });
  refuses({ manifests }, 'CODE', /none of the 0/);
  refuses({ verified: tdx(), manifests }, 'CODE', /none of the 0/);
  accepts({ verified: good({ platform: 'virtual', registers: { tree: '77' } }), manifests }, 'any');
});

test('CCF: code is admitted by both measurement and host data in its tables', () => {
  const tee = { 'sev-snp': teeEntry(), 'az-snp-vtpm': teeEntry() };
  const tables = (measurements: string[], hostData: string[]): Manifests => ({
    tee,
    code: codeManifest({ snp: { measurements, hostData, uvm: [], tcb: {} } }),
  });
  accepts({ manifests: tables(['a0', 'aa'], ['bb']) });
  refuses({ manifests: tables(['aa'], []) }, 'CODE', /code id/);
  refuses({ manifests: tables([], ['bb']) }, 'CODE', /code id/);
  // Above a vTPM the measurement is that of the paravisor alone.
  refuses({ verified: snp({ platform: 'az-snp-vtpm' }), manifests: tables(['aa'], ['bb']) }, 'CODE', /./);
  const measurements = ['7e'];
  const virtual: Manifests = { tee: anyVirtualListed, code: codeManifest({ virtual: { measurements } }) };
  accepts({ verified: good({ platform: 'virtual', registers: { tree: '7e' } }), manifests: virtual });
  refuses(
    { verified: good({ platform: 'virtual', registers: { tree: '7f' } }), manifests: virtual },
    'CODE',
    /./,
  );
});

const anyVirtualListed = { virtual: teeEntry() };

test('CCF: a utility VM stands for the measurement where its endorser is accepted and it is new enough', () => {
  const verified = snp({ uvm: { did: 'did:x509:a', feed: 'f', svn: 22 } });
  const manifests = (minimumSvn: number, did = 'did:x509:a'): Manifests => ({
    tee: { 'sev-snp': teeEntry() },
    code: codeManifest({
      snp: { measurements: [], hostData: ['bb'], uvm: [{ did, feed: 'f', minimumSvn }], tcb: {} },
    }),
  });
  accepts({ verified, manifests: manifests(22) });
  refuses({ verified, manifests: manifests(100) }, 'CODE', /security version 22, at least 100 is demanded/);
  refuses({ verified, manifests: manifests(22, 'did:x509:b') }, 'CODE', /code id/);
  refuses({ manifests: manifests(22) }, 'CODE', /code id/);
});

test('MIT-4: of several floors of one endorser the highest counts, wherever it stands', () => {
  const verified = snp({ uvm: { did: 'did:x509:a', feed: 'f', svn: 100 } });
  const uvm = (minimumSvn: number) => [{ did: 'did:x509:a', feed: 'f', minimumSvn }];
  const manifests = (ofPlatform: number, ofTables: number): Manifests => ({
    tee: { 'sev-snp': teeEntry({ uvm: uvm(ofPlatform) }) },
    code: codeManifest({ snp: { measurements: [], hostData: ['bb'], uvm: uvm(ofTables), tcb: {} } }),
  });
  accepts({ verified, manifests: manifests(100, 22) });
  refuses({ verified, manifests: manifests(101, 22) }, 'CODE', /at least 101 is demanded/);
  refuses({ verified, manifests: manifests(22, 101) }, 'CODE', /at least 101 is demanded/);
});

test('a code id by feed counts where the TEE manifest accepts the endorser', () => {
  const verified = snp({ uvm: { did: 'did:x509:a', feed: 'f', svn: 100 } });
  const id = codeId('sev-snp', { uvm_feed: 'f', host_data: 'bb' });
  const uvm = [{ did: 'did:x509:a', feed: 'f', minimumSvn: 100 }];
  accepts({ verified, manifests: manifestsFor('sev-snp', [id], { uvm }) });
  refuses({ verified, manifests: manifestsFor('sev-snp', [id]) }, 'CODE', /code id/);
  refuses({ verified: snp(), manifests: manifestsFor('sev-snp', [id], { uvm }) }, 'CODE', /code id/);
});

test('MIT-4: SNP firmware below a floor of its family is refused, and a family without floors', () => {
  accepts({ entry: { minimumTcb: { milan: { snp: 24, microcode: 219 } } } });
  const below = { minimumTcb: { milan: { snp: 24, microcode: 220 } } };
  refuses({ entry: below }, 'TCB_FLOOR', /milan: microcode is 219, at least 220/);
  refuses({ verified: snp({ platform: 'az-snp-vtpm' }), entry: below }, 'TCB_FLOOR', /microcode/);
  refuses({ entry: { minimumTcb: { milan: { fmc: 0 } } } }, 'TCB_FLOOR', /fmc is unknown/);
  refuses({ entry: { minimumTcb: { genoa: { snp: 1 } } } }, 'TCB_FLOOR', /family milan, only for: genoa/);
  refuses({ verified: snp({ tcb: { parts: {} } }), entry: below }, 'TCB_FLOOR', /family unknown/);
});

test('CCF: where there are floors by cpuid, they hold, and a processor without is refused', () => {
  const manifests = (tcb: Record<string, Record<string, number>>): Manifests => {
    const base = manifestsForAll(codes);
    return { ...base, code: { ...base.code, snp: { ...base.code.snp, tcb } } };
  };
  accepts({ manifests: manifests({ '00a00f11': { snp: 24 } }) });
  refuses({ manifests: manifests({ '00a00f11': { snp: 25 } }) }, 'TCB_FLOOR', /cpuid 00a00f11: snp is 24/);
  refuses({ manifests: manifests({ '00a10f11': { snp: 1 } }) }, 'TCB_FLOOR', /cpuid 00a00f11, only for/);
  const old = snp({ tcb: { family: 'milan', parts: { snp: 24 } } });
  refuses({ verified: old, manifests: manifests({ '00a00f11': { snp: 1 } }) }, 'TCB_FLOOR', /cpuid unknown/);
});

test('SNP: report version, signer, cloud, privilege level and machine are as demanded', () => {
  refuses({ verified: snp({ version: 2 }) }, 'VERSION', /version 2, at least 3/);
  accepts({ verified: snp({ version: 2 }), entry: { minimumReportVersion: 2 } });
  refuses({ entry: { signers: ['vlek'] } }, 'SIGNER', /signed by a VCEK, and admitted are: vlek/);
  refuses({ entry: { signers: [] } }, 'SIGNER', /admitted are: none/);
  const vlek = snp({ signer: 'vlek', cspId: 'cloud-a' });
  accepts({ verified: vlek });
  accepts({ verified: vlek, entry: { cspIds: ['cloud-a'] } });
  refuses({ verified: vlek, entry: { cspIds: ['cloud-b'] } }, 'SIGNER', /issued to cloud-a.*: cloud-b/);
  refuses({ verified: snp({ vmpl: 3 }), entry: { vmplMax: 2 } }, 'VMPL', /3, 2 is the highest/);
  const { vmpl: _, ...unprivileged } = snp();
  refuses({ verified: unprivileged }, 'VMPL', /unknown/);
});

test('machines and migration are judged on every platform', () => {
  for (const verified of [snp(), tdx()]) {
    const { machineId = '' } = verified;
    accepts({ verified, entry: { machines: ['00', machineId] } });
    refuses({ verified, entry: { machines: ['00'] } }, 'MACHINE', new RegExp(`machine ${machineId} is not`));
    refuses({ verified: { ...verified, migratable: true } }, 'MIGRATABLE', /another machine/);
  }
  const virtual = good({ platform: 'virtual', registers: { tree: 'aa' } });
  refuses({ verified: virtual, entry: { machines: ['00'] } }, 'MACHINE', /machine unknown/);
});

test('Intel: status, advisories, evaluation and age of the collateral are as demanded', () => {
  const outdated = tdx({ tcbStatus: 'OutOfDate', advisories: ['INTEL-SA-1', 'INTEL-SA-2'] });
  refuses({ verified: outdated }, 'TCB_STATUS', /is OutOfDate, and accepted are: UpToDate/);
  const acceptedStatuses = ['UpToDate', 'OutOfDate'];
  refuses({ verified: outdated, entry: { acceptedStatuses } }, 'ADVISORY', /INTEL-SA-1, INTEL-SA-2 apply/);
  const some = { acceptedStatuses, allowedAdvisories: ['INTEL-SA-2'] };
  refuses({ verified: outdated, entry: some }, 'ADVISORY', /INTEL-SA-1 apply.*INTEL-SA-2/);
  const allowedAdvisories = ['INTEL-SA-1', 'INTEL-SA-2'];
  accepts({ verified: outdated, entry: { acceptedStatuses, allowedAdvisories } });
  refuses(
    { verified: tdx(), entry: { minimumTcbEvaluation: 18 } },
    'COLLATERAL_AGE',
    /evaluation 17, at least 18/,
  );
  const issued = tdx({ collateralIssuedMs: atMs - 31 * 86_400_000 });
  refuses({ verified: issued }, 'COLLATERAL_AGE', /31 days before, at most 30/);
  accepts({ verified: issued, entry: { collateralDaysMax: 31 } });
  for (const field of ['tcbStatus', 'tcbEvaluationNumber', 'collateralIssuedMs'] as const) {
    const { [field]: _, ...without } = tdx();
    const verdict = appraise(without as VerifiedClaims, manifestsForAll(codes), binding, atMs);
    assert.equal(verdict.outcome, 'refused', field);
  }
});

test('TDX: a guest whose pages the host can take away unseen (SEPT_VE_DISABLE not set) is refused', () => {
  refuses({ verified: tdx({ attributes: '00000000000000000000000000000000' }) }, 'POLICY', /SEPT_VE_DISABLE/);
  const { attributes: _, ...without } = tdx();
  refuses({ verified: without }, 'POLICY', /bit 28/);
});

test('every field of the evidence may be missing or strange: the verdict is still one of the two', () => {
  for (const base of [snp(), tdx(), good({ platform: 'virtual', registers: { tree: 'aa' } })]) {
    for (const field of Object.keys(base) as (keyof VerifiedClaims)[]) {
      if (['claims', 'registers', 'tcb', 'platform', 'advisories', 'signer'].includes(field)) continue;
      const bent = { ...base, [field]: undefined } as unknown as VerifiedClaims;
      assert.ok(['accepted', 'refused'].includes(judge({ verified: bent }).outcome));
    }
    refuses({ verified: { ...base, registers: {} } }, 'CODE', /code id/);
  }
});

test('SEC-1: from evidence to verdict, for a virtual node and for synthetic SEV-SNP', () => {
  const node = createVirtualNode();
  const bound = { purpose: 'join', nodeId: node.nodeId, nonce } as const;
  const virtual = verifyEvidence(node.evidence({ purpose: 'join', nonce }), builtInAnchors, atMs);
  assert.deepEqual(appraise(virtual, anyVirtual, bound, atMs), {
    outcome: 'accepted',
    codeId: codeId('virtual', { tree: '7e'.repeat(32) }),
    component: 'any',
  });
  const amd = createSnpAuthority();
  const policy = utf8('package policy');
  const machine = amd.machine({ policy });
  const hostData = toHex(sha256(policy));
  const id = codeId('sev-snp', { measurement: toHex(machine.measurement), host_data: hostData });
  const manifests = manifestsFor('sev-snp', [id], { roots: [amd.root] });
  const evidence = machine.evidence(node.evidence({ purpose: 'join', nonce }).claims);
  const snpClaims = verifyEvidence(evidence, anchorsWith(manifests.tee), atMs);
  assert.deepEqual(appraise(snpClaims, manifests, bound, atMs), {
    outcome: 'accepted',
    codeId: id,
    component: 'node',
  });
  assert.throws(() => verifyEvidence(evidence, builtInAnchors, atMs), { code: /^COCO_ATTESTATION_/ });
});
