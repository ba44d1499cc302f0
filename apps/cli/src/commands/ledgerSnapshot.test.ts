import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { writeJoinedLedger } from '../ledger/testing/joinedLedger.js';
import { runCoco } from '../ledger/testing/runCoco.js';

const joined = writeJoinedLedger(4);
const { directory, snapshot, seqno } = joined;
const root = path.dirname(directory);
const certificate = path.join(root, 'service.pem');
writeFileSync(certificate, joined.service.certificate.pem);
after(() => rmSync(root, { recursive: true }));

test('CONF-1: the ledger of a node that joined is sound with the snapshot beside it', () => {
  const words = ['ledger', 'verify', directory, '--service-certificate', certificate];
  const { status, stdout } = runCoco(...words);
  assert.equal(status, 0, stdout);
  for (const told of ['sound', `2.${seqno}`, path.basename(snapshot), 'the one that you trust']) {
    assert.ok(stdout.includes(told), `${told} in ${stdout}`);
  }
  const json = JSON.parse(runCoco(...words, '--json').stdout);
  assert.deepEqual(json.begins, { file: path.basename(snapshot), txId: `2.${seqno}` });
  assert.deepEqual(json.snapshots, [
    {
      file: path.basename(snapshot),
      txId: `2.${seqno}`,
      evidence: `2.${seqno + 1}`,
      replayed: false,
      claimed: true,
    },
  ]);
  assert.deepEqual([json.entries, json.first], [2, `2.${seqno + 1}`]);
});

test('a snapshot alone is verified by its receipt; one that was tampered with is not sound', () => {
  const alone = runCoco('ledger', 'verify', snapshot, '--service-certificate', certificate);
  assert.equal(alone.status, 0, alone.stdout);
  assert.match(alone.stdout, /The snapshot is genuine/);
  const bytes = readFileSync(snapshot);
  bytes[150] = (bytes[150] as number) ^ 1;
  const bad = path.join(root, path.basename(snapshot));
  writeFileSync(bad, bytes);
  for (const words of [[bad], [directory, '--snapshots', root]]) {
    const { status, stdout } = runCoco('ledger', 'verify', ...words);
    assert.equal(status, 1);
    assert.match(stdout, /COCO_LEDGER_(AUDIT_RECEIPT|SNAPSHOT_MALFORMED)/);
  }
});

test('without its snapshot, the ledger of a node that joined is refused', () => {
  const { status, stdout } = runCoco('ledger', 'verify', directory, '--snapshots', directory);
  assert.equal(status, 1);
  assert.match(stdout, /COCO_LEDGER_HOLE/);
  const nowhere = runCoco('ledger', 'verify', directory, '--snapshots', path.join(root, 'nowhere'));
  assert.match(nowhere.stderr, /COCO_CLI_LEDGER/);
});

test('show lists the tables of a snapshot, and the rows of one', () => {
  const { status, stdout } = runCoco('ledger', 'show', snapshot);
  assert.equal(status, 0);
  assert.match(stdout, /snapshot .*public:ccf.gov.nodes.info \+1.*encrypted/s);
  const rows = runCoco('ledger', 'show', snapshot, '--table', 'public:app.notes', '--json').stdout;
  assert.deepEqual(JSON.parse(rows).puts, [
    { key: { text: 'k0' }, value: { hex: '0000' } },
    { key: { text: 'k3' }, value: { hex: '0003' } },
  ]);
  const types = runCoco('ledger', 'show', directory, '--json')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);
  assert.deepEqual(types, ['snapshot', 'writes', 'signature']);
});
