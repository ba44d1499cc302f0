/**
 * What nodes say to one another about older parts of the ledger, over mutual TLS at the administrative endpoint:
 *
 *     GET /node/ledger-chunk?seqno=N&size=S     {name, size, nodes: [hex, …]}    404 when it is not there
 *     GET /node/ledger-chunk/<name>             the file, or the range that is asked for
 *
 * `size` in the answer is that of the file in bytes. `nodes` are those of the Merkle tree that lead from the last entry of the
 * file to the edge of the tree over the first S leaves, or over all leaves up to that entry, if those are more (see tree-path.ts
 * of the ledger room): with them the asker holds the file against its own tree, and needs to trust nobody.
 */
import { type ChunkName, parseChunkName } from '@coco/ledger';
import { CocoError, fromHex, fromUtf8, type Seqno, toHex } from '@coco/primitives';
import type { Address } from '../address.js';
import { type Pin, pinnedRequest } from '../pinnedRequest.js';

export interface ChunkOffer {
  /** Of a committed chunk file. */
  readonly file: string;
  readonly name: ChunkName & { readonly end: Seqno };
  /** Bytes. */
  readonly size: number;
  readonly nodes: readonly Uint8Array[];
}

export function chunkOfferJson({ file, size, nodes }: Omit<ChunkOffer, 'name'>): unknown {
  return { name: file, size, nodes: nodes.map(toHex) };
}

/** More entries than this in one file are not taken from others: some 120 MB of memory. */
const entriesMax = 2 ** 20;
/** No entry is shorter. */
const entryBytesMin = 61;
/** A tree of 2^53 leaves has no longer way. */
const nodesMax = 53;

/** What the node at `to` has of the part of the ledger with the entry `seqno`; undefined when nothing. COCO_JOIN_*, COCO_HOST_CHUNK_REFUSED. */
export async function askForChunk(
  to: Address,
  wanted: { readonly seqno: Seqno; readonly size: number },
  pin: Pin,
): Promise<ChunkOffer | undefined> {
  const path = `/node/ledger-chunk?seqno=${wanted.seqno}&size=${wanted.size}`;
  const { status, body } = await pinnedRequest(to, { method: 'GET', path }, pin);
  if (status === 404) return undefined;
  if (status !== 200) throw refusedChunk('the node', `it answers ${status}`);
  return readOffer(body, wanted.seqno);
}

function readOffer(body: Uint8Array, seqno: Seqno): ChunkOffer {
  const { name: file, size, nodes } = fieldsOf(body);
  const name = typeof file === 'string' ? parseChunkName(file) : undefined;
  const { start = 0, end = 0 } = name ?? {};
  const isName = name?.committed === true && !name.recovery && !name.ignored;
  const entries = end - start + 1;
  if (!isName || start > seqno || seqno > end || entries > entriesMax)
    throw refusedChunk('the node', 'it offers another part');
  const isSize = Number.isSafeInteger(size) && (size as number) >= entries * entryBytesMin;
  if (!isSize || !Array.isArray(nodes) || nodes.length > nodesMax)
    throw refusedChunk('the node', 'its offer is not understood');
  return {
    file: file as string,
    name: { ...name, end },
    size: size as number,
    nodes: nodes.map((node: unknown) => {
      const hash = typeof node === 'string' ? fromHex(node) : undefined;
      if (hash?.length !== 32) throw refusedChunk('the node', 'its offer is not understood');
      return hash;
    }),
  };
}

function fieldsOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(fromUtf8(body) ?? '') ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** COCO_HOST_CHUNK_REFUSED: what another node offers or sends is not used. */
export function refusedChunk(what: string, reason: string): CocoError {
  return new CocoError(
    'COCO_HOST_CHUNK_REFUSED',
    `${what} is no good for an older part of the ledger: ${reason}`,
    {
      reason,
    },
  );
}
