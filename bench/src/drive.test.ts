import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, type SendBatch } from './drive.js';

const raw = Array.from({ length: 10 }, (_, index) => `0x${index}`);
const echo: SendBatch = async (batch) => batch.map((result) => ({ ok: true, result }));

test('everything is sent once, in batches of the wanted size', async () => {
  const batches = await drive({ connections: [echo, echo], raw, batchSize: 3, inFlight: 2 });
  assert.deepEqual(batches.flatMap((batch) => batch.raw).toSorted(), raw);
  assert.deepEqual(batches.map((batch) => batch.raw.length).toSorted(), [1, 3, 3, 3]);
  for (const batch of batches) assert.equal(batch.lastHash, batch.raw.at(-1));
});

test('no more batches are in flight than allowed', async () => {
  let inFlight = 0;
  let most = 0;
  const slow: SendBatch = async (batch) => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight--;
    return echo(batch);
  };
  await drive({ connections: [slow], raw, batchSize: 1, inFlight: 3 });
  assert.equal(most, 3);
});

test('a refused transaction ends the measurement: its figures would mean nothing', async () => {
  const refuse: SendBatch = async () => [{ ok: false, code: -32000, message: 'nonce too low' }];
  await assert.rejects(drive({ connections: [refuse], raw, batchSize: 5, inFlight: 1 }), /nonce too low/);
});
