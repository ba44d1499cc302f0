/**
 * The past of the ledger beyond what is in memory: the chunk file that holds an entry is found on this node's disk or, where
 * it began after a snapshot, fetched from another node, and used only once it is known to be part of this ledger.
 *
 * Nothing is trusted for where it comes from, this node's disk included. A file must agree with itself, be signed by the
 * service (chunk-index.ts of the ledger room), and fold to the edge of the Merkle tree that this node holds, which began with
 * the snapshot that it verified (tree-path.ts there). A node that sends something else is named in the log, and the next
 * is asked. One file is looked for at a time; whoever asks for others waits.
 */
import type { Certificate } from '@coco/crypto';
import {
  type ChunkIndex,
  type ChunkSource,
  type FormerService,
  indexChunk,
  isPartOf,
  nodesAfter,
  type TreeEdge,
  type TreeNodes,
} from '@coco/ledger';
import { CocoError, type NodeId, type Seqno } from '@coco/primitives';
import { type Address, formatAddress } from '../address.js';
import { openChunkFile } from '../chunkFile.js';
import { downloadFile } from '../downloadFile.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { Pin } from '../pinnedRequest.js';
import { askForChunk, type ChunkOffer, refusedChunk } from './chunkOffer.js';
import type { ChunkPlace, ChunkPlaces } from './chunkPlaces.js';
import { IndexCache } from './indexCache.js';

export interface ChunkPeer {
  readonly nodeId: NodeId;
  /** Of its administrative endpoint. */
  readonly address: Address;
}

export interface LedgerHistoryOptions {
  readonly places: ChunkPlaces;
  readonly serviceCertificate: Certificate;
  /** Services that signed earlier entries. Default none. */
  readonly formerServices?: () => readonly FormerService[];
  /** This node's tree as it is now. */
  readonly tree: () => TreeNodes;
  readonly commit: () => Seqno;
  /** Whom to ask, best first. */
  readonly peers: () => readonly ChunkPeer[];
  /** Larger files are not fetched. 0: none are. */
  readonly fetchedBytesMax: number;
  readonly pin: (signal: AbortSignal) => Pin;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'add'>;
}

/** A chunk file that is part of this ledger. */
export interface PastChunk {
  readonly index: ChunkIndex;
  readonly source: ChunkSource;
}

interface Search {
  readonly done: Promise<PastChunk>;
  failedMs?: number;
}

/** Entries that are looked for at the same time, or were not found just now. */
const searchesMax = 64;
/** After so long it is tried again. */
const failurePauseMs = 3000;
const offersMax = 4;

export class LedgerHistory {
  readonly #options: LedgerHistoryOptions;
  readonly #indexes: IndexCache;
  readonly #searches = new Map<Seqno, Search>();
  /** Those that were found to be part of the ledger. */
  readonly #proven = new WeakSet<ChunkIndex>();
  /** Nodes that sent what is no good: asked last. */
  readonly #suspects = new Set<NodeId>();
  readonly #end = new AbortController();
  #tail: Promise<unknown> = Promise.resolve();
  #offers = 0;

  constructor(options: LedgerHistoryOptions) {
    this.#options = options;
    const { serviceCertificate, formerServices = () => [], commit } = options;
    this.#indexes = new IndexCache((source) =>
      indexChunk(source, { serviceCertificate, formerServices: formerServices(), upTo: commit() }),
    );
  }

  /**
   * The chunk with the entry `seqno`, which is committed. Can take long. COCO_HOST_HISTORY_MISSING when no node that could be
   * asked has it, COCO_HOST_HISTORY_BUSY when too much is looked for.
   */
  find(seqno: Seqno): Promise<PastChunk> {
    const known = this.#known(seqno);
    if (known !== undefined) return Promise.resolve(known);
    const longAgo = performance.now() - failurePauseMs;
    for (const [old, { failedMs }] of this.#searches) {
      if (failedMs !== undefined && failedMs < longAgo) this.#searches.delete(old);
    }
    const before = this.#searches.get(seqno);
    if (before !== undefined) return before.done;
    if (this.#searches.size >= searchesMax) return Promise.reject(busy());
    const done = this.#tail.then(() => this.#search(seqno));
    const search: Search = { done };
    this.#searches.set(seqno, search);
    this.#tail = done.then(
      () => this.#searches.delete(seqno),
      () => {
        search.failedMs = performance.now();
      },
    );
    return done;
  }

  /**
   * What this node has of the part with the entry `seqno`, for a node that knows the edge of the tree over the first `size`
   * leaves; undefined when nothing, or not what leads there. COCO_HOST_HISTORY_BUSY.
   */
  async offer(seqno: Seqno, size: number): Promise<Omit<ChunkOffer, 'name'> | undefined> {
    if (this.#offers >= offersMax) throw busy();
    this.#offers++;
    try {
      for (const place of this.#options.places.of(seqno)) {
        if (!place.name.committed) continue;
        const { index, source } = await this.#open(place, seqno);
        const last = index.last + 1;
        const after = await this.#nodesAfter(index.last, Math.max(size, last));
        if (after !== undefined) return { file: place.file, size: source.size, nodes: after };
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      this.#options.log.warn('a chunk file is not given to another node', factsOf(error));
      return undefined;
    } finally {
      this.#offers--;
    }
  }

  /** The file of `chunk` is another than it was: it is looked for anew. */
  forget({ index }: PastChunk): void {
    this.#proven.delete(index);
    this.#indexes.forget(index);
  }

  close(): void {
    this.#end.abort();
  }

  #known(seqno: Seqno): PastChunk | undefined {
    for (const place of this.#options.places.of(seqno)) {
      const index = this.#indexes.known(place.path, seqno);
      if (index !== undefined && this.#proven.has(index)) return { index, source: openChunkFile(place.path) };
    }
    return undefined;
  }

  async #search(seqno: Seqno): Promise<PastChunk> {
    const found = this.#known(seqno) ?? (await this.#onDisk(seqno)) ?? (await this.#fromPeers(seqno));
    if (found !== undefined) return found;
    const sentence = `neither this node nor another that could be asked has the part of the ledger with entry ${seqno}`;
    throw new CocoError('COCO_HOST_HISTORY_MISSING', sentence, { seqno });
  }

  async #onDisk(seqno: Seqno): Promise<PastChunk | undefined> {
    const { places, log } = this.#options;
    for (const place of places.of(seqno)) {
      try {
        const chunk = await this.#open(place, seqno);
        const edge = this.#edge(chunk.index.last);
        const after = await this.#nodesAfter(chunk.index.last, edge.size);
        if (after === undefined || seqno > chunk.index.last) continue;
        if (isPartOf(chunk.index.tree, after, edge)) return this.#keep(place, chunk);
        throw refusedChunk(place.file, 'it is not part of this ledger');
      } catch (error) {
        if (!(error instanceof CocoError)) throw error;
        log.error('a chunk file on this disk is not used', { path: place.path, ...factsOf(error) });
        if (place.fetched) places.remove(place.path);
      }
    }
    return undefined;
  }

  async #fromPeers(seqno: Seqno): Promise<PastChunk | undefined> {
    const { peers, log, metrics } = this.#options;
    const isSuspect = ({ nodeId }: ChunkPeer): number => Number(this.#suspects.has(nodeId));
    for (const peer of peers().toSorted((a, b) => isSuspect(a) - isSuspect(b))) {
      this.#end.signal.throwIfAborted();
      try {
        const found = await this.#fromPeer(peer, seqno);
        if (found === undefined) continue;
        this.#suspects.delete(peer.nodeId);
        return found;
      } catch (error) {
        if (!(error instanceof CocoError)) throw error;
        const from = { node: peer.nodeId, address: formatAddress(peer.address) };
        log.warn('no older part of the ledger could be had from a node', { ...from, ...factsOf(error) });
        if (!isItsFault(error)) continue;
        metrics.add('history_chunks_refused');
        this.#suspects.add(peer.nodeId);
      }
    }
    return undefined;
  }

  async #fromPeer({ address, nodeId }: ChunkPeer, seqno: Seqno): Promise<PastChunk | undefined> {
    const { places, fetchedBytesMax, log, metrics } = this.#options;
    const pin = this.#options.pin(this.#end.signal);
    const asked = this.#edge(0);
    const offer = await askForChunk(address, { seqno, size: asked.size }, pin);
    if (offer === undefined) return undefined;
    const { file, name, size } = offer;
    if (name.end > this.#options.commit()) throw refusedChunk(file, 'not all of it is committed');
    const edge = name.end < asked.size ? asked : this.#edge(name.end);
    // What it told leads elsewhere when this node has forgotten more in the meantime.
    if (edge !== asked && edge.size > name.end + 1) return undefined;
    const here = places.find(file);
    if (here?.fetched === true) {
      const chunk = await this.#open(here, seqno);
      if (isPartOf(chunk.index.tree, offer.nodes, edge)) return this.#keep(here, chunk);
    }
    if (size > fetchedBytesMax)
      throw refusedChunk(file, `it has ${size} bytes, ${fetchedBytesMax} are allowed`);
    const part = places.part(file);
    const misfit = (): CocoError => refusedChunk(file, 'it does not come as it was announced');
    const path = `/node/ledger-chunk/${file}`;
    if (!(await downloadFile({ from: address, path, size, part, pin, misfit }))) throw misfit();
    try {
      const index = await this.#indexes.read({ ...openChunkFile(part), name: file });
      const isWhole = index.first === name.start && index.last === name.end;
      if (!isWhole || !isPartOf(index.tree, offer.nodes, edge)) {
        throw refusedChunk(file, 'it is not part of this ledger');
      }
      const place = await places.keep(file);
      metrics.add('history_chunks_fetched');
      log.info('fetched an older part of the ledger', { file, bytes: size, node: nodeId });
      return this.#keep(place, { index, source: openChunkFile(place.path) });
    } catch (error) {
      places.remove(part);
      throw error;
    }
  }

  #keep({ path }: ChunkPlace, chunk: PastChunk): PastChunk {
    this.#indexes.keep(path, chunk.index);
    this.#proven.add(chunk.index);
    return chunk;
  }

  async #open({ path, file, name }: ChunkPlace, seqno: Seqno): Promise<PastChunk> {
    const source = openChunkFile(path);
    return { source, index: await this.#indexes.get(path, { ...source, name: file }, name.end ?? seqno) };
  }

  /** The edge of our tree: of what it has forgotten, or up to the leaf `last` where it still has that. */
  #edge(last: Seqno): TreeEdge {
    const tree = this.#options.tree();
    const size = Math.max(tree.flushed, last + 1);
    return { size, nodes: tree.edge(size) };
  }

  /** The nodes that lead from `leaf` to the edge of the first `size` leaves, as far as this node has them all. */
  async #nodesAfter(leaf: Seqno, size: number): Promise<readonly Uint8Array[] | undefined> {
    const tree = this.#options.tree();
    if (size > Math.min(tree.size, this.#options.commit() + 1)) return undefined;
    const nodes: Uint8Array[] = [];
    for (const { height, position } of nodesAfter(leaf, size)) {
      const node = tree.node(height, position) ?? (await this.#nodeOnDisk(height, position));
      if (node === undefined) return undefined;
      nodes.push(node);
    }
    return nodes;
  }

  /** From the file in which the last leaf beneath the node is. */
  async #nodeOnDisk(height: number, position: number): Promise<Uint8Array | undefined> {
    const leaf = (position + 1) * 2 ** height - 1;
    for (const place of this.#options.places.of(leaf)) {
      const { index } = await this.#open(place, leaf);
      const node = index.tree.node(height, position);
      if (node !== undefined) return node;
    }
    return undefined;
  }
}

/** Not when it is out of reach, or this node's own disk refuses. */
function isItsFault({ code }: CocoError): boolean {
  return code !== 'COCO_JOIN_UNREACHABLE' && code !== 'COCO_HOST_DISK';
}

function factsOf({ code, message }: CocoError): { readonly code: string; readonly reason: string } {
  return { code, reason: message };
}

function busy(): CocoError {
  const sentence = 'this node looks for too many older parts of the ledger at once; ask again';
  return new CocoError('COCO_HOST_HISTORY_BUSY', sentence);
}
