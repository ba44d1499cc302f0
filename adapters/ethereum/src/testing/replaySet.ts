/**
 * The replay set: real transactions of the public network on one ledger, with what each of them must do.
 */
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { recoverSender } from '../codec/signature.js';
import type { EthereumItem } from '../types.js';
import { hexBytes } from './jsonBlock.js';
import { readSharedJson } from './sharedData.js';

/** What a transaction of the set must do. */
export interface ReplayExpectation {
  readonly hash: string;
  readonly status: 0 | 1;
  readonly gasUsed: string;
  readonly contractAddress: string | null;
  readonly logs: readonly {
    readonly address: string;
    readonly topics: readonly string[];
    readonly data: string;
  }[];
}

/** One transaction of the set. */
export interface ReplayTransaction {
  readonly raw: string;
  readonly from: string;
  readonly expect: ReplayExpectation;
}

/** The genesis of the set: Shanghai from the first block on, chain id 1. */
export function replayGenesis(): unknown {
  return {
    config: {
      chainId: 1,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      berlinBlock: 0,
      londonBlock: 0,
      terminalTotalDifficulty: 0,
      shanghaiTime: 0,
    },
    gasLimit: '0x2faf08000',
    alloc: readSharedJson('replay/genesis-alloc.json'),
  };
}

/** The transactions of the set in order. */
export function replayTransactions(): readonly ReplayTransaction[] {
  return readSharedJson<readonly ReplayTransaction[]>('replay/txs.json');
}

/** A transaction of the set as the adapter's item. */
export function replayItem(described: ReplayTransaction): EthereumItem {
  const transaction = decodeTransaction(hexBytes(described.raw));
  return { transaction, sender: recoverSender(transaction) };
}
