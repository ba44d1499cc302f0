/**
 * How bodies get from node to node (CONF-6). Whoever has one offers it to nodes of its parties; each of them asks for it part by part,
 * keeps it, and only then says so. A node that has lost one asks in the same way.
 *
 * With whom: on both sides the other must be a node that takes part, as committed, of an actor that the data is for. That it holds
 * that node's key and runs what the members have approved was proved on the connection itself.
 */
import { type DataRow, dataDigest, dataEnd, dataNodes, type NetworkView } from '@coco/governance';
import type { NodeId, Seqno } from '@coco/primitives';
import type { Timing } from '../timing.js';
import type { BodyFiles, SaltedBody } from './bodyFiles.js';
import {
  type DataFrame,
  decodeDataFrame,
  encodeDataFrame,
  type OfferOutcome,
  partBytesMax,
} from './dataFrames.js';

/** What it must know of the node, at the moment when it is asked. */
export interface ExchangeFacts {
  readonly nodeId: NodeId;
  /** As committed. */
  readonly network: () => NetworkView;
  /** What is recorded of `digest`, as committed. */
  readonly row: (digest: string) => DataRow | undefined;
  readonly committed: () => Seqno;
  readonly nowMs: () => number;
  readonly files: BodyFiles;
  /** False when it was not taken. */
  readonly send: (to: NodeId, frame: Uint8Array) => boolean;
  readonly timing: Pick<Timing, 'after'>;
  /** Something went wrong that nobody waits for. */
  readonly onTrouble: (error: unknown) => void;
}

/** What is offered. */
export interface OfferedBody extends SaltedBody {
  readonly digest: string;
  readonly parties: readonly string[];
}

/** What became of an offer; `away` when there was no answer. */
export type Offered = OfferOutcome | 'away';

/** Bodies that come in because of offers, each of at most 4 MiB. */
const arrivingMax = 8;
const rememberedMax = 1000;
const partTimeoutMs = 10_000;
const offerTimeoutMs = 30_000;

export class BodyExchange {
  readonly #facts: ExchangeFacts;
  /** What this node offers now, from memory, and to whom. */
  readonly #offers = new Map<string, { readonly data: SaltedBody; readonly to: ReadonlySet<NodeId> }>();
  /** Who waits for what a peer says of a digest. */
  readonly #waiting = new Map<string, (frame: DataFrame | undefined) => void>();
  readonly #arriving = new Set<string>();
  /** Who offered what was kept last: nobody else takes it back. */
  readonly #offeredBy = new Map<string, NodeId>();
  /** Offers that were taken back while they came in. */
  readonly #withdrawn = new Set<string>();

  constructor(facts: ExchangeFacts) {
    this.#facts = facts;
  }

  /** Offers `offered` to all of `nodes` at once; what each of them said. */
  async offer(offered: OfferedBody, nodes: readonly NodeId[]): Promise<ReadonlyMap<NodeId, Offered>> {
    const { digest, body, parties } = offered;
    this.#offers.set(digest, { data: offered, to: new Set(nodes) });
    try {
      const said = nodes.map(async (to): Promise<readonly [NodeId, Offered]> => {
        const frame = { type: 'offer', digest, size: body.length, parties } as const;
        const answer = await this.#ask(to, frame, 'answer', offerTimeoutMs);
        return [to, answer?.type === 'answer' ? answer.outcome : 'away'];
      });
      return new Map(await Promise.all(said));
    } finally {
      this.#offers.delete(digest);
    }
  }

  /** Tells `nodes` that what was offered to them is not to be kept. */
  withdraw(digest: string, nodes: readonly NodeId[]): void {
    for (const to of nodes) this.#facts.send(to, encodeDataFrame({ type: 'withdraw', digest }));
  }

  /** The body of `digest`, of `size` bytes, from the node `from`; undefined when it does not give it. */
  async pull(from: NodeId, digest: string, size: number): Promise<SaltedBody | undefined> {
    const body = new Uint8Array(size);
    let salt = new Uint8Array(0);
    let offset = 0;
    do {
      const part = await this.#ask(from, { type: 'ask', digest, offset }, 'part', partTimeoutMs);
      if (part?.type !== 'part' || part.offset !== offset || part.size !== size) return undefined;
      if (part.bytes.length === 0 && size > 0) return undefined;
      body.set(part.bytes, offset);
      salt = part.salt.slice();
      offset += part.bytes.length;
    } while (offset < size);
    return dataDigest(salt, body) === digest ? { salt, body } : undefined;
  }

  /** One question to one peer about one digest at a time: what it said, or undefined when it was silent. */
  #ask(
    to: NodeId,
    frame: DataFrame,
    awaited: 'answer' | 'part',
    timeoutMs: number,
  ): Promise<DataFrame | undefined> {
    const key = `${awaited} ${to} ${frame.digest}`;
    if (this.#waiting.has(key)) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const cancel = this.#facts.timing.after(timeoutMs, () => done(undefined));
      const done = (said: DataFrame | undefined): void => {
        cancel();
        this.#waiting.delete(key);
        resolve(said);
      };
      this.#waiting.set(key, done);
      if (!this.#facts.send(to, encodeDataFrame(frame))) done(undefined);
    });
  }

  /** A frame of a peer. COCO_DATA_FRAME when it is none, which costs the peer its connection. */
  receive(from: NodeId, bytes: Uint8Array): void {
    const frame = decodeDataFrame(bytes);
    switch (frame.type) {
      case 'offer':
        void this.#offered(from, frame).catch((error: unknown) => this.#facts.onTrouble(error));
        break;
      case 'ask':
        void this.#asked(from, frame).catch((error: unknown) => this.#facts.onTrouble(error));
        break;
      case 'withdraw':
        void this.#takenBack(from, frame.digest).catch((error: unknown) => this.#facts.onTrouble(error));
        break;
      case 'answer':
        this.#waiting.get(`answer ${from} ${frame.digest}`)?.(frame);
        break;
      default:
        this.#waiting.get(`part ${from} ${frame.digest}`)?.(frame);
    }
  }

  async #offered(from: NodeId, offer: Extract<DataFrame, { readonly type: 'offer' }>): Promise<void> {
    const { digest } = offer;
    const outcome = await this.#take(from, offer);
    this.#facts.send(from, encodeDataFrame({ type: 'answer', digest, outcome }));
  }

  async #take(
    from: NodeId,
    { digest, size, parties }: Extract<DataFrame, { readonly type: 'offer' }>,
  ): Promise<OfferOutcome> {
    const { nodeId, network, files } = this.#facts;
    const nodes = new Set(dataNodes(network(), { parties }).map((node) => node.nodeId));
    if (!nodes.has(from) || !nodes.has(nodeId) || from === nodeId) return 'refused';
    if (files.has(digest)) return 'held';
    if (this.#arriving.has(digest) || this.#arriving.size >= arrivingMax) return 'busy';
    this.#arriving.add(digest);
    this.#remember(digest, from);
    try {
      const data = await this.pull(from, digest, size);
      if (data === undefined || this.#withdrawn.has(digest)) return 'refused';
      if (!(await files.write(digest, data))) return 'full';
      if (!this.#withdrawn.has(digest)) return 'held';
      await files.remove(digest);
      return 'refused';
    } finally {
      this.#arriving.delete(digest);
      this.#withdrawn.delete(digest);
    }
  }

  #remember(digest: string, from: NodeId): void {
    this.#offeredBy.set(digest, from);
    const [oldest] = this.#offeredBy.keys();
    if (this.#offeredBy.size > rememberedMax && oldest !== undefined) this.#offeredBy.delete(oldest);
  }

  async #asked(
    from: NodeId,
    { digest, offset }: Extract<DataFrame, { readonly type: 'ask' }>,
  ): Promise<void> {
    const data = await this.#dataFor(from, digest);
    if (data === undefined || offset > data.body.length) {
      this.#facts.send(from, encodeDataFrame({ type: 'none', digest }));
      return;
    }
    const { salt, body } = data;
    const bytes = body.subarray(offset, offset + partBytesMax);
    this.#facts.send(from, encodeDataFrame({ type: 'part', digest, offset, size: body.length, salt, bytes }));
  }

  /** What `from` may have: what is offered to it, or what is recorded to be for the actor whose node it is. */
  async #dataFor(from: NodeId, digest: string): Promise<SaltedBody | undefined> {
    const { network, row, committed, nowMs, files } = this.#facts;
    const offer = this.#offers.get(digest);
    const view = network();
    const isTrusted = view.nodes.some(({ nodeId, status }) => nodeId === from && status === 'Trusted');
    if (offer?.to.has(from) === true && isTrusted) return offer.data;
    const recorded = row(digest);
    if (recorded === undefined) return undefined;
    if (!dataNodes(view, recorded).some(({ nodeId }) => nodeId === from)) return undefined;
    if (dataEnd(recorded, { nowMs: nowMs(), committed: committed() }) !== undefined) return undefined;
    return files.read(digest);
  }

  /** What is recorded stays: by then it is not the other node's to take back. */
  async #takenBack(from: NodeId, digest: string): Promise<void> {
    const { row, files } = this.#facts;
    if (this.#offeredBy.get(digest) !== from) return;
    this.#offeredBy.delete(digest);
    if (this.#arriving.has(digest)) this.#withdrawn.add(digest);
    else if (row(digest) === undefined) await files.remove(digest);
  }
}
