/**
 * Methods of installed filters: eth_newFilter and its kin. A filter tells of committed blocks only, so that nothing
 * is ever taken back.
 */

import { readBlockHash } from '../chain.js';
import type { Hash } from '../types.js';
import type { Methods, RpcContext } from './context.js';
import { invalidParam, serverError } from './errors.js';
import type { Filter } from './filters.js';
import { formatData } from './format.js';
import { parseLogFilter } from './logFilter.js';
import { queryLogs } from './logMethods.js';
import type { BlockSelector } from './params.js';
import { searchLogs } from './searchLogs.js';
import { headNumber } from './versions.js';

/** Ids are strings that only their owner knows. */
export const filterMethods: Methods = {
  eth_newFilter: {
    paramsMax: 1,
    run: (context, [value]) => {
      const { filter, range } = parseLogFilter(value, 0, context.limits);
      const head = newest(context);
      return context.filters.install({ kind: 'logs', filter, range, nextBlock: head + 1 }, head);
    },
  },
  eth_newBlockFilter: {
    paramsMax: 0,
    run: (context) => {
      const head = newest(context);
      return context.filters.install({ kind: 'blocks', nextBlock: head + 1 }, head);
    },
  },
  eth_newPendingTransactionFilter: {
    paramsMax: 1,
    run: (context) => {
      const { filters } = context;
      return filters.install({ kind: 'pending', nextHash: filters.hashCount }, newest(context));
    },
  },
  eth_uninstallFilter: {
    paramsMax: 1,
    run: ({ filters }, [id]) => filters.uninstall(parseId(id)),
  },
  eth_getFilterChanges: {
    paramsMax: 1,
    run: (context, [id]) => changes(context, context.filters.use(parseId(id), newest(context))),
  },
  eth_getFilterLogs: {
    paramsMax: 1,
    run: (context, [id]) => {
      const filter = context.filters.use(parseId(id), newest(context));
      if (filter.kind !== 'logs') throw serverError('filter not found');
      return queryLogs(context, filter.filter, filter.range);
    },
  },
};

function newest({ services }: RpcContext): number {
  return headNumber(services.committed());
}

function parseId(value: unknown): string {
  if (typeof value !== 'string') throw invalidParam(0, 'filter id: not a string');
  return value;
}

function changes(context: RpcContext, filter: Filter): readonly unknown[] {
  switch (filter.kind) {
    case 'pending': {
      const hashes = context.filters.hashesSince(filter.nextHash);
      filter.nextHash = context.filters.hashCount;
      return hashes.map(formatData);
    }
    case 'blocks':
      return newBlocks(context, filter);
    case 'logs':
      return newLogs(context, filter);
  }
}

function newBlocks({ services, limits }: RpcContext, filter: Filter & { kind: 'blocks' }): readonly string[] {
  const reader = services.committed();
  const to = Math.min(headNumber(reader), filter.nextBlock + limits.logsBlocksMax - 1);
  const hashes: string[] = [];
  for (; filter.nextBlock <= to; filter.nextBlock++) {
    hashes.push(formatData(readBlockHash(reader, filter.nextBlock) as Hash));
  }
  return hashes;
}

/** What does not fit into the limits of one answer comes with the next. */
function newLogs({ services, limits }: RpcContext, filter: Filter & { kind: 'logs' }): readonly unknown[] {
  const { range } = filter;
  const reader = services.committed();
  const head = headNumber(reader);
  const from = Math.max(filter.nextBlock, range.kind === 'range' ? numberOr(range.from, 0) : 0);
  const to = Math.min(head, range.kind === 'range' ? numberOr(range.to, head) : -1);
  if (from > to) return [];
  const { logs, next } = searchLogs(reader, {
    filter: filter.filter,
    from,
    to,
    blocksMax: limits.logsBlocksMax,
    resultsMax: limits.logsResultsMax,
  });
  filter.nextBlock = next;
  return logs;
}

function numberOr(selector: BlockSelector, fallback: number): number {
  return selector.kind === 'number' ? selector.number : fallback;
}
