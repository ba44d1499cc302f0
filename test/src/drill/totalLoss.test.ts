/**
 * CONF-4 on real processes: all nodes of a network are lost, and three of five actors bring everything back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drillTotalLoss } from './totalLoss.js';

test('CONF-4: everything comes back from one ledger and three of five keys, and nothing from two', {
  timeout: 600_000,
}, async () => {
  const said: string[] = [];
  const { faults, transfers } = await drillTotalLoss({ say: (line) => said.push(line) });
  assert.deepEqual(faults, [], said.join('\n'));
  assert.ok(transfers > 20);
});
