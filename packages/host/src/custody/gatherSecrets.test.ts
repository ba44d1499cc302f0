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
import { type EpochRecord, epochLabel, type NodeView } from '@coco/governance';
import { secretDigest } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import { type GatherOptions, gatherSecrets } from './gatherSecrets.js';
import { type HeldShare, partialsOf, type SealedEpoch } from './partials.js';
import type { PartialsAnswer } from './partialsMessages.js';

const actors = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(64));
const network = 'ab'.repeat(32);

interface Shared {
  readonly key: ThresholdKey;
  readonly shares: readonly KeyShare[];
}

/** 3 of 5, as a ceremony among them makes it. */
const makeShares = (): Shared => sharesOf();

/** The same key, its shares made anew. */
const reshared = (old: Shared): Shared => sharesOf(old);

function sharesOf(old?: Shared): Shared {
  const ceremony: Ceremony = {
    network: new Uint8Array(32).fill(1),
    id: randomBytes(32),
    threshold: 3,
    actors,
    ...(old && { previous: old.key }),
  };
  const dealings = actors.map((_, i) => {
    const share = old?.shares[i];
    return beginDealing({ ceremony, dealer: i + 1, random: randomBytes, ...(share && { share }) });
  });
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
before(() => {
  ({ key, shares } = makeShares());
});

/** What the node of actor `number` holds. */
const heldOf = (number: number): HeldShare => ({ key, network, share: shares[number - 1] as KeyShare });

const nodes = actors.map((actorId, i) => ({ nodeId: String(i), actorId, status: 'Trusted' }) as NodeView);

/** What the node of actor `number` answers, honestly. */
async function answerOf(number: number, epochs: readonly SealedEpoch[]): Promise<PartialsAnswer> {
  return { key, partials: await partialsOf(heldOf(number), epochs) };
}

/** Gathers `records` where only the nodes in `up` answer, and `bend` changes what they say. */
function gather(
  records: readonly EpochRecord[],
  up: readonly number[],
  options: Partial<GatherOptions> & {
    bend?: (number: number, answer: PartialsAnswer) => PartialsAnswer | readonly PartialsAnswer[];
  } = {},
) {
  const told: string[] = [];
  const { bend = (_, answer) => answer, ...rest } = options;
  const gathered = gatherSecrets({
    keys: [key],
    own: [],
    records,
    nodes: () => nodes,
    async ask(node, epochs) {
      const number = actors.indexOf(node.actorId ?? '') + 1;
      if (!up.includes(number)) throw new CocoError('COCO_JOIN_UNREACHABLE', 'it is down');
      return [bend(number, await answerOf(number, epochs))].flat();
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

test('strangers are told how many have answered, and neither who nor what', async () => {
  const { record } = epochOf(key, 2);
  const briefs: string[] = [];
  const { gathered } = gather([record], [1], {
    own: [heldOf(5)],
    roundsMax: 2,
    onWaiting: ({ brief }) => void briefs.push(brief),
  });
  await assert.rejects(gathered, { code: 'COCO_SECRETS_UNREACHABLE' });
  assert.deepEqual(briefs, ['it takes partial decryptions of 3 of 5 actors, and 2 have answered']);
});

test('the own share counts, and its actor is not asked', async () => {
  const { record, secret } = epochOf(key, 2);
  const own = [heldOf(2)];
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

test('a node that forges the key under its ceremony keeps nobody from the secret, and nobody is named by it', async () => {
  const { record, secret } = epochOf(key, 2);
  const { verificationShares } = makeShares().key;
  const forged = { ...key, verificationShares };
  // The liar answers first, and the own ledger knows older shares alone.
  const older = { ...key, ceremony: randomBytes(32) };
  const { gathered, told } = gather([record], [1, 2, 3, 4], {
    keys: [older],
    bend: (number, answer) => (number === 1 ? { ...answer, key: forged } : answer),
  });
  const [found] = await gathered;
  assert.deepEqual(found?.key, secret);
  assert.deepEqual(told, []);
});

test('what a node says in the name of another actor counts for nothing, and against nobody', async () => {
  const { record } = epochOf(key, 2);
  const asSecond = (number: number, answer: PartialsAnswer): PartialsAnswer => {
    if (number !== 1) return answer;
    const partials = [...answer.partials].map(
      ([epoch, partial]) => [epoch, { ...partial, actor: 2 }] as const,
    );
    return { ...answer, partials: new Map(partials) };
  };
  const { gathered, told } = gather([record], [1, 3, 4], { bend: asSecond });
  await assert.rejects(gathered, { code: 'COCO_SECRETS_UNREACHABLE' });
  assert.deepEqual(told, []);
});

test('CONF-3: after a power cut at the end of a ceremony, those who hold shares of both sides bring it back', async () => {
  const old = makeShares();
  const renewed = reshared(old);
  const { record, secret } = epochOf(old.key, 2);
  const answerBy = async ({ key: of, shares: all }: typeof old, number: number): Promise<PartialsAnswer> => ({
    key: of,
    partials: await partialsOf({ key: of, network, share: all[number - 1] as KeyShare }, [
      { ...record, sealed: record.sealed as Uint8Array },
    ]),
  });
  // Actor 1 asks, and is behind; 2 and 3 have dropped their old shares; 4 has both.
  const answers = new Map([
    [2, [await answerBy(renewed, 2)]],
    [3, [await answerBy(renewed, 3)]],
    [4, [await answerBy(old, 4), await answerBy(renewed, 4)]],
  ]);
  const { gathered, told } = gather([record], [2, 3, 4], {
    keys: [old.key],
    own: [{ key: old.key, network, share: old.shares[0] as KeyShare }],
    bend: (number) => answers.get(number) ?? [],
  });
  const [found] = await gathered;
  assert.deepEqual(found?.key, secret);
  assert.deepEqual(told, []);
});

test('nodes of which the ledger does not say whose they are bring it back as well, and cannot make others look like liars', async () => {
  const { record, secret } = epochOf(key, 2);
  const strangers = nodes.map(({ nodeId }) => ({
    nodeId: `new ${nodeId}`,
    administrativeAddress: `${nodeId}`,
  }));
  const { gathered, told } = gather([record], [], {
    nodes: () => strangers,
    async ask({ administrativeAddress }, epochs) {
      const number = Number(administrativeAddress) + 1;
      if (number > 4) throw new CocoError('COCO_JOIN_UNREACHABLE', 'it is down');
      const answer = await answerOf(number, epochs);
      if (number > 1) return [answer];
      const partials = [...answer.partials].map(([epoch, one]) => [epoch, { ...one, actor: 5 }] as const);
      return [{ ...answer, partials: new Map(partials) }];
    },
  });
  const [found] = await gathered;
  assert.deepEqual(found?.key, secret);
  assert.deepEqual(told, []);
});

test('a node that answers many times over counts once', async () => {
  const { record } = epochOf(key, 2);
  let asked = 0;
  const { gathered, told } = gather([record], [1, 2], {
    roundsMax: 6,
    bend: (number, answer) => {
      if (number === 1) asked++;
      return answer;
    },
  });
  await assert.rejects(gathered, { code: 'COCO_SECRETS_UNREACHABLE' });
  assert.equal(asked, 6);
  assert.ok(told.every((line) => line.startsWith('COCO_SECRETS_UNREACHABLE')));
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
