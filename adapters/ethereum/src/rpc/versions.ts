/**
 * The words of a client for blocks (tags, numbers, hashes) as versions of the store.
 */
import type { AdapterServices } from '@coco/adapter';
import type { Reader } from '@coco/kv';
import type { Seqno } from '@coco/primitives';
import { readBlock, readBlockNumber, readHeadNumber } from '../chain.js';
import { decodeNumber, TABLES } from '../tables.js';
import type { EthereumBlock } from '../types.js';
import { serverError } from './errors.js';
import type { BlockSelector } from './params.js';

/** Where blocks are read. */
export type Versions = Pick<AdapterServices<never, unknown>, 'committed' | 'head' | 'at'>;

/** A block and the version in which it was found. */
export interface FoundBlock {
  readonly reader: Reader;
  readonly block: EthereumBlock;
}

/** Number of the newest block in this version; -1 before the genesis. */
export function headNumber(reader: Reader): number {
  return readHeadNumber(reader) ?? -1;
}

/** The number that `selector` names in this version; there need not be such a block. */
export function blockNumberOf(reader: Reader, selector: BlockSelector): number {
  switch (selector.kind) {
    case 'number':
      return selector.number;
    case 'hash':
      return readBlockNumber(reader, selector.hash) ?? Number.MAX_SAFE_INTEGER;
    case 'tag':
      return selector.tag === 'earliest' ? oldestNumber(reader) : headNumber(reader);
  }
}

/** A chain may begin with any number. */
function oldestNumber(reader: Reader): number {
  for (const { key } of reader.range(TABLES.blocks, { rowsMax: 1 })) return decodeNumber(key);
  return -1;
}

/** The block that `selector` names, or undefined. Only "pending" sees what is not committed. */
export function findBlock(versions: Versions, selector: BlockSelector): FoundBlock | undefined {
  const reader = readerFor(versions, selector);
  const number = blockNumberOf(reader, selector);
  const block = number < 0 ? undefined : readBlock(reader, number);
  return block === undefined ? undefined : { reader, block };
}

/** The version whose newest block is the one that `selector` names: its state. Throws RpcError when it is gone. */
export function findVersion(versions: Versions, selector: BlockSelector): Reader {
  const newest = readerFor(versions, selector);
  const number = blockNumberOf(newest, selector);
  const head = headNumber(newest);
  if (number === head) return newest;
  if (number > head || number < oldestNumber(newest)) {
    throw serverError(selector.kind === 'hash' ? 'header for hash not found' : 'header not found');
  }
  const version = versions.at(lastSeqnoOf(versions, newest.seqno, number));
  if (version === undefined || headNumber(version) !== number) throw prunedError(number);
  return version;
}

/** What geth says when it has thrown a state away, in our words. */
export function prunedError(number: number): Error {
  return serverError(
    `missing trie node: the state of block ${number} is no longer kept, only that of recent blocks`,
  );
}

/** The last seqno at which `number` was still the newest block. Versions that are gone count as older. */
function lastSeqnoOf(versions: Versions, newest: Seqno, number: number): Seqno {
  let low = 0;
  let high = newest;
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    const version = versions.at(middle);
    if (version === undefined || headNumber(version) <= number) low = middle;
    else high = middle;
  }
  return low;
}

function readerFor(versions: Versions, selector: BlockSelector): Reader {
  return selector.kind === 'tag' && selector.tag === 'pending' ? versions.head() : versions.committed();
}
