/**
 * Methods that read transactions and their receipts. A receipt is there once its block is committed; a transaction
 * already while it is in the pool.
 */

import { readPlace } from '../chain.js';
import type { Hash } from '../types.js';
import type { Methods, RpcContext } from './context.js';
import { formatData } from './format.js';
import { formatReceipt } from './formatReceipt.js';
import { formatTransaction } from './formatTransaction.js';
import { parseBlockNumber, parseHash, parseIndex } from './params.js';
import { inBlock, loadReceipt, loadTransaction } from './transactions.js';
import { type FoundBlock, findBlock } from './versions.js';

/** What is not known is null. */
export const transactionMethods: Methods = {
  eth_getTransactionByHash: {
    paramsMax: 1,
    run: (context, [hash]) => getTransaction(context, parseHash(hash, 0)),
  },
  eth_getRawTransactionByHash: {
    paramsMax: 1,
    run: ({ services, pool }, [hash]) => {
      const wanted = parseHash(hash, 0);
      const place = readPlace(services.committed(), wanted);
      const found = place === undefined ? pool.get(wanted) : loadTransaction(services.committed(), place);
      return found === undefined ? null : formatData(found.transaction.raw);
    },
  },
  eth_getTransactionByBlockNumberAndIndex: {
    paramsMax: 2,
    run: ({ services }, [block, index]) => {
      const found = findBlock(services, parseBlockNumber(block, 0));
      return getByIndex(found, parseIndex(index, 1, 'transaction index'));
    },
  },
  eth_getTransactionByBlockHashAndIndex: {
    paramsMax: 2,
    run: ({ services }, [block, index]) => {
      const found = findBlock(services, { kind: 'hash', hash: parseHash(block, 0, 'block hash') });
      return getByIndex(found, parseIndex(index, 1, 'transaction index'));
    },
  },
  eth_getTransactionReceipt: {
    paramsMax: 1,
    run: ({ services }, [hash]) => {
      const reader = services.committed();
      const place = readPlace(reader, parseHash(hash, 0));
      return place === undefined ? null : formatReceipt(loadReceipt(reader, loadTransaction(reader, place)));
    },
  },
};

function getTransaction({ services, pool }: RpcContext, hash: Hash): unknown {
  const reader = services.committed();
  const place = readPlace(reader, hash);
  if (place !== undefined) {
    const { transaction, sender, location } = loadTransaction(reader, place);
    return formatTransaction(transaction, sender, location);
  }
  const pending = pool.get(hash);
  return pending === undefined ? null : formatTransaction(pending.transaction, pending.sender, undefined);
}

function getByIndex(found: FoundBlock | undefined, index: number): unknown {
  if (found === undefined || index >= found.block.transactionHashes.length) return null;
  const { transaction, sender, location } = inBlock(found.reader, found.block, index);
  return formatTransaction(transaction, sender, location);
}
