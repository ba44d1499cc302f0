import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareReceipt } from './compareReceipt.js';
import type { Expectation } from './replaySet.js';

const word = (digit: string): string => `0x${digit.repeat(64)}`;
const address = (digit: string): string => `0x${digit.repeat(40)}`;

const expect: Expectation = {
  hash: word('a'),
  status: 1,
  gasUsed: 21_000n,
  contractAddress: null,
  logs: [
    { address: address('1'), topics: [word('2'), word('3')], data: '0x04' },
    { address: address('5'), topics: [], data: '0x' },
  ],
};

const receipt = {
  transactionHash: word('a'),
  status: '0x1',
  gasUsed: '0x5208',
  contractAddress: null,
  logs: expect.logs,
  blockNumber: '0x7',
};

const fieldsOf = (changed: unknown): readonly string[] =>
  compareReceipt(expect, changed).map(({ field }) => field);

test('a receipt that says the same is equal, whatever its block and the case of its digits', () => {
  assert.deepEqual(fieldsOf(receipt), []);
  const upper = expect.logs.map((log) => ({
    ...log,
    address: log.address.toUpperCase().replace('0X', '0x'),
  }));
  assert.deepEqual(fieldsOf({ ...receipt, logs: upper, gasUsed: '0x05208' }), []);
});

test('status, gas, created contract and every byte of every log are compared', () => {
  const [first, second] = expect.logs;
  const changes: readonly [unknown, string][] = [
    [{ ...receipt, status: '0x0' }, 'status'],
    [{ ...receipt, gasUsed: '0x5209' }, 'gasUsed'],
    [{ ...receipt, contractAddress: address('9') }, 'contractAddress'],
    [{ ...receipt, transactionHash: word('b') }, 'transactionHash'],
    [{ ...receipt, logs: [first] }, 'logs.length'],
    [{ ...receipt, logs: [{ ...first, address: address('2') }, second] }, 'logs[0].address'],
    [{ ...receipt, logs: [{ ...first, topics: [word('3'), word('2')] }, second] }, 'logs[0].topics'],
    [{ ...receipt, logs: [first, { ...second, data: '0x00' }] }, 'logs[1].data'],
  ];
  for (const [changed, field] of changes) assert.deepEqual(fieldsOf(changed), [field]);
});

test('an answer that is no receipt is different, and no failure', () => {
  for (const answer of [null, 7, [], {}, { logs: [null, 3] }]) assert.ok(fieldsOf(answer).length > 3);
});
