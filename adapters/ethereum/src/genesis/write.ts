/**
 * The first block and the state that it begins with, as rows.
 */

import { sha256 } from '@coco/crypto';
import { forkRules } from '@coco/evm';
import type { Transaction } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import { finishBlock, writeBlock } from '../block.js';
import { BlockState } from '../blockState.js';
import { readHeadNumber } from '../chain.js';
import { encodeChainConfig } from '../chainConfig.js';
import { CodeCache } from '../codeCache.js';
import { BLOOM_BYTES } from '../codec/bloom.js';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, ZERO_HASH } from '../codec/keccak.js';
import { forkFields } from '../forkFields.js';
import { CONFIG_KEY, TABLES } from '../tables.js';
import type { EthereumBlock } from '../types.js';
import type { Genesis } from './parse.js';

/** Writes the genesis; COCO_ETHEREUM_GENESIS_TWICE when there is a chain already. Its parent's state root is zero. */
export function writeGenesis(transaction: Transaction, genesis: Genesis): EthereumBlock {
  if (readHeadNumber(transaction) !== undefined) {
    throw new CocoError('COCO_ETHEREUM_GENESIS_TWICE', 'the chain has a genesis block already');
  }
  const { config, header } = genesis;
  const state = new BlockState(transaction, new CodeCache(0));
  state.apply(genesis.state);
  const stateDigest = state.flush(transaction);
  const rules = forkRules(config, header.number, header.timestamp);
  const block = finishBlock(
    {
      ...header,
      parentHash: ZERO_HASH,
      ommersHash: EMPTY_LIST_HASH,
      stateRoot: sha256(ZERO_HASH, stateDigest),
      transactionsRoot: EMPTY_TRIE_ROOT,
      receiptsRoot: EMPTY_TRIE_ROOT,
      logsBloom: new Uint8Array(BLOOM_BYTES),
      gasUsed: 0n,
      ...forkFields(rules, config.baseFee, 0),
    },
    [],
    [],
  );
  transaction.put(TABLES.chain, CONFIG_KEY, encodeChainConfig(config));
  writeBlock(transaction, block, []);
  return block;
}
