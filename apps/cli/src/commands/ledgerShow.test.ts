import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openVirtualSealer, saveNodeSecrets } from '@coco/host';
import { ccfLedgers, ccfMissing, cocoScript, runCoco } from '../ledger/testing/runCoco.js';
import { writeSampleLedger } from '../ledger/testing/sampleLedger.js';

const sample = writeSampleLedger(6);
const root = mkdtempSync(path.join(tmpdir(), 'coco-show-'));
after(() => {
  rmSync(root, { recursive: true });
  rmSync(path.dirname(sample.directory), { recursive: true });
});

/** The directory of the node that wrote the sample, as `--secrets` wants it. */
async function nodeDirectory(name = 'node', ledgerSecrets = sample.secrets): Promise<string> {
  const directory = path.join(root, name);
  const sealer = await openVirtualSealer(path.join(root, 'platform.key'));
  const { node, service } = sample;
  saveNodeSecrets(path.join(directory, 'sealed'), sealer, {
    nodeKey: node.key,
    serviceKey: service.key,
    ledgerSecrets,
  });
  const nodeId = node.key.publicKey.fingerprint;
  const address = '127.0.0.1:1';
  const config = {
    nodeId,
    virtualKey: '../platform.key',
    directories: { ledger: 'ledger', sealed: 'sealed' },
    addresses: { application: address, administrative: address, peer: address },
    genesis: '../genesis.json',
    adapters: [],
  };
  writeFileSync(path.join(directory, 'node.json'), JSON.stringify(config));
  return directory;
}

const lines = (text: string): readonly string[] => text.trimEnd().split('\n');

test('each entry is a line: id, type, size, tables with rows; what is private is told to be encrypted', () => {
  const { status, stdout } = runCoco('ledger', 'show', sample.directory, '--from', '2', '--to', '7');
  assert.equal(status, 0);
  const [head, ...shown] = lines(stdout);
  assert.match(head ?? '', /^TXID/);
  assert.deepEqual(
    shown.map((line) => line.slice(0, line.indexOf(' '))),
    ['2.2', '2.3', '2.4', '2.5', '2.6', '2.7'],
  );
  assert.match(shown[0] ?? '', /signature/);
  assert.match(shown[1] ?? '', /public:app\.notes \+1, \d+ B encrypted$/);
  assert.match(shown[5] ?? '', /public:app\.notes −1,/);
});

test('the rows of a table, put and removed, as text where they are text, else in hexadecimal', () => {
  const text = runCoco('ledger', 'show', sample.directory, '--table', 'public:app.notes');
  assert.deepEqual(
    lines(text.stdout)
      .slice(0, 3)
      .map((line) => line.split(/\s+/)),
    [
      ['2.3', 'put', 'k0', '0x0000'],
      ['2.5', 'put', 'k1', '0x0001'],
      ['2.7', 'remove', 'k1'],
    ],
  );
  const json = runCoco('ledger', 'show', sample.directory, '--table', 'public:app.notes', '--json');
  assert.deepEqual(JSON.parse(lines(json.stdout)[0] ?? ''), {
    txId: '2.3',
    table: 'public:app.notes',
    puts: [{ key: { text: 'k0' }, value: { hex: '0000' } }],
    removes: [],
  });
});

test("a node's sealed secrets open private tables; without them such a table is not asked for", async () => {
  const words = ['ledger', 'show', sample.directory, '--table', 'app.rows'];
  const refused = runCoco(...words);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /private/);
  const opened = runCoco(...words, '--secrets', await nodeDirectory());
  assert.equal(opened.status, 0, opened.stderr);
  assert.match(opened.stderr, /proves nothing/);
  assert.equal(lines(opened.stdout).length, 6);
  assert.match(opened.stdout, /2\.13 +put +k5 +secret 5/);
  const listed = runCoco('ledger', 'show', sample.directory, '--json', '--secrets', path.join(root, 'node'));
  const tables = lines(listed.stdout).flatMap((line) => JSON.parse(line).tables);
  assert.equal(tables.filter(({ table }) => table === 'app.rows').length, 6);
});

test('a wrong command line is exit status 2; secrets that are not there are a coded failure', () => {
  const cases: readonly [readonly string[], number, RegExp][] = [
    [[sample.directory, '--from', '0'], 2, /--from/],
    [[sample.directory, '--to', 'x'], 2, /--to/],
    [[sample.directory, '--secrets', 'a', '--share-keys', 'b'], 2, /not both/],
    [[sample.directory, '--secrets', sample.directory], 1, /COCO_CLI_SECRETS/],
    [[sample.directory, '--share-keys', cocoScript], 1, /COCO_CRYPTO_KEY/],
  ];
  for (const [words, status, complaint] of cases) {
    const result = runCoco('ledger', 'show', ...words);
    assert.equal(result.status, status, words.join(' '));
    assert.match(result.stderr, complaint);
  }
});

test('where the ledger has its secrets sealed to the network’s key, it is said that no disk has them, and who can read', async () => {
  const emptied = await nodeDirectory('emptied', []);
  const { status, stderr } = runCoco('ledger', 'show', sample.directory, '--secrets', emptied);
  assert.equal(status, 1);
  assert.match(stderr, /no secret on its disk.*coco audit fetch.*COCO_CLI_SECRETS/s);
});

test('a reader who has seen enough is no failure', async () => {
  const long = writeSampleLedger(700);
  const child = spawn(process.execPath, [cocoScript, 'ledger', 'show', long.directory, '--json']);
  let complaints = '';
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [status] = await once(child, 'exit');
  assert.deepEqual([status, complaints], [0, '']);
  rmSync(path.dirname(long.directory), { recursive: true });
});

test("CCF's published share keys open its private records", { skip: ccfMissing }, () => {
  const directory = path.join(ccfLedgers, 'cose_flipflop_service');
  const key = path.join(directory, 'common', 'member0_enc_privk.pem');
  const { status, stdout } = runCoco(
    'ledger',
    'show',
    path.join(directory, 'ledger'),
    '--table',
    'records',
    '--share-keys',
    key,
  );
  assert.equal(status, 0);
  assert.equal(lines(stdout).length, 13);
  assert.ok(lines(stdout).every((line) => /put +42 +hello$/.test(line)));
});
