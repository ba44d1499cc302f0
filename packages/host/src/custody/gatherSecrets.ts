/**
 * Gets secrets of the ledger's epochs back from what the ledger has of them (CONF-3): asks the nodes of all actors for partial
 * decryptions at once, verifies and combines as many as it takes, and knows by its digest that a secret is the right one. Whoever
 * sent what does not hold is named. The private key is never put together, here or anywhere.
 */
import {
  combinePartials,
  decodeThresholdCiphertext,
  type KeyShare,
  type PartialDecryption,
  type ThresholdKey,
} from '@coco/crypto';
import { type EpochRecord, epochLabel, type NetworkKey, type NodeView } from '@coco/governance';
import { type LedgerSecret, secretDigest } from '@coco/ledger';
import { CocoError, equalBytes, toHex } from '@coco/primitives';
import { pause, type Waiting } from '../askNetwork.js';
import { partialsOf } from './partials.js';
import { type PartialsAnswer, partialEpochsMax } from './partialsMessages.js';

export interface GatherOptions {
  readonly key: NetworkKey;
  /** Those that are wanted; all with something sealed. */
  readonly records: readonly EpochRecord[];
  /** The share that is here. */
  readonly own?: KeyShare;
  /** Nodes by the actor whose share they have, looked at again in every round. */
  readonly nodes: () => readonly NodeView[];
  /** Throws a CocoError that says why there is no answer. */
  readonly ask: (node: NodeView, epochs: readonly number[], signal: AbortSignal) => Promise<PartialsAnswer>;
  /** After each round in which too few answered, and when somebody's answer does not hold. */
  readonly onWaiting: (waiting: Waiting) => void;
  readonly signal: AbortSignal;
  /** How many rounds. Default: until enough have answered. */
  readonly roundsMax?: number;
  /** Between two rounds. Default 1000. */
  readonly pauseMs?: number;
}

/** All that are wanted. COCO_SECRETS_UNREACHABLE when it was given up. */
export async function gatherSecrets(options: GatherOptions): Promise<readonly LedgerSecret[]> {
  const secrets: LedgerSecret[] = [];
  for (let at = 0; at < options.records.length; at += partialEpochsMax) {
    const records = options.records.slice(at, at + partialEpochsMax);
    secrets.push(...(await new Gathering({ ...options, records }).run()));
  }
  return secrets;
}

/** Why an actor's part is not there. */
type Troubles = Map<string, string>;

class Gathering {
  readonly #options: GatherOptions;
  readonly #wanted: Map<number, EpochRecord>;
  readonly #secrets: LedgerSecret[] = [];
  /** By the ceremony that made the shares: shares of two do not combine. */
  readonly #keys = new Map<string, ThresholdKey>();
  readonly #partials = new Map<string, Map<number, PartialDecryption[]>>();
  readonly #bad = new Set<string>();

  constructor(options: GatherOptions) {
    this.#options = options;
    this.#wanted = new Map(options.records.map((record) => [record.epoch, record]));
    this.#keys.set(options.key.ceremony, options.key.key);
  }

  async run(): Promise<readonly LedgerSecret[]> {
    const { own, key, records, signal, pauseMs = 1000, roundsMax = Number.POSITIVE_INFINITY } = this.#options;
    if (own !== undefined) this.#take(key.key, await partialsOf(own, records));
    for (let round = 1; this.#wanted.size > 0; round++) {
      signal.throwIfAborted();
      const troubles = await this.#round(own === undefined ? undefined : key.key.actors[own.actor - 1]);
      if (this.#wanted.size === 0) break;
      const waiting = this.#waiting(troubles);
      if (round >= roundsMax) throw new CocoError(waiting.code, waiting.message);
      this.#options.onWaiting(waiting);
      await pause(pauseMs, signal);
    }
    return this.#secrets;
  }

  /** Asks everybody at once; ends as soon as all is there. */
  async #round(self: string | undefined): Promise<Troubles> {
    const { key, nodes, signal } = this.#options;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const troubles: Troubles = new Map();
    const listed = nodes();
    await Promise.all(
      key.key.actors
        .filter((actor) => actor !== self)
        .map(async (actor) => {
          await this.#askActor(actor, listed, either, troubles);
          if (this.#wanted.size === 0) enough.abort();
        }),
    );
    signal.throwIfAborted();
    return troubles;
  }

  /** One node after the other, until one answers. */
  async #askActor(
    actor: string,
    listed: readonly NodeView[],
    signal: AbortSignal,
    troubles: Troubles,
  ): Promise<void> {
    troubles.set(actor, 'it has no node on the VN list');
    for (const node of listed) {
      if (node.actorId !== actor || signal.aborted) continue;
      try {
        const { key, partials } = await this.#options.ask(node, [...this.#wanted.keys()], signal);
        this.#take(key, partials);
        troubles.delete(actor);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof CocoError)) throw error;
        troubles.set(actor, `${error.message} (${error.code})`);
      }
    }
  }

  /** Notes what somebody answered, and opens what can be opened by now. */
  #take(key: ThresholdKey, partials: ReadonlyMap<number, PartialDecryption>): void {
    const known = this.#options.key.key;
    // Shares may have been made anew since this node's ledger ends; the key stays.
    if (!equalBytes(key.publicKey, known.publicKey)) {
      throw new CocoError('COCO_SECRETS_KEY', 'it has another key of the network than this ledger');
    }
    const ceremony = toHex(key.ceremony);
    const usual = this.#keys.get(ceremony) ?? key;
    this.#keys.set(ceremony, usual);
    const byEpoch = this.#partials.get(ceremony) ?? new Map<number, PartialDecryption[]>();
    this.#partials.set(ceremony, byEpoch);
    for (const [epoch, partial] of partials) {
      const record = this.#wanted.get(epoch);
      if (record === undefined) continue;
      const all = [...(byEpoch.get(epoch) ?? []), partial];
      byEpoch.set(epoch, all);
      if (all.length >= usual.threshold) this.#open(usual, record, all);
    }
  }

  #open(key: ThresholdKey, record: EpochRecord, partials: readonly PartialDecryption[]): void {
    if (record.sealed === undefined) return;
    const ciphertext = decodeThresholdCiphertext(record.sealed);
    const combined = combinePartials({ key, label: epochLabel(record), ciphertext }, partials);
    if (combined.kind === 'opened' || combined.kind === 'too few') this.#name(key, combined.bad);
    if (combined.kind !== 'opened') return;
    if (secretDigest(combined.secret) !== record.digest) return;
    this.#secrets.push({ fromSeqno: record.from, key: combined.secret });
    this.#wanted.delete(record.epoch);
  }

  #name(key: ThresholdKey, bad: readonly number[]): void {
    for (const number of bad) {
      const actor = key.actors[number - 1] ?? String(number);
      if (this.#bad.has(actor)) continue;
      this.#bad.add(actor);
      const message = `the partial decryption of actor ${actor} does not hold, and is left aside`;
      this.#options.onWaiting({ code: 'COCO_SECRETS_PARTIAL', message });
    }
  }

  #waiting(troubles: Troubles): Waiting {
    const { threshold, actors } = this.#options.key.key;
    const epochs = [...this.#wanted.keys()];
    const which = epochs.length === 1 ? `epoch ${epochs[0]}` : `${epochs.length} epochs`;
    const why = [...troubles].map(([actor, trouble]) => `${actor.slice(0, 16)}…: ${trouble}`).join('; ');
    const message = `the secrets of ${which} take partial decryptions of ${threshold} of ${actors.length} actors, and too few have answered; ${why}`;
    return { code: 'COCO_SECRETS_UNREACHABLE', message };
  }
}
