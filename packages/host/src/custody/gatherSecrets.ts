/**
 * Gets secrets of the ledger's epochs back from what the ledger has of them (CONF-3): asks the nodes of all actors for partial
 * decryptions at once, verifies and combines as many as it takes, and knows by its digest that a secret is the right one. Whoever
 * sent what does not hold is named, by keys that the own ledger tells of and no others. The private key is never put together,
 * here or anywhere.
 */
import {
  combinePartials,
  decodeThresholdCiphertext,
  encodeThresholdKey,
  sha256,
  type ThresholdKey,
} from '@coco/crypto';
import { type EpochRecord, epochLabel, type NodeView } from '@coco/governance';
import { type LedgerSecret, secretDigest } from '@coco/ledger';
import { CocoError, equalBytes, toHex } from '@coco/primitives';
import { pause, type Waiting } from '../askNetwork.js';
import { wipeLedgerSecrets } from '../nodeSecrets.js';
import { type HeldShare, partialsOf, type SealedEpoch } from './partials.js';
import { type PartialsAnswer, partialEpochsMax } from './partialsMessages.js';

/** A node that may have a share of its actor's. */
export type Askable = Pick<NodeView, 'nodeId' | 'actorId' | 'administrativeAddress'>;

export interface GatherWaiting extends Waiting {
  /** What strangers may know: how many actors have answered, and of how many. */
  readonly brief: string;
}

export interface GatherOptions {
  /** Those of the own ledger, the present one first: they differ in their shares alone. */
  readonly keys: readonly [ThresholdKey, ...ThresholdKey[]];
  /** Those that are wanted; what is sealed to nobody is left out. */
  readonly records: readonly EpochRecord[];
  /** The shares that are here. */
  readonly own: readonly HeldShare[];
  /** Nodes of all actors, looked at again in every round. */
  readonly nodes: () => readonly Askable[];
  /** Throws a CocoError that says why there is no answer. */
  readonly ask: (
    node: Askable,
    epochs: readonly SealedEpoch[],
    signal: AbortSignal,
  ) => Promise<readonly PartialsAnswer[]>;
  /** After each round in which too few answered, and when somebody's answer does not hold. */
  readonly onWaiting: (waiting: GatherWaiting) => void;
  readonly signal: AbortSignal;
  /** How many rounds. Default: until enough have answered. */
  readonly roundsMax?: number;
  /** Between two rounds. Default 1000. */
  readonly pauseMs?: number;
}

type SealedRecord = EpochRecord & SealedEpoch;

/** All that are wanted, for the caller to wipe. COCO_SECRETS_UNREACHABLE when it was given up. */
export async function gatherSecrets(options: GatherOptions): Promise<readonly LedgerSecret[]> {
  const secrets: LedgerSecret[] = [];
  const sealed = options.records.filter((record): record is SealedRecord => record.sealed !== undefined);
  try {
    for (let at = 0; at < sealed.length; at += partialEpochsMax) {
      await new Gathering(options, sealed.slice(at, at + partialEpochsMax), secrets).run();
    }
    return secrets;
  } catch (error) {
    wipeLedgerSecrets(secrets);
    throw error;
  }
}

/** Why an actor's part is not there. */
type Troubles = Map<string, string>;

/** What a node answered last, by the digest of the key: what others say of a key that has its name counts for another one. */
interface Told {
  readonly actorId?: string;
  readonly answers: ReadonlyMap<string, PartialsAnswer>;
}

class Gathering {
  readonly #options: GatherOptions;
  readonly #wanted: Map<number, SealedRecord>;
  readonly #secrets: LedgerSecret[];
  /** By node. One that answers again does not count twice, and nobody can fill this memory. */
  readonly #told = new Map<string, Told>();
  readonly #known: ReadonlySet<string>;
  readonly #bad = new Set<string>();

  /** What it brings back it adds to `secrets`. */
  constructor(options: GatherOptions, records: readonly SealedRecord[], secrets: LedgerSecret[]) {
    this.#options = options;
    this.#secrets = secrets;
    this.#wanted = new Map(records.map((record) => [record.epoch, record]));
    this.#known = new Set(options.keys.map(digestOf));
  }

  async run(): Promise<void> {
    const { own, signal, pauseMs = 1000, roundsMax = Number.POSITIVE_INFINITY } = this.#options;
    if (own.length > 0) await this.#takeOwn(own);
    for (let round = 1; this.#wanted.size > 0; round++) {
      signal.throwIfAborted();
      const troubles = await this.#round(round);
      if (this.#wanted.size === 0) break;
      const waiting = this.#waiting(troubles);
      if (round >= roundsMax) {
        throw new CocoError(waiting.code, waiting.message, { brief: waiting.brief });
      }
      this.#options.onWaiting(waiting);
      await pause(pauseMs, signal);
    }
  }

  get #self(): string | undefined {
    const [held] = this.#options.own;
    return held?.key.actors[held.share.actor - 1];
  }

  async #takeOwn(own: readonly HeldShare[]): Promise<void> {
    const records = [...this.#wanted.values()];
    const answers: PartialsAnswer[] = [];
    for (const held of own) answers.push({ key: held.key, partials: await partialsOf(held, records) });
    const actorId = this.#self;
    this.#take('', actorId, answers);
  }

  /** Asks everybody at once; ends as soon as all is there. */
  async #round(round: number): Promise<Troubles> {
    const { keys, nodes, signal } = this.#options;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const troubles: Troubles = new Map();
    const self = this.#self;
    const byActor = new Map<string, Askable[]>();
    for (const actor of keys[0].actors) if (actor !== self) byActor.set(actor, []);
    for (const node of nodes()) {
      if (node.actorId !== undefined && node.actorId === self) continue;
      const name = node.actorId ?? node.nodeId;
      byActor.set(name, [...(byActor.get(name) ?? []), node]);
    }
    await Promise.all(
      [...byActor].map(async ([actor, of]) => {
        // What one node of an actor has not, another may have.
        const first = (round - 1) % Math.max(1, of.length);
        await this.#askActor(actor, [...of.slice(first), ...of.slice(0, first)], either, troubles);
        if (this.#wanted.size === 0) enough.abort();
      }),
    );
    signal.throwIfAborted();
    return troubles;
  }

  /** One node after the other, until one answers. */
  async #askActor(
    actor: string,
    nodes: readonly Askable[],
    signal: AbortSignal,
    troubles: Troubles,
  ): Promise<void> {
    troubles.set(actor, 'it has no node on the VN list');
    for (const node of nodes) {
      if (signal.aborted) return;
      try {
        const answers = await this.#options.ask(node, [...this.#wanted.values()], signal);
        this.#take(node.nodeId, node.actorId, answers);
        troubles.delete(actor);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof CocoError)) throw error;
        troubles.set(actor, `${error.message} (${error.code})`);
      }
    }
  }

  /** Notes what a node answered in place of what it answered before, and opens what can be opened by now. */
  #take(nodeId: string, actorId: string | undefined, answers: readonly PartialsAnswer[]): void {
    const { publicKey } = this.#options.keys[0];
    // Shares may have been made anew since this node's ledger ends; the key stays.
    const usable = answers.filter(({ key }) => equalBytes(key.publicKey, publicKey));
    if (usable.length === 0) {
      throw new CocoError('COCO_SECRETS_KEY', 'it has another key of the network than this ledger');
    }
    const byKey = new Map(usable.map((answer) => [digestOf(answer.key), ofActor(answer, actorId)]));
    this.#told.set(nodeId, { ...(actorId !== undefined && { actorId }), answers: byKey });
    for (const [digest, { key }] of byKey) {
      for (const record of [...this.#wanted.values()]) this.#open(digest, key, record);
    }
  }

  #open(digest: string, key: ThresholdKey, record: SealedRecord): void {
    // Those of whom it is not known whose they are come last: what they say in another's name does not count against it.
    const told = [...this.#told.values()].toSorted((a, b) => rankOf(a) - rankOf(b));
    const partials = told.flatMap(({ answers }) => answers.get(digest)?.partials.get(record.epoch) ?? []);
    if (new Set(partials.map(({ actor }) => actor)).size < key.threshold) return;
    const ciphertext = decodeThresholdCiphertext(record.sealed);
    const combined = combinePartials({ key, label: epochLabel(record), ciphertext }, partials);
    if (combined.kind === 'opened' || combined.kind === 'too few') this.#name(digest, key, combined.bad);
    if (combined.kind !== 'opened') return;
    if (secretDigest(combined.secret) !== record.digest) {
      combined.secret.fill(0);
      return;
    }
    this.#secrets.push({ fromSeqno: record.from, key: combined.secret });
    this.#wanted.delete(record.epoch);
  }

  /** By a key that only others tell of, anybody could be made to look like a liar. */
  #name(digest: string, key: ThresholdKey, bad: readonly number[]): void {
    if (!this.#known.has(digest)) return;
    const asked = new Set([...this.#told.values()].map(({ actorId }) => actorId));
    for (const number of bad) {
      const actor = key.actors[number - 1];
      if (actor === undefined || this.#bad.has(actor) || !asked.has(actor)) continue;
      this.#bad.add(actor);
      const message = `the partial decryption of actor ${actor} does not hold, and is left aside`;
      this.#options.onWaiting({ code: 'COCO_SECRETS_PARTIAL', message, brief: this.#brief });
    }
  }

  #waiting(troubles: Troubles): GatherWaiting {
    const { threshold, actors } = this.#options.keys[0];
    const epochs = [...this.#wanted.keys()];
    const which = epochs.length === 1 ? `epoch ${epochs[0]}` : `${epochs.length} epochs`;
    const why = [...troubles].map(([actor, trouble]) => `${actor.slice(0, 16)}…: ${trouble}`).join('; ');
    const message = `the secrets of ${which} take partial decryptions of ${threshold} of ${actors.length} actors, and too few have answered; ${why}`;
    return { code: 'COCO_SECRETS_UNREACHABLE', message, brief: this.#brief };
  }

  get #brief(): string {
    const { threshold, actors } = this.#options.keys[0];
    const answered = new Set([...this.#told].map(([nodeId, { actorId }]) => actorId ?? nodeId));
    return `it takes partial decryptions of ${threshold} of ${actors.length} actors, and ${answered.size} have answered`;
  }
}

/** What the node of one actor says in the name of another does not count. */
function ofActor({ key, partials }: PartialsAnswer, actorId: string | undefined): PartialsAnswer {
  if (actorId === undefined) return { key, partials };
  const number = key.actors.indexOf(actorId) + 1;
  return { key, partials: new Map([...partials].filter(([, partial]) => partial.actor === number)) };
}

const digestOf = (key: ThresholdKey): string => toHex(sha256(encodeThresholdKey(key)));

const rankOf = ({ actorId }: Told): number => (actorId === undefined ? 1 : 0);
