/**
 * A replay set: a directory with the state of a ledger and the transactions that were executed on it, with what each
 * of them did there.
 *
 *   genesis-alloc.json   geth's `alloc`: balance, nonce, code and storage by address
 *   txs.json             [{"raw", "expect": {"hash", "status", "gasUsed", "contractAddress", "logs"}}, …] in order
 */
import path from 'node:path';
import { isRecord } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { readText } from '../ledger/textFile.js';

/** What a transaction did. Hexadecimal text is in lower case with 0x. */
export interface Expectation {
  readonly hash: string;
  readonly status: 0 | 1;
  readonly gasUsed: bigint;
  readonly contractAddress: string | null;
  readonly logs: readonly ExpectedLog[];
}

export interface ExpectedLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** A signed transaction, and what it did. */
export interface ReplayTransaction {
  readonly raw: string;
  readonly expect: Expectation;
}

export interface ReplaySet {
  /** The adapter checks it when the network starts. */
  readonly alloc: object;
  readonly transactions: readonly ReplayTransaction[];
}

const fileBytesMax = 256 * 2 ** 20;

/** Reads the set in `directory`. COCO_CLI_FILE; COCO_CLI_REPLAY_SET says which field of which transaction is wrong. */
export function loadReplaySet(directory: string): ReplaySet {
  const alloc = readJson(path.join(directory, 'genesis-alloc.json'));
  if (!isRecord(alloc)) throw wrong('genesis-alloc.json is not an object of accounts');
  const transactions = readJson(path.join(directory, 'txs.json'));
  if (!Array.isArray(transactions) || transactions.length === 0) {
    throw wrong('txs.json is not a list of transactions');
  }
  return { alloc, transactions: transactions.map(readTransaction) };
}

/** geth's genesis for such a set: chain id 1, the rules of Shanghai from the first block on, base fee 0. */
export function replayGenesis(alloc: object): unknown {
  const forks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg'];
  const blocks = [...forks, 'istanbul', 'berlin', 'london'].map((fork) => [`${fork}Block`, 0]);
  return {
    config: { chainId: 1, ...Object.fromEntries(blocks), terminalTotalDifficulty: 0, shanghaiTime: 0 },
    // Room for a whole batch of public blocks in one of ours.
    gasLimit: '0x2faf08000',
    baseFeePerGas: '0x0',
    alloc,
  };
}

function readJson(file: string): unknown {
  const text = readText(file, fileBytesMax);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readTransaction(value: unknown, index: number): ReplayTransaction {
  const at = `txs.json, transaction ${index}`;
  const { raw, expect } = record(value, at);
  const { hash, status, gasUsed, contractAddress, logs } = record(expect, `${at}: expect`);
  if (status !== 0 && status !== 1) throw wrong(`${at}: expect.status must be 0 or 1`);
  const gas = typeof gasUsed === 'string' ? quantity(gasUsed) : undefined;
  if (gas === undefined) throw wrong(`${at}: expect.gasUsed must be a quantity such as 0x5208`);
  return {
    raw: hex(raw, `${at}: raw`),
    expect: {
      hash: hex(hash, `${at}: expect.hash`, 32),
      status,
      gasUsed: gas,
      contractAddress:
        contractAddress === null || contractAddress === undefined
          ? null
          : hex(contractAddress, `${at}: expect.contractAddress`, 20),
      logs: list(logs, `${at}: expect.logs`).map((log, i) => readLog(log, `${at}: expect.logs[${i}]`)),
    },
  };
}

function readLog(value: unknown, at: string): ExpectedLog {
  const { address, topics, data } = record(value, at);
  return {
    address: hex(address, `${at}.address`, 20),
    topics: list(topics, `${at}.topics`).map((topic) => hex(topic, `${at}.topics`, 32)),
    data: hex(data, `${at}.data`),
  };
}

/** The number that a JSON-RPC quantity is, if it is one. */
export function quantity(text: string): bigint | undefined {
  return /^0x[0-9a-f]{1,64}$/i.test(text) ? BigInt(text) : undefined;
}

function record(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw wrong(`${at} must be an object`);
  return value;
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(`${at} must be a list`);
  return value;
}

function hex(value: unknown, at: string, bytes?: number): string {
  const good = typeof value === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(value);
  if (!good || (bytes !== undefined && value.length !== 2 + 2 * bytes)) {
    throw wrong(`${at} must be ${bytes === undefined ? 'bytes' : `${bytes} bytes`} in hexadecimal with 0x`);
  }
  return value.toLowerCase();
}

function wrong(sentence: string): CocoError {
  return new CocoError('COCO_CLI_REPLAY_SET', `this is no replay set: ${sentence}`);
}
