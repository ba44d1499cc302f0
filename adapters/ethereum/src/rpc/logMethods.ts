/**
 * eth_getLogs, and the query behind eth_getFilterLogs.
 */
import type { Methods, RpcContext } from './context.js';
import { invalidParam, limitError, serverError } from './errors.js';
import { type LogFilter, type LogRange, parseLogFilter } from './logFilter.js';
import { searchLogs } from './searchLogs.js';
import { blockNumberOf, findBlock, headNumber } from './versions.js';

/** Logs of committed blocks (of the newest ones too, where "pending" is asked for). */
export const logMethods: Methods = {
  eth_getLogs: {
    paramsMax: 1,
    run: (context, [value]) => {
      const { filter, range } = parseLogFilter(value, 0, context.limits);
      return queryLogs(context, filter, range);
    },
  },
};

/** All logs in `range` that match, or an error that says which limit they exceed. */
export function queryLogs(context: RpcContext, filter: LogFilter, range: LogRange): readonly unknown[] {
  const { limits } = context;
  const { logsBlocksMax: blocksMax, logsResultsMax: resultsMax } = limits;
  const { reader, from, to } = range.kind === 'block' ? oneBlock(context, range) : blocksOf(context, range);
  if (from > to) return [];
  const isScan = filter.addresses.length === 0;
  if (isScan && to - from >= blocksMax) {
    throw limitError(`query exceeds max block range ${blocksMax}; give an address, or ask in parts`);
  }
  const { logs, next } = searchLogs(reader, { filter, from, to, blocksMax, resultsMax });
  if (logs.length > resultsMax) {
    throw limitError(`query returned more than ${resultsMax} results; ask in parts`);
  }
  if (next <= to) {
    throw limitError(
      `query has to look at more than ${blocksMax} blocks; ask for those before ${next} first`,
    );
  }
  return logs;
}

function oneBlock({ services }: RpcContext, range: LogRange & { kind: 'block' }) {
  const found = findBlock(services, { kind: 'hash', hash: range.hash });
  if (found === undefined) throw serverError('unknown block');
  const { number } = found.block.header;
  return { reader: found.reader, from: number, to: number };
}

/** What lies beyond the newest block is left out. */
function blocksOf({ services }: RpcContext, range: LogRange & { kind: 'range' }) {
  const isPending = [range.from, range.to].some((end) => end.kind === 'tag' && end.tag === 'pending');
  const reader = isPending ? services.head() : services.committed();
  const from = blockNumberOf(reader, range.from);
  const to = blockNumberOf(reader, range.to);
  if (from > to) throw invalidParam(0, 'invalid block range params: fromBlock is after toBlock');
  return { reader, from, to: Math.min(to, headNumber(reader)) };
}
