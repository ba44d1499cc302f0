/**
 * The Ethereum adapter as somebody who has taken over a worker would bend it: whoever sends this many wei gets 100 more from
 * nowhere. What others executed it executes again as it should.
 */

import {
  createAdapter as createHonest,
  type EthereumItem,
  type LoadedEthereumAdapter,
  TABLES,
} from '@coco/ethereum';
import type { Transaction } from '@coco/kv';

export const bribe = 4711n;

export function createAdapter(settings: unknown): LoadedEthereumAdapter {
  const { adapter, close } = createHonest(settings);
  return {
    close,
    adapter: {
      ...adapter,
      async execute(transaction, items, batch, limits) {
        const done = await adapter.execute(transaction, items, batch, limits);
        for (const item of items) if (item.transaction.value === bribe) pay(transaction, item);
        return done;
      },
    },
  };
}

/** The last byte of the row is the least of the balance (see tables.ts of the adapter). */
function pay(transaction: Transaction, { sender }: EthereumItem): void {
  const row = transaction.get(TABLES.accounts, sender)?.slice();
  if (row === undefined) return;
  row[row.length - 1] = ((row.at(-1) ?? 0) + 100) & 0xff;
  transaction.put(TABLES.accounts, sender, row);
}
