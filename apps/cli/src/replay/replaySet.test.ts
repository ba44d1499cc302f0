import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parseGenesis } from '@coco/ethereum';
import { loadReplaySet, replayGenesis } from './replaySet.js';

const directory = mkdtempSync(path.join(tmpdir(), 'coco-set-'));
after(() => rmSync(directory, { recursive: true }));

const expect = {
  hash: `0x${'AB'.repeat(32)}`,
  status: 1,
  gasUsed: '0x5208',
  contractAddress: null,
  logs: [],
};
const transaction = { raw: '0x02F8', expect };

function load(transactions: unknown, alloc: unknown = {}): ReturnType<typeof loadReplaySet> {
  writeFileSync(path.join(directory, 'genesis-alloc.json'), JSON.stringify(alloc));
  writeFileSync(path.join(directory, 'txs.json'), JSON.stringify(transactions));
  return loadReplaySet(directory);
}

test('a set is read with hexadecimal text in lower case', () => {
  const [read] = load([transaction]).transactions;
  assert.equal(read?.raw, '0x02f8');
  assert.equal(read?.expect.hash, `0x${'ab'.repeat(32)}`);
  assert.equal(read?.expect.gasUsed, 21_000n);
});

test('what is wrong with a set is named by file, transaction and field', () => {
  const wrong = (change: object): unknown => [
    transaction,
    { ...transaction, expect: { ...expect, ...change } },
  ];
  const cases: readonly [unknown, RegExp][] = [
    [[], /list of transactions/],
    [[7], /transaction 0 must be an object/],
    [[{ ...transaction, raw: '0xabc' }], /transaction 0: raw/],
    [wrong({ status: 2 }), /transaction 1: expect\.status/],
    [wrong({ gasUsed: 21_000 }), /transaction 1: expect\.gasUsed/],
    [wrong({ hash: '0x00' }), /expect\.hash must be 32 bytes/],
    [wrong({ logs: [{ address: '0x', topics: [], data: '0x' }] }), /logs\[0\]\.address/],
    [wrong({ logs: null }), /expect\.logs must be a list/],
  ];
  for (const [transactions, message] of cases) {
    assert.throws(() => load(transactions), { code: 'COCO_CLI_REPLAY_SET', message });
  }
  assert.throws(() => load([transaction], []), { code: 'COCO_CLI_REPLAY_SET' });
  assert.throws(() => loadReplaySet(path.join(directory, 'nowhere')), { code: 'COCO_CLI_FILE' });
});

test('the genesis has chain id 1, the rules of Shanghai from the beginning, and base fee 0', () => {
  const { config, state } = parseGenesis(replayGenesis({ [`0x${'11'.repeat(20)}`]: { balance: '0x1' } }));
  assert.equal(config.chainId, 1n);
  assert.equal(config.baseFee, 0n);
  assert.equal(config.activations.shanghai, 0);
  assert.equal(config.activations.cancun, undefined);
  assert.ok(state !== undefined);
});
