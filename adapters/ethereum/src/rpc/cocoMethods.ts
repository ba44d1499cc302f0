/**
 * What Coco adds to Ethereum's methods: the way from a transaction's hash to the ledger, where receipts prove it.
 */
import { formatTxId } from '@coco/primitives';
import { readPlace } from '../chain.js';
import type { Methods } from './context.js';
import { parseHash } from './params.js';

/** Own methods; the prefix keeps them apart from everybody else's. */
export const cocoMethods: Methods = {
  /**
   * `{ transactionId: "2.17", status }` for a transaction's hash, null when it is unknown here. `transactionId` is
   * null while it has no place yet, and when this node does not remember it (it did not execute it, or long ago).
   */
  coco_getTransactionId: {
    paramsMax: 1,
    run: ({ services, pool, recentBlocks }, [value]) => {
      const hash = parseHash(value, 0);
      const committed = readPlace(services.committed(), hash);
      const place = committed ?? readPlace(services.head(), hash);
      if (place === undefined) {
        return pool.get(hash) === undefined ? null : { transactionId: null, status: 'Pending' };
      }
      const txId = recentBlocks.get(place.blockNumber);
      return {
        transactionId: txId === undefined ? null : formatTxId(txId),
        status: committed === undefined ? 'Pending' : 'Committed',
      };
    },
  },
};
