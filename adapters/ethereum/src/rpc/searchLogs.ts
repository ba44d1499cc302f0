/**
 * Finds logs in a range of blocks. With addresses it goes by the index of logs by contract; without, by the bloom
 * filters in the headers. Either way the number of blocks that are looked at is limited, and where it stopped is
 * known, so that a query can refuse and a filter can go on later.
 */
import type { Reader } from '@coco/kv';
import { readBlock } from '../chain.js';
import { decodeNumber, logKey, TABLES } from '../tables.js';
import type { EthereumBlock } from '../types.js';
import { formatLog } from './formatReceipt.js';
import { type LogFilter, logMatcher, mayMatch } from './logFilter.js';
import { loadReceipts } from './transactions.js';

/** What to look for, and how far to go. */
export interface LogSearch {
  readonly filter: LogFilter;
  /** First block, inclusive. */
  readonly from: number;
  /** Last block, inclusive; must exist. */
  readonly to: number;
  /** The most blocks to look at. */
  readonly blocksMax: number;
  /** Stop after the block in which so many logs are exceeded. */
  readonly resultsMax: number;
}

/** What was found, in order, as JSON; and the first block that was not looked at (`to` + 1 when all were). */
export interface FoundLogs {
  readonly logs: readonly unknown[];
  readonly next: number;
}

/** Searches the version that `reader` reads. */
export function searchLogs(reader: Reader, search: LogSearch): FoundLogs {
  const { filter, resultsMax } = search;
  const matches = logMatcher(filter);
  const logs: unknown[] = [];
  const { blocks, next } = filter.addresses.length > 0 ? indexed(reader, search) : scanned(search);
  for (const number of blocks) {
    const block = readBlock(reader, number);
    if (block === undefined || !mayMatch(block.header.logsBloom, filter)) continue;
    collect(reader, block, matches, logs);
    if (logs.length > resultsMax) return { logs, next: number + 1 };
  }
  return { logs, next };
}

/** Which blocks to look at, ascending, and the first beyond them. */
interface Candidates {
  readonly blocks: Iterable<number>;
  readonly next: number;
}

function scanned({ from, to, blocksMax }: LogSearch): Candidates {
  const next = Math.max(Math.min(to + 1, from + blocksMax), from);
  function* numbers(): Iterable<number> {
    for (let number = from; number < next; number++) yield number;
  }
  return { blocks: numbers(), next };
}

function indexed(reader: Reader, { filter, from, to, blocksMax }: LogSearch): Candidates {
  const numbers = new Set<number>();
  for (const address of filter.addresses) {
    const range = { from: logKey(address, from), to: logKey(address, to + 1), rowsMax: blocksMax + 1 };
    for (const { key } of reader.range(TABLES.logs, range)) numbers.add(decodeNumber(key.subarray(20)));
  }
  const sorted = [...numbers].sort((a, b) => a - b);
  if (sorted.length <= blocksMax) return { blocks: sorted, next: to + 1 };
  return { blocks: sorted.slice(0, blocksMax), next: sorted[blocksMax] as number };
}

function collect(
  reader: Reader,
  block: EthereumBlock,
  matches: ReturnType<typeof logMatcher>,
  logs: unknown[],
): void {
  for (const { index, receipt } of loadReceipts(reader, block.header.number)) {
    receipt.logs.forEach((log, position) => {
      if (matches(log)) logs.push(formatLog(log, block, index, receipt.firstLogIndex + position));
    });
  }
}
