/**
 * Nodes stop and come back: no disk has a secret of the ledger, and M actors' nodes are enough (CONF-2 to CONF-4).
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { loadNodeSecrets, openVirtualSealer } from '@coco/host';
import type { GovernedNode } from '../governed/governedNode.js';
import { until } from '../until.js';
import { CustodyNetwork, timeoutMs } from './custodyNetwork.js';

let network: CustodyNetwork;
let nodes: readonly GovernedNode[];
before(async () => {
  network = await CustodyNetwork.open({
    members: ['acme', 'bolt', 'cora'],
    settings: { epoch_seconds: 3, secret_hold_seconds: 4 },
  });
  nodes = [...network.governed.nodes];
});
after(() => network?.close());

async function secretsOnDisk(node: GovernedNode): Promise<number> {
  const sealer = await openVirtualSealer(path.join(node.directory, 'virtual-platform.key'));
  return loadNodeSecrets(path.join(node.directory, 'sealed'), sealer).ledgerSecrets.length;
}

test('CONF-2: epochs begin by the clock, and as soon as there is a key no secret is on any disk', async () => {
  const [first] = nodes as readonly [GovernedNode];
  for (const node of nodes) await network.transact(node);
  const { epoch, network_key: key } = await network.secrets(first);
  assert.equal(key?.threshold, 2);
  assert.equal(key.actors.length, 3);
  for (const node of nodes) await network.until(node, 'is in a later epoch', (now) => now.epoch > epoch + 2);
  for (const node of nodes) {
    await until('its secrets are gone', timeoutMs, async () => (await secretsOnDisk(node)) === 0);
  }
  for (const node of nodes) await network.transact(node);
});

test('CONF-3: one node that was killed comes back with the help of another actor', async () => {
  const [first, victim] = nodes as readonly [GovernedNode, GovernedNode];
  network.governed.ask(first);
  await network.kill(victim);
  await network.transact(first);
  network.governed.startNode(victim);
  await network.holdsShare(victim);
  await network.transact(victim);
});

test('CONF-3: when all were killed, one waits and says for what; two are enough, and the third follows', async () => {
  const [first, second, third] = nodes as readonly [GovernedNode, GovernedNode, GovernedNode];
  for (const node of nodes) await network.kill(node);
  network.governed.startNode(first);
  await until('it says that it waits', timeoutMs, async () => {
    const told = await network.governed.get(first, '/node/state').catch((error: unknown) => String(error));
    return /partial decryptions of 2 of 3 actors/.test(String(told));
  });
  network.governed.startNode(second);
  for (const node of [first, second]) await network.holdsShare(node);
  network.governed.ask(first);
  await network.transact(second);
  network.governed.startNode(third);
  await network.holdsShare(third);
  await network.transact(third);
});
