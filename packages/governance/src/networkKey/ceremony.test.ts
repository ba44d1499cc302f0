/**
 * The shared network key (CONF-3) is made, and its shares are made anew when actors change, whatever some of them do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cborDecode, cborEncode, hpkeSeal, type KeyShare, keepKeyShare, keyShareFrom } from '@coco/crypto';
import { fromUtf8 } from '@coco/primitives';
import { putRow } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { decryptWith, encryptTo, type KeyNode, KeyWorld } from '../testing/keyWorld.js';
import { isCeremonyDue } from './advance.js';
import type { NetworkKey } from './types.js';

const keyOf = ({ key }: KeyWorld): NetworkKey => {
  assert(key !== undefined);
  return key;
};
const shareOf = ({ participant }: KeyNode): KeyShare => {
  assert(participant.share !== undefined);
  return participant.share;
};

test('CONF-3: five actors make a key that any three of them decrypt with, and no two', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  assert.ok(world.runTo(1) <= 5);
  const { key, counted, holders } = keyOf(world);
  assert.deepEqual([key.threshold, key.actors], [3, world.actors.map(({ id }) => id)]);
  assert.deepEqual([counted, Object.keys(holders)], [[1, 2, 3, 4, 5], key.actors]);
  const shares = world.nodes.map(shareOf);
  const ciphertext = encryptTo(key);
  assert.equal(decryptWith(key, ciphertext, shares.slice(2)), 'opened');
  assert.equal(decryptWith(key, ciphertext, [shares[0], shares[4], shares[2]]), 'opened');
  assert.equal(decryptWith(key, ciphertext, shares.slice(0, 2)), 'too few');
  assert.equal(isCeremonyDue(world.reader, world.nowMs + 86_400_000), false, 'and that is that');
  assert.deepEqual(world.refusals, []);
});

test('CONF-3: the only actor of a network makes a key by itself', () => {
  const world = new KeyWorld([1]);
  assert.ok(world.runTo(1) <= 4);
  const { key } = keyOf(world);
  assert.equal(key.threshold, 1);
  assert.equal(decryptWith(key, encryptTo(key), [shareOf(world.nodeOf(0))]), 'opened');
});

test('CONF-3: actors come and go, the key stays, and old shares do not go with new ones', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  world.runTo(1);
  const first = keyOf(world);
  const ciphertext = encryptTo(first.key);
  const leaving = world.nodeOf(4);
  const outdated = keepKeyShare(shareOf(leaving), (material) => keyShareFrom(material, first.key, 5));

  world.addNode(world.actors[0] as never);
  world.runTo(2);
  const second = keyOf(world);
  assert.deepEqual(second.key.publicKey, first.key.publicKey);
  assert.equal(second.holders[world.actors[0]?.id ?? '']?.length, 2);
  assert.ok(world.nodes.every(({ participant }) => participant.share?.ceremony !== undefined));
  const [one, twin] = world.nodes.filter(({ actor }) => actor === world.actors[0]);
  assert.equal(shareOf(one as KeyNode).actor, shareOf(twin as KeyNode).actor);

  world.addNode(world.addActor());
  world.runTo(3);
  assert.equal(keyOf(world).key.threshold, 4, 'a majority of six');
  world.removeActor(leaving.actor);
  world.setStatus(leaving, 'Retired');
  world.runTo(4);
  const { key } = keyOf(world);
  assert.deepEqual(key.publicKey, first.key.publicKey);
  assert.deepEqual([key.threshold, key.actors.length], [3, 5]);
  const shares = world.actors.map((_, i) => shareOf(world.nodeOf(i)));
  assert.equal(decryptWith(key, ciphertext, shares.slice(0, 3)), 'opened');
  assert.equal(decryptWith(key, ciphertext, shares.slice(0, 2)), 'too few');
  assert.equal(leaving.participant.share, undefined);
  assert.deepEqual(leaving.kept, [], 'and it keeps none');
  const mixed = [...shares.slice(0, 2), outdated];
  assert.equal(decryptWith(key, ciphertext, mixed), 'too few');
  assert.equal(decryptWith(first.key, ciphertext, mixed), 'too few');
  for (const node of world.nodes) if (node !== leaving) assert.equal(node.kept.length, 1);
  const deals = [...world.reader.range(tables.keyDeals)].map((row) => fromUtf8(row.key)?.slice(0, 64));
  assert.deepEqual(new Set(deals), new Set([keyOf(world).ceremony]), 'no others are left');
});

test('CONF-3: shares are made anew when the threshold, or a key that they are sealed to, is another', () => {
  const world = new KeyWorld([1, 1, 1], { key_threshold: 2 });
  world.runTo(1);
  world.write((to) => putRow(to, tables.settings, undefined, { key_threshold: 3 }));
  world.runTo(2);
  assert.equal(keyOf(world).key.threshold, 3);
  const own = hpkeKeyOf(world);
  world.write((to) => putRow(to, tables.actorShareKeys, world.actors[1]?.id, { share_key: own }));
  world.runTo(3);
  assert.ok(keyOf(world).holders[world.actors[1]?.id ?? '']?.includes(own));
  world.write((to) => putRow(to, tables.settings, undefined, { key_threshold: 60 }));
  world.run(20);
  assert.equal(keyOf(world).generation, 3, 'more than all is all');
});

test('a node whose lease lapsed is a holder’s still; one that is distrusted is not', () => {
  const world = new KeyWorld([1, 1, 1]);
  world.runTo(1);
  world.setStatus(world.nodeOf(2), 'Retired', 'lapsed');
  world.run(30);
  assert.equal(keyOf(world).generation, 1);
  world.setStatus(world.nodeOf(2), 'Retired', 'distrusted');
  world.runTo(2);
  assert.equal(keyOf(world).key.actors.length, 2);
});

test('no key is begun while too few actors could deal', () => {
  const world = new KeyWorld([1, 1, 1, 0, 0], { key_threshold: 2 });
  world.setStatus(world.nodeOf(1), 'Retired', 'lapsed');
  world.setStatus(world.nodeOf(2), 'Retired', 'lapsed');
  world.run(30);
  assert.equal(world.row(tables.keyCeremony), undefined);
  world.setStatus(world.nodeOf(1), 'Trusted');
  world.runTo(1);
});

test('a dealer that deals a bad share to one actor is named and left out, and the key is made by the others', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  const liar = world.nodeOf(1);
  const victim = world.nodeOf(3);
  liar.seal = (input) => {
    const toVictim = Buffer.from(input.recipient).equals(Buffer.from(victim.shareKey.publicKey));
    return hpkeSeal(toVictim ? { ...input, plaintext: bent(liar, input.plaintext) } : input);
  };
  for (let ticks = 0; world.row(tables.keyCeremony)?.['phase'] !== 'judging'; ticks++) {
    assert.ok(ticks < 10);
    world.tick(1000);
  }
  const { ready } = world.row(tables.keyCeremony) ?? {};
  assert.deepEqual(ready, [world.actors[4]?.id], 'those who were ready before the victim complained are not');
  world.runTo(1);
  const { key, counted, ceremony } = keyOf(world);
  assert.deepEqual(counted, [1, 3, 4, 5]);
  const row = world.row(tables.keyDeals, `${ceremony}.002`);
  assert.match(String(row?.['faulty']), /does not fit/);
  assert.equal(row?.['node'], liar.id);
  assert.ok(typeof row?.['proof'] === 'string', 'the proof stands there');
  const shares = world.nodes.map(shareOf);
  assert.equal(decryptWith(key, encryptTo(key), [shares[1], shares[3], shares[4]]), 'opened');
});

test('an accuser that lies is refused, and nobody is left out for it', () => {
  const world = new KeyWorld([1, 1, 1]);
  const liar = world.nodeOf(0);
  let signed: Uint8Array | undefined;
  liar.twist = (said) => {
    if (said.kind !== 'ready' || signed === undefined) return [said];
    return [{ kind: 'complaint', ceremony: said.ceremony, dealer: 2, share: signed }, said];
  };
  world.nodeOf(1).seal = (input) => {
    signed ??= input.plaintext.slice();
    return hpkeSeal(input);
  };
  world.runTo(1);
  assert.deepEqual(world.refusals, ['COCO_KEY_ACCUSATION']);
  assert.deepEqual(keyOf(world).counted, [1, 2, 3]);
});

test('nobody is blamed for what its node has not signed', () => {
  const world = new KeyWorld([1, 1, 1]);
  const liar = world.nodeOf(0);
  let forged: Uint8Array | undefined;
  liar.twist = (said) => {
    if (said.kind !== 'ready' || forged === undefined) return [said];
    return [{ kind: 'complaint', ceremony: said.ceremony, dealer: 2, share: forged }, said];
  };
  world.nodeOf(1).seal = (input) => {
    forged ??= bent(liar, input.plaintext);
    return hpkeSeal(input);
  };
  world.runTo(1);
  assert.deepEqual(world.refusals, ['COCO_KEY_ACCUSATION']);
  assert.deepEqual(keyOf(world).counted, [1, 2, 3]);
});

test('a dealer answers whoever says that nothing came, and keeps its place', () => {
  const world = new KeyWorld([1, 1, 1]);
  const liar = world.nodeOf(2);
  liar.twist = (said) =>
    said.kind === 'ready' ? [1, 2].map((dealer) => ({ ...complaint(said.ceremony), dealer })) : [said];
  world.run(5);
  liar.twist = (said) => [said];
  world.runTo(1);
  assert.deepEqual(keyOf(world).counted, [1, 2, 3]);
  const deal = world.row(tables.keyDeals, `${keyOf(world).ceremony}.001`);
  assert.deepEqual(Object.keys(deal?.['answers'] ?? {}), ['3']);
});

test('one that got nothing takes what the dealer shows; a dealer that shows nothing is left out in time', () => {
  const world = new KeyWorld([1, 1, 1, 1]);
  const victim = world.nodeOf(3);
  const careless = (node: KeyNode) => {
    node.seal = (input) => {
      const toVictim = Buffer.from(input.recipient).equals(Buffer.from(victim.shareKey.publicKey));
      return hpkeSeal(toVictim ? { ...input, plaintext: new Uint8Array(40) } : input);
    };
  };
  careless(world.nodeOf(0));
  careless(world.nodeOf(1));
  world.nodeOf(1).twist = (said) => (said.kind === 'answer' ? [] : [said]);
  const seconds = world.runTo(1);
  assert.ok(seconds >= 15 && seconds < 25, `${seconds}`);
  assert.deepEqual(keyOf(world).counted, [1, 3, 4]);
  shareOf(victim);
});

test('dealers and holders that are dead are waited for, and then not', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  world.nodeOf(0).isUp = false;
  world.nodeOf(4).isUp = false;
  const seconds = world.runTo(1);
  assert.ok(seconds >= 30 && seconds < 40, `${seconds}`);
  assert.deepEqual(keyOf(world).counted, [2, 3, 4]);
  world.nodeOf(0).isUp = true;
  world.tick(1000);
  shareOf(world.nodeOf(0));
});

test('shares are made anew without those who are dead once their leases are over, and with the threshold of the old holders', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  world.runTo(1);
  const dead = [world.nodeOf(0), world.nodeOf(1)];
  for (const node of dead) node.isUp = false;
  const newcomer = world.addActor();
  world.addNode(newcomer);
  world.run(120);
  assert.equal(keyOf(world).generation, 1, 'they count as there');
  for (const node of dead) world.setStatus(node, 'Retired', 'lapsed');
  const seconds = world.runTo(2);
  assert.ok(seconds <= 2, `${seconds}`);
  assert.equal(keyOf(world).counted.length, 3);
  for (const node of dead) {
    node.isUp = true;
    world.setStatus(node, 'Trusted');
  }
  world.tick(1000);
  assert.equal(world.nodes.map(shareOf).length, 6);
});

test('too few dealers make no key; when another is back they do', () => {
  const world = new KeyWorld([1, 1, 1, 1, 1]);
  for (const i of [0, 1, 2]) world.nodeOf(i).isUp = false;
  world.run(120);
  assert.equal(world.key, undefined);
  world.nodeOf(2).isUp = true;
  world.runTo(1);
});

test('another node of the actor deals when the first does not', () => {
  const world = new KeyWorld([2, 1]);
  const [first, second] = world.nodes
    .filter(({ actor }) => actor === world.actors[0])
    .toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [KeyNode, KeyNode];
  let dealt = 0;
  second.twist = (said) => {
    if (said.kind === 'deal') dealt += 1;
    return [said];
  };
  first.isUp = false;
  world.run(3);
  assert.equal(dealt, 0, 'it is not its turn yet');
  assert.ok(world.runTo(1) <= 10);
  assert.equal(world.row(tables.keyDeals, `${keyOf(world).ceremony}.001`)?.['node'], second.id);
});

test('a node that lost what it kept makes its share from the deals again', () => {
  const world = new KeyWorld([1, 1, 1]);
  world.runTo(1);
  const node = world.nodeOf(1);
  const share = shareOf(node);
  node.kept = [];
  node.restart();
  assert.equal(node.participant.share, undefined);
  world.tick(1000);
  assert.deepEqual(shareOf(node), share);
  assert.equal(node.kept.length, 1);
});

test('a node that cannot have a share of the key asks, and shares are made anew', () => {
  const world = new KeyWorld([1, 1, 1]);
  const victim = world.nodeOf(2);
  victim.isUp = false;
  world.nodeOf(0).seal = (input) => {
    const toVictim = Buffer.from(input.recipient).equals(Buffer.from(victim.shareKey.publicKey));
    return hpkeSeal(toVictim ? { ...input, plaintext: new Uint8Array(40) } : input);
  };
  world.runTo(1);
  const { publicKey } = keyOf(world).key;
  world.nodeOf(0).seal = hpkeSeal;
  victim.isUp = true;
  world.tick(1000);
  assert.equal(victim.participant.share, undefined);
  assert.deepEqual(world.row(tables.networkKey)?.['asked'], [victim.id]);
  assert.ok(world.runTo(2, 90) >= 30, 'not before a minute is over');
  assert.deepEqual(keyOf(world).key.publicKey, publicKey);
  shareOf(victim);
  assert.equal(world.row(tables.networkKey)?.['asked'], undefined);
});

test('nodes may be restarted at any moment: what they keep, and the tables, are enough', () => {
  for (const every of [1, 2, 3]) {
    const world = new KeyWorld([1, 2, 1]);
    const go = (generation: number): void => {
      for (let ticks = 1; world.key?.generation !== generation; ticks++) {
        world.tick(1000);
        if (ticks % every === 0) for (const node of world.nodes) node.restart();
        assert.ok(ticks < 60, `generation ${generation}, restarted every ${every} seconds`);
      }
    };
    go(1);
    world.addNode(world.addActor());
    go(2);
    world.run(1);
    const { key } = keyOf(world);
    const shares = world.actors.map((_, i) => shareOf(world.nodeOf(i)));
    assert.equal(decryptWith(key, encryptTo(key), shares.slice(-key.threshold)), 'opened');
  }
});

test('a share is kept before a node says that it is ready, and old ones go when the new key is there', () => {
  const world = new KeyWorld([1, 1]);
  const node = world.nodeOf(0);
  let keptWhenReady: readonly string[] = [];
  node.twist = (said) => {
    if (said.kind === 'ready') keptWhenReady = node.kept.map(({ ceremony }) => ceremony);
    return [said];
  };
  world.runTo(1);
  const first = keyOf(world).ceremony;
  assert.deepEqual(keptWhenReady, [first]);
  world.addNode(world.addActor());
  world.runTo(2);
  const second = keyOf(world).ceremony;
  assert.deepEqual(keptWhenReady, [first, second], 'both, while it is not known which will be');
  assert.deepEqual(node.keepings.at(-1), [second]);
});

test('a ceremony whose holders change is replaced after a pause, and given up when they are as before', () => {
  const world = new KeyWorld([1, 1, 1]);
  world.runTo(1);
  const { generation } = keyOf(world);
  for (const i of [0, 1]) world.nodeOf(i).isUp = false;
  const newcomer = world.addActor();
  const node = world.addNode(newcomer);
  world.run(12);
  const running = world.row(tables.keyCeremony)?.['digest'];
  assert.ok(running !== undefined);
  world.addNode(newcomer);
  world.tick();
  assert.equal(world.row(tables.keyCeremony)?.['digest'], running);
  world.run(10);
  assert.notEqual(world.row(tables.keyCeremony)?.['digest'], running);
  for (const one of world.nodes) if (one.actor === newcomer) world.setStatus(one, 'Retired');
  assert.equal(node.participant.share, undefined);
  world.tick();
  assert.equal(world.row(tables.keyCeremony), undefined);
  assert.equal(keyOf(world).generation, generation);
  const left = [...world.reader.range(tables.keyDeals)].length;
  assert.equal(left, 3, 'the deals of the present key alone');
});

function complaint(ceremony: string) {
  return { kind: 'complaint' as const, ceremony };
}

function hpkeKeyOf(world: KeyWorld): string {
  return world.nodeOf(0).shareKeyHex.replace(/^../, '42');
}

/** The signed share in `plaintext` with another number in it, which `node` signs all the same. */
function bent(node: KeyNode, plaintext: Uint8Array): Uint8Array {
  const [kind, share, nodeId] = cborDecode(plaintext, { bytesMax: 1000, depthMax: 2 }) as [
    string,
    Uint8Array,
    string,
  ];
  const other = share.slice();
  other[other.length - 32] = (other.at(-32) ?? 0) ^ 1;
  return cborEncode([kind, other, nodeId, node.sign(other)]);
}
