import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { ccfLedgers, ccfMissing, runCoco } from '../ledger/testing/runCoco.js';
import { writeSampleLedger } from '../ledger/testing/sampleLedger.js';

const sample = writeSampleLedger(6);
const root = mkdtempSync(path.join(tmpdir(), 'coco-verify-'));
const certificate = path.join(root, 'service.pem');
writeFileSync(certificate, sample.service.certificate.pem);
after(() => {
  rmSync(root, { recursive: true });
  rmSync(path.dirname(sample.directory), { recursive: true });
});

/** A copy of the sample to damage. */
function copy(name: string): string {
  const directory = path.join(root, name);
  cpSync(sample.directory, directory, { recursive: true });
  return directory;
}

test('a sound ledger: exit status 0, and a summary of what is proven and by whom', () => {
  const { status, stdout } = runCoco(
    'ledger',
    'verify',
    sample.directory,
    '--service-certificate',
    certificate,
  );
  assert.equal(status, 0);
  for (const told of ['sound', '14', '2.1 … 2.14', 'the one that you trust', '7 signatures']) {
    assert.ok(stdout.includes(told), `${told} in ${stdout}`);
  }
  assert.ok(stdout.includes(sample.service.certificate.fingerprint));
  assert.ok(stdout.includes(sample.node.key.publicKey.fingerprint));
});

test('without a service certificate the summary says that the ledger is believed about its service', () => {
  const { status, stdout } = runCoco('ledger', 'verify', sample.directory);
  assert.equal(status, 0);
  assert.match(stdout, /as the ledger itself says/);
});

test('another service than the trusted one: exit status 1', () => {
  const other = writeSampleLedger(1);
  const file = path.join(root, 'other.pem');
  writeFileSync(file, other.service.certificate.pem);
  rmSync(path.dirname(other.directory), { recursive: true });
  const { status, stdout } = runCoco('ledger', 'verify', sample.directory, '--service-certificate', file);
  assert.equal(status, 1);
  assert.match(stdout, /COCO_LEDGER_/);
  assert.doesNotMatch(stdout, /the one that you trust|is proven/);
});

test('any flipped bit of the signed part: exit status 1, file, byte, seqno and reason named', () => {
  const random = seededRandom(7);
  for (let i = 0; i < 4; i++) {
    const directory = copy(`flip${i}`);
    const entry = sample.entries[2 + random.integer(sample.entries.length - 4)];
    assert.ok(entry !== undefined);
    const file = path.join(directory, 'ledger_3');
    const bytes = readFileSync(file);
    const at = bytes.indexOf(entry.bytes) + 30 + random.integer(entry.size - 30);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
    writeFileSync(file, bytes);
    const { status, stdout } = runCoco('ledger', 'verify', directory, '--json');
    const { sound, failure } = JSON.parse(stdout);
    assert.equal(status, 1);
    assert.equal(sound, false);
    assert.equal(failure.file, 'ledger_3');
    assert.equal(failure.seqno, entry.seqno);
    assert.ok(failure.offset > 0 && failure.reason.length > 0);
    if (i > 0) continue;
    const text = runCoco('ledger', 'verify', directory).stdout;
    for (const told of [
      'not sound',
      'ledger_3',
      `byte        ${failure.offset}`,
      `seqno       ${entry.seqno}`,
    ]) {
      assert.ok(text.includes(told), `${told} in ${text}`);
    }
  }
});

test('an unsigned tail is counted and is no fault; without any signature nothing is proven', () => {
  const tail = copy('tail');
  const lastSize = sample.entries.at(-1)?.size ?? 0;
  const file = path.join(tail, 'ledger_3');
  truncateSync(file, readFileSync(file).length - lastSize);
  const { status, stdout } = runCoco('ledger', 'verify', tail);
  assert.equal(status, 0);
  assert.match(stdout, /1 entry that nothing proves yet/);
  const unsigned = path.join(root, 'unsigned');
  mkdirSync(unsigned);
  const [first] = sample.entries;
  assert.ok(first !== undefined);
  writeFileSync(path.join(unsigned, 'ledger_1'), Buffer.concat([Buffer.alloc(8), first.bytes]));
  const nothing = runCoco('ledger', 'verify', unsigned);
  assert.equal(nothing.status, 1);
  assert.match(nothing.stdout, /Nothing in the ledger is signed/);
});

test('what is no ledger is a coded failure, and a wrong command line is exit status 2', () => {
  const empty = path.join(root, 'empty');
  mkdirSync(path.join(empty, 'ledger'), { recursive: true });
  mkdirSync(path.join(root, 'folder', 'ledger_1'), { recursive: true });
  const cases: readonly [readonly string[], number, RegExp][] = [
    [[path.join(root, 'missing')], 1, /no directory.*\[COCO_CLI_LEDGER\]/],
    [[certificate], 1, /is a file.*\[COCO_CLI_LEDGER\]/],
    [[empty], 1, /did you mean .*empty\/ledger\?.*\[COCO_CLI_LEDGER\]/],
    [[path.join(root, 'folder')], 1, /not a file.*\[COCO_CLI_LEDGER_READ\]/],
    [[sample.directory, '--service-certificate', 'nowhere'], 1, /\[COCO_CLI_FILE\]/],
    [
      [sample.directory, '--service-certificate', path.join(sample.directory, 'ledger_3')],
      1,
      /\[COCO_CRYPTO_/,
    ],
    [[], 2, /DIR is needed/],
    [['a', 'b'], 2, /one DIR/],
    [[sample.directory, '--nonsense'], 2, /nonsense/],
  ];
  for (const [words, status, complaint] of cases) {
    const result = runCoco('ledger', 'verify', ...words);
    assert.equal(result.status, status, words.join(' '));
    assert.match(result.stderr, complaint);
    assert.equal(result.stdout, '');
  }
});

for (const [name, entries] of [
  ['acme_containing_service', 22],
  ['cose_flipflop_service', 46],
] as const) {
  test(`CCF's ${name} is sound under its published service certificate`, { skip: ccfMissing }, () => {
    const directory = path.join(ccfLedgers, name);
    const trusted = path.join(directory, 'common', 'service_cert.pem');
    const { status, stdout } = runCoco(
      'ledger',
      'verify',
      path.join(directory, 'ledger'),
      '--service-certificate',
      trusted,
      '--json',
    );
    const report = JSON.parse(stdout);
    assert.equal(status, 0);
    assert.deepEqual(
      [report.sound, report.trusted, report.entries, report.unsigned],
      [true, true, entries, 0],
    );
  });
}
