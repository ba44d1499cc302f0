/**
 * When an epoch of the ledger's secrets ends, and what is told of it (CONF-2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8, toHex } from '@coco/primitives';
import { networkDigest } from '../decideAttestation.js';
import { currentEpoch, isRekeyDue, unsealedEpochs, writeLedgerSecret } from '../ledgerSecret.js';
import { putRow } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { KeyWorld } from '../testing/keyWorld.js';
import { epochLabel, readEpoch, readEpochs, sealEpoch } from './epochs.js';

const digest = '77'.repeat(32);
const sealed = new Uint8Array(200).fill(3);
const nodes = {};

function begin(settings: Readonly<Record<string, number>> = {}) {
  const world = new KeyWorld([1, 1], settings);
  const told = (atMs: number, from: number, more: { sealed?: Uint8Array } = {}): void =>
    world.write((to) => writeLedgerSecret(to, { digest, nodes, ...more }, { nowMs: atMs, from }));
  return { world, told, isDue: (nowMs: number): boolean => isRekeyDue(world.reader, nowMs) };
}

test('CONF-2: an epoch ends when its time is over, unless none ends by time', () => {
  const { told, isDue } = begin({ epoch_seconds: 10 });
  assert.equal(isDue(1e12), false, 'nobody knows when the first began');
  told(5000, 9);
  assert.deepEqual([isDue(14_999), isDue(15_000)], [false, true]);
  const endless = begin({ epoch_seconds: 0 });
  endless.told(5000, 9);
  assert.equal(endless.isDue(1e12), false);
  const byDefault = begin();
  byDefault.told(0, 9);
  assert.deepEqual([86_399_999, 86_400_000].map(byDefault.isDue), [false, true]);
});

test('CONF-2: an epoch that a clock far ahead began ends all the same', () => {
  const { told, isDue } = begin({ epoch_seconds: 10 });
  told(5000 + 86_400_000, 9);
  assert.equal(isDue(5000), true);
  told(5000, 12);
  assert.equal(isDue(5000 - 60_000), false, 'clocks may differ a little');
});

test('CONF-2: an epoch ends when an actor comes or goes', () => {
  const { world, told, isDue } = begin();
  told(1, 9);
  const actor = world.addActor();
  assert.equal(isDue(1), true);
  told(1, 12);
  assert.equal(isDue(1), false);
  world.removeActor(actor);
  assert.equal(isDue(1), true);
});

test('CONF-3: a key that is not signed asks for nothing yet, and does not keep an epoch from ending', () => {
  const { world, told } = begin();
  told(1, 9);
  const signed = world.reader;
  world.runTo(1);
  assert.deepEqual([isRekeyDue(world.reader, 2, signed), isRekeyDue(world.reader, 2)], [false, true]);
  world.addActor();
  assert.equal(isRekeyDue(world.reader, 2, signed), true);
});

test('CONF-2: a key asks for an epoch whose secret is sealed to it, and what was before is sealed as well', () => {
  const { world, told, isDue } = begin();
  told(1, 9);
  assert.equal(isDue(2), false);
  world.runTo(1);
  assert.equal(isDue(2), true);
  assert.deepEqual(unsealedEpochs(world.reader), [1, 2]);
  told(2, 12, { sealed });
  assert.equal(isDue(2), false);
  assert.deepEqual(unsealedEpochs(world.reader), [1, 2]);
  const [second, third] = readEpochs(world.reader);
  const network = networkDigest(world.reader);
  assert.deepEqual(second, { epoch: 2, from: 9, atMs: 1, digest, network });
  assert.deepEqual(third, { epoch: 3, from: 12, atMs: 2, digest, network, sealed });
  assert.ok(second !== undefined);
  world.write((to) => sealEpoch(to, { ...second, sealed }));
  world.write((to) => sealEpoch(to, { ...second, epoch: 1, from: 1, atMs: 0, sealed }));
  assert.deepEqual(unsealedEpochs(world.reader), []);
  assert.deepEqual(readEpoch(world.reader, 2), { ...second, sealed });
  assert.throws(
    () => world.write((to) => sealEpoch(to, { ...second, from: 8, sealed })),
    /the secret of the epoch/,
  );
  assert.equal(currentEpoch(world.reader), 3);
});

test('CONF-2: the first epoch, once it is sealed, ends as others do', () => {
  const { world, isDue } = begin({ epoch_seconds: 10 });
  world.runTo(1);
  assert.equal(isDue(0), true);
  const network = networkDigest(world.reader);
  world.write((to) => sealEpoch(to, { epoch: 1, from: 1, atMs: 0, digest, network, sealed }));
  assert.deepEqual([isDue(9_999), isDue(10_000)], [false, true]);
  world.addActor();
  assert.equal(isDue(0), true);
});

test('rows of epochs that do not read are none', () => {
  const { world } = begin();
  const good = { from: 1, at: 0, digest, network: digest };
  const bad = [{ ...good, from: -1 }, { ...good, digest: 'x' }, { ...good, network: undefined }, [], 7];
  world.write((to) => {
    for (const [i, row] of bad.entries()) putRow(to, tables.ledgerEpochs, String(i).padStart(10, '0'), row);
    putRow(to, tables.ledgerEpochs, '17', good);
    putRow(to, tables.ledgerEpochs, 'x', good);
  });
  assert.deepEqual(readEpochs(world.reader), []);
  assert.equal(readEpoch(world.reader, 99), undefined);
});

test('the label of a secret says network, epoch, from where it seals, and which it is', () => {
  const label = epochLabel({ network: 'ab'.repeat(32), epoch: 4, from: 17, digest });
  assert.equal(toHex(label.network), 'ab'.repeat(32));
  assert.deepEqual([label.epoch, fromUtf8(label.associatedData)], [4, `17.${digest}`]);
});
