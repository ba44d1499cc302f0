/**
 * The EVM of the ethereumjs project as its documentation has it used for speed, as a measure for ours: bare messages
 * (`runCall`), so that it is spared what a transaction costs besides. From its README: no listeners, no profiler, no
 * DEBUG; JavaScript cryptography replaced where there is something faster (`customCrypto`); and a state manager,
 * `SimpleStateManager` "for lightweight EVM runs" or `MerkleStateManager` with its caches, under a checkpoint that is
 * never committed, so that no trie is ever touched.
 */
import { keccak256 } from '@coco/evm';
import { Common, type CustomCrypto, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM } from '@ethereumjs/evm';
import { Caches, CacheType, MerkleStateManager, SimpleStateManager } from '@ethereumjs/statemanager';
import { Account, Address, KECCAK256_NULL } from '@ethereumjs/util';
import { type LibraryBlock, libraryBlock, libraryRecover } from '../../engine/library.js';
import type { EthereumItem } from '../../types.js';
import type { EngineWorkload } from './workloads.js';

/** Which of the library's state managers. */
export type LibraryState = 'simple' | 'cached';

/** A workload in the library's own state. */
export interface LibraryWorkload {
  /** Executes all messages, and puts the state back. */
  run(): Promise<void>;
}

/** Loads the state of a workload into the library; takes its time. */
export async function loadLibraryWorkload(
  workload: EngineWorkload,
  kind: LibraryState,
): Promise<LibraryWorkload> {
  const common = new Common({ chain: Mainnet, hardfork: workload.rules.fork, customCrypto: CRYPTO });
  const stateManager = kind === 'simple' ? new SimpleStateManager({ common }) : cachedState(common);
  const evm = await createEVM({ common, stateManager });
  await stateManager.checkpoint();
  for (const { address, nonce, balance, code, storage } of workload.state.all()) {
    const account = new Address(address);
    await stateManager.putAccount(account, new Account(nonce, balance, undefined, KECCAK256_NULL));
    if (code.length > 0) await stateManager.putCode(account, code);
    for (const [slot, value] of storage) await stateManager.putStorage(account, slot, value);
  }
  const block = libraryBlock(workload.environment);
  return {
    async run() {
      await stateManager.checkpoint();
      for (const item of workload.items) await runMessage(evm, block, item);
      await stateManager.revert();
    },
  };
}

function cachedState(common: Common): MerkleStateManager {
  const cache = { type: CacheType.LRU, size: 1_000_000 };
  return new MerkleStateManager({
    common,
    caches: new Caches({ account: cache, code: cache, storage: cache }),
  });
}

const CRYPTO: CustomCrypto = { keccak256, ecrecover: libraryRecover };

/** One message, and between messages what the library's `runTx` does: forget what is warm and transient. */
async function runMessage(
  evm: EVM,
  block: LibraryBlock,
  { transaction, sender }: EthereumItem,
): Promise<void> {
  const caller = new Address(sender);
  evm.journal.addAlwaysWarmAddress(caller.toString().slice(2));
  if (transaction.to !== undefined) {
    evm.journal.addAlwaysWarmAddress(new Address(transaction.to).toString().slice(2));
  }
  await evm.runCall({
    block,
    caller,
    origin: caller,
    gasPrice: 0n,
    gasLimit: transaction.gasLimit,
    ...(transaction.to === undefined ? {} : { to: new Address(transaction.to) }),
    value: transaction.value,
    data: transaction.data,
  });
  evm.journal.cleanJournal();
  evm.transientStorage.clear();
  evm.stateManager.originalStorageCache.clear();
}
