/**
 * ARC-3: whatever bytes a compromised worker writes to its channel, they end the worker, and never its manager.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';
import { openTaken, until } from './takenWorker.test.js';

/** Framed as the worker would frame it. */
const framed = (...payload: readonly number[]): readonly number[] => [payload.length, 0, 0, 0, ...payload];
const u64 = (value: number): readonly number[] => [value, 0, 0, 0, 0, 0, 0, 0];
/** Of 200 transactions, which write nothing. */
const batch = framed(67, ...u64(1), ...u64(2), ...u64(200), 0, ...u64(0));

const forgeries: readonly (readonly [string, readonly number[], RegExp])[] = [
  ['a length beyond all limits', [255, 255, 255, 127], /^COCO_HOST_WORKER_MESSAGE: /],
  ['an empty message', framed(), /^COCO_HOST_WORKER_MESSAGE: /],
  ['a message of no known type', framed(99, 1, 2, 3), /^COCO_HOST_WORKER_MESSAGE: .* its type is unknown/],
  ['a message for the worker', framed(11, ...u64(5)), /^COCO_HOST_WORKER_MESSAGE: .* its type is unknown/],
  ['that it is ready, again', framed(129), /^COCO_HOST_WORKER_MESSAGE: /],
  ['that a round trip ended that nobody began', framed(131), /^COCO_HOST_WORKER_MESSAGE: /],
  ['an answer to nobody', framed(66, ...u64(77)), /^COCO_HOST_WORKER_PROTOCOL: .* what it was not asked/],
  ['a batch of too many', batch, /^COCO_HOST_WORKER_PROTOCOL: .* more transactions/],
];

for (const [what, bytes, expected] of forgeries) {
  test(`a forged message ends the worker, and not the manager: ${what}`, { timeout: 30_000 }, async (t) => {
    const { channel, attempt, said } = await openTaken(t);
    await assert.rejects(attempt({ what: 'forge', bytes }), (error: Error) => {
      const { type, message } = JSON.parse(error.message) as { type: string; message: string };
      assert.equal(type, 'failed');
      assert.match(message, expected);
      return true;
    });
    // It is gone, and nothing that it said after was heard.
    await channel.close();
    await until(() => workersOf(process.pid).length === 0);
    assert.deepEqual(said, []);
  });
}

/** Command lines of the workers that `pid` started. */
function workersOf(pid: number): readonly string[] {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,args=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes('workerProcessEntry') && !line.startsWith('Z'));
}
