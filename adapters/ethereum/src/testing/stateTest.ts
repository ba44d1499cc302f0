/**
 * Runs the public GeneralStateTests: one transaction over a given state, judged by the root of the state after it
 * (here, for once, a real Merkle-Patricia root, which a library computes) and by the hash of its logs.
 */

import { isActive } from '@coco/evm';
import type { Transaction } from '@coco/kv';
import { createStore } from '@coco/kv';
import { CocoError, toHex } from '@coco/primitives';
import { createMPT } from '@ethereumjs/mpt';
import { BlockState } from '../blockState.js';
import { CodeCache } from '../codeCache.js';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { EMPTY_HASH, keccak256 } from '../codec/keccak.js';
import { trimZeros, unsignedBytes } from '../codec/quantity.js';
import { encodeRlp } from '../codec/rlp.js';
import { recoverSender } from '../codec/signature.js';
import { decodeAccount, TABLES } from '../tables.js';
import type { BlockEnvironment, EvmEngine, ForkName, ForkRules, Log } from '../types.js';
import { blobBaseFee, hexBytes, hexWord } from './jsonBlock.js';

interface Account {
  readonly balance: string;
  readonly nonce: string;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
}

/** One case of a file. */
export interface StateTestCase {
  readonly hash: string;
  readonly logs: string;
  readonly txbytes: string;
  readonly expectException?: string;
}

/** One test of a file. */
export interface StateTest {
  readonly env: Readonly<Record<string, string>>;
  readonly pre: Readonly<Record<string, Account>>;
  readonly post: Readonly<Record<string, readonly StateTestCase[]>>;
}

/** The library of tests calls two forks by other names. */
const FORK_NAMES: Readonly<Record<string, ForkName>> = {
  EIP150: 'tangerineWhistle',
  EIP158: 'spuriousDragon',
  ConstantinopleFix: 'petersburg',
};

/** The rules that a test means by `name`. */
export function stateTestRules(name: string): ForkRules {
  const fork = FORK_NAMES[name] ?? ((name[0]?.toLowerCase() + name.slice(1)) as ForkName);
  return { chainId: 1n, fork };
}

/** Empty when the case holds, else what differs. */
export async function runStateTest(
  engine: EvmEngine,
  test: StateTest,
  forkName: string,
  expected: StateTestCase,
): Promise<string> {
  const rules = stateTestRules(forkName);
  const store = createStore();
  const transaction = store.begin();
  writePreState(transaction, test);
  const environment = environmentOf(test.env, rules);
  const { logs, refused } = await runTransaction(engine, transaction, environment, rules, expected.txbytes);
  const differences: string[] = [];
  if ((refused === undefined) !== (expected.expectException === undefined)) {
    differences.push(`refused: ${refused}, expected: ${expected.expectException}`);
  }
  const root = `0x${toHex(await stateRoot(transaction))}`;
  if (root !== expected.hash) differences.push(`state root ${root}, expected ${expected.hash}`);
  const logsHash = `0x${toHex(hashLogs(logs))}`;
  if (logsHash !== expected.logs) differences.push(`logs ${logsHash}, expected ${expected.logs}`);
  return differences.join('; ');
}

function writePreState(transaction: Transaction, test: StateTest): void {
  const state = new BlockState(transaction, new CodeCache());
  for (const [key, { balance, nonce, code, storage }] of Object.entries(test.pre)) {
    const address = hexBytes(key);
    const bytes = hexBytes(code);
    const codeHash = keccak256(bytes);
    const base = { nonce: BigInt(nonce), balance: BigInt(balance) };
    state.apply({
      code: bytes.length === 0 ? [] : [{ codeHash, code: bytes }],
      clearedStorage: [],
      accounts: [{ address, account: bytes.length === 0 ? base : { ...base, codeHash } }],
      storage: Object.entries(storage).map(([slot, value]) => ({
        address,
        slot: hexWord(slot),
        value: trimZeros(hexWord(value)),
      })),
    });
  }
  state.flush(transaction);
}

function environmentOf(env: StateTest['env'], rules: ForkRules): BlockEnvironment {
  const paris = isActive(rules, 'paris');
  return {
    number: Number(env.currentNumber),
    timestamp: Number(env.currentTimestamp),
    coinbase: hexBytes(env.currentCoinbase as string),
    gasLimit: BigInt(env.currentGasLimit as string),
    baseFee: isActive(rules, 'london') ? BigInt(env.currentBaseFee ?? 10) : 0n,
    difficulty: paris ? 0n : BigInt(env.currentDifficulty as string),
    prevRandao: hexWord(env.currentRandom ?? '0x0'),
    blobBaseFee: blobBaseFee(BigInt(env.currentExcessBlobGas ?? 0)),
  };
}

async function runTransaction(
  engine: EvmEngine,
  transaction: Transaction,
  environment: BlockEnvironment,
  rules: ForkRules,
  raw: string,
): Promise<{ readonly logs: readonly Log[]; readonly refused?: string }> {
  const state = new BlockState(transaction, new CodeCache());
  try {
    const decoded = decodeTransaction(hexBytes(raw), {
      bytesMax: 2 ** 24,
      highS: !isActive(rules, 'homestead'),
    });
    const item = { transaction: decoded, sender: recoverSender(decoded) };
    const outcome = await engine.execute(item, { state, environment, rules });
    if (outcome.outcome === 'refused') return { logs: [], refused: outcome.refusal.reason };
    state.apply(outcome.changes);
    return { logs: outcome.execution.logs };
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return { logs: [], refused: error.message };
  } finally {
    if (!isActive(rules, 'spuriousDragon')) touch(state, environment.coinbase);
    state.flush(transaction);
  }
}

/** The mining reward of nothing that the tests assume: it creates the account where empty accounts may be. */
function touch(state: BlockState, address: Uint8Array): void {
  const account = state.account(address) ?? { nonce: 0n, balance: 0n };
  state.apply({ code: [], clearedStorage: [], storage: [], accounts: [{ address, account }] });
}

async function stateRoot(transaction: Transaction): Promise<Uint8Array> {
  const storage = new Map<string, Row[]>();
  for (const { key, value } of transaction.range(TABLES.storage)) {
    const owner = toHex(key.subarray(0, 20));
    const rows = storage.get(owner) ?? [];
    rows.push({ key: key.subarray(20), value: encodeRlp(value) });
    storage.set(owner, rows);
  }
  const accounts: Row[] = [];
  for (const { key, value } of transaction.range(TABLES.accounts)) {
    const { nonce, balance, codeHash = EMPTY_HASH } = decodeAccount(value);
    const root = await libraryRoot(storage.get(toHex(key)) ?? []);
    const fields = [unsignedBytes(nonce), unsignedBytes(balance), root, codeHash];
    accounts.push({ key, value: encodeRlp(fields) });
  }
  return libraryRoot(accounts);
}

interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Root of a trie whose keys are hashed. */
async function libraryRoot(rows: readonly Row[]): Promise<Uint8Array> {
  const trie = await createMPT();
  for (const { key, value } of rows) await trie.put(keccak256(key), value);
  return trie.root();
}

function hashLogs(logs: readonly Log[]): Uint8Array {
  return keccak256(encodeRlp(logs.map(({ address, topics, data }) => [address, topics, data])));
}
