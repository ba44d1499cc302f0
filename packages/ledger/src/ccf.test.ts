/**
 * Compatibility, checked on what we did not write: the ledgers that CCF publishes, with their published test keys.
 */
import assert from 'node:assert/strict';
import { constants, createHash, privateDecrypt, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { parseCertificate } from '@coco/crypto';
import { fromUtf8 } from '@coco/primitives';
import {
  auditLedger,
  indexChunk,
  type LedgerSecret,
  pastCoseReceipt,
  pastReceipt,
  readLedger,
  recoverLedgerSecrets,
  verifyCoseReceipt,
  verifyReceipt,
} from './index.js';
import { createSecrets } from './secrets.js';
import { ccfLedger, ccfMissing, sources } from './synthetic.test.js';

type CcfLedger = ReturnType<typeof ccfLedger>;

/** Opens a member's share with the encryption key that is published beside the ledger. */
function decryptShareOf({ pem }: CcfLedger): (memberId: string, share: Uint8Array) => Uint8Array | undefined {
  const keys = new Map<string, string>();
  for (const index of [0, 1, 2]) {
    const [certificate, key] = [pem(`member${index}_cert.pem`), pem(`member${index}_enc_privk.pem`)];
    if (certificate === undefined || key === undefined) continue;
    keys.set(createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex'), key);
  }
  return (memberId, share) => {
    const key = keys.get(memberId);
    if (key === undefined) return undefined;
    const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    return new Uint8Array(privateDecrypt(options, share));
  };
}

function secretsOf(ledger: CcfLedger): LedgerSecret[] {
  return recoverLedgerSecrets(sources(ledger.files), decryptShareOf(ledger));
}

for (const [name, entries, signatures] of [
  ['acme_containing_service', 22, 8],
  ['cose_flipflop_service', 46, 23],
] as const) {
  test(`CCF's ${name}: every hash, signature and certificate holds`, { skip: ccfMissing }, (t) => {
    const ledger = ccfLedger(name);
    const serviceCertificate = parseCertificate(ledger.pem('service_cert.pem') as string);
    const report = auditLedger(sources(ledger.files), { serviceCertificate });
    assert.equal(report.failure, undefined, JSON.stringify(report.failure));
    assert.deepEqual([report.entries, report.signatures, report.unsigned], [entries, signatures, 0]);
    assert.deepEqual(
      report.services.map(({ status, endorsed }) => [status, endorsed]),
      [['Open', true]],
    );
    t.diagnostic(`${report.entries} entries, ${report.signatures} signatures`);
  });

  test(`CCF's ${name}: the published shares open every entry`, { skip: ccfMissing }, (t) => {
    const ledger = ccfLedger(name);
    const secrets = secretsOf(ledger);
    assert.deepEqual(
      secrets.map(({ fromSeqno }) => fromSeqno),
      [1],
    );
    const report = auditLedger(sources(ledger.files), { secrets });
    assert.equal(report.failure, undefined);
    assert.equal(report.opened, entries);
    t.diagnostic(`${report.opened} of ${report.entries} entries authenticated and decrypted`);
  });
}

test('TX-4: CCF’s files have a receipt for every entry, which holds under its service', {
  skip: ccfMissing,
}, () => {
  const ledger = ccfLedger('cose_flipflop_service');
  const serviceCertificate = parseCertificate(ledger.pem('service_cert.pem') as string);
  const secrets = createSecrets(secretsOf(ledger));
  let receipts = 0;
  for (const source of sources(ledger.files)) {
    const steps = indexChunk(source, { serviceCertificate });
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const { value: index } = step;
    for (let seqno = index.first; seqno <= index.last; seqno++) {
      const json = pastReceipt(index, source, seqno, secrets);
      if (json !== undefined) assert.ok(verifyReceipt(json, serviceCertificate).valid, `${seqno}`);
      const cose = pastCoseReceipt(index, source, seqno, secrets);
      if (cose !== undefined) assert.ok(verifyCoseReceipt(cose, serviceCertificate.publicKey).valid);
      receipts += json === undefined ? 0 : 1;
    }
  }
  assert.equal(receipts, 46);
});

test('CCF’s JavaScript logging app: its private records are read in clear', { skip: ccfMissing }, () => {
  const ledger = ccfLedger('cose_flipflop_service');
  const opened = [...readLedger(sources(ledger.files), { secrets: secretsOf(ledger) })];
  const rows = opened.flatMap(({ privateWrites }) => privateWrites ?? []);
  assert.equal(rows.length, 13);
  assert.ok(rows.every(({ table }) => table === 'records'));
  assert.ok(rows.every(({ puts }) => fromUtf8(puts[0]?.value ?? new Uint8Array(0)) === 'hello'));
});
