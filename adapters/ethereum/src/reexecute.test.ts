/** MIT-3: what a primary recorded of a block comes out the same when it is executed again, and a lie does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Put, WriteSet } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import { CodeCache } from './codeCache.js';
import { recoverSender } from './codec/signature.js';
import { createCocoEvmEngine } from './engine/coco.js';
import { parseGenesis } from './genesis/parse.js';
import { type Repeater, reexecuteBlock } from './reexecute.js';
import { defaultSettings } from './settings.js';
import { encodeTransactionRow, TABLES } from './tables.js';
import { assemble } from './testing/assemble.js';
import { configUpTo, createTestChain, type TestChain } from './testing/testChain.js';
import type { EthereumItem } from './types.js';

function repeater(more: Partial<Repeater> = {}): Repeater {
  return {
    engine: createCocoEvmEngine(),
    config: parseGenesis({ config: configUpTo('prague'), gasLimit: 30_000_000, alloc: {} }).config,
    settings: { ...defaultSettings },
    codes: new CodeCache(),
    elapsedMs: () => performance.now(),
    recover: recoverSender,
    ...more,
  };
}

/** What `recorded`, written at the head of the chain, should have been. */
async function again(chain: TestChain, recorded: WriteSet, more: Partial<Repeater> = {}): Promise<WriteSet> {
  const transaction = chain.store.begin(chain.store.head - 1);
  await reexecuteBlock(repeater(more), transaction, recorded);
  return transaction.writeSet();
}

function transfers(chain: TestChain, count: number): EthereumItem[] {
  const [alice, bob] = chain.signers;
  assert.ok(alice !== undefined && bob !== undefined);
  return Array.from({ length: count }, () => chain.transaction(alice, { to: bob.address, value: 5n }));
}

test('a block comes out the same, also where a node lets in less than the primary did', async () => {
  const chain = createTestChain({ settings: { transactionGasMax: 2n ** 40n } });
  const { writeSet } = await chain.execute(transfers(chain, 5));
  assert.deepEqual(await again(chain, writeSet), writeSet);
  const strict = { ...defaultSettings, transactionGasMax: 21_000n, replayProtectedOnly: true };
  assert.deepEqual(await again(chain, writeSet, { settings: strict }), writeSet);
});

test('what was refused has left nothing that would have to be executed again', async () => {
  const chain = createTestChain();
  const [first, gap, second] = transfers(chain, 3) as [EthereumItem, EthereumItem, EthereumItem];
  const { writeSet } = await chain.execute([second, first, gap]);
  assert.deepEqual(await again(chain, writeSet), writeSet);
});

test('a sender is who signed, whatever the primary recorded', async () => {
  const chain = createTestChain();
  const [item] = transfers(chain, 1) as [EthereumItem];
  const [, , mallory] = chain.signers;
  assert.ok(mallory !== undefined);
  // Mallory's primary takes the value from somebody who signed for nothing.
  const { writeSet } = await chain.execute([{ ...item, sender: mallory.address }]);
  const honest = await again(chain, writeSet);
  assert.notDeepEqual(honest, writeSet);
  const row = encodeTransactionRow(item.sender, item.transaction.raw);
  assert.deepEqual(rowsOf(honest, TABLES.transactions)[0]?.value, row);
});

const rowsOf = (writeSet: WriteSet, name: string): readonly Put[] =>
  writeSet.find(({ table }) => table === name)?.puts ?? [];

function withRows(writeSet: WriteSet, name: string, puts: readonly Put[]): WriteSet {
  return writeSet.map((changes) => (changes.table === name ? { ...changes, puts } : changes));
}

test('what is no block makes none', async () => {
  const chain = createTestChain();
  const { writeSet } = await chain.execute(transfers(chain, 2));
  const [block] = rowsOf(writeSet, TABLES.blocks) as [Put];
  const [one] = rowsOf(writeSet, TABLES.transactions) as [Put];
  const bad: WriteSet[] = [
    [],
    writeSet.filter(({ table }) => table !== TABLES.blocks),
    withRows(writeSet, TABLES.blocks, [{ key: new Uint8Array(8), value: block.value }]),
    withRows(writeSet, TABLES.transactions, [{ key: one.key, value: new Uint8Array(3) }]),
    withRows(writeSet, TABLES.transactions, [{ key: one.key, value: one.value.subarray(0, 60) }]),
    ...[0, 35, 40, 44, 200].map((length) =>
      withRows(writeSet, TABLES.blocks, [{ key: block.key, value: block.value.subarray(0, length) }]),
    ),
    withRows(writeSet, TABLES.blocks, [{ key: block.key, value: new Uint8Array(500).fill(0xff) }]),
  ];
  for (const recorded of bad) assert.deepEqual(await again(chain, recorded), []);
});

test('others have their turn between two transactions, and one that takes too long ends it', async () => {
  const chain = createTestChain();
  const { writeSet } = await chain.execute(transfers(chain, 20));
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  let ms = 0;
  const elapsedMs = () => {
    // Each look at the clock is a millisecond, and lasts one.
    const end = performance.now() + 1;
    while (performance.now() < end);
    return ms++;
  };
  assert.deepEqual(await again(chain, writeSet, { elapsedMs }), writeSet);
  clearInterval(timer);
  assert.ok(turns >= 5, `${turns} turns`);
});

test('code that runs for ever ends in an error, and in no accusation', async () => {
  const loop = assemble(':again @again JUMP');
  const address = `0x${'c0'.repeat(20)}`;
  const alloc = { [address]: { balance: '0', code: `0x${Buffer.from(loop).toString('hex')}` } };
  const chain = createTestChain({ alloc });
  const [alice] = chain.signers;
  assert.ok(alice !== undefined);
  const to = Uint8Array.from({ length: 20 }, () => 0xc0);
  const { writeSet } = await chain.execute([chain.transaction(alice, { to, gasLimit: 5_000_000n })]);
  let ms = 0;
  const settings = { ...defaultSettings, executionMsMax: 5 };
  await assert.rejects(
    again(chain, writeSet, { settings, elapsedMs: () => (ms += 3) }),
    (error) => error instanceof CocoError && error.code === 'COCO_ETHEREUM_REEXECUTION',
  );
});
