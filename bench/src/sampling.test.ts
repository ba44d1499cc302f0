/** MIT-3: what honest primaries made of real transactions comes out the same on a backup: there are no false alarms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayGenesis, replayTransactions, sharedData } from '@coco/ethereum/testing';
import { fromHex } from '@coco/primitives';
import { followChain, recordChain } from './recordedChain.js';

const skip = sharedData('replay') === undefined ? 'shared/data/ethereum/replay is not there' : false;
const count = Number(process.env['COCO_SAMPLING_COUNT'] ?? 400);

test(`${count} public transactions, executed again by a backup, raise no alarm`, { skip }, async () => {
  const raws = replayTransactions()
    .slice(0, count)
    .map(({ raw }) => fromHex(raw.slice(2)) as Uint8Array);
  for (const perBlock of [1, 50]) {
    const chain = await recordChain(replayGenesis(), raws, perBlock);
    assert.equal(chain.transactions, raws.length);
    const { findings } = await followChain(chain, 1_000_000);
    const outcomes = new Set(findings.map(({ outcome }) => outcome));
    assert.deepEqual([[...outcomes], findings.length], [['equal'], Math.ceil(raws.length / perBlock)]);
  }
});
