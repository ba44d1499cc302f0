import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cborDecode, coseDecode, sha256 } from '@coco/crypto';
import { fromUtf8, seededRandom, toHex, utf8 } from '@coco/primitives';
import { type Receipt, verifyCoseReceipt, verifyReceipt } from './index.js';
import { makeLedger, makeService, makeVerifier, none, oneRow, writeLedger } from './synthetic.test.js';

const service = makeService();
const { serviceCertificate } = service.identity;
const primary = makeLedger(service);
const entries = writeLedger(primary, service, seededRandom(21), 40);
primary.compact(primary.last.seqno);

test('TX-4: every committed entry has a JSON receipt that verifies, and names its transaction', () => {
  for (const { seqno, view, signature, bytes } of entries) {
    const receipt = primary.receipt(seqno) as Receipt;
    const verdict = verifyReceipt(JSON.parse(JSON.stringify(receipt)), serviceCertificate);
    assert.ok(verdict.valid, JSON.stringify(verdict));
    assert.equal(verdict.nodeId, service.identity.nodeId);
    if (signature) {
      assert.deepEqual(receipt.proof, []);
      assert.equal(receipt.leaf, toHex(verdict.root));
    } else {
      assert.deepEqual(verdict.txId, { view, seqno });
      assert.equal(receipt.leaf_components?.write_set_digest, toHex(sha256(bytes)));
    }
  }
});

test('TX-4: every committed entry but signatures has a COSE receipt in CCF’s profile', () => {
  for (const { seqno, view, signature } of entries) {
    const receipt = primary.coseReceipt(seqno);
    assert.equal(receipt === undefined, signature);
    if (receipt === undefined) continue;
    const verdict = verifyCoseReceipt(receipt, serviceCertificate.publicKey);
    assert.ok(verdict.valid, JSON.stringify(verdict));
    assert.deepEqual(verdict.txId, { view, seqno });
  }
});

test('formats 2(c): a COSE receipt has the published labels, and its leaf and path the published form', () => {
  const message = coseDecode(primary.coseReceipt(3) as Uint8Array);
  const header = message.protectedHeader;
  assert.deepEqual([...header.keys()].map(String).sort(), ['1', '15', '395', '4', 'ccf.v1']);
  assert.equal(header.get(395), 2);
  assert.equal(fromUtf8(header.get(4) as Uint8Array), serviceCertificate.publicKey.fingerprint);
  assert.equal(message.payload, undefined);
  const proofs = (message.unprotectedHeader.get(396) as Map<number, Uint8Array[]>).get(-1) as Uint8Array[];
  const proof = cborDecode(proofs[0] as Uint8Array) as Map<number, unknown[]>;
  const [digest, evidence, claims] = proof.get(1) as unknown[];
  assert.equal((digest as Uint8Array).length, 32);
  assert.match(evidence as string, /^ce:2\.3:[0-9a-f]{64}$/);
  assert.equal((claims as Uint8Array).length, 32);
  for (const [left, hash] of proof.get(2) as [boolean, Uint8Array][]) {
    assert.equal(typeof left, 'boolean');
    assert.equal(hash.length, 32);
  }
});

test('reliability, receipt tampering: every changed bit of a JSON receipt is rejected', () => {
  const plain = entries.find(({ seqno, signature }) => seqno > 8 && !signature)?.seqno as number;
  const signed = entries.find(({ seqno, signature }) => seqno > 8 && signature)?.seqno as number;
  let rejected = 0;
  for (const seqno of [plain, signed]) {
    const good = utf8(JSON.stringify(primary.receipt(seqno)));
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.ok(!isGoodJson(bytes), `bit ${bit} of ${fromUtf8(good)}`);
      rejected += 1;
    }
  }
  assert.ok(rejected > 10_000);
});

function isGoodJson(bytes: Uint8Array): boolean {
  try {
    return verifyReceipt(JSON.parse(fromUtf8(bytes) ?? ''), serviceCertificate).valid;
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return false;
  }
}

test('reliability, receipt tampering: every changed bit of a COSE receipt is rejected', () => {
  const good = primary.coseReceipt(9) as Uint8Array;
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const bytes = good.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.equal(verifyCoseReceipt(bytes, serviceCertificate.publicKey).valid, false, `bit ${bit}`);
  }
});

test('a receipt proves nothing under another service, and the proof of another entry proves nothing', () => {
  const other = makeService().identity.serviceCertificate;
  const [mine, next] = [primary.receipt(3), primary.receipt(9)] as [Receipt, Receipt];
  assert.equal(verifyReceipt(mine, other).valid, false);
  assert.equal(verifyReceipt({ ...mine, proof: next.proof }, serviceCertificate).valid, false);
  assert.equal(
    verifyReceipt({ ...next, leaf_components: mine.leaf_components }, serviceCertificate).valid,
    false,
  );
  assert.equal(verifyCoseReceipt(primary.coseReceipt(3) as Uint8Array, other.publicKey).valid, false);
});

test('whatever is no receipt is refused, not thrown', () => {
  const good = primary.receipt(3) as Receipt;
  const proof = Array.from({ length: 54 }, () => ({ left: '00'.repeat(32) }));
  const hostile = [null, 1, 'x', [], {}, { ...good, proof: {} }, { ...good, proof }, { ...good, more: 1 }];
  hostile.push(
    { ...good, cert: 'x' },
    { ...good, service_endorsements: [good.cert] },
    { ...good, leaf: 'x' },
  );
  hostile.push(
    { ...good, service_endorsements: new Array(65).fill(good.cert) },
    JSON.parse('{"__proto__":{}}'),
  );
  for (const receipt of hostile) assert.equal(verifyReceipt(receipt, serviceCertificate).valid, false);
  for (const bytes of [none, new Uint8Array(9), utf8('{}')]) {
    assert.equal(verifyCoseReceipt(bytes, serviceCertificate.publicKey).valid, false);
  }
});

test('only what is committed has a receipt: not what may yet be rolled back', () => {
  const ledger = makeLedger(service);
  ledger.append({ view: 2, publicMaps: none, privateMaps: none });
  ledger.sign(2);
  assert.equal(ledger.receipt(1), undefined);
  ledger.compact(2);
  assert.ok(ledger.receipt(1) !== undefined && ledger.receipt(2) !== undefined);
  ledger.append({ view: 2, publicMaps: none, privateMaps: none });
  for (const seqno of [0, 3, 4, -1, 1.5]) assert.equal(ledger.receipt(seqno), undefined);
});

test('a backup gives the same receipts', () => {
  const backup = makeVerifier(service);
  for (const { bytes } of entries) backup.add(backup.open(bytes));
  backup.compact(primary.last.seqno);
  for (const { seqno } of entries) {
    assert.deepEqual(backup.receipt(seqno), primary.receipt(seqno));
    assert.deepEqual(backup.coseReceipt(seqno), primary.coseReceipt(seqno));
  }
});

test('memory is bounded: beyond receiptLeavesMax older receipts are forgotten, newer ones stay right', () => {
  const ledger = makeLedger(service, { receiptLeavesMax: 50 });
  for (let i = 0; i < 200; i++) {
    ledger.append({ view: 2, publicMaps: none, privateMaps: oneRow('a', 'k', `${i}`) });
    if (i % 7 === 6) ledger.sign(2);
    if (i % 14 === 13) ledger.compact(ledger.last.seqno);
  }
  const { seqno: last } = ledger.last;
  const proven = Array.from({ length: last }, (_, i) => i + 1).filter((seqno) => ledger.receipt(seqno));
  assert.ok((proven[0] as number) > last - 70 && proven.length >= 30);
  for (const seqno of proven) assert.ok(verifyReceipt(ledger.receipt(seqno), serviceCertificate).valid);
});
