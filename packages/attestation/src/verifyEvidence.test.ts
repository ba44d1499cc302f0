import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureHolds } from '@coco/crypto';
import { CocoError, toHex } from '@coco/primitives';
import { anchorsWith, builtInAnchors } from './anchors.js';
import { decodeEvidence, encodeEvidence } from './carriage.js';
import { evidenceLimits } from './evidenceLimits.js';
import { verifyPlatformEvidence } from './platformEvidence.js';
import { encodeClaims, reportDataOf } from './runtimeClaims.js';
import { teeEntry } from './testing/manifests.js';
import { createSnpAuthority } from './testing/snpAuthority.js';
import { createVirtualNode, testClaims } from './testing/virtualNode.js';
import type { Evidence } from './types.js';
import { examineEvidence, verifyEvidence, verifyEvidenceWith } from './verifyEvidence.js';

const atMs = Date.UTC(2026, 0, 1);
const amd = createSnpAuthority();
const anchors = anchorsWith({ 'sev-snp': teeEntry({ roots: [amd.root] }) });
const node = createVirtualNode();
const said = encodeClaims(testClaims(node.nodeId));
const machine = amd.machine();
const report = machine.evidence(said);

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof CocoError) return error.code;
    throw error;
  }
  return 'none';
};

test('SEC-1: evidence is verified together with what the node says of itself', () => {
  const virtual = verifyEvidence(node.evidence({ nonce: new Uint8Array(32) }), builtInAnchors, atMs);
  assert.equal(virtual.platform, 'virtual');
  assert.deepEqual(virtual.claims, node.claims({ nonce: new Uint8Array(32) }));
  const snp = verifyEvidence(report, anchors, atMs);
  assert.equal(snp.platform, 'sev-snp');
  assert.equal(snp.registers['measurement'], toHex(machine.measurement));
  assert.equal(toHex(snp.claims.nodeKey), node.nodeId);
});

test('a report without our claims is verified by itself', () => {
  const { claims: _, ...evidence } = report;
  assert.deepEqual(verifyPlatformEvidence(evidence, anchors, atMs).reportData, reportDataOf(said));
});

test('SEC-1: claims that are not those that the hardware vouches for are refused', () => {
  const others = encodeClaims({ ...testClaims(node.nodeId), nonce: new Uint8Array(32) });
  for (const evidence of [report, node.evidence()]) {
    assert.equal(
      codeOf(() => verifyEvidence({ ...evidence, claims: others }, anchors, atMs)),
      'COCO_ATTESTATION_BINDING',
    );
  }
});

test('virtual evidence counts only under the key of its own node, for the code and instance that it claims', () => {
  const thief = createVirtualNode();
  const { signatures } = examineEvidence(node.evidence(), builtInAnchors, atMs);
  assert.ok(signatures.every(signatureHolds));
  for (const evidence of [
    thief.evidence({ nodeKey: testClaims(node.nodeId).nodeKey }),
    node.evidence({}, { tree: new Uint8Array(32) }),
    node.evidence({}, { instance: new Uint8Array(16) }),
  ]) {
    const act = () => verifyEvidence(evidence, builtInAnchors, atMs);
    assert.throws(act, { code: 'COCO_ATTESTATION_BINDING', message: /contradicts its runtime claims/ });
  }
});

test('a signature that does not hold is named, also where signatures are checked asynchronously', async () => {
  const forged = machine.evidence(said, {
    bendSigned: (bytes) => bytes.fill(0x55, 0x90, 0xc0),
  });
  const bad = {
    code: 'COCO_ATTESTATION_SIGNATURE',
    message: /signature of the VCEK on the report is not good/,
  };
  assert.throws(() => verifyEvidence(forged, anchors, atMs), bad);
  const asked: string[] = [];
  const check = async (signature: Parameters<typeof signatureHolds>[0]) => {
    asked.push(signature.scheme);
    return signatureHolds(signature);
  };
  await assert.rejects(verifyEvidenceWith(forged, anchors, atMs, check), bad);
  const claims = await verifyEvidenceWith(report, anchors, atMs, check);
  assert.deepEqual(claims, verifyEvidence(report, anchors, atMs));
  assert.ok(asked.length >= 6);
  await assert.rejects(
    verifyEvidenceWith(report, anchors, atMs, async () => false),
    { code: 'COCO_ATTESTATION_SIGNATURE' },
  );
});

test('evidence of one platform is nothing on another', () => {
  const genuine = [report, node.evidence()];
  for (const evidence of genuine) {
    for (const platform of ['sev-snp', 'tdx', 'sgx', 'az-snp-vtpm', 'az-tdx-vtpm', 'virtual'] as const) {
      if (platform === evidence.platform) continue;
      const code = codeOf(() => verifyEvidence({ ...evidence, platform }, anchors, atMs));
      assert.match(code, /^COCO_ATTESTATION_/, platform);
    }
  }
});

test('endorsements that nobody looks at are refused: no signature covers them, and the ledger keeps them', () => {
  const more = new Uint8Array(8);
  for (const [evidence, name] of [
    [report, 'collateral'],
    [node.evidence(), 'vcek'],
    [node.evidence(), 'collateral'],
  ] as const) {
    const endorsements = { ...evidence.endorsements, [name]: more };
    const act = () => verifyEvidence({ ...evidence, endorsements }, anchors, atMs);
    assert.throws(act, { code: 'COCO_ATTESTATION_MALFORMED', message: /endorsement .* vouches for nothing/ });
  }
});

test('what is beyond the limits is refused before any of it is parsed', () => {
  const { evidenceBytesMax, endorsementBytesMax, endorsementsBytesMax } = evidenceLimits;
  const third = new Uint8Array(endorsementsBytesMax / 3 + 1);
  const bent: Partial<Evidence>[] = [
    { evidence: new Uint8Array(evidenceBytesMax + 1) },
    { claims: new Uint8Array(1025) },
    { endorsements: { ...report.endorsements, uvm: new Uint8Array(endorsementBytesMax + 1) } },
    { endorsements: { vcek: third, ask: third, ark: third } },
  ];
  for (const change of bent) {
    const act = () => verifyEvidence({ ...report, ...change }, anchors, atMs);
    assert.equal(codeOf(act), 'COCO_ATTESTATION_TOO_LARGE');
  }
});

test('evidence in which any bit is turned, or that is cut short anywhere, is refused with a code', () => {
  for (const [evidence, step] of [
    [node.evidence(), 1],
    [report, 29],
  ] as const) {
    const bytes = encodeEvidence(evidence);
    const judge = (bent: Uint8Array) => codeOf(() => verifyEvidence(decodeEvidence(bent), anchors, atMs));
    for (let at = 0; at < bytes.length; at += step) {
      assert.match(judge(bytes.subarray(0, at)), /^COCO_ATTESTATION_/, `cut at ${at}`);
      const bent = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      assert.match(judge(bent), /^COCO_ATTESTATION_/, `bit of ${at}`);
    }
  }
});
