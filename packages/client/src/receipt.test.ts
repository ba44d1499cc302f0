import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPair, issueCertificate, randomBytes, sha256, signDer } from '@coco/crypto';
import { CocoError, concatBytes, toBase64, toHex, utf8 } from '@coco/primitives';
import { verifyReceipt } from './receipt.js';

const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2027, 0, 1) };
const serviceKey = generateKeyPair();
const service = issueCertificate(
  {
    subjectCommonName: 'Service',
    publicKey: serviceKey.publicKey,
    isCa: true,
    serialNumber: randomBytes(16),
    ...validity,
  },
  { key: serviceKey, subjectCommonName: 'Service' },
);
const nodeKey = generateKeyPair();
const node = issueCertificate(
  {
    subjectCommonName: 'Node',
    publicKey: nodeKey.publicKey,
    isCa: false,
    serialNumber: randomBytes(16),
    ...validity,
  },
  { key: serviceKey, certificate: service },
);

/** A receipt made by the steps of CCF's documentation, without code of the ledger room. */
function makeReceipt(): { receipt: Record<string, unknown>; root: Uint8Array } {
  const evidence = `ce:2.17:${toHex(randomBytes(32))}`;
  const [writeSet, claims, left, right] = [
    randomBytes(32),
    randomBytes(32),
    randomBytes(32),
    randomBytes(32),
  ];
  const leaf = sha256(concatBytes(writeSet, sha256(utf8(evidence)), claims));
  const preimage = concatBytes(sha256(concatBytes(left, leaf)), right);
  const receipt = {
    signature: toBase64(signDer(nodeKey, preimage)),
    cert: node.pem,
    node_id: nodeKey.publicKey.fingerprint,
    leaf_components: {
      write_set_digest: toHex(writeSet),
      commit_evidence: evidence,
      claims_digest: toHex(claims),
    },
    proof: [{ left: toHex(left) }, { right: toHex(right) }],
  };
  return { receipt, root: sha256(preimage) };
}

test('TX-4: a receipt made by the published steps is accepted, and names its transaction', () => {
  const { receipt, root } = makeReceipt();
  const verdict = verifyReceipt(JSON.parse(JSON.stringify(receipt)), service.pem);
  assert.ok(verdict.valid);
  assert.deepEqual(verdict.root, root);
  assert.deepEqual(verdict.txId, { view: 2, seqno: 17 });
});

test('TX-4: a receipt with any part of another one, or for another service, is not accepted', () => {
  const { receipt } = makeReceipt();
  const { receipt: other } = makeReceipt();
  for (const field of ['signature', 'leaf_components', 'proof']) {
    assert.equal(verifyReceipt({ ...receipt, [field]: other[field] }, service.pem).valid, false, field);
  }
  assert.equal(verifyReceipt({ ...receipt, proof: [] }, service.pem).valid, false);
  assert.equal(verifyReceipt(receipt, node.pem).valid, false);
  assert.equal(verifyReceipt('text', service.pem).valid, false);
  const unreadable = (error: unknown): boolean =>
    error instanceof CocoError && error.code === 'COCO_CRYPTO_CERTIFICATE';
  assert.throws(() => verifyReceipt(receipt, 'text'), unreadable);
});
