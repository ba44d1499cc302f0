/**
 * A batch is one block (TX-2); what is refused leaves no trace (TX-1: all or none); the block's hash commits to what
 * it did, and the ledger's receipt to the hash (TX-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { concatBytes, equalBytes, toHex, utf8 } from '@coco/primitives';
import { readBlock, readBlockNumber, readPlace, readReceipt, readTransaction } from './chain.js';
import { createAddress } from './codec/address.js';
import { logsBloom, mayContain } from './codec/bloom.js';
import { encodeConsensusReceipt } from './codec/receipt.js';
import { orderedTrieRoot } from './codec/trieRoot.js';
import { refusalText } from './refusal.js';
import { decodeAccount, logKey, TABLES } from './tables.js';
import { assemble, initcode } from './testing/assemble.js';
import { ERC20_INITCODE, ERC20_SUPPLY, erc20Transfer } from './testing/erc20.js';
import { numberedSigner, type Signer } from './testing/signer.js';
import { createTestChain, TEST_CHAIN_ID, type TestChain } from './testing/testChain.js';
import type { EthereumResult, EthereumTransactionReceipt } from './types.js';

const stranger = numberedSigner(99);

function receiptOf(result: EthereumResult | undefined): EthereumTransactionReceipt {
  assert.equal(
    result?.kind,
    'executed',
    JSON.stringify(result, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
  );
  return (result as Extract<EthereumResult, { kind: 'executed' }>).receipt;
}

function textOf(result: EthereumResult | undefined): string {
  assert.equal(result?.kind, 'refused');
  return refusalText((result as Extract<EthereumResult, { kind: 'refused' }>).refusal);
}

function balance(chain: TestChain, { address }: Signer): bigint {
  const row = chain.store.read(chain.store.head).get(TABLES.accounts, address);
  return row === undefined ? 0n : decodeAccount(row).balance;
}

test('a batch becomes one block whose roots, bloom and gas follow from its transactions', async () => {
  const chain = createTestChain();
  const [alice, bob] = chain.signers as [Signer, Signer];
  const genesis = chain.head();
  const deploy = chain.transaction(alice, { data: ERC20_INITCODE });
  const token = createAddress(alice.address, 0n);
  const transfer = chain.transaction(alice, { to: token, data: erc20Transfer(bob.address, 5n) });
  const pay = chain.transaction(bob, { to: stranger.address, value: 7n });
  const { results, claimsDigest } = await chain.execute([deploy, transfer, pay], {
    nowMs: 1_700_000_123_999,
  });
  const receipts = results.map(receiptOf);
  const block = chain.head();
  const { header } = block;

  assert.equal(header.number, 1);
  assert.ok(equalBytes(header.parentHash, genesis.hash));
  assert.equal(header.timestamp, 1_700_000_123);
  assert.equal(header.gasLimit, genesis.header.gasLimit);
  assert.equal(header.baseFeePerGas, 0n);
  assert.equal(
    header.gasUsed,
    receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
  );
  assert.equal(receipts[2]?.cumulativeGasUsed, header.gasUsed);
  assert.deepEqual(
    header.transactionsRoot,
    orderedTrieRoot([deploy, transfer, pay].map((i) => i.transaction.raw)),
  );
  assert.deepEqual(
    header.receiptsRoot,
    orderedTrieRoot(receipts.map((receipt) => encodeConsensusReceipt(receipt))),
  );
  assert.deepEqual(header.logsBloom, logsBloom(receipts.flatMap(({ logs }) => logs)));
  assert.ok(mayContain(header.logsBloom, token));
  assert.deepEqual(claimsDigest, sha256(block.hash));

  assert.deepEqual(receipts[0]?.contractAddress, token);
  assert.deepEqual(
    receipts.map(({ firstLogIndex, logs }) => [firstLogIndex, logs.length]),
    [
      [0, 1],
      [1, 1],
      [2, 0],
    ],
  );
  assert.equal(receipts[2]?.gasUsed, 21_000n);
  assert.equal(balance(chain, stranger), 7n);

  const reader = chain.store.read(chain.store.head);
  assert.equal(readBlockNumber(reader, block.hash), 1);
  assert.deepEqual(
    readBlock(reader, 1)?.transactionHashes,
    [deploy, transfer, pay].map((i) => i.transaction.hash),
  );
  const place = readPlace(reader, transfer.transaction.hash);
  assert.deepEqual(place, { blockNumber: 1, index: 1 });
  assert.ok(place !== undefined);
  assert.deepEqual(readReceipt(reader, place), receipts[1]);
  assert.deepEqual(readTransaction(reader, place)?.raw, transfer.transaction.raw);
  assert.deepEqual(readTransaction(reader, place)?.sender, alice.address);
  assert.ok(reader.has(TABLES.logs, logKey(token, 1)));
});

test('everything that is written is private', async () => {
  const chain = createTestChain();
  const [alice] = chain.signers as [Signer];
  const { writeSet } = await chain.execute([chain.transaction(alice, { data: ERC20_INITCODE })]);
  assert.ok(writeSet.length >= 8);
  for (const { table } of writeSet) assert.ok(table.startsWith('ethereum.'), table);
});

test('a refused transaction leaves no trace, and the others of its batch do not notice', async () => {
  const run = async (withBad: boolean) => {
    const chain = createTestChain();
    const [alice, bob] = chain.signers as [Signer, Signer];
    const good = [0n, 1n].map((nonce) => chain.transaction(alice, { nonce, to: bob.address, value: 1n }));
    const bad = chain.transaction(bob, { nonce: 5n, to: alice.address });
    const items = withBad ? [good[0], bad, good[1]] : good;
    const batch = await chain.execute(items as typeof good);
    return { batch, hash: toHex(chain.head().hash) };
  };
  const [without, withBad] = [await run(false), await run(true)];
  assert.deepEqual(withBad.batch.writeSet, without.batch.writeSet);
  assert.equal(withBad.hash, without.hash);
  assert.equal(withBad.batch.results.length, 3);
});

test('a batch of nothing but refused transactions writes nothing and makes no block', async () => {
  const chain = createTestChain();
  const [alice] = chain.signers as [Signer];
  const { writeSet, results, claimsDigest } = await chain.execute([chain.transaction(alice, { nonce: 1n })]);
  assert.deepEqual(writeSet, []);
  assert.equal(claimsDigest, undefined);
  assert.match(textOf(results[0]), /nonce too high/);
  assert.equal(chain.head().header.number, 0);
});

const ether = 10n ** 18n;

test('each reason for a refusal has the words that clients know', async () => {
  const chain = createTestChain({
    settings: { transactionGasMax: 40_000_000n },
    genesis: { baseFeePerGas: 1000 },
  });
  const [alice, bob] = chain.signers as [Signer, Signer];
  const cases: readonly (readonly [Parameters<TestChain['transaction']>[1], RegExp])[] = [
    [{ nonce: 0n }, /^nonce too low: next nonce 1, tx nonce 0$/],
    [{ nonce: 9n }, /^nonce too high: address 0x\w{40}, tx: 9 state: 1$/],
    [
      { value: 2000n * ether },
      /^insufficient funds for gas \* price \+ value: address 0x\w{40} have \d+ want \d+$/,
    ],
    [{ gasLimit: 20_999n }, /^intrinsic gas too low: have 20999, want 21000$/],
    [
      { gasLimit: 21_100n, data: new Uint8Array(20).fill(1) },
      /^intrinsic gas too low: have 21100, want 21320$/,
    ],
    [
      { gasLimit: 21_700n, data: new Uint8Array(20).fill(1) },
      /^insufficient gas for floor data gas cost: have 21700, want 21800$/,
    ],
    [{ gasLimit: 30_000_001n }, /^exceeds block gas limit: have 30000001, max 30000000$/],
    [{ gasLimit: 40_000_001n }, /^transaction gas limit too high \(cap: 40000000, tx: 40000001\)$/],
    [{ chainId: 1n }, /^invalid sender: invalid chain id for signer: have 1 want 1337$/],
    [{ maxFeePerGas: 999n }, /^max fee per gas less than block base fee: maxFeePerGas: 999, baseFee: 1000$/],
    [
      { maxPriorityFeePerGas: 2000n, maxFeePerGas: 1999n },
      /^max priority fee per gas higher than max fee per gas/,
    ],
    [
      { to: undefined as never, data: new Uint8Array(49_153) },
      /^max initcode size exceeded: code size 49153, limit 49152$/,
    ],
    [
      { type: 3, maxFeePerBlobGas: 1n, blobVersionedHashes: [new Uint8Array(32)] },
      /^transaction type not supported$/,
    ],
    [{ type: 4, authorizationList: [] }, /^EIP-7702 transaction with empty auth list$/],
  ];
  const fees = { maxFeePerGas: 10_000n };
  await chain.execute([chain.transaction(alice, { ...fees, to: bob.address })]);
  for (const [fields, words] of cases) {
    const { results, writeSet } = await chain.execute([
      alice.sign({ ...SIMPLE, ...fees, to: bob.address, nonce: 1n, ...fields } as never),
    ]);
    assert.match(textOf(results[0]), words);
    assert.deepEqual(writeSet, []);
  }
  const poor = await chain.execute([
    stranger.sign({ ...SIMPLE, to: bob.address, ...fees, nonce: 0n } as never),
  ]);
  assert.match(textOf(poor.results[0]), /^insufficient funds/);
});

const SIMPLE = {
  type: 2,
  chainId: TEST_CHAIN_ID,
  maxPriorityFeePerGas: 0n,
  gasLimit: 3_000_000n,
  value: 0n,
  data: new Uint8Array(0),
  accessList: [],
} as const;

test('a transaction that is in a block already is known, in the same batch and in later ones', async () => {
  const chain = createTestChain();
  const [alice, bob] = chain.signers as [Signer, Signer];
  const item = chain.transaction(alice, { to: bob.address });
  const { results } = await chain.execute([item, item]);
  assert.equal(receiptOf(results[0]).status, 1);
  assert.equal(textOf(results[1]), 'already known');
  assert.equal(textOf((await chain.execute([item])).results[0]), 'already known');
});

test('pre-EIP-155 transactions are executed unless a setting forbids it', async () => {
  const fields = {
    type: 0,
    nonce: 0n,
    gasPrice: 0n,
    gasLimit: 21_000n,
    value: 1n,
    data: new Uint8Array(0),
  } as const;
  const item = numberedSigner(1).sign({ ...fields, to: stranger.address });
  const open = await createTestChain().execute([item]);
  assert.equal(receiptOf(open.results[0]).status, 1);
  const strict = await createTestChain({ settings: { replayProtectedOnly: true } }).execute([item]);
  assert.equal(textOf(strict.results[0]), 'only replay-protected (EIP-155) transactions allowed over RPC');
});

test('a sender with code is refused (EIP-3607)', async () => {
  const chain = createTestChain({ alloc: { [toHex(stranger.address)]: { balance: '0x1', code: '0x00' } } });
  const fields = { ...SIMPLE, maxFeePerGas: 0n, nonce: 0n, to: numberedSigner(1).address };
  const { results } = await chain.execute([stranger.sign(fields as never)]);
  assert.match(textOf(results[0]), /^sender not an eoa/);
});

test('a block is full when the next transaction might not fit; the rest waits for the next block', async () => {
  const chain = createTestChain({ genesis: { gasLimit: 100_000 } });
  const [alice, bob] = chain.signers as [Signer, Signer];
  const items = Array.from({ length: 5 }, () =>
    chain.transaction(alice, { to: bob.address, gasLimit: 40_000n }),
  );
  const first = await chain.execute(items);
  assert.equal(first.results.length, 3, '21,000 + 21,000 + 40,000 fit, 63,000 + 40,000 do not');
  const second = await chain.execute(items.slice(3));
  assert.equal(second.results.length, 2);
  assert.equal(chain.head().header.number, 2);
});

test('a batch stops at the limits of items and of time', async () => {
  let now = 0;
  const chain = createTestChain({ elapsedMs: () => now++ });
  const [alice, bob] = chain.signers as [Signer, Signer];
  const items = Array.from({ length: 9 }, () => chain.transaction(alice, { to: bob.address }));
  assert.equal((await chain.execute(items, { itemsMax: 2 })).results.length, 2);
  const { results } = await chain.execute(items.slice(2), { executeMs: 3 });
  assert.ok(results.length >= 1 && results.length < 7, `${results.length}`);
});

test("a block's time never goes back, whatever the clock says", async () => {
  const chain = createTestChain();
  const [alice, bob] = chain.signers as [Signer, Signer];
  const times = [1_700_000_005_000, 1_600_000_000_000, 1_700_000_005_999, 1_700_000_006_000];
  const stamps: number[] = [];
  for (const nowMs of times) {
    await chain.execute([chain.transaction(alice, { to: bob.address })], { nowMs });
    stamps.push(chain.head().header.timestamp);
  }
  assert.deepEqual(stamps, [1_700_000_005, 1_700_000_005, 1_700_000_005, 1_700_000_006]);
});

test('the ERC-20 for tests moves tokens, logs it, and says why it does not', async () => {
  const chain = createTestChain();
  const [alice, bob] = chain.signers as [Signer, Signer];
  const token = createAddress(alice.address, 0n);
  const { results } = await chain.execute([
    chain.transaction(alice, { data: ERC20_INITCODE }),
    chain.transaction(alice, { to: token, data: erc20Transfer(bob.address, ERC20_SUPPLY) }),
    chain.transaction(alice, { to: token, data: erc20Transfer(bob.address, 1n) }),
    chain.transaction(bob, { to: token, data: erc20Transfer(alice.address, 1n) }),
    chain.transaction(bob, { to: token, data: erc20Transfer(new Uint8Array(20), 1n) }),
  ]);
  const receipts = results.map(receiptOf);
  assert.deepEqual(
    receipts.map(({ status }) => status),
    [1, 1, 0, 1, 0],
  );
  const [log] = receipts[1]?.logs ?? [];
  assert.deepEqual(
    log?.topics.slice(1).map(toHex),
    [alice, bob].map(({ address }) => toHex(address).padStart(64, '0')),
  );
  assert.equal(BigInt(`0x${toHex(log?.data ?? new Uint8Array(1))}`), ERC20_SUPPLY);
  assert.equal(
    toHex(receipts[2]?.revertData ?? new Uint8Array(0)),
    errorData('ERC20: transfer amount exceeds balance'),
  );
  assert.equal(
    toHex(receipts[4]?.revertData ?? new Uint8Array(0)),
    errorData('ERC20: transfer to the zero address'),
  );
});

/** ABI of Error(string). */
function errorData(reason: string): string {
  const text = new Uint8Array(Math.ceil(reason.length / 32) * 32);
  text.set(utf8(reason));
  const word = (value: number) => value.toString(16).padStart(64, '0');
  return `08c379a0${word(32)}${word(reason.length)}${toHex(text)}`;
}

test('PREVRANDAO is the entropy of the batch (P4)', async () => {
  const chain = createTestChain();
  const [alice] = chain.signers as [Signer];
  const runtime = assemble('PREVRANDAO 0x00 MSTORE 0x20 0x00 LOG0');
  const deployed = createAddress(alice.address, 0n);
  const { results } = await chain.execute([
    chain.transaction(alice, { data: initcode(runtime) }),
    chain.transaction(alice, { to: deployed }),
  ]);
  assert.deepEqual(receiptOf(results[1]).logs[0]?.data, new Uint8Array(32).fill(1));
  assert.deepEqual(chain.head().header.mixHash, new Uint8Array(32).fill(1));
});

test('an account delegates by EIP-7702, and its code runs as its own', async () => {
  const chain = createTestChain();
  const [alice, bob] = chain.signers as [Signer, Signer];
  const contract = createAddress(alice.address, 0n);
  const authorization = bob.authorize({ chainId: TEST_CHAIN_ID, address: contract, nonce: 0n });
  const { results } = await chain.execute([
    chain.transaction(alice, { data: initcode(assemble('ADDRESS 0x00 MSTORE 0x20 0x00 LOG0')) }),
    chain.transaction(alice, { type: 4, to: bob.address, authorizationList: [authorization] } as never),
    chain.transaction(bob, { nonce: 1n, to: alice.address }),
  ]);
  const receipts = results.map(receiptOf);
  assert.deepEqual(
    receipts.map(({ status }) => status),
    [1, 1, 1],
  );
  assert.deepEqual(receipts[1]?.logs[0]?.address, bob.address);
  assert.deepEqual(receipts[1]?.logs[0]?.data.slice(12), bob.address);
});

test('EIP-2935 keeps the hash of the parent where the genesis put its contract', async () => {
  const code =
    '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257' +
    '611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500';
  const history = '0000f90827f1c53a10cb7a02335b175320002935';
  const chain = createTestChain({ alloc: { [history]: { nonce: '0x1', code } } });
  const [alice, bob] = chain.signers as [Signer, Signer];
  const genesis = chain.head();
  await chain.execute([chain.transaction(alice, { to: bob.address })]);
  const key = concatBytes(Uint8Array.from(Buffer.from(history, 'hex')), new Uint8Array(32));
  assert.deepEqual(chain.store.read(chain.store.head).get(TABLES.storage, key), genesis.hash);
});

test('a contract that destroys itself takes its storage along (before Cancun)', async () => {
  const chain = createTestChain({ fork: 'shanghai' });
  const [alice] = chain.signers as [Signer];
  const contract = createAddress(alice.address, 0n);
  const runtime = assemble('CALLDATASIZE @die JUMPI 0x01 0x05 SSTORE STOP :die CALLER SELFDESTRUCT');
  await chain.execute([
    chain.transaction(alice, { data: initcode(runtime, '0x07 0x09 SSTORE') }),
    chain.transaction(alice, { to: contract }),
  ]);
  const rows = () => [...chain.store.read(chain.store.head).range(TABLES.storage)].length;
  assert.equal(rows(), 2);
  await chain.execute([chain.transaction(alice, { to: contract, data: Uint8Array.of(1) })]);
  assert.equal(rows(), 0);
  assert.ok(!chain.store.read(chain.store.head).has(TABLES.accounts, contract));
});
