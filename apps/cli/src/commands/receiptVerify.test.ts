import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { toHex, utf8 } from '@coco/primitives';
import { runCoco } from '../ledger/testing/runCoco.js';
import { sampleEntries } from '../ledger/testing/sampleLedger.js';

const sample = sampleEntries(2);
const { ledger, service, node } = sample;
const none = new Uint8Array(0);
const claims = sha256(utf8('what is claimed'));
const claiming = ledger.append({ view: 2, publicMaps: none, privateMaps: none, claimsDigest: claims });
const signature = ledger.sign(2);
ledger.compact(signature.seqno);
const claimingId = `2.${claiming.seqno}`;

const root = mkdtempSync(path.join(tmpdir(), 'coco-receipt-'));
after(() => rmSync(root, { recursive: true }));
const fileOf = (name: string, contents: string | Uint8Array | undefined): string => {
  const file = path.join(root, name);
  writeFileSync(file, contents ?? '');
  return file;
};
const certificate = fileOf('service.pem', service.certificate.pem);
const json = fileOf('claims.json', `${JSON.stringify(ledger.receipt(claiming.seqno))}\n`);
const cose = fileOf('claims.cose', ledger.coseReceipt(claiming.seqno));
const plain = fileOf('plain.json', JSON.stringify(ledger.receipt(3)));
const signed = fileOf('signed.json', JSON.stringify(ledger.receipt(signature.seqno)));
const bent = fileOf('bent.json', JSON.stringify(ledger.receipt(3)).replace('ce:2.3', 'ce:2.4'));

const verify = (file: string, ...more: readonly string[]) =>
  runCoco('receipt', 'verify', file, '--service-certificate', certificate, ...more);

test('TX-4: a receipt that holds: which transaction, signed by whom, under which service, what is not proved', () => {
  const { status, stdout } = verify(json);
  assert.equal(status, 0);
  const { fingerprint } = service.certificate;
  const told = [
    `transaction ${claimingId} is in the ledger`,
    `node ${node.key.publicKey.fingerprint}`,
    fingerprint,
  ];
  for (const words of [...told, toHex(claims), 'Not proved:', 'coco verify']) {
    assert.ok(stdout.includes(words), `${words} in ${stdout}`);
  }
  const inCose = verify(cose);
  assert.equal(inCose.status, 0);
  assert.match(inCose.stdout, new RegExp(`the service’s own key, in the signature 2\\.${signature.seqno}`));
  assert.match(verify(plain).stdout, /it claims +nothing/);
  assert.match(verify(signed).stdout, /a signature of the ledger is genuine/);
});

test('TX-4: what is expected is compared: exit status 0 or 1, and programs are told the same', () => {
  for (const file of [json, cose]) {
    const same = verify(file, '--txid', claimingId, '--claims-digest', toHex(claims), '--json');
    assert.equal(same.status, 0);
    const told = JSON.parse(same.stdout) as Record<string, unknown>;
    assert.deepEqual([told['valid'], told['txId'], told['claimsDigest']], [true, claimingId, toHex(claims)]);
    const other = verify(file, '--txid', '2.1');
    assert.equal(other.status, 1);
    assert.match(other.stdout, new RegExp(`not accepted.*transaction ${claimingId}, not of 2\\.1`, 's'));
  }
  const claimless = verify(plain, '--claims-digest', toHex(claims), '--json');
  assert.equal(claimless.status, 1);
  assert.match(String(JSON.parse(claimless.stdout).reason), /claims nothing, not /);
});

test('a receipt that was changed, or is of another service: exit status 1, with the reason', () => {
  const changed = verify(bent);
  assert.equal(changed.status, 1);
  assert.match(changed.stdout, /not accepted.*the signature is not that of the node over the Merkle root/s);
  assert.doesNotMatch(changed.stdout, /Proved/);
  const foreign = runCoco(
    'receipt',
    'verify',
    plain,
    '--service-certificate',
    fileOf('other.pem', node.certificate.pem),
  );
  assert.deepEqual([foreign.status, /not issued by the service/.test(foreign.stdout)], [1, true]);
});

test('a command line that is wrong: exit status 2, and a hint', () => {
  const wrong = verify(plain, '--txid', `0x${'ab'.repeat(32)}`);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /coco_getTransactionId/);
  assert.equal(verify(plain, '--claims-digest', 'abcd').status, 2);
  assert.equal(runCoco('receipt', 'verify', plain).status, 2);
  assert.equal(verify(path.join(root, 'none.json')).status, 1);
});
