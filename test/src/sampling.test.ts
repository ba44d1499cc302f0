/**
 * MIT-3 on real nodes: a worker that was taken over writes a wrong balance, a backup finds it out, and whoever asks the network reads
 * the alarm with evidence against the primary, checked with nothing but the service's certificate.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { signerOf } from '@coco/cli';
import { toHex } from '@coco/primitives';
import { checkout } from './coco.js';
import { bribe } from './lyingAdapter.js';
import { openTestNetwork, type TestNetwork } from './testNetwork.js';
import { until } from './until.js';

const timeoutMs = 30_000;

interface Sampling {
  readonly equal: number;
  readonly differing: number;
  readonly alarms: readonly { readonly written: boolean }[];
}

const samplingOf = async (network: TestNetwork, node: number): Promise<Sampling> =>
  ((await network.administrative(node).getJson('/node/state')) as { sampling: Sampling }).sampling;

test('a wrong balance is found by the nodes that execute everything again, and told to everybody', {
  timeout: 120_000,
}, async (t) => {
  const network = await openTestNetwork({
    overrides: {
      adapters: [{ module: new URL('./lyingAdapter.js', import.meta.url).href, settings: {} }],
      worker: { isolation: 'process', reexecuteAll: true },
    },
  });
  t.after(() => network.dispose());
  const [sender, receiver] = network.accounts.map(signerOf);
  assert.ok(sender !== undefined && receiver !== undefined);
  const chainId = BigInt(String(await network.client(0).jsonRpc('eth_chainId')));
  for (const [index, value] of [1n, bribe, 1n].entries()) {
    const blank = { type: 0, chainId, gasPrice: 0n, gasLimit: 21_000n, data: new Uint8Array(0) } as const;
    const sent = sender.sign({ ...blank, nonce: BigInt(index), to: receiver.address, value });
    await network.client(0).jsonRpc('eth_sendRawTransaction', [`0x${toHex(sent.transaction.raw)}`]);
  }
  await network.settled(timeoutMs);
  const primary = network.primaryIndex();
  const backups = [0, 1, 2].filter((node) => node !== primary);
  for (const node of backups) {
    const found = await until('it is found, and written down', timeoutMs, async () => {
      const sampling = await samplingOf(network, node);
      return sampling.alarms[0]?.written === true && sampling;
    });
    assert.deepEqual([found.equal, found.differing], [2, 1]);
  }
  assert.deepEqual((await samplingOf(network, primary)).alarms, [], 'nobody looks at its own');

  const { status, stdout } = spawnSync(
    process.execPath,
    [path.join(checkout, 'apps/cli/dist/main.js'), 'alarm', 'list', '--json'],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        COCO_URL: network.network.administrativeUrl(primary),
        COCO_SERVICE: network.paths.serviceCertificate,
      },
    },
  );
  assert.equal(status, 1, stdout);
  const alarms = JSON.parse(stdout) as readonly Record<string, unknown>[];
  const ids = await Promise.all(
    [...backups, primary].map(
      async (node) =>
        ((await network.administrative(node).getJson('/node/state')) as { node_id: string }).node_id,
    ),
  );
  const accused = ids.pop();
  assert.deepEqual(alarms.map(({ node_id }) => node_id).toSorted(), ids.toSorted());
  const [first] = alarms;
  for (const alarm of alarms) {
    assert.deepEqual([alarm['holds'], alarm['primary_id']], [true, accused]);
    assert.deepEqual(alarm['reexecuted'], first?.['reexecuted'], 'both say what it should have been');
    assert.doesNotMatch(JSON.stringify(alarm), new RegExp(toHex(sender.address)), 'not whose balance it is');
  }
});
