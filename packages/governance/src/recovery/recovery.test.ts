/**
 * CONF-4: what M of the actors can bring back from a ledger alone, what fewer cannot, and what becomes of answers that lie.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  coseSign1,
  encodeThresholdCiphertext,
  generateShareKey,
  hpkeOpen,
  hpkeSeal,
  type KeyShare,
  keepKeyShare,
  randomBytes,
  thresholdEncrypt,
} from '@coco/crypto';
import { secretDigest } from '@coco/ledger';
import { fromHex, fromUtf8, toHex, utf8 } from '@coco/primitives';
import { networkDigest } from '../decideAttestation.js';
import { currentEpoch, writeLedgerSecret } from '../ledgerSecret.js';
import { epochLabel, readEpochs, sealEpoch } from '../networkKey/epochs.js';
import { putRow } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { KeyWorld } from '../testing/keyWorld.js';
import {
  answerEpochs,
  answerSealing,
  badEpochs,
  openRecoveryAnswer,
  type RecoveryAnswer,
  recoveryAnswerPayload,
} from './answer.js';
import { combineEpochs } from './combineEpochs.js';
import { heldShare, keptShareOf } from './heldShare.js';
import { openRecoveryRequest, type RecoveryRequest, recoveryRequestPayload } from './request.js';
import type { RecoveryMessageType } from './signedMessage.js';

/** Five actors, each with a node and with a key of its own elsewhere, and a ledger of three epochs. */
const world = new KeyWorld([1, 1, 1, 1, 1]);
const shareKeys = world.actors.map(() => generateShareKey());
world.write((to) => {
  for (const [i, { id }] of world.actors.entries()) {
    putRow(to, tables.actorShareKeys, id, { share_key: toHex(shareKeys[i]?.publicKey ?? new Uint8Array(0)) });
  }
});
world.runTo(1);
const secrets = [1, 2, 3].map((epoch) => ({
  epoch,
  from: epoch * 100 - 99,
  key: new Uint8Array(32).fill(epoch),
}));
world.write((to) => {
  for (const { epoch, from, key } of secrets) {
    const record = { epoch, from, atMs: 1, digest: secretDigest(key), network: networkDigest(to) };
    const { publicKey } = world.key?.key ?? assert.fail();
    const made = thresholdEncrypt({ publicKey, label: epochLabel(record), secret: key, random: randomBytes });
    const sealed = encodeThresholdCiphertext(made);
    if (epoch === 1) sealEpoch(to, { ...record, sealed });
    else writeLedgerSecret(to, { digest: record.digest, nodes: {}, sealed }, { nowMs: 1, from });
  }
});

const machine = generateShareKey();
const plan = { last: '3.412', nodeId: 'ab'.repeat(32), recipient: machine.publicKey, isDrill: false };
const [asking, ...others] = world.actors as [Identity, ...Identity[]];
const asked = signed(asking, 'recovery_request', recoveryRequestPayload(world.reader, plan));
const request = openRecoveryRequest(asked);

function signed(by: Identity, type: RecoveryMessageType, payload: Uint8Array, key = by.key): Uint8Array {
  const protectedHeader = new Map<unknown, unknown>([
    [4, utf8(by.id)],
    ['ccf.gov.msg.type', type],
    ['ccf.gov.msg.created_at', 1_800_000_000],
  ]);
  return coseSign1({ protectedHeader, payload, key });
}

const offline = (i: number): KeyShare => heldShare(request, world.actors[i]?.id ?? '', shareKeys[i] as never);

function partialsOf(share: KeyShare) {
  return new Map(answerEpochs(share, request.epochs, randomBytes));
}

/** What actor `i` sends: signed, and sealed to `to`. */
function answerOf(
  i: number,
  partials: ReturnType<typeof partialsOf> = partialsOf(offline(i)),
  changes: { readonly digest?: string; readonly to?: Uint8Array; readonly by?: Identity } = {},
): Uint8Array {
  const { digest = request.digest, to = request.recipient, by = world.actors[i] as Identity } = changes;
  const payload = recoveryAnswerPayload({ digest }, partials, (plaintext) =>
    hpkeSeal({ recipient: to, plaintext, ...answerSealing(digest, by.id) }),
  );
  return signed(by, 'recovery_answer', payload);
}

function opened(bytes: Uint8Array): RecoveryAnswer {
  return openRecoveryAnswer(bytes, request, (sealed, sealing) =>
    hpkeOpen({ key: machine, sealed, ...sealing }),
  );
}

test('CONF-4: three of five bring back the secrets of all epochs, two bring back none', () => {
  assert.deepEqual(
    [request.actor.id, request.last, request.nodeId, request.epochs.map(({ epoch }) => epoch)],
    [asking.id, { view: 3, seqno: 412 }, plan.nodeId, [1, 2, 3]],
  );
  const node = world.nodeOf(1);
  const kept = keptShareOf(request, node.actor.id, node.kept);
  const answers = [opened(answerOf(4)), opened(answerOf(1, partialsOf(kept))), opened(answerOf(2))];
  assert.ok(answers.every((answer) => badEpochs(answer, request.epochs).length === 0));
  const expected = secrets.map(({ from, key }) => ({ fromSeqno: from, key }));
  assert.deepEqual(combineEpochs(request.epochs, answers), expected);
  for (const few of [[], answers.slice(1), [answers[0], answers[0], answers[2]]]) {
    assert.throws(() => combineEpochs(request.epochs, few as RecoveryAnswer[]), {
      code: 'COCO_RECOVERY_TOO_FEW',
      message: few.length === 0 ? /3 more are missing/ : /1 more is missing/,
    });
  }
});

test('a share finished off the network is the one that the node of the actor keeps', () => {
  for (const i of [0, 3]) {
    const node = world.nodeOf(i);
    const theirs = keptShareOf(request, node.actor.id, node.kept);
    const bytes = (share: KeyShare) => keepKeyShare(share, (material) => toHex(material));
    assert.equal(bytes(offline(i)), bytes(theirs));
  }
});

test('CONF-3: of an answer that lies, each epoch is named for which it does', () => {
  const good = partialsOf(offline(0));
  const first = good.get(1) ?? assert.fail();
  const proof = first.proof.slice();
  proof[40] = (proof[40] ?? 0) ^ 1;
  const theirs = partialsOf(offline(1)).get(2) ?? assert.fail();
  const lies: [string, ReturnType<typeof partialsOf>, number[]][] = [
    ['a changed proof', new Map([...good, [1, { ...first, proof }]]), [1]],
    ['that of another epoch', new Map([...good, [3, first]]), [3]],
    ['that of another actor', new Map([...good, [2, theirs]]), [2]],
    ['in the name of another number', new Map([...good, [1, { ...first, actor: 2 }]]), [1]],
    ['nothing', new Map([[2, good.get(2) ?? assert.fail()]]), [1, 3]],
  ];
  for (const [what, partials, bad] of lies) {
    assert.deepEqual(badEpochs(opened(answerOf(0, partials)), request.epochs), bad, what);
  }
  // Whatever lies, the others make up the secret, and it is the right one.
  const mixed = [opened(answerOf(0, lies[0]?.[1])), ...[1, 2, 3].map((i) => opened(answerOf(i)))];
  assert.deepEqual(
    combineEpochs(request.epochs, mixed).map(({ key }) => key),
    secrets.map(({ key }) => key),
  );
});

test('a request counts as its actor signed it, with all that it takes to answer', () => {
  const stranger = makeIdentity();
  const payload = recoveryRequestPayload(world.reader, plan);
  const json = JSON.parse(fromUtf8(payload) ?? '');
  const of = (changes: object) =>
    signed(asking, 'recovery_request', utf8(JSON.stringify({ ...json, ...changes })));
  const without = (table: string) => of({ tables: { ...json.tables, [table]: [] } });
  const changed = asked.slice();
  changed[asked.length - 5] = (changed[asked.length - 5] ?? 0) ^ 1;
  const cases: [string, Uint8Array, string][] = [
    ['changed', changed, 'COCO_RECOVERY_REQUEST'],
    ['of somebody else', signed(stranger, 'recovery_request', payload), 'COCO_RECOVERY_REQUEST'],
    ['with another key', signed(asking, 'recovery_request', payload, stranger.key), 'COCO_RECOVERY_REQUEST'],
    ['another message', signed(asking, 'recovery_answer', payload), 'COCO_RECOVERY_REQUEST'],
    ['no message', utf8('{}'), 'COCO_RECOVERY_REQUEST'],
    ['no recipient', of({ recipient: '00' }), 'COCO_RECOVERY_REQUEST'],
    ['a table too many', of({ tables: { ...json.tables, other: [] } }), 'COCO_RECOVERY_REQUEST'],
    ['no tables', of({ tables: [] }), 'COCO_RECOVERY_REQUEST'],
    [
      'a row that is none',
      of({ tables: { ...json.tables, [tables.ledgerEpochs]: ['x'] } }),
      'COCO_RECOVERY_REQUEST',
    ],
    ['no key', without(tables.networkKey), 'COCO_RECOVERY_KEY'],
    ['no epochs', without(tables.ledgerEpochs), 'COCO_RECOVERY_UNSEALED'],
    ['no actors', without(tables.memberInfo), 'COCO_RECOVERY_REQUEST'],
  ];
  for (const [what, bytes, code] of cases) assert.throws(() => openRecoveryRequest(bytes), { code }, what);
});

test('the secret of an epoch that is sealed to nobody is not to be had, and the request is not made', () => {
  const transaction = world.store.begin();
  transaction.remove(tables.ledgerEpochs, utf8('0000000002'));
  assert.throws(() => recoveryRequestPayload(transaction, plan), {
    code: 'COCO_RECOVERY_UNSEALED',
    message: /: 2$/,
  });
  transaction.clear(tables.networkKey);
  assert.throws(() => recoveryRequestPayload(transaction, plan), { code: 'COCO_RECOVERY_KEY' });
});

test('an answer counts for one request, to one machine, by an actor that holds a share', () => {
  const partials = partialsOf(offline(0));
  const cases: [string, Uint8Array][] = [
    ['another request', answerOf(0, partials, { digest: '00'.repeat(32) })],
    ['another machine', answerOf(0, partials, { to: generateShareKey().publicKey })],
    ['somebody else', answerOf(0, partials, { by: makeIdentity() })],
    ['a request', asked],
    ['no message', new Uint8Array(9)],
  ];
  for (const [what, bytes] of cases) {
    assert.throws(() => opened(bytes), { code: 'COCO_RECOVERY_ANSWER' }, what);
  }
});

test('who has no share, or another key than the registered one, cannot answer; bad deals are found', () => {
  const { id } = others[0] ?? assert.fail();
  const refused = { code: 'COCO_RECOVERY_SHARE' };
  assert.throws(() => heldShare(request, id, generateShareKey()), refused);
  assert.throws(() => heldShare(request, makeIdentity().id, shareKeys[1] as never), refused);
  assert.throws(() => keptShareOf(request, id, []), refused);
  assert.throws(() => keptShareOf(request, id, world.nodeOf(3).kept), refused);
  const transaction = world.store.begin();
  const deals = [...transaction.range(tables.keyDeals)];
  const swapped = JSON.parse(fromUtf8(deals[1]?.value ?? utf8('')) ?? '');
  transaction.put(tables.keyDeals, deals[0]?.key ?? utf8(''), utf8(JSON.stringify(swapped)));
  const lying: RecoveryRequest = { ...request, tables: transaction };
  assert.throws(() => heldShare(lying, id, shareKeys[1] as never), refused);
});

test('an epoch that was changed in the request is answered by nobody', () => {
  const [one, ...rest] = request.epochs;
  assert.ok(one !== undefined);
  const other = { ...one, label: { ...one.label, epoch: 9 } };
  assert.throws(() => answerEpochs(offline(0), [other, ...rest], randomBytes), {
    code: 'COCO_RECOVERY_REQUEST',
  });
  assert.equal(currentEpoch(world.reader), 3);
  assert.equal(readEpochs(request.tables).length, 3);
  assert.equal(fromHex(request.digest)?.length, 32);
});
