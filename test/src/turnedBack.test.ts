/**
 * A disk belongs to whoever runs the machine. Shown an earlier copy of its own, a node is found out, counts for nothing
 * until it holds what it had acknowledged, and nothing is lost; an ordinary restart accuses nobody.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { signerOf } from '@coco/cli';
import { createClient } from '@coco/client';
import { fromUtf8, seededRandom } from '@coco/primitives';
import { CrashNetwork } from './crashNetwork.js';
import { deployToken } from './deployToken.js';
import { openTestNetwork } from './testNetwork.js';
import { until } from './until.js';

const code = 'COCO_HOST_DISK_TURNED_BACK';
const deadlineMs = 60_000;

test('a node that is shown an earlier copy of its disk is found out, and nothing acknowledged is lost', {
  timeout: 180_000,
}, async (t) => {
  const network = await CrashNetwork.open(seededRandom(2017));
  try {
    const { paths } = network.test;
    const victim = (network.test.primaryIndex() + 1) % 3;
    const directory = paths.node(victim);
    const copy = path.join(paths.directory, 'copy');
    const accusers = (): number[] =>
      [0, 1, 2].filter((node) =>
        readFileSync(path.join(paths.node(node), 'node.log'), 'utf8').includes(code),
      );

    const load = network.startLoad();
    try {
      await moreThan(network, 50);
      await network.test.network.nodes[victim]?.kill();
      for (const part of ['ledger', 'sealed']) {
        cpSync(path.join(directory, part), path.join(copy, part), { recursive: true });
      }
      const backMs = await network.restartOne(victim);
      assert.deepEqual(accusers(), [], 'an ordinary restart accuses nobody');
      t.diagnostic(`an ordinary restart: back in ${Math.round(backMs)} ms`);

      // In doubt it promises nothing, so that nothing would be forgotten: it has to be cleared, and to hold more since.
      await until('the node is cleared', deadlineMs, () => isCleared(network, victim));
      await moreThan(network, 200);
      await network.caughtUp(victim);
      await network.test.network.nodes[victim]?.kill();
      for (const part of ['ledger', 'sealed']) {
        rmSync(path.join(directory, part), { recursive: true });
        cpSync(path.join(copy, part), path.join(directory, part), { recursive: true });
      }
      const turnedMs = await network.restartOne(victim);
      t.diagnostic(`turned back: holds everything again after ${Math.round(turnedMs)} ms`);
    } finally {
      await load.stop();
    }
    await network.test.settled(deadlineMs);
    const found = accusers();
    assert.ok(found.includes(victim) && found.length > 1, `found out by nodes ${found.join(', ')}`);
    await network.checkReceipts();
    await network.stopAndVerify();
    assert.deepEqual(network.faults, [], `the network's files are in ${network.directory}`);
  } finally {
    await network.close();
  }
});

test('a node that is left alone says how old its answers are; with one of the others back the network goes on', {
  timeout: 180_000,
}, async (t) => {
  const overrides = {
    reads: { staleAfterMs: 500 },
    replica: { consensus: { trustDiskAfterMs: 1_000 } },
  };
  const network = await openTestNetwork({ overrides });
  try {
    const [stays, restarts, gone] = [0, 1, 2] as const;
    await network.network.nodes[gone]?.kill();
    await network.network.nodes[restarts]?.kill();
    const alone = network.administrative(stays);
    const stale = await until('the node to notice', deadlineMs, async () => {
      const { headers, body } = await alone.get('/node/state');
      return headers['x-coco-stale-ms'] !== undefined && JSON.parse(fromUtf8(body) ?? '');
    });
    assert.ok(stale.out_of_touch_ms >= 500, JSON.stringify(stale));
    const url = network.network.applicationUrl(stays);
    const { serviceCertificatePem } = network;
    const careful = createClient({ url, serviceCertificatePem, refuseStale: true });
    await assert.rejects(careful.jsonRpc('eth_blockNumber'), { code: 'COCO_CLIENT_STALE' });

    const startedMs = performance.now();
    network.network.restart(restarts);
    await until(
      'the node runs again',
      deadlineMs,
      () => network.network.nodes[restarts]?.report !== undefined,
    );
    const client = network.client(stays);
    const chainId = await until('an answer', deadlineMs, async () =>
      BigInt(String(await client.jsonRpc('eth_chainId'))),
    );
    await until('a primary', deadlineMs, () => network.primaryIndex() >= 0);
    await deployToken(client, network.accounts.map(signerOf), chainId);
    assert.match(String(await careful.jsonRpc('eth_blockNumber')), /^0x/);
    careful.close();
    t.diagnostic(`committed again after ${Math.round(performance.now() - startedMs)} ms`);
  } finally {
    await network.dispose();
  }
});

async function isCleared(network: CrashNetwork, node: number): Promise<boolean> {
  const { in_doubt: inDoubt } = (await network.test.administrative(node).getJson('/node/state')) as {
    in_doubt: boolean;
  };
  return !inDoubt;
}

async function moreThan({ acknowledged }: CrashNetwork, more: number): Promise<void> {
  const before = acknowledged.count;
  await until('the load goes on', deadlineMs, () => acknowledged.count > before + more);
}
