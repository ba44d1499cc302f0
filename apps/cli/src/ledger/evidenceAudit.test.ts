import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { codeId } from '@coco/attestation';
import { encodeMaps } from '@coco/ledger';
import { toBase64, toHex, utf8 } from '@coco/primitives';
import { nodeProof, testTree } from '../../../../packages/governance/dist/testing/attest.js';
import { sampleEntries, writeLedgerFiles } from './testing/sampleLedger.js';
import { verificationJson, verifyLedger } from './verification.js';
import { describeVerification } from './verificationText.js';

const atMs = Date.UTC(2026, 0, 1);

/** A ledger in which a node is recorded to have proved itself, by a record that `bend` has changed. */
function ledgerWith(bend: (record: Record<string, unknown>) => Record<string, unknown>) {
  const { ledger, entries, node, service } = sampleEntries(1);
  const network = service.certificate.fingerprint;
  const { evidence, nonce, exporter } = nodeProof({ key: node.key, network, purpose: 'lease', atMs });
  const record = bend({
    purpose: 'lease',
    at: atMs,
    platform: 'virtual',
    evidence: toBase64(evidence),
    nonce: toHex(nonce),
    exporter: toHex(exporter),
    code_id: codeId('virtual', { tree: testTree }),
    component: 'any',
    instance: '03'.repeat(16),
  });
  const row = (table: string, key: string, value: unknown) => ({
    table,
    puts: [{ key: utf8(key), value: utf8(JSON.stringify(value)) }],
    removes: [],
  });
  const publicMaps = encodeMaps([
    row('public:coco.nodes.evidence', node.key.publicKey.fingerprint, record),
    row('public:coco.tee_manifest', 'virtual', { description: '', code: 'any' }),
  ]);
  entries.push(ledger.append({ view: 2, publicMaps, privateMaps: new Uint8Array(0) }), ledger.sign(2));
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-evidence-'));
  try {
    writeLedgerFiles(directory, entries);
    return verifyLedger(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('whoever has the ledger decides again by what evidence nodes took part, and comes to the same (GOV-1)', () => {
  const verification = ledgerWith((record) => record);
  assert.deepEqual(verification.evidence, { judged: 1, unfounded: [] });
  assert.equal(verification.sound, true);
  assert.match(describeVerification(verification), /1 of 1 admissions and renewals hold/);
});

test('a record that does not hold makes the ledger unsound, and is named', () => {
  const bends: [string, (record: Record<string, unknown>) => Record<string, unknown>][] = [
    ['COCO_ATTESTATION_NONCE', (record) => ({ ...record, nonce: '09'.repeat(32) })],
    ['COCO_ATTESTATION_PURPOSE', (record) => ({ ...record, purpose: 'join' })],
    ['COCO_ATTESTATION_CODE', (record) => ({ ...record, code_id: '00'.repeat(32) })],
    ['COCO_ATTESTATION_MALFORMED', (record) => ({ ...record, evidence: 'AAAA' })],
    ['COCO_ATTESTATION_MALFORMED', () => ({})],
  ];
  for (const [code, bend] of bends) {
    const verification = ledgerWith(bend);
    assert.equal(verification.evidence?.unfounded[0]?.code, code);
    assert.equal(verification.sound, false);
    assert.match(describeVerification(verification), /evidence that does not hold/);
    assert.match(JSON.stringify(verificationJson(verification)), new RegExp(code));
  }
});
