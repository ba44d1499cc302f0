/**
 * The samples of ethereum/execution-apis (request and geth's answer), against the same chain executed by us.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rpcMethods } from './methods.js';
import { loadPublicChain, publicSamples } from './testing/publicChain.js';
import { TestNode } from './testing/testNode.js';

interface Sample {
  readonly name: string;
  readonly request: string;
  readonly answer: { readonly result?: unknown };
}

function readSamples(folder: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const method of readdirSync(folder)) {
    if (!rpcMethods.has(method) && method !== 'eth_sendRawTransaction') continue;
    for (const file of readdirSync(`${folder}/${method}`)) {
      const lines = readFileSync(`${folder}/${method}/${file}`, 'utf8').split('\n');
      const request = lines.find((line) => line.startsWith('>> '))?.slice(3);
      const answer = lines.find((line) => line.startsWith('<< '))?.slice(3);
      if (request === undefined || answer === undefined) throw new Error(`${file} is not a sample`);
      samples.push({ name: `${method}/${file}`, request, answer: JSON.parse(answer) as Sample['answer'] });
    }
  }
  return samples;
}

/** Where our chain is meant to be different. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'eth_baseFee/get-current-basefee.io': 'the base fee does not change from block to block',
  'txpool_status/get-status.io': 'the sample is of a pool with transactions of other samples',
};

/** Before Byzantium a receipt has the state root where later ones have a status; we keep no such roots. */
function withStatus(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withStatus);
  if (typeof json !== 'object' || json === null) return json;
  const { root, ...others } = json as Record<string, unknown>;
  return root === undefined ? json : { ...others, status: '0x1' };
}

if (publicSamples === undefined) {
  test('execution-apis', { skip: 'shared/data/ethereum/execution-apis is not there' }, () => undefined);
} else {
  const samples = readSamples(publicSamples);
  const chain = await loadPublicChain();
  const settings = { blobTransactions: true };
  for (const { name, request, answer } of samples) {
    const skip = DIFFERENT[name] ?? false;
    test(`execution-apis: ${name}`, { skip }, async () => {
      const node = new TestNode({ chain, settings, limits: { respondAsync: true } });
      node.held = true;
      const { text } = await node.post(request);
      const { result } = answer;
      const expected = result === undefined ? answer : { ...answer, result: withStatus(result) };
      assert.deepEqual(JSON.parse(text), expected);
    });
  }
}
