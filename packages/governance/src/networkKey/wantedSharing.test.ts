/**
 * The threshold of the network's key sinks when the members decide so, and not by itself (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putRow } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { KeyWorld } from '../testing/keyWorld.js';
import { keyTrouble, wantedSharing } from './wantedSharing.js';

const distrust = (world: KeyWorld, ...actors: readonly number[]): void => {
  for (const i of actors) world.setStatus(world.nodeOf(i), 'Retired', 'distrusted');
};
const sharedAs = ({ key }: KeyWorld): string => `${key?.key.threshold} of ${key?.key.actors.length}`;

test('CONF-3: who takes nodes away does not lower the threshold', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  world.runTo(1);
  distrust(world, 3, 4);
  world.runTo(2);
  assert.equal(sharedAs(world), '3 of 3');
  assert.equal(keyTrouble(world.reader), undefined);
  distrust(world, 2);
  world.run(60);
  assert.equal(sharedAs(world), '3 of 3', 'nothing is made anew');
  assert.match(keyTrouble(world.reader) ?? '', /2 actors have a key .* 3\s+must/);
  world.setStatus(world.nodeOf(2), 'Trusted');
  assert.equal(keyTrouble(world.reader), undefined);
});

test('CONF-3: a threshold of all that was voted for stays one of as many', () => {
  const world = new KeyWorld([1, 1, 1], { key_threshold: 3 });
  world.runTo(1);
  distrust(world, 2);
  world.run(60);
  assert.equal(sharedAs(world), '3 of 3');
  assert.ok(keyTrouble(world.reader) !== undefined);
  const [, , last] = world.actors;
  assert.ok(last !== undefined);
  world.removeActor(last);
  assert.equal(keyTrouble(world.reader), undefined, 'the actors are fewer');
  assert.equal(wantedSharing(world.reader)?.threshold, 2);
});

test('CONF-3: the members lower the threshold by setting another', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  world.runTo(1);
  distrust(world, 2, 3, 4);
  assert.equal(wantedSharing(world.reader), undefined);
  world.write((to) => putRow(to, tables.settings, undefined, { key_threshold: 2 }));
  assert.equal(wantedSharing(world.reader)?.threshold, 2);
  // The key can be shared anew by three of those who share it; two of them come back for that.
  for (const i of [2, 3]) world.setStatus(world.nodeOf(i), 'Trusted');
  world.runTo(2);
  assert.equal(sharedAs(world), '2 of 4');
  distrust(world, 0);
  world.runTo(3);
  assert.equal(sharedAs(world), '2 of 3');
});
