/**
 * Nobody destroys the network's key (CONF-3): not by making its shares anew, not by asking for that all the time, and no power cut.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateShareKey, hpkeSeal, type KeyShare } from '@coco/crypto';
import { toHex } from '@coco/primitives';
import { putRow } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { decryptWith, encryptTo, type KeyNode, KeyWorld } from '../testing/keyWorld.js';
import { keysIn } from './keysIn.js';
import type { NetworkKey } from './types.js';

const keyOf = ({ key }: KeyWorld): NetworkKey => {
  assert(key !== undefined);
  return key;
};
const shareUnder = ({ participant }: KeyNode, { ceremony }: NetworkKey): KeyShare | undefined =>
  participant.shares.find(({ key }) => toHex(key.ceremony) === ceremony)?.share;
const keptBy = ({ kept }: KeyNode): readonly string[] => kept.map(({ ceremony }) => ceremony);

/** `liar` deals nothing that they could use to `victims`. */
function cheat(liar: KeyNode, victims: readonly KeyNode[]): void {
  const isVictim = (recipient: Uint8Array): boolean =>
    victims.some(({ shareKeyHex }) => shareKeyHex === toHex(recipient));
  liar.seal = (input) =>
    hpkeSeal(isVictim(input.recipient) ? { ...input, plaintext: new Uint8Array(40) } : input);
  liar.twist = (said) => (said.kind === 'answer' ? [] : [said]);
}

/** A key; the first node then has its shares made anew while `away` are, with nothing for them. */
function sabotaged(counts: readonly number[], away: readonly number[]) {
  const world = new KeyWorld(counts);
  world.runTo(1);
  world.run(61);
  const first = keyOf(world);
  const [liar, victims] = [world.nodeOf(0), away.map((i) => world.nodeOf(i))];
  for (const victim of victims) victim.isUp = false;
  cheat(liar, victims);
  const ask = (): void => {
    assert.equal(world.hear(liar, { kind: 'missing', ceremony: keyOf(world).ceremony }).outcome, 'taken');
  };
  return { world, first, liar, victims, ask };
}

test('CONF-3: shares made anew hold only when all who take part have theirs', () => {
  const { world, first, victims, ask } = sabotaged([1, 1, 1], [2]);
  const [victim] = victims as [KeyNode];
  ask();
  world.run(120);
  assert.equal(keyOf(world).generation, 1, 'the victim has not said that it has its share');
  assert.ok(keptBy(world.nodeOf(1)).includes(first.ceremony));
  victim.isUp = true;
  world.runTo(2, 120);
  assert.ok(shareUnder(victim, keyOf(world)) !== undefined, 'the liar was left out');
  assert.deepEqual(keyOf(world).counted, [2, 3]);
});

for (const { counts, away } of [
  { counts: [1, 1, 1], away: [2] },
  { counts: [1, 1, 1, 1, 1], away: [3, 4] },
]) {
  test(`CONF-3: one of ${counts.length} cannot take the key from those who were away`, () => {
    const { world, first, liar, victims, ask } = sabotaged(counts, away);
    const ciphertext = encryptTo(first.key);
    for (const victim of victims) world.setStatus(victim, 'Retired', 'lapsed');
    ask();
    world.runTo(2);
    liar.isUp = false;
    for (const victim of victims) {
      victim.isUp = true;
      world.setStatus(victim, 'Trusted');
    }
    world.run(3);
    const honest = world.nodes.filter((node) => node !== liar);
    for (const victim of victims) assert.equal(victim.participant.share, undefined, 'it has been cheated');
    const old = honest.map((node) => shareUnder(node, first));
    assert.equal(decryptWith(first.key, ciphertext, old), 'opened', 'all keep what they had');

    world.setStatus(liar, 'Retired', 'lapsed');
    world.runTo(3, 200);
    const third = keyOf(world);
    assert.deepEqual(third.key.publicKey, first.key.publicKey);
    const fresh = honest.map((node) => shareUnder(node, third));
    assert.equal(decryptWith(third.key, ciphertext, fresh), 'opened');
    assert.ok(honest.every((node) => keptBy(node).includes(first.ceremony)));

    liar.isUp = true;
    world.setStatus(liar, 'Trusted');
    world.run(3);
    assert.equal(keyOf(world).confirmed.length, counts.length, 'who was away says so later');
    for (const node of world.nodes) assert.deepEqual(keptBy(node), [third.ceremony], 'and old shares go');
  });
}

test('CONF-3: whoever has no share of the present key keeps those from before, whatever the others confirm', () => {
  const { world, first, victims, ask } = sabotaged([1, 1, 1], [2]);
  const [victim] = victims as [KeyNode];
  world.setStatus(victim, 'Retired', 'lapsed');
  ask();
  world.runTo(2);
  const row = world.row(tables.networkKey);
  const confirmed = world.actors.map(({ id }) => id);
  world.write((to) => putRow(to, tables.networkKey, undefined, { ...row, confirmed }));
  victim.isUp = true;
  world.setStatus(victim, 'Trusted');
  world.run(2);
  assert.deepEqual(keptBy(victim), [first.ceremony]);
  assert.deepEqual(keptBy(world.nodeOf(1)), [keyOf(world).ceremony]);
});

test('CONF-3: who was away when the key was made says later that it keeps its share', () => {
  const world = new KeyWorld([1, 1, 1]);
  world.nodeOf(2).isUp = false;
  world.runTo(1);
  const ids = world.actors.map(({ id }) => id);
  assert.deepEqual(keyOf(world).confirmed, ids.slice(0, 2));
  const { ceremony, counted } = keyOf(world);
  const [late, other] = [world.nodeOf(2), world.nodeOf(1)];
  const refused = { outcome: 'refused', code: 'COCO_KEY_CEREMONY' };
  const { outcome, code } = world.hear(late, { kind: 'ready', ceremony, counted: [1] }) as typeof refused;
  assert.deepEqual({ outcome, code }, refused);
  late.isUp = true;
  world.run(1);
  assert.deepEqual(keyOf(world).confirmed, ids);
  const head = world.store.head;
  assert.equal(world.hear(other, { kind: 'ready', ceremony, counted }).outcome, 'taken');
  assert.equal(world.store.head, head, 'and once is enough');
});

test('CONF-3: by tables from before and from after the end of a ceremony both its keys are found', () => {
  const world = new KeyWorld([1, 1]);
  world.runTo(1);
  const first = keyOf(world);
  world.addNode(world.addActor());
  world.runTo(2);
  const second = keyOf(world);
  let version = world.store.head;
  const ceremonyAt = (at: number) => world.store.read(at).has(tables.keyCeremony, new Uint8Array(8));
  while (!ceremonyAt(version)) version -= 1;
  const namesOf = (at: number) => keysIn(world.store.read(at)).map(({ ceremony }) => toHex(ceremony));
  assert.deepEqual(namesOf(version), [first.ceremony, second.ceremony], 'before');
  assert.deepEqual(namesOf(version + 1), [second.ceremony, first.ceremony], 'after');
  assert.deepEqual(keysIn(world.store.read(version))[1], second.key);
  assert.deepEqual(keysIn(new KeyWorld([1]).reader), []);
});

test('CONF-3: an actor that keeps changing its key keeps nobody from getting a share', () => {
  const world = new KeyWorld([1, 1, 1]);
  world.runTo(1);
  const newcomer = world.addNode(world.addActor());
  const ceremonies = new Set<unknown>();
  for (let seconds = 0; seconds < 60; seconds++) {
    const share_key = toHex(generateShareKey().publicKey);
    world.write((to) => putRow(to, tables.actorShareKeys, world.actors[0]?.id, { share_key }));
    world.tick(1000);
    ceremonies.add(world.row(tables.keyCeremony)?.['digest']);
  }
  assert.ok(newcomer.participant.share !== undefined);
  assert.ok(ceremonies.size <= 8, `${ceremonies.size}`);
});

test('CONF-3: whoever asks for shares again and again is served ever more seldom', () => {
  const world = new KeyWorld([1, 1, 1]);
  world.runTo(1);
  const servedAt: number[] = [];
  for (let seconds = 0; seconds < 1000; seconds += 5) {
    const { ceremony, generation } = keyOf(world);
    world.hear(world.nodeOf(0), { kind: 'missing', ceremony });
    world.tick(5000);
    if (keyOf(world).generation > generation) servedAt.push(seconds);
  }
  const waits = servedAt.map((at, i) => at - (servedAt[i - 1] ?? 0));
  assert.equal(waits.length, 4, `${waits}`);
  for (const [i, wait] of waits.entries()) assert.ok(wait >= 55 * 2 ** i, `${waits}`);
});
