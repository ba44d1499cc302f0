/**
 * Between two runs whoever has the disk changes files for others: what a node then says when it starts.
 */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from './config.js';
import type { Test } from './entries.test.js';
import { silentLog } from './httpEndpoint.test.js';
import { createMetrics } from './metrics.js';
import { startNode } from './node.js';
import { type Network, networkOf, type Place, propose, sealerOf, start, until } from './nodeWorld.test.js';

const chunks = { genesis: 'genesis.json', ledger: { chunkBytesMax: 4096 } };

/** Runs the node of `network` until it has committed some more entries, in another view, in several chunks. */
async function run(t: Test, network: Network, entries: number): Promise<void> {
  const node = await start(t, network.place);
  await until('it leads', () => node.replica.isPrimary && node.replica.commit >= 2);
  const upTo = node.replica.commit + entries;
  while (node.replica.commit < upTo) {
    await propose(network, node, [{ name: 'nothing', args: { why: 'x'.repeat(400) } }]);
  }
  await node.stop();
}

/** Starts the node; the code of its refusal, or the codes of the errors that it logged. */
async function outcome(place: Place): Promise<readonly string[]> {
  const codes: string[] = [];
  const log = {
    ...silentLog,
    error: (_: string, facts?: Readonly<Record<string, unknown>>) => void codes.push(String(facts?.code)),
  };
  try {
    const config = loadConfig(place.file);
    const sealer = await sealerOf(place);
    const onFatal = (error: unknown) => assert.fail(String(error));
    const node = await startNode({ config, sealer, log, metrics: createMetrics(), onFatal });
    await node.stop();
    return codes;
  } catch (error) {
    return [(error as { code: string }).code];
  }
}

const ledgerFiles = (place: Place): string[] =>
  readdirSync(join(place.directory, 'ledger'))
    .filter((file) => file.startsWith('ledger_'))
    .sort((a, b) => Number(a.split(/[_.-]/)[1]) - Number(b.split(/[_.-]/)[1]));

test('files of a node that were changed for others are found out when it starts, with a code', async (t) => {
  const [network, other] = [await networkOf(t), await networkOf(t)];
  const { place } = network;
  const at = (...parts: string[]) => join(place.directory, ...parts);
  for (const one of [network, other]) {
    one.place.configure(chunks);
    await run(t, one, 20);
  }
  const older = at('older');
  for (const part of ['ledger', 'sealed']) cpSync(at(part), join(older, part), { recursive: true });
  await run(t, network, 30);
  const whole = at('whole');
  for (const part of ['ledger', 'sealed']) cpSync(at(part), join(whole, part), { recursive: true });
  assert.ok(ledgerFiles(place).length >= 4, ledgerFiles(place).join(' '));
  const [first = '', second = '', third = ''] = ledgerFiles(place);
  const foreign = (...parts: string[]) => join(other.place.directory, ...parts);
  const replace = (from: string, to: string) => {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  };
  const cases: readonly [what: string, change: () => void, codes: RegExp][] = [
    ['nothing', () => undefined, /^$/],
    ['the ledger of another network', () => replace(foreign('ledger'), at('ledger')), /^COCO_LEDGER_/],
    [
      'a chunk of another network',
      () => replace(foreign('ledger', ledgerFiles(other.place)[0] as string), at('ledger', first)),
      /^COCO_(LEDGER|HOST_LEDGER)_/,
    ],
    [
      'two chunks, each under the name of the other',
      () => {
        replace(join(whole, 'ledger', second), at('ledger', third));
        replace(join(whole, 'ledger', third), at('ledger', second));
      },
      /^COCO_(LEDGER|HOST_LEDGER)_/,
    ],
    ['a chunk that is gone', () => rmSync(at('ledger', second)), /^COCO_LEDGER_HOLE$/],
    [
      'a flipped bit in the middle of a chunk',
      () => {
        const bytes = readFileSync(at('ledger', second));
        const middle = bytes.length >> 1;
        bytes[middle] = (bytes[middle] as number) ^ 4;
        writeFileSync(at('ledger', second), bytes);
      },
      /^COCO_LEDGER_/,
    ],
    [
      'the ledger as it was earlier',
      () => replace(join(older, 'ledger'), at('ledger')),
      /^COCO_HOST_DISK_TURNED_BACK$/,
    ],
    ['no ledger any more', () => rmSync(at('ledger'), { recursive: true }), /^COCO_HOST_DISK_TURNED_BACK$/],
    [
      'the hard state as it was earlier',
      () => replace(join(older, 'sealed', 'hard-state'), at('sealed', 'hard-state')),
      /^COCO_CONSENSUS_START$/,
    ],
    ['no hard state', () => rmSync(at('sealed', 'hard-state')), /^COCO_HOST_HARD_STATE$/],
    [
      'the hard state of another node',
      () => replace(foreign('sealed', 'hard-state'), at('sealed', 'hard-state')),
      /^COCO_HOST_HARD_STATE$/,
    ],
    [
      'the sealed key of another node',
      () => replace(foreign('sealed', 'node-key.sealed'), at('sealed', 'node-key.sealed')),
      /^COCO_HOST_SEALED$/,
    ],
    [
      'a sealed file in the place of another',
      () => replace(at('sealed', 'node-key.sealed'), at('sealed', 'membership.sealed')),
      /^COCO_HOST_SEALED$/,
    ],
  ];
  for (const [what, change, codes] of cases) {
    for (const part of ['ledger', 'sealed']) replace(join(whole, part), at(part));
    change();
    const found = (await outcome(place)).join(' ');
    t.diagnostic(`${what}: ${found || 'starts'}`);
    assert.match(found, codes, what);
  }
});
