/**
 * Bringing secrets back out of partial decryptions of M actors (CONF-3).
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  beginDealing,
  type Ceremony,
  ceremonyDigest,
  encodeThresholdCiphertext,
  finishShare,
  type KeyShare,
  type PartialDecryption,
  randomBytes,
  shareFor,
  type ThresholdKey,
  thresholdEncrypt,
} from '@coco/crypto';
import { type EpochRecord, epochLabel, type NetworkKey, type NodeView } from '@coco/governance';
import { secretDigest } from '@coco/ledger';
import { CocoError, toHex } from '@coco/primitives';
import { type GatherOptions, gatherSecrets } from './gatherSecrets.js';
import { partialsOf } from './partials.js';
import type { PartialsAnswer } from './partialsMessages.js';

const actors = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(64));
const network = 'ab'.repeat(32);

/** 3 of 5, as a ceremony among them makes it. */
function makeShares(): { readonly key: ThresholdKey; readonly shares: readonly KeyShare[] } {
  const ceremony: Ceremony = {
    network: new Uint8Array(32).fill(1),
    id: randomBytes(32),
    threshold: 3,
    actors,
  };
  const dealings = actors.map((_, i) => beginDealing({ ceremony, dealer: i + 1, random: randomBytes }));
  const deals = dealings.map(({ deal }) => deal);
  const shares = actors.map((_, i) => {
    const dealt = dealings.map((dealing) => shareFor(dealing, i + 1));
    const finished = finishShare({ ceremony, deals, recipient: i + 1, shares: dealt });
    assert.ok(finished.kind === 'made');
    return finished;
  });
  const [first] = shares;
  assert.ok(first !== undefined);
  assert.deepEqual(first.key.ceremony, ceremonyDigest(ceremony));
  return { key: first.key, shares: shares.map(({ share }) => share) };
}

function epochOf(
  key: ThresholdKey,
  epoch: number,
): { readonly record: EpochRecord; readonly secret: Uint8Array } {
  const secret = randomBytes(32);
  const place = { epoch, from: epoch * 10, network, digest: secretDigest(secret) };
  const ciphertext = thresholdEncrypt({
    publicKey: key.publicKey,
    label: epochLabel(place),
    secret,
    random: randomBytes,
  });
  return { record: { ...place, atMs: 1, sealed: encodeThresholdCiphertext(ciphertext) }, secret };
}

let key: ThresholdKey;
let shares: readonly KeyShare[];
let networkKey: NetworkKey;
before(() => {
  ({ key, shares } = makeShares());
  networkKey = { key, ceremony: toHex(key.ceremony), network } as NetworkKey;
});

const nodes = actors.map((actorId, i) => ({ nodeId: String(i), actorId, status: 'Trusted' }) as NodeView);

/** What the node of actor `number` answers, honestly. */
async function answerOf(number: number, records: readonly EpochRecord[]): Promise<PartialsAnswer> {
  return { key, partials: await partialsOf(shares[number - 1] as KeyShare, records) };
}

/** Gathers `records` where only the nodes in `up` answer, and `bend` changes what they say. */
function gather(
  records: readonly EpochRecord[],
  up: readonly number[],
  options: Partial<GatherOptions> & {
    bend?: (number: number, answer: PartialsAnswer) => PartialsAnswer;
  } = {},
) {
  const told: string[] = [];
  const { bend = (_, answer) => answer, ...rest } = options;
  const gathered = gatherSecrets({
    key: networkKey,
    records,
    nodes: () => nodes,
    async ask(node, epochs) {
      const number = actors.indexOf(node.actorId ?? '') + 1;
      if (!up.includes(number)) throw new CocoError('COCO_JOIN_UNREACHABLE', 'it is down');
      const wanted = records.filter(({ epoch }) => epochs.includes(epoch));
      return bend(number, await answerOf(number, wanted));
    },
    onWaiting: ({ code, message }) => told.push(`${code} ${message}`),
    signal: new AbortController().signal,
    roundsMax: 1,
    pauseMs: 1,
    ...rest,
  });
  return { gathered, told };
}

test('three of five bring back every epoch, whoever they are', async () => {
  const epochs = [2, 3, 4].map((epoch) => epochOf(key, epoch));
  const records = epochs.map(({ record }) => record);
  for (const up of [
    [1, 2, 3],
    [5, 3, 1],
  ]) {
    const secrets = await gather(records, up).gathered;
    const byFrom = new Map(secrets.map(({ fromSeqno, key: secret }) => [fromSeqno, secret]));
    for (const { record, secret } of epochs) assert.deepEqual(byFrom.get(record.from), secret);
  }
});

test('two of five bring back nothing, and the sentence says who is missing', async () => {
  const { record } = epochOf(key, 2);
  await assert.rejects(gather([record], [1, 4]).gathered, (error: CocoError) => {
    assert.equal(error.code, 'COCO_SECRETS_UNREACHABLE');
    assert.match(error.message, /epoch 2 take partial decryptions of 3 of 5 actors/);
    assert.match(error.message, /bbbbbbbbbbbbbbbb…: it is down \(COCO_JOIN_UNREACHABLE\)/);
    return true;
  });
});

test('the own share counts, and its actor is not asked', async () => {
  const { record, secret } = epochOf(key, 2);
  const own = shares[1] as KeyShare;
  const [found] = await gather(
    [record],
    [2, 3, 4].filter((number) => number !== 2),
    { own },
  ).gathered;
  assert.deepEqual(found?.key, secret);
});

test('a forged partial decryption is named, and the others go on without it', async () => {
  const { record, secret } = epochOf(key, 2);
  const { gathered, told } = gather([record], [1, 2, 3, 4], {
    bend(number, answer) {
      if (number !== 2) return answer;
      const partials = [...answer.partials].map(([epoch, partial]): [number, PartialDecryption] => [
        epoch,
        { ...partial, element: key.publicKey },
      ]);
      return { ...answer, partials: new Map(partials) };
    },
  });
  const [found] = await gathered;
  assert.deepEqual(found?.key, secret);
  assert.ok(
    told.every((line) =>
      line.startsWith(`COCO_SECRETS_PARTIAL the partial decryption of actor ${actors[1]}`),
    ),
  );
});

test('shares that were made anew since bring it back; those of another key do not count', async () => {
  const { record, secret } = epochOf(key, 2);
  const stranger = makeShares();
  const { gathered } = gather([record], [1, 2, 3, 4, 5], {
    bend: (number, answer) => (number <= 2 ? { ...answer, key: stranger.key } : answer),
  });
  const [found] = await gathered;
  assert.deepEqual(found?.key, secret);
  const few = gather([record], [1, 2, 3], { bend: (_, answer) => ({ ...answer, key: stranger.key }) });
  await assert.rejects(few.gathered, { code: 'COCO_SECRETS_UNREACHABLE' });
});

test('a secret that is not the one of the epoch is not taken', async () => {
  const { record } = epochOf(key, 2);
  const other = { ...record, digest: '00'.repeat(32) };
  await assert.rejects(gather([other], [1, 2, 3]).gathered, { code: 'COCO_SECRETS_UNREACHABLE' });
});

test('it waits until enough are there', async () => {
  const { record, secret } = epochOf(key, 2);
  const up: number[] = [1];
  const { gathered, told } = gather([record], up, { roundsMax: 50 });
  setTimeout(() => up.push(2, 3), 20);
  const [found] = await gathered;
  assert.deepEqual(found?.key, secret);
  assert.ok(told.length > 0);
});
