/**
 * What the cryptography of epochs costs one thread (CONF-2, CONF-3): each step by itself, and together as nodes do them. Neither
 * disks nor other nodes are waited for.
 */
import {
  beginDealing,
  combinePartials,
  decodeThresholdCiphertext,
  finishShare,
  generateShareKey,
  type KeyShare,
  partialDecrypt,
  partialHolds,
  randomBytes,
  sha256,
  shareFor,
  type ThresholdKey,
  thresholdEncrypt,
} from '@coco/crypto';
import { createEpochKeys, gatherSecrets, partialsOf, secretSealing } from '@coco/host';
import { encodeMaps, encodeSecretRow, singletonKey } from '@coco/ledger';
import { assert, toBase64, toHex, utf8 } from '@coco/primitives';
import type { Custody } from '@coco/replica';
import { benchLedger } from './benchLedger.js';
import { median } from './statistics.js';

/** A step, and how long it takes: the median, in milliseconds. */
export interface EpochCost {
  readonly what: string;
  readonly ms: number;
}

export interface CostOptions {
  /** Measurements of each step, after as many to warm up; of those that take long, fewer. */
  readonly repetitions: number;
  /** How many epochs a node that starts must know. */
  readonly epochs: number;
}

const threshold = 3;
const actors = 5;

export async function epochCosts({ repetitions, epochs }: CostOptions): Promise<readonly EpochCost[]> {
  const made = makeKey();
  const steps = { ...stepsOf(made), ...changesOf(made) };
  const costs: EpochCost[] = [];
  for (const [what, step] of Object.entries(steps)) {
    costs.push({ what, ms: await medianMs(repetitions, step) });
  }
  const few = Math.max(1, Math.ceil(repetitions / 10));
  for (const [what, step] of Object.entries(await unlockOf(made, epochs))) {
    costs.push({ what, ms: await medianMs(few, step) });
  }
  return costs;
}

type Step = () => unknown;
type NetworkKey = NonNullable<Parameters<Custody['makeSecret']>[0]['networkKey']>;

async function medianMs(repetitions: number, step: Step): Promise<number> {
  for (let i = 0; i < repetitions; i++) await step();
  const samples: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const startedMs = performance.now();
    await step();
    samples.push(performance.now() - startedMs);
  }
  return median(samples);
}

interface MadeKey {
  readonly networkKey: NetworkKey;
  readonly key: ThresholdKey;
  readonly shares: readonly KeyShare[];
}

/** As actors' nodes make it, all in one place. */
function makeKey(): MadeKey {
  const network = randomBytes(32);
  const ids = Array.from({ length: actors }, () => toHex(randomBytes(32)));
  const ceremony = { network, id: randomBytes(32), threshold, actors: ids };
  const dealings = ids.map((_, i) => beginDealing({ ceremony, dealer: i + 1, random: randomBytes }));
  const finished = ids.map((_, i) => {
    const shares = dealings.map((dealing) => shareFor(dealing, i + 1));
    const deals = dealings.map(({ deal }) => deal);
    const result = finishShare({ ceremony, deals, recipient: i + 1, shares });
    assert(result.kind === 'made', 'all have dealt well');
    return result;
  });
  const { key } = finished[0] as (typeof finished)[number];
  const networkKey = {
    generation: 1,
    key,
    holders: {},
    ceremony: toHex(key.ceremony),
    network: toHex(network),
    madeAtMs: 0,
    ceremonyRecord: ceremony,
    counted: ids.map((_, i) => i + 1),
    confirmed: [],
  };
  return { networkKey, key, shares: finished.map(({ share }) => share) };
}

/** Each step by itself. */
function stepsOf({ key, shares }: MadeKey): Readonly<Record<string, Step>> {
  const { publicKey } = key;
  const label = { network: randomBytes(32), epoch: 7, associatedData: utf8(`1.${'0'.repeat(64)}`) };
  const secret = randomBytes(32);
  const ciphertext = thresholdEncrypt({ publicKey, label, secret, random: randomBytes });
  const decrypt = (share: KeyShare) => partialDecrypt({ share, label, ciphertext, random: randomBytes });
  const partials = shares.flatMap((share) => decrypt(share) ?? []);
  const [share] = shares;
  const [partial] = partials;
  assert(share !== undefined && partial !== undefined, 'there are shares');
  return {
    'encrypting a secret to the key': () =>
      thresholdEncrypt({ publicKey, label, secret, random: randomBytes }),
    'a partial decryption, with its proof': () => decrypt(share),
    'verifying a partial decryption': () =>
      assert(partialHolds({ key, label, ciphertext }, partial), 'it holds'),
    [`verifying and combining ${threshold} of ${actors}`]: () =>
      assert(combinePartials({ key, label, ciphertext }, partials).kind === 'opened', 'it opens'),
  };
}

/** A whole change of epochs on the primary: the secret, its copies, their rows, the entry and the signature after it. */
function changesOf({ networkKey }: MadeKey): Readonly<Record<string, Step>> {
  const change = (count: number): Step => {
    const epochKeys = createEpochKeys(() => performance.now());
    const { identity, createLedger } = benchLedger();
    const { nodeId, serviceCertificate } = identity;
    const sealing = secretSealing({ nodeId, epochKeys, serviceFingerprint: serviceCertificate.fingerprint });
    const ledger = createLedger(sealing.openSecret);
    const others = Array.from({ length: count - 1 }, () => ({
      nodeId: toHex(randomBytes(32)),
      epochKey: generateShareKey().publicKey,
    }));
    const recipients = [{ nodeId, epochKey: epochKeys.current() }, ...others];
    let epoch = 1;
    return () => {
      epoch++;
      const from = ledger.last.seqno + 2;
      const present = ledger.secrets.at(-1)?.key;
      assert(present !== undefined, 'the ledger has the secret that seals what comes next');
      const made = sealing.makeSecret({ recipients, epoch, from, present, networkKey });
      ledger.append({ view: 2, publicMaps: rowsOf(made, epoch, from), privateMaps: new Uint8Array(0) });
      const { seqno } = ledger.sign(2);
      ledger.compact(seqno);
      ledger.forgetSecrets(from);
    };
  };
  return { 'a change of epochs, 3 nodes': change(3), 'a change of epochs, 5 nodes': change(5) };
}

/** As in an entry that begins an epoch. */
function rowsOf(
  { digest, sealed, nodes }: ReturnType<Custody['makeSecret']>,
  epoch: number,
  from: number,
): Uint8Array {
  const atMs = Date.now();
  const zeros = '0'.repeat(64);
  const told = encodeSecretRow({ epoch, atMs, digest, actors: zeros, nodes, former: [] });
  const kept = { from, at: atMs, digest, network: zeros, sealed: toBase64(sealed ?? new Uint8Array(0)) };
  const key = utf8(String(epoch).padStart(10, '0'));
  return encodeMaps([
    { table: 'public:coco.ledger.epochs', puts: [{ key, value: utf8(JSON.stringify(kept)) }], removes: [] },
    { table: 'public:coco.ledger.secrets', puts: [{ key: singletonKey, value: told }], removes: [] },
  ]);
}

/** A node that starts, has its own share, and is answered by the others, who are not waited for. */
async function unlockOf(
  { networkKey, key, shares }: MadeKey,
  count: number,
): Promise<Readonly<Record<string, Step>>> {
  const records = recordsOf(networkKey, count);
  const [own, ...others] = shares;
  assert(own !== undefined, 'there are shares');
  const { network } = networkKey;
  const held = (share: KeyShare) => ({ key, network, share });
  const answers = new Map<string, Awaited<ReturnType<typeof partialsOf>>>();
  for (const share of others)
    answers.set(key.actors[share.actor - 1] ?? '', await partialsOf(held(share), records));
  const options: Parameters<typeof gatherSecrets>[0] = {
    keys: [key],
    records,
    own: [held(own)],
    nodes: () => [...answers.keys()].map((actorId) => ({ nodeId: actorId, actorId }) as NodeView),
    ask: async ({ actorId = '' }) => [{ key, partials: answers.get(actorId) ?? new Map() }],
    onWaiting: ({ message }) => assert(false, message),
    signal: new AbortController().signal,
  };
  return {
    [`partial decryptions of ${count} epochs, on each actor's node`]: () => partialsOf(held(own), records),
    [`unlocking ${count} epochs, ${threshold} of ${actors}, on the node that starts`]: () =>
      gatherSecrets(options),
  };
}

type NodeView = ReturnType<Parameters<typeof gatherSecrets>[0]['nodes']>[number];

function recordsOf(networkKey: NetworkKey, count: number) {
  const nodeId = toHex(sha256(utf8('a node')));
  const epochKeys = createEpochKeys(() => performance.now());
  const sealing = secretSealing({ nodeId, epochKeys, serviceFingerprint: networkKey.network });
  const { network } = networkKey;
  return Array.from({ length: count }, (_, i) => {
    const place = { epoch: i + 2, from: 100 * (i + 1) };
    const present = randomBytes(32);
    const { digest, sealed } = sealing.makeSecret({ recipients: [], ...place, present, networkKey });
    assert(sealed !== undefined && decodeThresholdCiphertext(sealed) !== undefined, 'it is sealed');
    return { ...place, atMs: 0, digest, network, sealed };
  });
}
