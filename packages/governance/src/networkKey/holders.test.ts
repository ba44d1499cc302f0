/**
 * Who is to have a share of the network's key, and how many of them decrypt (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateShareKey, hpkeSeal } from '@coco/crypto';
import { fromHex, toHex } from '@coco/primitives';
import { putRow } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { KeyWorld } from '../testing/keyWorld.js';
import { isShareKey } from './shareKey.js';
import { wantedSharing } from './wantedSharing.js';

const freshKey = (): string => toHex(generateShareKey().publicKey);

test('an actor holds by the keys of its nodes and one of its own; without any it holds nothing', () => {
  const world = new KeyWorld([2, 1, 0, 0]);
  const [a = '', b = '', c = ''] = world.actors.map(({ id }) => id);
  const own = freshKey();
  world.write((to) => putRow(to, tables.actorShareKeys, c, { share_key: own }));
  const nodeKeys = world.nodes.map(({ shareKeyHex }) => shareKeyHex);
  assert.deepEqual(wantedSharing(world.reader), {
    holders: { [a]: nodeKeys.slice(0, 2).toSorted(), [b]: [nodeKeys[2]], [c]: [own] },
    threshold: 2,
  });
  const [node] = world.nodes;
  assert.ok(node !== undefined);
  for (const lease of ['lapsed', 'distrusted', undefined] as const) {
    world.setStatus(node, 'Retired', lease);
    if (lease === undefined) world.write((to) => to.clear(tables.nodeLeases));
    assert.equal(wantedSharing(world.reader)?.holders[a]?.length, lease === 'lapsed' ? 2 : 1, lease);
  }
});

test('a threshold of the settings counts up to the number of holders; else it is a majority', () => {
  const world = new KeyWorld([1, 1, 1, 1]);
  const thresholdBy = (settings: unknown): number | undefined => {
    world.write((to) => putRow(to, tables.settings, undefined, settings));
    return wantedSharing(world.reader)?.threshold;
  };
  const given = [{}, 1, 2, 9, 0, -1, 'x'].map((one) =>
    thresholdBy(typeof one === 'object' ? one : { key_threshold: one }),
  );
  assert.deepEqual(given, [3, 1, 2, 4, 3, 3, 3]);
});

test('sixty-four actors share a key, with sixteen keys each', () => {
  const world = new KeyWorld([1]);
  const rows = Array.from({ length: 80 }, (_, i) => i.toString(16).padStart(64, '0'));
  world.write((to) => {
    for (const id of rows) {
      putRow(to, tables.participantInfo, id, { name: 'x', status: 'Active' });
      putRow(to, tables.actorShareKeys, id, { share_key: freshKey() });
    }
    putRow(to, tables.actorShareKeys, rows[2], { share_key: 'short' });
    putRow(to, tables.actorShareKeys, rows[3], 7);
  });
  const { holders, threshold } = wantedSharing(world.reader) ?? { holders: {}, threshold: 0 };
  assert.deepEqual(Object.keys(holders), rows.filter((id) => id !== rows[2] && id !== rows[3]).slice(0, 64));
  assert.equal(threshold, 33);
  const many = new KeyWorld([20]);
  assert.equal(Object.values(wantedSharing(many.reader)?.holders ?? {})[0]?.length, 16);
});

test('RFC 7748, 6.1: what nothing can be sealed to is no share key', () => {
  const prime = 2n ** 255n - 19n;
  const hexOf = (u: bigint): string =>
    toHex(Uint8Array.from({ length: 32 }, (_, i) => Number((u >> BigInt(8 * i)) & 255n)));
  const orderEight = [
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  ];
  const low = [0n, 1n, prime - 1n, prime, prime + 1n, ...orderEight, 1n << 255n, (1n << 255n) + 1n];
  const empty = new Uint8Array(0);
  for (const key of low.map(hexOf)) {
    const recipient = fromHex(key) as Uint8Array;
    assert.throws(() => hpkeSeal({ recipient, info: empty, aad: empty, plaintext: empty }), key);
    assert.equal(isShareKey(key), false, key);
  }
  for (const key of [hexOf(9n), freshKey()]) assert.equal(isShareKey(key), true, key);
  for (const bad of [undefined, 7, '', 'ab', 'AB'.repeat(32), 'zz'.repeat(32)])
    assert.equal(isShareKey(bad), false);
});
