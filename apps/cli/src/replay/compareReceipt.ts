/**
 * Whether a receipt says what a transaction did on the ledger that it comes from: status, gas, the contract that was
 * created, every byte of every log.
 */
import { isRecord } from '@coco/client';
import { type Expectation, type ExpectedLog, quantity } from './replaySet.js';

/** Something that is not as it was. */
export interface Difference {
  /** For example "gasUsed", or "logs[2].data". */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/** What of `receipt`, as eth_getTransactionReceipt gives it, is not as expected. */
export function compareReceipt(expect: Expectation, receipt: unknown): readonly Difference[] {
  const got = isRecord(receipt) ? receipt : {};
  return [
    ...compare('transactionHash', expect.hash, bytesOf(got.transactionHash)),
    ...compare('status', String(expect.status), numberOf(got.status)),
    ...compare('gasUsed', String(expect.gasUsed), numberOf(got.gasUsed)),
    ...compare('contractAddress', expect.contractAddress ?? 'null', bytesOf(got.contractAddress)),
    ...compareLogs(expect.logs, got.logs),
  ];
}

function compareLogs(expected: readonly ExpectedLog[], logs: unknown): readonly Difference[] {
  const got: readonly unknown[] = Array.isArray(logs) ? logs : [];
  const count = Array.isArray(logs) ? String(got.length) : show(logs);
  return [
    ...compare('logs.length', String(expected.length), count),
    ...expected.slice(0, got.length).flatMap((log, index) => compareLog(log, got[index], `logs[${index}]`)),
  ];
}

function compareLog(expected: ExpectedLog, log: unknown, at: string): readonly Difference[] {
  const got = isRecord(log) ? log : {};
  const topics = Array.isArray(got.topics) ? got.topics.map(bytesOf).join(', ') : show(got.topics);
  return [
    ...compare(`${at}.address`, expected.address, bytesOf(got.address)),
    ...compare(`${at}.topics`, expected.topics.join(', '), topics),
    ...compare(`${at}.data`, expected.data, bytesOf(got.data)),
  ];
}

function compare(field: string, expected: string, got: string): readonly Difference[] {
  return expected === got ? [] : [{ field, expected, got }];
}

/** Hexadecimal may come in either case. */
function bytesOf(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : show(value);
}

function numberOf(value: unknown): string {
  const number = typeof value === 'string' ? quantity(value) : undefined;
  return number === undefined ? show(value) : String(number);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
