/**
 * Has the node keep the bodies that it is to keep, and no others (CONF-6): what was purged or has expired goes; what is missing, as
 * after the loss of a disk, is fetched from another party's node; what was offered and then never recorded goes as well.
 *
 * Whether something was never recorded only the primary knows, since this node may be behind: it is asked before anything goes for that
 * reason, and long after the offer. Should in doubt nobody answer, it stays.
 */
import { type DataRow, dataEnd, dataNodes, dataRows } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { BodyExchange, ExchangeFacts } from './bodyExchange.js';
import type { SaltedBody } from './bodyFiles.js';

export interface KeeperFacts extends Omit<ExchangeFacts, 'row' | 'send'> {
  /** Governance tables as committed. */
  readonly tables: () => Reader;
  readonly exchange: BodyExchange;
  /** Whether the primary knows of it; undefined when there is no answer. */
  readonly isRecorded: (digest: string) => Promise<boolean | undefined>;
}

/** An offer is recorded within moments, or never. */
const unrecordedMs = 10 * 60_000;
/** After an attempt that came to nothing: how long at first, and at most. */
const retryMsMin = 1000;
const retryMsMax = 60_000;

interface Retry {
  readonly atMs: number;
  readonly pauseMs: number;
}

export class BodyKeeper {
  readonly #facts: KeeperFacts;
  /** What is recorded for the actor whose node this is. */
  #own: ReadonlyMap<string, DataRow> = new Map();
  #isOld = true;
  readonly #retries = new Map<string, Retry>();
  readonly #fetching = new Map<string, Promise<SaltedBody | undefined>>();
  #sweeping: Promise<void> | undefined;

  constructor(facts: KeeperFacts) {
    this.#facts = facts;
  }

  /** The governance tables have changed. */
  changed(): void {
    this.#isOld = true;
  }

  /** Does what is due now. One sweep at a time: whoever asks during one waits for the next. */
  async sweep(): Promise<void> {
    await this.#sweeping;
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { files, nowMs, committed } = this.#facts;
    const actorId = this.#actorId();
    if (actorId === undefined) return;
    await files.look();
    if (this.#isOld) this.#read(actorId);
    const now = { nowMs: nowMs(), committed: committed() };
    const missing: [string, DataRow][] = [];
    for (const [digest, row] of this.#own) {
      const isOver = dataEnd(row, now) !== undefined;
      if (isOver && files.has(digest)) await files.remove(digest);
      if (!isOver && !files.has(digest)) missing.push([digest, row]);
    }
    for (const [digest, row] of missing) if (this.#isDue(digest)) await this.fetch(digest, row);
    for (const [digest, { sinceMs }] of files.held) {
      if (!this.#own.has(digest) && now.nowMs - sinceMs > unrecordedMs && this.#isDue(digest)) {
        await this.#doubt(digest);
      }
    }
  }

  /** Whose node this is, while it takes part. */
  #actorId(): string | undefined {
    const { network, nodeId } = this.#facts;
    const own = network().nodes.find((node) => node.nodeId === nodeId);
    return own?.status === 'Trusted' ? own.actorId : undefined;
  }

  #read(actorId: string): void {
    this.#isOld = false;
    const rows = [...dataRows(this.#facts.tables())];
    this.#own = new Map(rows.filter(([, { parties }]) => parties.includes(actorId)));
    for (const digest of this.#retries.keys()) if (!this.#own.has(digest)) this.#retries.delete(digest);
  }

  #isDue(digest: string): boolean {
    return (this.#retries.get(digest)?.atMs ?? 0) <= this.#facts.nowMs();
  }

  #putOff(digest: string): void {
    const before = this.#retries.get(digest)?.pauseMs ?? retryMsMin / 2;
    const pauseMs = Math.min(2 * before, retryMsMax);
    this.#retries.set(digest, { pauseMs, atMs: this.#facts.nowMs() + pauseMs });
  }

  /** Gets it from a node of its parties, whichever gives it first, and keeps it; undefined when none of them does. */
  fetch(digest: string, row: DataRow): Promise<SaltedBody | undefined> {
    const running = this.#fetching.get(digest);
    if (running !== undefined) return running;
    const fetching = this.#fetch(digest, row).finally(() => this.#fetching.delete(digest));
    this.#fetching.set(digest, fetching);
    return fetching;
  }

  async #fetch(digest: string, row: DataRow): Promise<SaltedBody | undefined> {
    const { network, nodeId, exchange, files } = this.#facts;
    for (const node of dataNodes(network(), row)) {
      if (node.nodeId === nodeId) continue;
      const data = await exchange.pull(node.nodeId, digest, row.size);
      if (data === undefined) continue;
      // Without room for it, it can be read all the same, for now.
      if (await files.write(digest, data)) this.#retries.delete(digest);
      else this.#putOff(digest);
      return data;
    }
    this.#putOff(digest);
    return undefined;
  }

  async #doubt(digest: string): Promise<void> {
    const { isRecorded, files } = this.#facts;
    if ((await isRecorded(digest)) === false) await files.remove(digest);
    else this.#putOff(digest);
  }
}
