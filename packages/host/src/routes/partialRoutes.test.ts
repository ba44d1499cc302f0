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
import { epochLabel, governanceTables, type NetworkKey, sealEpoch } from '@coco/governance';
import { secretDigest } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';
import { askProving } from '../attestation/proveOverHttps.js';
import { testOwnEvidence } from '../attestation/testAttestation.test.js';
import { decodePartialsAnswer, encodePartialsAsk, partialEpochsMax } from '../custody/partialsMessages.js';
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
const ciphertext = thresholdEncrypt({
  publicKey: key.publicKey,
  label: epochLabel(place),
  secret,
  random: randomBytes,
});
const record = { ...place, atMs: 1, sealed: encodeThresholdCiphertext(ciphertext) };

async function worldOf(t: Test, holds = true): Promise<JoinWorld> {
  const world = await joinWorld(t, [], ({ challenges, nowMs, tables, network: view }) =>
    partialRoutes({
      challenges,
      nowMs,
      serviceFingerprint: ledgerService.certificate.fingerprint,
      known: () => ({ view: view(), tables: tables() }),
      newest: tables,
      share: () => (holds ? { key: { key } as NetworkKey, share } : undefined),
    }),
  );
  const transaction = world.store.begin();
  sealEpoch(transaction, record);
  world.store.commit(transaction, world.store.head + 1);
  return world;
}

const pinOf = (identity?: TestIdentity): Pin => ({
  serviceFingerprint: ledgerService.certificate.fingerprint,
  timeoutMs: 5000,
  nowMs: Date.now,
  ...(identity && { identity: { key: identity.privateKey, certificate: identity.certificate } }),
});

interface AskOptions {
  readonly epochs?: readonly number[];
  readonly purpose?: Purpose;
  readonly evidenceOf?: TestIdentity;
}

function ask(world: JoinWorld, identity: TestIdentity, options: AskOptions = {}): Promise<PinnedAnswer> {
  const { epochs = [2], purpose = 'secrets', evidenceOf = identity } = options;
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
    const answer = await ask(world, joiner, { epochs: [2, 77] });
    assert.equal(answer.status, 200, fromUtf8(answer.body));
    const { partials } = decodePartialsAnswer(answer.body);
    assert.deepEqual([...partials.keys()], [2], 'there is no epoch 77');
    const combined = combinePartials(
      { key, label: epochLabel(record), ciphertext: decodeThresholdCiphertext(record.sealed) },
      [...partials.values()],
    );
    assert.deepEqual(combined.kind === 'opened' && combined.secret, secret);
  }
});

test('who is not on the VN list, was removed, or is out for now gets nothing', async (t) => {
  const world = await worldOf(t);
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_UNLISTED']);
  listIdentity(world, joiner);
  world.setStatus(joiner.nodeId, 'Retired');
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_REMOVED']);
  const transaction = world.store.begin();
  const reason = { code: 'COCO_LEASE_LAPSED', sentence: 'it did not renew' };
  const lease = { state: 'lapsed', granted_at: 1, expires_at: 2, reason };
  transaction.put(governanceTables.nodeLeases, utf8(joiner.nodeId), utf8(JSON.stringify(lease)));
  world.store.commit(transaction, world.store.head + 1);
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_SECRETS_LEASE']);
  const anonymous = { method: 'POST', path: '/node/partials', body: encodePartialsAsk([2]) } as const;
  assert.deepEqual(told(await pinnedRequest(world.address, anonymous, pinOf())), [
    401,
    'COCO_SECRETS_UNLISTED',
  ]);
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
  const plain = { method: 'POST', path: '/node/partials', body: encodePartialsAsk([2]) } as const;
  assert.equal((await pinnedRequest(world.address, plain, pinOf(joiner))).status, 428);
  world.demand('sev-snp');
  assert.deepEqual(told(await ask(world, joiner)), [403, 'COCO_ATTESTATION_PLATFORM']);
});

test('what is no request is refused before anything is computed', async (t) => {
  const world = await worldOf(t);
  listIdentity(world, joiner);
  const many = Array.from({ length: partialEpochsMax + 1 }, (_, index) => index + 1);
  const bodies = ['', '[]', '{}', '{"epochs":[]}', '{"epochs":[0]}', '{"epochs":[2,2]}', '{"epochs":["2"]}'];
  for (const body of [...bodies, JSON.stringify({ epochs: many })]) {
    const asked = { method: 'POST', path: '/node/partials', body } as const;
    const answer = await pinnedRequest(world.address, asked, pinOf(joiner));
    assert.deepEqual(told(answer), [400, 'COCO_SECRETS_REQUEST'], body);
  }
});

test('a node without a share says so, that others are asked', async (t) => {
  const world = await worldOf(t, false);
  listIdentity(world, joiner);
  assert.deepEqual(told(await ask(world, joiner)), [503, 'COCO_SECRETS_NO_SHARE']);
});
