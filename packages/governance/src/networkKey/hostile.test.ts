/**
 * What nodes say of the shared key is hostile until it holds: what is refused changes nothing (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginDealing, decodeDeal, encodeDeal, randomBytes } from '@coco/crypto';
import { utf8 } from '@coco/primitives';
import { governanceTables as tables } from '../tables.js';
import { type KeyNode, KeyWorld } from '../testing/keyWorld.js';
import { readCeremonyRecord } from './ceremonyRow.js';
import { decodeKeyContribution, encodeKeyContribution, keyContributionBytesMax } from './contribution.js';
import type { DealContribution, KeyContribution } from './types.js';

/** Three nodes in the phase of dealing, of which the first has dealt; and what the second is about to say. */
function dealing() {
  const world = new KeyWorld([1, 1, 1]);
  const said: DealContribution[] = [];
  for (const node of world.nodes) {
    node.twist = (one) => {
      if (one.kind === 'deal') said.push(one);
      return node === world.nodeOf(0) ? [one] : [];
    };
  }
  world.tick();
  const [first, second] = said as [DealContribution, DealContribution];
  assert.equal(world.row(tables.keyCeremony)?.['phase'], 'dealing');
  const refused = (node: KeyNode, contribution: KeyContribution): string => {
    const before = world.store.head;
    const outcome = world.hear(node, contribution);
    assert.equal(world.store.head, before, 'a refusal changes nothing');
    return outcome.outcome === 'refused' ? outcome.code : 'taken';
  };
  return { world, first, second, refused, node: world.nodeOf(1) };
}

test('a deal of a foreign ceremony, a second one, that of another dealer and one that does not hold are refused', () => {
  const { world, first, second, refused, node } = dealing();
  const foreign = 'ab'.repeat(32);
  assert.equal(refused(node, { ...second, ceremony: foreign }), 'COCO_KEY_CEREMONY');
  const deal = decodeDeal(second.deal);
  const other = new Uint8Array(32).fill(1);
  assert.equal(refused(node, { ...second, deal: encodeDeal({ ...deal, ceremony: other }) }), 'COCO_KEY_DEAL');
  assert.equal(refused(node, { ...second, deal: utf8('no deal') }), 'COCO_KEY_DEAL');
  const commitments = deal.commitments.toReversed();
  assert.equal(refused(node, { ...second, deal: encodeDeal({ ...deal, commitments }) }), 'COCO_KEY_DEAL');
  assert.equal(refused(world.nodeOf(2), second), 'COCO_KEY_DEALER');
  assert.equal(refused(node, { ...second, deal: encodeDeal({ ...deal, dealer: 9 }) }), 'COCO_KEY_DEALER');
  const ceremony = readCeremonyRecord(world.reader);
  assert.ok(ceremony !== undefined);
  const again = beginDealing({ ceremony, dealer: 1, random: randomBytes });
  assert.equal(refused(world.nodeOf(0), { ...first, deal: encodeDeal(again.deal) }), 'COCO_KEY_TWICE');
  assert.equal(refused(world.nodeOf(0), first), 'taken', 'the same again changes nothing');
  assert.equal(world.hear(node, second).outcome, 'taken');
});

test('a deal has one share for each key of each holder, and no other', () => {
  const { world, second, refused, node } = dealing();
  const [a = '', b = ''] = world.actors.map(({ id }) => id);
  const { [a]: _, ...fewer } = second.shares;
  assert.equal(refused(node, { ...second, shares: fewer }), 'COCO_KEY_RECIPIENTS');
  const stranger = { ...second.shares, ['cd'.repeat(32)]: second.shares[a] ?? {} };
  assert.equal(refused(node, { ...second, shares: stranger }), 'COCO_KEY_RECIPIENTS');
  const swapped = { ...second.shares, [a]: second.shares[b] ?? {} };
  assert.equal(refused(node, { ...second, shares: swapped }), 'COCO_KEY_RECIPIENTS');
  const more = { ...second.shares, [a]: { ...second.shares[a], ...second.shares[b] } };
  assert.equal(refused(node, { ...second, shares: more }), 'COCO_KEY_RECIPIENTS');
});

test('nodes that take no part have nothing to say, and what is early or late is refused', () => {
  const { world, second, refused, node } = dealing();
  const { ceremony } = second;
  assert.equal(refused(node, { kind: 'ready', ceremony, counted: [1, 2, 3] }), 'COCO_KEY_CEREMONY');
  assert.equal(refused(node, { kind: 'complaint', ceremony, dealer: 1 }), 'COCO_KEY_CEREMONY');
  assert.equal(refused(node, { kind: 'missing', ceremony }), 'COCO_KEY_CEREMONY');
  world.setStatus(node, 'Retired', 'lapsed');
  assert.equal(refused(node, second), 'COCO_KEY_NODE');
  world.setStatus(node, 'Trusted');
  for (const one of world.nodes) one.twist = (said) => (said.kind === 'ready' ? [] : [said]);
  world.run(4);
  assert.equal(world.row(tables.keyCeremony)?.['phase'], 'judging');
  assert.equal(refused(node, second), 'COCO_KEY_CEREMONY');
  assert.equal(refused(node, { kind: 'ready', ceremony, counted: [1, 2] }), 'COCO_KEY_CEREMONY');
  assert.equal(refused(node, { kind: 'complaint', ceremony, dealer: 4 }), 'COCO_KEY_CEREMONY');
  const share = utf8('of nobody');
  assert.equal(refused(node, { kind: 'complaint', ceremony, dealer: 1, share }), 'COCO_KEY_ACCUSATION');
  const answer = { kind: 'answer', ceremony, dealer: 1, recipient: 2, share } as const;
  assert.equal(refused(node, answer), 'COCO_KEY_ACCUSATION', 'nobody has asked');
  assert.equal(world.hear(node, { kind: 'complaint', ceremony, dealer: 1 }).outcome, 'taken');
  assert.equal(refused(node, answer), 'COCO_KEY_ACCUSATION', 'that is not what it asked for');
});

test('what the primary wrote itself in the place of a deal is nothing to the holders', () => {
  const world = new KeyWorld([1, 1]);
  const [own, other] = [world.nodeOf(0), world.nodeOf(1)];
  // The second node's deal, of which all is right but who signed its shares.
  other.sign = (bytes) => own.sign(bytes);
  world.run(5);
  assert.equal(world.key, undefined);
  const unopened = world.row(tables.keyDeals, `${world.row(tables.keyCeremony)?.['digest']}.002`)?.[
    'unopened'
  ];
  assert.deepEqual(unopened, [1, 2]);
});

test('contributions have one form and a greatest length', () => {
  const ceremony = 'ab'.repeat(32);
  const bytes = new Uint8Array(100).fill(7);
  const whole: readonly KeyContribution[] = [
    { kind: 'deal', ceremony, deal: bytes, shares: { [ceremony]: { [ceremony]: bytes } } },
    { kind: 'ready', ceremony, counted: [1, 3, 64] },
    { kind: 'complaint', ceremony, dealer: 2 },
    { kind: 'complaint', ceremony, dealer: 2, share: bytes },
    { kind: 'answer', ceremony, dealer: 2, recipient: 3, share: bytes },
    { kind: 'missing', ceremony },
  ];
  for (const one of whole) assert.deepEqual(decodeKeyContribution(encodeKeyContribution(one)), one);
  const long = new Uint8Array(600);
  const bad: readonly unknown[] = [
    null,
    [],
    'ready',
    {},
    { kind: 'toString', ceremony },
    { kind: 'missing' },
    { kind: 'missing', ceremony: 'AB'.repeat(32) },
    { kind: 'missing', ceremony, more: 1 },
    { kind: 'ready', ceremony, counted: [] },
    { kind: 'ready', ceremony, counted: [2, 1] },
    { kind: 'ready', ceremony, counted: [1, 1] },
    { kind: 'ready', ceremony, counted: [0.5] },
    { kind: 'ready', ceremony, counted: Array.from({ length: 65 }, (_, i) => i) },
    { kind: 'complaint', ceremony, dealer: 65 },
    { kind: 'complaint', ceremony, dealer: '1' },
    { kind: 'complaint', ceremony, dealer: 1, share: '' },
    { kind: 'complaint', ceremony, dealer: 1, share: 'no base64!' },
    { kind: 'deal', ceremony, deal: 'AAAA', shares: {} },
    { kind: 'deal', ceremony, deal: 'AAAA', shares: { [ceremony]: {} } },
    { kind: 'deal', ceremony, deal: 'AAAA', shares: { constructor: { [ceremony]: 'AAAA' } } },
  ];
  const refuses = (input: Uint8Array): void => {
    assert.throws(() => decodeKeyContribution(input), { code: 'COCO_KEY_CONTRIBUTION' });
  };
  for (const one of bad) refuses(utf8(JSON.stringify(one)));
  refuses(encodeKeyContribution({ kind: 'complaint', ceremony, dealer: 1, share: long }));
  refuses(
    encodeKeyContribution({
      kind: 'deal',
      ceremony,
      deal: bytes,
      shares: { [ceremony]: { [ceremony]: long } },
    }),
  );
  refuses(utf8('{"kind":"missing"'));
  refuses(utf8(`{"kind":"missing","ceremony":"${ceremony}"}${' '.repeat(keyContributionBytesMax)}`));
});
