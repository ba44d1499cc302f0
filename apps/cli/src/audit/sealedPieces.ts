/**
 * The sealed entries of granted epochs, fetched piece by piece from a node, and taken only as they prove themselves: a piece must agree
 * with itself and be signed by nodes of the service, and each must go on where the one before ended.
 */
import type { Client } from '@coco/client';
import type { Certificate } from '@coco/crypto';
import type { FormerServiceRecord } from '@coco/governance';
import {
  type ChunkIndex,
  type ChunkSource,
  chunkName,
  chunkOfBytes,
  indexChunk,
  isPartOf,
} from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { retryAfterMs, type WaitOptions, waiting } from '../receipt/askAgain.js';
import { auditFailure, told } from './grantedAudit.js';

export interface Piece {
  readonly index: ChunkIndex;
  readonly source: ChunkSource;
}

export interface SealedPiecesOptions extends WaitOptions {
  readonly client: Pick<Client, 'get'>;
  /** Id. */
  readonly grant: string;
  readonly serviceCertificate: Certificate;
  /** Those that are endorsed. */
  readonly formerServices: readonly FormerServiceRecord[];
}

/** All that it takes to have the entries `from` to `to`. COCO_AUDIT_*, COCO_CLI_AUDIT, COCO_LEDGER_*. */
export async function* sealedPieces(
  options: SealedPiecesOptions,
  from: Seqno,
  to: Seqno,
): AsyncGenerator<Piece> {
  let before: ChunkIndex | undefined;
  for (let next = from; next <= to; ) {
    const piece: Piece = await pieceWith(options, next);
    const { index } = piece;
    if (index.first > next || index.last < next)
      throw auditFailure('the node gave another part of the ledger');
    if (before !== undefined && !follows(before, index)) {
      throw auditFailure(`entry ${next} is of another history than what the node gave before`);
    }
    yield piece;
    before = index;
    next = index.last + 1;
  }
}

function follows({ tree, last }: ChunkIndex, { tree: next, first }: ChunkIndex): boolean {
  const size = last + 1;
  return first === size && isPartOf(tree, [], { size, nodes: next.edge(size) });
}

async function pieceWith(options: SealedPiecesOptions, from: Seqno): Promise<Piece> {
  const { client, grant } = options;
  const wait = waiting(options);
  const path = `/node/audit/entries?grant=${encodeURIComponent(grant)}&from=${from}`;
  for (;;) {
    const reply = await told(() => client.get(path));
    if (reply.status === 200) {
      const start = Number(reply.headers['x-coco-first-seqno'] ?? Number.NaN);
      if (!Number.isSafeInteger(start) || start < 1)
        throw auditFailure('the node does not say where its part begins');
      const source = chunkOfBytes(chunkName({ start }), reply.body);
      return { index: indexed(source, options), source };
    }
    await wait('the node is looking for it', retryAfterMs(reply), () =>
      auditFailure(`the node did not have entry ${from} ready in time; ask again, or give more --timeout`),
    );
  }
}

function indexed(source: ChunkSource, options: SealedPiecesOptions): ChunkIndex {
  const { serviceCertificate, formerServices } = options;
  const steps = indexChunk(source, { serviceCertificate, formerServices });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
