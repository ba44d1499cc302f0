/** The benchmark of epochs measures what it says: every step is done, and what is sealed comes back (CONF-2, CONF-3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochCosts } from './epochCosts.js';

test('every step of an epoch is measured', async () => {
  const costs = await epochCosts({ repetitions: 1, epochs: 2 });
  assert.equal(costs.length, 8);
  for (const { what, ms } of costs) assert.ok(ms > 0, what);
});
