/**
 * What a running node does about keys besides what its manager decides (CONF-2, CONF-3): takes part in making the network's key,
 * keeps its actor's share of it, answers with that for others, and brings back secrets of the ledger that it was not told.
 */
import type { ShareKey } from '@coco/crypto';
import {
  type EpochRecord,
  type KeptShare,
  type KeyParticipant,
  keysIn,
  type NetworkView,
  readEpochs,
  readNetworkKey,
  secretsPolicy,
} from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, type NodeId, type Seqno, toHex } from '@coco/primitives';
import type { Waiting } from '../askNetwork.js';
import type { Log } from '../log.js';
import { wipeLedgerSecrets } from '../nodeSecrets.js';
import type { EpochKeys } from './epochKeys.js';
import { type Askable, gatherSecrets } from './gatherSecrets.js';
import { holdersOf } from './holdersOf.js';
import { createKeyKeeper, type KeyKeeper } from './keyKeeper.js';
import { ownShares } from './ownShares.js';
import type { HeldShare, SealedEpoch } from './partials.js';
import type { PartialsAnswer } from './partialsMessages.js';

export interface CustodyOptions {
  readonly nodeId: NodeId;
  readonly shareKey: ShareKey;
  readonly participant: KeyParticipant;
  /** Shares that were on this disk when the node started. */
  readonly kept: readonly KeptShare[];
  readonly epochKeys: Pick<EpochKeys, 'drop'>;
  /** As committed, and as the log says. */
  readonly committed: () => KnownNetwork;
  readonly newest: () => KnownNetwork;
  /** Whether it is known that everything is committed that this node had when it started. */
  readonly isCaughtUp: () => boolean;
  /** Whether what is committed is on this disk as well. */
  readonly isDurable: () => boolean;
  /** The first entry that this node cannot open, if there is one. */
  readonly untoldFrom: () => Seqno | undefined;
  readonly ask: (
    node: Askable,
    epochs: readonly SealedEpoch[],
    signal: AbortSignal,
  ) => Promise<readonly PartialsAnswer[]>;
  /** Tells the primary what this node contributes to making the key. */
  readonly tell: (body: Uint8Array, signal: AbortSignal) => Promise<void>;
  /** These were brought back: to be wiped. */
  readonly onSecrets: (secrets: readonly LedgerSecret[]) => void;
  readonly log: Pick<Log, 'info' | 'warn' | 'debug'>;
  /** Any clock that does not go back. */
  readonly nowMs: () => number;
}

/** Who takes part, and the governance tables, of one version. */
export interface KnownNetwork {
  readonly view: NetworkView;
  readonly tables: Reader;
}

const roundsMax = 3;

/** After one that failed, the others are left alone for so long, ever longer. */
const bringPauseMsMin = 1000;
const bringPauseMsMax = 30_000;

export class NodeCustody {
  readonly #options: CustodyOptions;
  readonly #end = new AbortController();
  readonly #keeper: KeyKeeper;
  #bringing = false;
  #failures = 0;
  #notBeforeMs = 0;
  #told = '';

  constructor(options: CustodyOptions) {
    this.#options = options;
    const tables = (): Reader => options.committed().tables;
    this.#keeper = createKeyKeeper({ ...options, tables, nowMs: Date.now });
  }

  /** To be called several times a second. */
  look(): void {
    const { isCaughtUp, isDurable, epochKeys, participant, kept, nowMs } = this.#options;
    // By older tables, or by newer ones than a crash would leave, it would drop the share that it needs.
    if (isCaughtUp() && isDurable()) this.#keeper.look();
    // The participant has a copy, which it wipes when it is old.
    if (participant.share !== undefined) for (const { material } of kept) material.fill(0);
    this.#lookForUntold();
    const { holdSeconds } = secretsPolicy(this.known().tables);
    epochKeys.drop(nowMs() - holdSeconds * 1000);
  }

  /**
   * What this node knows for certain: what is committed; before it has heard how far that goes, what was signed when it started,
   * since what it knows to be committed may be far behind.
   */
  known(): KnownNetwork {
    const { isCaughtUp, committed, newest } = this.#options;
    return isCaughtUp() ? committed() : newest();
  }

  /** Whether it is known that everything is committed that this node had when it started. */
  get isCaughtUp(): boolean {
    return this.#options.isCaughtUp();
  }

  /** Whether what this node cannot open is sealed to the network's key: else only the primary can tell it the secret. */
  get canBringBack(): boolean {
    return this.#untold()?.sealed !== undefined;
  }

  #untold(): EpochRecord | undefined {
    const from = this.#options.untoldFrom();
    return from === undefined
      ? undefined
      : readEpochs(this.#options.newest().tables).find((one) => one.from === from);
  }

  /** Whether this node holds a share of the network's key as it is now. */
  get holdsShare(): boolean {
    const { participant, kept } = this.#options;
    const present = readNetworkKey(this.known().tables)?.ceremony;
    const { share } = participant;
    return share === undefined
      ? kept.some(({ ceremony }) => ceremony === present)
      : toHex(share.ceremony) === present;
  }

  /** What this node holds of the network's key: of its shares as they are, were, or will be. */
  shares(): readonly HeldShare[] {
    const { nodeId, shareKey, participant, kept } = this.#options;
    const { view, tables } = this.known();
    const actorId = view.nodes.find((node) => node.nodeId === nodeId)?.actorId;
    const shares = participant.shares.map(({ share }) => share);
    return ownShares({ tables, actorId, kept, shareKey, shares });
  }

  /** Brings back the secrets of these epochs, for the caller to wipe. COCO_SECRETS_UNREACHABLE, after a few rounds. */
  async gather(records: readonly EpochRecord[]): Promise<readonly LedgerSecret[]> {
    const { nodeId, ask } = this.#options;
    const [present, ...others] = keysIn(this.known().tables);
    if (present === undefined) return [];
    const secrets = await gatherSecrets({
      keys: [present, ...others],
      records,
      own: this.shares(),
      nodes: () => holdersOf(this.known().view, nodeId),
      ask,
      onWaiting: (waiting) => this.#waits(waiting),
      signal: this.#end.signal,
      roundsMax,
    });
    this.#told = '';
    return secrets;
  }

  /**
   * Brings the secret that seals from the entry `from` on back for a node whose ledger ends before it was sealed to the network's
   * key, for the caller to wipe. None where nobody can, or too few have answered.
   */
  async secretFrom(from: Seqno): Promise<readonly LedgerSecret[]> {
    try {
      return await this.gather(readEpochs(this.known().tables).filter((record) => record.from === from));
    } catch (error) {
      if (error instanceof CocoError) return [];
      throw error;
    }
  }

  #waits({ code, message }: Waiting): void {
    if (message !== this.#told) this.#options.log.warn(message, { code });
    this.#told = message;
  }

  #lookForUntold(): void {
    if (this.#options.untoldFrom() === undefined) return;
    if (this.#bringing || this.#options.nowMs() < this.#notBeforeMs) return;
    const record = this.#untold();
    if (record?.sealed !== undefined) void this.#bringBack(record);
  }

  async #bringBack(record: EpochRecord): Promise<void> {
    this.#bringing = true;
    try {
      const secrets = await this.gather([record]);
      if (this.#end.signal.aborted) wipeLedgerSecrets(secrets);
      else if (secrets.length > 0) this.#options.onSecrets(secrets);
      this.#failures = 0;
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#waits({ code: 'COCO_SECRETS_UNREACHABLE', message });
      const pauseMs = Math.min(bringPauseMsMax, bringPauseMsMin * 2 ** this.#failures);
      this.#notBeforeMs = this.#options.nowMs() + pauseMs;
      this.#failures = Math.min(this.#failures + 1, 10);
    } finally {
      this.#bringing = false;
    }
  }

  stop(): void {
    this.#end.abort();
    this.#keeper.stop();
  }
}
