/**
 * Who gets partial decryptions of a node, and who does not (CONF-3, CONF-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Purpose } from '@coco/attestation';
import {
  beginDealing,
  type Ceremony,
  combinePartials,
  decodeThresholdCiphertext,
  encodeThresholdCiphertext,
  finishShare,
  randomBytes,
  shareFor,
  thresholdEncrypt,
} from '@coco/crypto';
import { epochLabel, governanceTables, readEpochs } from '@coco/governance';
import { secretDigest } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';
import { askProving } from '../attestation/proveOverHttps.js';
import { testOwnEvidence } from '../attestation/testAttestation.test.js';
import type { HeldShare, SealedEpoch } from '../custody/partials.js';
import { decodePartialsAnswers, encodePartialsAsk, partialEpochsMax } from '../custody/partialsMessages.js';
import { ledgerService, type Test } from '../entries.test.js';
import { type TestIdentity, testIdentity } from '../identities.test.js';
import { type JoinWorld, joinWorld, listIdentity, member } from '../joinWorld.test.js';
import { type Pin, type PinnedAnswer, pinnedRequest, withPinnedSession } from '../pinnedRequest.js';
import { partialRoutes } from './partialRoutes.js';

const joiner = testIdentity('joiner');
const network = 'ab'.repeat(32);

/** A key of one actor alone. */
function oneOfOne() {
  const actors = [member.certificate.fingerprint];
  const ceremony: Ceremony = { network: new Uint8Array(32), id: randomBytes(32), threshold: 1, actors };
  const dealing = beginDealing({ ceremony, dealer: 1, random: randomBytes });
  const shares = [shareFor(dealing, 1)];
  const finished = finishShare({ ceremony, deals: [dealing.deal], recipient: 1, shares });
  assert.ok(finished.kind === 'made');
  return finished;
}

const { key, share } = oneOfOne();
const secret = randomBytes(32);
const place = { epoch: 2, from: 20, network, digest: secretDigest(secret) };

function sealedFor(about: typeof place): Uint8Array {
  const label = epochLabel(about);
  return encodeThresholdCiphertext(
    thresholdEncrypt({ publicKey: key.publicKey, label, secret, random: randomBytes }),
  );
}

const sealed: SealedEpoch = { ...place, sealed: sealedFor(place) };

async function worldOf(
  t: Test,
  held: readonly HeldShare[] = [{ key, network, share }],
  isOut = () => false,
): Promise<JoinWorld> {
  return joinWorld(t, [], ({ challenges, nowMs, tables, network: view }) =>
    partialRoutes({
      challenges,
      nowMs,
      serviceFingerprint: ledgerService.certificate.fingerprint,
      known: () => ({ view: view(), tables: tables() }),
      isOut,
      shares: () => held,
    }),
  );
}

const pinOf = (identity?: TestIdentity): Pin => ({
  serviceFingerprint: ledgerService.certificate.fingerprint,
  timeoutMs: 5000,
  nowMs: Date.now,
  ...(identity && { identity: { key: identity.privateKey, certificate: identity.certificate } }),
});

interface AskOptions {
  readonly epochs?: readonly SealedEpoch[];
  readonly purpose?: Purpose;
  readonly evidenceOf?: TestIdentity;
}

function ask(world: JoinWorld, identity: TestIdentity, options: AskOptions = {}): Promise<PinnedAnswer> {
  const { epochs = [sealed], purpose = 'secrets', evidenceOf = identity } = options;
  return withPinnedSession(world.address, pinOf(identity), (session) =>
    askProving(session, {
      path: '/node/partials',
      body: (proof) => encodePartialsAsk(epochs, proof),
      evidence: testOwnEvidence(evidenceOf),
      purpose,
    }),
  );
}

function told({ status, body }: PinnedAnswer): readonly [number, string | undefined] {
  return [status, JSON.parse(fromUtf8(body) ?? '').error?.code];
}

test('CONF-3: a node on the VN list that proves what it runs gets what opens the epochs that it names', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  for (const status of ['Pending', 'Trusted'] as const) {
    world.setStatus(joiner.nodeId, status);
    const answer = await ask(world, joiner);
    assert.equal(answer.status, 200, fromUtf8(answer.body));
    const [{ partials } = assert.fail()] = decodePartialsAnswers(answer.body);
    const combined = combinePartials(
      { key, label: epochLabel(place), ciphertext: decodeThresholdCiphertext(sealed.sealed) },
      [...partials.values()],
    );
    assert.deepEqual(combined.kind === 'opened' && combined.secret, secret);
  }
});

test('CONF-3: rows that this node does not have, or has otherwise, decrypt; what is not of this network, epoch and digest does not', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  const decrypted = async (one: SealedEpoch): Promise<number> => {
    const answer = await ask(world, joiner, { epochs: [one] });
    assert.equal(answer.status, 200, fromUtf8(answer.body));
    return decodePartialsAnswers(answer.body)[0]?.partials.size ?? -1;
  };
  assert.equal(readEpochs(world.store.read(world.store.head)).length, 0);
  assert.equal(await decrypted(sealed), 1);
  assert.equal(await decrypted({ ...sealed, epoch: 3 }), 0);
  assert.equal(await decrypted({ ...sealed, from: 21 }), 0);
  assert.equal(await decrypted({ ...sealed, digest: '00'.repeat(32) }), 0);
  assert.equal(await decrypted({ ...sealed, sealed: sealedFor({ ...place, network: 'cd'.repeat(32) }) }), 0);
  assert.equal(await decrypted({ ...sealed, sealed: new Uint8Array(20) }), 0);
});

test('CONF-3: a node that holds shares of two sides of a ceremony answers by both', async (t) => {
  const other = oneOfOne();
  const label = epochLabel(place);
  const both = [
    { key, network, share },
    { key: other.key, network, share: other.share },
  ];
  const world = await worldOf(t, both);
  listIdentity(world, joiner);
  const { publicKey } = other.key;
  const made = thresholdEncrypt({ publicKey, label, secret, random: randomBytes });
  for (const [epoch, found] of [
    [sealed, [1, 0]],
    [{ ...sealed, sealed: encodeThresholdCiphertext(made) }, [0, 1]],
  ] as const) {
    const answer = await ask(world, joiner, { epochs: [epoch] });
    const answers = decodePartialsAnswers(answer.body);
    assert.deepEqual(
      answers.map(({ partials }) => partials.size),
      found,
    );
  }
});

test('who is not on the VN list, was removed, or is out for now gets nothing', async (t) => {
  const world = await worldOf(t);
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_UNLISTED']);
  listIdentity(world, joiner);
  world.setStatus(joiner.nodeId, 'Retired');
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_REMOVED']);
  putLease(world, 'lapsed');
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_LEASE']);
  const anonymous = { method: 'POST', path: '/node/partials', body: encodePartialsAsk([sealed]) } as const;
  assert.deepEqual(told(await pinnedRequest(world.address, anonymous, pinOf())), [
    401,
    'COCO_SECRETS_UNLISTED',
  ]);
});

function putLease(world: JoinWorld, state: 'held' | 'lapsed' | 'distrusted'): void {
  const transaction = world.store.begin();
  const reason = { code: 'COCO_LEASE_DISTRUSTED', sentence: 'that is what was decided' };
  const lease = { state, granted_at: 1, expires_at: 2, ...(state !== 'held' && { reason }) };
  transaction.put(governanceTables.nodeLeases, utf8(joiner.nodeId), utf8(JSON.stringify(lease)));
  world.store.commit(transaction, world.store.head + 1);
}

test('a node that members have distrusted gets nothing, though it still takes part', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  world.setStatus(joiner.nodeId, 'Trusted');
  for (const state of ['distrusted', 'lapsed'] as const) {
    putLease(world, state);
    assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_LEASE']);
  }
  putLease(world, 'held');
  assert.equal((await ask(world, joiner)).status, 200);
});

test('a node that is out of the network itself answers nobody', async (t) => {
  let isOut = true;
  const world = await worldOf(t, undefined, () => isOut);
  listIdentity(world, joiner);
  assert.deepEqual(told(await ask(world, joiner)), [503, 'COCO_SECRETS_OUT']);
  isOut = false;
  assert.equal((await ask(world, joiner)).status, 200);
});

test('a node whose tuple somebody else signed gets nothing, though a row says that it is to join', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner, testIdentity('forger'));
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_UNLISTED']);
});

test('evidence for another purpose, of another node, or by which the network accepts nobody is worth nothing', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  assert.deepEqual(told(await ask(world, joiner, { purpose: 'join' })), [403, 'COCO_ATTESTATION_PURPOSE']);
  const other = { evidenceOf: testIdentity('other') };
  assert.deepEqual(told(await ask(world, joiner, other)), [403, 'COCO_ATTESTATION_KEY']);
  const plain = { method: 'POST', path: '/node/partials', body: encodePartialsAsk([sealed]) } as const;
  assert.equal((await pinnedRequest(world.address, plain, pinOf(joiner))).status, 428);
  world.demand('sev-snp');
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_ATTESTATION_PLATFORM']);
});

test('what is no request is refused before anything is computed', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  const many = Array.from({ length: partialEpochsMax + 1 }, (_, index) => ({ ...sealed, epoch: index + 1 }));
  const bodies = ['', '[]', '{}', '{"epochs":[]}', '{"epochs":[2]}', '{"epochs":[{"epoch":2}]}'];
  const wrong = [
    many,
    [sealed, sealed],
    [{ ...sealed, epoch: 0 }],
    [{ ...sealed, from: -1 }],
    [{ ...sealed, digest: 'x' }],
    [{ ...sealed, sealed: new Uint8Array(257) }],
    [{ ...sealed, sealed: new Uint8Array(100_000) }],
  ];
  for (const body of [...bodies, ...wrong.map((epochs) => encodePartialsAsk(epochs))]) {
    const asked = { method: 'POST', path: '/node/partials', body } as const;
    const answer = await pinnedRequest(world.address, asked, pinOf(joiner));
    assert.deepEqual(told(answer), [400, 'COCO_SECRETS_REQUEST'], body);
  }
});

test('a node without a share says so, that others are asked', async (t) => {
  const world = await worldOf(t, []);
  listIdentity(world, joiner);
  assert.deepEqual(told(await ask(world, joiner)), [503, 'COCO_SECRETS_NO_SHARE']);
});

test('a node that asks again while it is being answered is told to wait, before it is looked at what it proves', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  const epochs = Array.from({ length: 100 }, (_, index) => ({ ...sealed, epoch: index + 1 }));
  const answers = await Promise.all([1, 2, 3].map(() => ask(world, joiner, { epochs })));
  const codes = answers.map(told).map(([status, code = '']) => `${status} ${code}`);
  assert.ok(codes.includes('200 ') && codes.includes('429 COCO_SECRETS_BUSY'), codes.join());
  assert.equal((await ask(world, joiner)).status, 200);
});
