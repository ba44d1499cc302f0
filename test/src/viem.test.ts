/**
 * ARC-5, DEMO-1: viem as it comes from the registry works on a network as on any Ethereum node.
 */
import { test } from 'node:test';
import { runClientTests } from './clientTests.js';
import { openTestNetwork } from './testNetwork.js';

test('viem, unmodified', { timeout: 90_000 }, async (t) => {
  const network = await openTestNetwork();
  t.after(() => network.dispose());
  await runClientTests(t, network, 'viemClient');
});
