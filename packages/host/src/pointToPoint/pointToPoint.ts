/**
 * Data that goes point to point (CONF-6): what a node does for the actors that it is between. The body goes to the nodes of its
 * parties alone, which keep it sealed; when each party has a node that has it, the ledger gets its digest, by the same way as
 * every other transaction. Everybody else, on this node and on others, is answered as if it did not exist.
 */
import type { AdapterRequest, Caller } from '@coco/adapter';
import { randomBytes } from '@coco/crypto';
import {
  type DataRow,
  dataDigest,
  dataEnd,
  dataNodes,
  dataRows,
  dataSaltBytes,
  isDataParty,
  type NodeView,
  readDataRow,
} from '@coco/governance';
import type { Reader } from '@coco/kv';
import { CocoError, fromUtf8, type NodeId, utf8 } from '@coco/primitives';
import type { HttpResponse } from '../httpAnswer.js';
import type { Log } from '../log.js';
import { BodyExchange, type ExchangeFacts, type Offered } from './bodyExchange.js';
import type { SaltedBody } from './bodyFiles.js';
import { BodyKeeper } from './bodyKeeper.js';
import { isDataFrame } from './dataFrames.js';

export interface PointToPointOptions extends Omit<ExchangeFacts, 'row' | 'onTrouble'> {
  /** Governance tables as committed. */
  readonly tables: () => Reader;
  /** Has governance answer, on the primary, wherever that is. */
  readonly govern: (request: AdapterRequest) => Promise<HttpResponse>;
  readonly log: Pick<Log, 'warn'>;
}

/** What is to be kept, and for whom. */
export interface DataToSend {
  /** Ids of the parties besides whoever sends it. */
  readonly to: readonly string[];
  readonly body: Uint8Array;
  readonly expiresAtMs?: number;
  readonly expiresAtSeqno?: number;
}

/** One that is recorded, for a party. */
export interface DataEntry {
  readonly digest: string;
  readonly row: DataRow;
  readonly state: 'held' | 'missing' | 'purged' | 'expired';
}

/** Asked for by a party: the data, or why there is none. */
export type DataFound =
  | { readonly found: 'data'; readonly row: DataRow; readonly data: SaltedBody }
  | { readonly found: 'purged' | 'expired' | 'lost'; readonly row: DataRow }
  /** Or it is not the caller's to know. */
  | { readonly found: 'nothing' };

/** How often it is looked what has expired, or got lost. */
const sweepMs = 1000;
/** Governance takes few changes at once. */
const busyTriesMax = 50;
const busyMs = 100;

export class PointToPoint {
  readonly #options: PointToPointOptions;
  readonly #exchange: BodyExchange;
  readonly #keeper: BodyKeeper;
  #cancel = (): void => undefined;
  #stopped = false;

  constructor(options: PointToPointOptions) {
    this.#options = options;
    const { tables } = options;
    const row = (digest: string) => readDataRow(tables(), digest);
    this.#exchange = new BodyExchange({ ...options, row, onTrouble: (error) => this.#trouble(error) });
    this.#keeper = new BodyKeeper({
      ...options,
      exchange: this.#exchange,
      onTrouble: (error) => this.#trouble(error),
      isRecorded: (digest) => this.#isRecorded(digest),
    });
  }

  /** Looks after what is kept, from now on. */
  start(): void {
    const again = (): void => {
      if (!this.#stopped) this.#cancel = this.#options.timing.after(sweepMs, () => this.start());
    };
    void this.look().then(again, (error: unknown) => {
      this.#trouble(error);
      again();
    });
  }

  /** Does what is due now: lets go of what has ended, and fetches what is missing. COCO_DATA_DISK. */
  look(): Promise<void> {
    return this.#stopped ? Promise.resolve() : this.#keeper.sweep();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** The governance tables have changed. */
  governed(): void {
    this.#keeper.changed();
  }

  /** Takes a frame of a peer; false when it is none about data. COCO_DATA_FRAME. */
  receive(from: NodeId, bytes: Uint8Array): boolean {
    if (!isDataFrame(bytes)) return false;
    if (!this.#stopped) this.#exchange.receive(from, bytes);
    return true;
  }

  /**
   * Gives it to the parties' nodes, and has it recorded: the digest, and the answer that says where in the ledger. COCO_DATA_NODE,
   * COCO_DATA_PARTY, COCO_DATA_REQUEST, COCO_DATA_AWAY, COCO_DATA_FULL, COCO_DATA_DISK, COCO_DATA_RECORD.
   */
  async put(
    caller: Caller,
    { to, body, expiresAtMs, expiresAtSeqno }: DataToSend,
  ): Promise<{ readonly digest: string; readonly recorded: HttpResponse }> {
    const by = actorOf(caller);
    const parties = [...new Set([...to, by])].toSorted();
    const others = this.#othersFor(parties);
    const end = {
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      ...(expiresAtSeqno !== undefined && { expiresAtSeqno }),
    };
    if (dataEnd(end, this.#now()) !== undefined) {
      throw new CocoError('COCO_DATA_REQUEST', 'it would have expired already');
    }
    const salt = randomBytes(dataSaltBytes);
    const digest = dataDigest(salt, body);
    if (!(await this.#options.files.write(digest, { salt, body }))) throw full();
    const said = await this.#exchange.offer({ digest, salt, body, parties }, others.map(idOf));
    const away = this.#withoutIt(parties, others, said);
    if (away.length > 0) {
      await this.#takeBack(digest, others.map(idOf));
      throw new CocoError(
        'COCO_DATA_AWAY',
        `not all parties have it, so it was taken back: ${away.join('; ')}`,
      );
    }
    const recorded = await this.#govern('record', {
      digest,
      parties,
      by,
      size: body.length,
      ...(expiresAtMs !== undefined && { expires_at: expiresAtMs }),
      ...(expiresAtSeqno !== undefined && { expires_at_seqno: expiresAtSeqno }),
    });
    if (recorded.status === 200) return { digest, recorded };
    // Whoever is unavailable may have recorded it; who refuses has not.
    if (recorded.status < 500) await this.#takeBack(digest, others.map(idOf));
    throw notRecorded(recorded, digest);
  }

  /** The nodes besides this one to which it is to go: all that the parties have. */
  #othersFor(parties: readonly string[]): readonly NodeView[] {
    const { network, nodeId } = this.#options;
    const view = network();
    const nodes = dataNodes(view, { parties });
    if (!nodes.some((node) => node.nodeId === nodeId)) throw notOfParty();
    const actors = new Set([...view.members, ...view.participants].map(({ id }) => id));
    for (const id of parties) {
      if (!actors.has(id)) throw noParty(`${id} is neither a member nor a participant`);
      if (nodes.some(({ actorId }) => actorId === id)) continue;
      throw noParty(`${id} has no node in the network that could keep it`);
    }
    return nodes.filter((node) => node.nodeId !== nodeId);
  }

  /** Which parties have no node that has it, and why. */
  #withoutIt(
    parties: readonly string[],
    others: readonly NodeView[],
    said: ReadonlyMap<NodeId, Offered>,
  ): readonly string[] {
    const own = this.#own()?.actorId;
    return parties.flatMap((id) => {
      const outcomes = others.filter(({ actorId }) => actorId === id).map((node) => said.get(node.nodeId));
      if (id === own || outcomes.includes('held')) return [];
      return [`${id.slice(0, 12)} (${outcomes.map((outcome) => sentences[outcome ?? 'away']).join(', ')})`];
    });
  }

  async #takeBack(digest: string, nodes: readonly NodeId[]): Promise<void> {
    this.#exchange.withdraw(digest, nodes);
    await this.#options.files.remove(digest);
  }

  /** For whoever asks: from the disk, or, when it is gone from there, from another party's node. */
  async get(caller: Caller, digest: string): Promise<DataFound> {
    const row = this.#rowFor(caller, digest);
    if (row === undefined) return { found: 'nothing' };
    const end = dataEnd(row, this.#now());
    if (end !== undefined) return { found: end, row };
    const { files } = this.#options;
    const kept = await files.read(digest);
    const isWhole = kept !== undefined && dataDigest(kept.salt, kept.body) === digest;
    if (kept !== undefined && !isWhole) await files.remove(digest);
    const data = isWhole ? kept : await this.#keeper.fetch(digest, row);
    return data === undefined ? { found: 'lost', row } : { found: 'data', row, data };
  }

  /** What there is for `caller` here, whether it is still kept or not. */
  list(caller: Caller): readonly DataEntry[] {
    const own = this.#own()?.actorId;
    const entries: DataEntry[] = [];
    for (const [digest, row] of dataRows(this.#options.tables())) {
      if (own === undefined || !row.parties.includes(own) || !isDataParty(row, caller)) continue;
      const kept = this.#options.files.has(digest) ? 'held' : 'missing';
      entries.push({ digest, row, state: dataEnd(row, this.#now()) ?? kept });
    }
    return entries;
  }

  /** Has all parties' nodes let go of it; undefined when there is none for `caller`. COCO_DATA_RECORD. */
  async purge(caller: Caller, digest: string): Promise<HttpResponse | undefined> {
    if (this.#rowFor(caller, digest) === undefined) return undefined;
    const recorded = await this.#govern('purge', { digest, by: actorOf(caller) });
    if (recorded.status !== 200) throw notRecorded(recorded, digest);
    this.#keeper.changed();
    await this.#keeper.sweep();
    return recorded;
  }

  #rowFor(caller: Caller, digest: string): DataRow | undefined {
    const row = readDataRow(this.#options.tables(), digest);
    const own = this.#own()?.actorId;
    const isHere = row !== undefined && own !== undefined && row.parties.includes(own);
    return isHere && isDataParty(row, caller) ? row : undefined;
  }

  /** This node, while it takes part. */
  #own(): NodeView | undefined {
    const { network, nodeId } = this.#options;
    const own = network().nodes.find((node) => node.nodeId === nodeId);
    return own?.status === 'Trusted' ? own : undefined;
  }

  #now() {
    return { nowMs: this.#options.nowMs(), committed: this.#options.committed() };
  }

  async #isRecorded(digest: string): Promise<boolean | undefined> {
    const { status, body } = await this.#govern('find', { digest });
    if (status !== 200) return undefined;
    return (JSON.parse(fromUtf8(body) ?? 'null') as { recorded?: boolean } | null)?.recorded;
  }

  /** Asks governance, and again for a while when it says that it has too much to do. */
  async #govern(what: 'record' | 'purge' | 'find', fields: object): Promise<HttpResponse> {
    const { govern, nodeId, timing } = this.#options;
    const request: AdapterRequest = {
      method: 'POST',
      path: `/gov/coco/data:${what}`,
      query: '',
      headers: { 'content-type': 'application/json' },
      body: utf8(JSON.stringify(fields)),
      caller: { kind: 'node', id: nodeId },
    };
    for (let left = busyTriesMax; ; left--) {
      const answer = await govern(request);
      if (left === 0 || answer.status !== 503 || errorOf(answer).code !== 'TooManyPendingTransactions') {
        return answer;
      }
      await new Promise<void>((resolve) => void timing.after(busyMs, resolve));
    }
  }

  #trouble(error: unknown): void {
    const { code = 'none', message = String(error) } = error instanceof CocoError ? error : {};
    this.#options.log.warn('data that goes point to point is not looked after', { code, reason: message });
  }
}

const idOf = ({ nodeId }: NodeView): NodeId => nodeId;

function actorOf(caller: Caller): string {
  if (caller.kind === 'member' || caller.kind === 'participant') return caller.id;
  throw new CocoError('COCO_DATA_CALLER', 'connect with the certificate of a member or participant');
}

const sentences: Readonly<Record<Offered, string>> = {
  held: 'it has it',
  refused: 'its node refused it',
  full: 'its node has no room for it',
  busy: 'its node has too much to do',
  away: 'its node cannot be reached',
};

function full(): CocoError {
  return new CocoError('COCO_DATA_FULL', 'this node has no more room for data that goes point to point');
}

function notOfParty(): CocoError {
  const sentence = 'this node is not one of a party’s, and must not have it: send it to a node of your own';
  return new CocoError('COCO_DATA_NODE', sentence);
}

function noParty(why: string): CocoError {
  return new CocoError('COCO_DATA_PARTY', `it cannot go to all of these: ${why}`);
}

/** What governance said; the digest, since it may be recorded all the same. */
function notRecorded(answer: HttpResponse, digest: string): CocoError {
  const { status } = answer;
  const { message } = errorOf(answer);
  const sentence =
    status < 500
      ? `the ledger does not take it: ${message}`
      : `it is not known whether the ledger has it (${message}): look for ${digest}`;
  return new CocoError('COCO_DATA_RECORD', sentence, { status, digest });
}

/** Of a refusal of this network's own governance. */
function errorOf({ body }: HttpResponse): { readonly code: string; readonly message: string } {
  try {
    const { error } = JSON.parse(fromUtf8(body) ?? '') as { error: { code: unknown; message: unknown } };
    return { code: String(error.code), message: String(error.message) };
  } catch {
    return { code: 'none', message: 'it gave no reason' };
  }
}
