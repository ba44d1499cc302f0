/**
 * Methods that read blocks. What does not exist (yet) is null, not an error.
 */
import type { EthereumBlock } from '../types.js';
import type { Method, Methods, RpcContext } from './context.js';
import { formatData, formatQuantity } from './format.js';
import { formatBlock } from './formatBlock.js';
import { formatReceipt } from './formatReceipt.js';
import { formatTransaction } from './formatTransaction.js';
import { type BlockSelector, parseBlock, parseBlockNumber, parseFlag, parseHash } from './params.js';
import { loadReceipt, loadTransactions } from './transactions.js';
import { findBlock } from './versions.js';

function byNumber(value: unknown): BlockSelector {
  return parseBlockNumber(value, 0);
}

function byHash(value: unknown): BlockSelector {
  return { kind: 'hash', hash: parseHash(value, 0, 'block hash') };
}

function getBlock(select: (value: unknown) => BlockSelector): Method {
  return {
    paramsMax: 2,
    run: ({ services }, [block, full]) => {
      const selector = select(block);
      const isFull = parseFlag(full, 1, 'full transactions');
      const found = findBlock(services, selector);
      if (found === undefined) return null;
      const transactions = isFull
        ? loadTransactions(found.reader, found.block).map(({ transaction, sender, location }) =>
            formatTransaction(transaction, sender, location),
          )
        : found.block.transactionHashes.map(formatData);
      return formatBlock(found.block, transactions);
    },
  };
}

function ofBlock(select: (value: unknown) => BlockSelector, read: (block: EthereumBlock) => unknown): Method {
  return {
    paramsMax: 1,
    run: ({ services }, [block]) => {
      const found = findBlock(services, select(block));
      return found === undefined ? null : read(found.block);
    },
  };
}

const countTransactions = (block: EthereumBlock): string => formatQuantity(block.transactionHashes.length);
const noUncles = (): string => '0x0';

/** There are no uncles: the answer to how many is 0, and to which one is null. */
export const blockMethods: Methods = {
  eth_getBlockByNumber: getBlock(byNumber),
  eth_getBlockByHash: getBlock(byHash),
  eth_getBlockTransactionCountByNumber: ofBlock(byNumber, countTransactions),
  eth_getBlockTransactionCountByHash: ofBlock(byHash, countTransactions),
  eth_getUncleCountByBlockNumber: ofBlock(byNumber, noUncles),
  eth_getUncleCountByBlockHash: ofBlock(byHash, noUncles),
  eth_getUncleByBlockNumberAndIndex: { paramsMax: 2, run: () => null },
  eth_getUncleByBlockHashAndIndex: { paramsMax: 2, run: () => null },
  eth_getBlockReceipts: { paramsMax: 1, run: (context, [block]) => getBlockReceipts(context, block) },
};

function getBlockReceipts({ services }: RpcContext, selector: unknown): unknown {
  const found = findBlock(services, parseBlock(selector, 0));
  if (found === undefined) return null;
  const { reader, block } = found;
  return loadTransactions(reader, block).map((transaction) =>
    formatReceipt(loadReceipt(reader, transaction)),
  );
}
