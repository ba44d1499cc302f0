/**
 * What a running node does about keys besides what its manager decides (CONF-2, CONF-3): takes part in making the network's key,
 * keeps its actor's share of it, answers with that for others, and brings back secrets of the ledger that it was not told.
 */
import type { KeyShare } from '@coco/crypto';
import {
  type EpochRecord,
  type KeptShare,
  type KeyParticipant,
  type NetworkKey,
  type NetworkView,
  readEpochs,
  readNetworkKey,
  secretsPolicy,
} from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { LedgerSecret } from '@coco/ledger';
import { equalBytes, type NodeId, type Seqno } from '@coco/primitives';
import type { Waiting } from '../askNetwork.js';
import type { Log } from '../log.js';
import type { EpochKeys } from './epochKeys.js';
import { gatherSecrets } from './gatherSecrets.js';
import { createKeyKeeper, type KeyKeeper } from './keyKeeper.js';
import { ownShare } from './ownShare.js';
import type { PartialsAnswer } from './partialsMessages.js';

export interface CustodyOptions {
  readonly nodeId: NodeId;
  readonly participant: KeyParticipant;
  /** Shares that were on this disk when the node started. */
  readonly kept: readonly KeptShare[];
  readonly epochKeys: Pick<EpochKeys, 'drop'>;
  /** As committed, and as the log says. */
  readonly committed: () => KnownNetwork;
  readonly newest: () => KnownNetwork;
  /** Whether it is known that everything is committed that this node had when it started. */
  readonly isCaughtUp: () => boolean;
  /** The first entry that this node cannot open, if there is one. */
  readonly untoldFrom: () => Seqno | undefined;
  readonly ask: (
    node: NetworkView['nodes'][number],
    epochs: readonly number[],
    signal: AbortSignal,
  ) => Promise<PartialsAnswer>;
  /** Tells the primary what this node contributes to making the key. */
  readonly tell: (body: Uint8Array, signal: AbortSignal) => Promise<void>;
  /** These were brought back. */
  readonly onSecrets: (secrets: readonly LedgerSecret[]) => void;
  readonly log: Log;
}

/** Who takes part, and the governance tables, of one version. */
export interface KnownNetwork {
  readonly view: NetworkView;
  readonly tables: Reader;
}

const roundsMax = 3;

export class NodeCustody {
  readonly #options: CustodyOptions;
  readonly #end = new AbortController();
  readonly #keeper: KeyKeeper;
  #bringing = false;
  #told = '';

  constructor(options: CustodyOptions) {
    this.#options = options;
    const tables = (): Reader => options.committed().tables;
    this.#keeper = createKeyKeeper({ ...options, tables, nowMs: Date.now });
  }

  /** To be called several times a second. */
  look(): void {
    const { isCaughtUp, epochKeys, participant, kept } = this.#options;
    // By older tables it would drop the share that it needs.
    if (isCaughtUp()) this.#keeper.look();
    // The participant has a copy, which it wipes when it is old.
    if (participant.share !== undefined) for (const { material } of kept) material.fill(0);
    this.#lookForUntold();
    const { holdSeconds } = secretsPolicy(this.known().tables);
    epochKeys.drop(performance.now() - holdSeconds * 1000);
  }

  /**
   * What this node knows for certain: what is committed; before it has heard how far that goes, what was signed when it started,
   * since what it knows to be committed may be far behind.
   */
  known(): KnownNetwork {
    const { isCaughtUp, committed, newest } = this.#options;
    return isCaughtUp() ? committed() : newest();
  }

  /** Whether the network has a key: then secrets of the ledger can be brought back. */
  get hasKey(): boolean {
    return readNetworkKey(this.#options.newest().tables) !== undefined;
  }

  /** The share of the network's key as it is now; undefined when this node holds none. */
  share(): { readonly key: NetworkKey; readonly share: KeyShare } | undefined {
    const { nodeId, participant, kept } = this.#options;
    const { tables, view } = this.known();
    const key = readNetworkKey(tables);
    if (key === undefined) return undefined;
    const actorId = view.nodes.find((node) => node.nodeId === nodeId)?.actorId;
    const share = participant.share ?? ownShare(key, actorId, kept);
    const isPresent = share !== undefined && equalBytes(share.ceremony, key.key.ceremony);
    return isPresent ? { key, share } : undefined;
  }

  /** Brings back the secrets of these epochs. COCO_SECRETS_UNREACHABLE, after a few rounds. */
  async gather(records: readonly EpochRecord[]): Promise<readonly LedgerSecret[]> {
    const { nodeId, ask } = this.#options;
    const own = this.share();
    const key = own?.key ?? readNetworkKey(this.known().tables);
    if (key === undefined) return [];
    const secrets = await gatherSecrets({
      key,
      records: records.filter(({ sealed }) => sealed !== undefined),
      ...(own && { own: own.share }),
      nodes: () =>
        this.known().view.nodes.filter((node) => node.nodeId !== nodeId && node.status !== 'Retired'),
      ask,
      onWaiting: (waiting) => this.#waits(waiting),
      signal: this.#end.signal,
      roundsMax,
    });
    this.#told = '';
    return secrets;
  }

  #waits({ code, message }: Waiting): void {
    if (message !== this.#told) this.#options.log.warn(message, { code });
    this.#told = message;
  }

  #lookForUntold(): void {
    const from = this.#options.untoldFrom();
    if (from === undefined || this.#bringing) return;
    const record = readEpochs(this.#options.newest().tables).find((one) => one.from === from);
    if (record?.sealed !== undefined) void this.#bringBack(record);
  }

  async #bringBack(record: EpochRecord): Promise<void> {
    this.#bringing = true;
    try {
      const secrets = await this.gather([record]);
      if (secrets.length > 0 && !this.#end.signal.aborted) this.#options.onSecrets(secrets);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#waits({ code: 'COCO_SECRETS_UNREACHABLE', message });
    } finally {
      this.#bringing = false;
    }
  }

  stop(): void {
    this.#end.abort();
    this.#keeper.stop();
  }
}
