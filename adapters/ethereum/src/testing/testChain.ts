/**
 * A chain in memory for tests: a store, a genesis with a few rich accounts, and batches executed one after another.
 */
import type { BatchResult } from '@coco/adapter';
import { createStore, type Store, type WriteSet } from '@coco/kv';
import { toHex } from '@coco/primitives';
import { readHead } from '../chain.js';
import { CodeCache } from '../codeCache.js';
import type { UnsignedFields } from '../codec/encodeTransaction.js';
import { createEngine } from '../engine/createEngine.js';
import { executeBatch } from '../execute.js';
import { parseGenesis } from '../genesis/parse.js';
import { writeGenesis } from '../genesis/write.js';
import { defaultSettings } from '../settings.js';
import type { EthereumBlock, EthereumItem, EthereumResult, EthereumSettings, ForkName } from '../types.js';
import { numberedSigner, type Signer } from './signer.js';

export const TEST_CHAIN_ID = 1337n;

/** geth's `config` in which everything up to `fork` is active from the first block on. */
export function configUpTo(fork: ForkName): Record<string, number> {
  const config: Record<string, number> = { chainId: Number(TEST_CHAIN_ID) };
  for (const [key, name] of GENESIS_KEYS) {
    config[key] = 0;
    if (name === fork) break;
  }
  return config;
}

const GENESIS_KEYS: readonly (readonly [string, ForkName])[] = [
  ['homesteadBlock', 'homestead'],
  ['eip150Block', 'tangerineWhistle'],
  ['eip158Block', 'spuriousDragon'],
  ['byzantiumBlock', 'byzantium'],
  ['constantinopleBlock', 'constantinople'],
  ['petersburgBlock', 'petersburg'],
  ['istanbulBlock', 'istanbul'],
  ['berlinBlock', 'berlin'],
  ['londonBlock', 'london'],
  ['mergeNetsplitBlock', 'paris'],
  ['shanghaiTime', 'shanghai'],
  ['cancunTime', 'cancun'],
  ['pragueTime', 'prague'],
  ['osakaTime', 'osaka'],
];

/** What a test chain is made with. */
export interface TestChainOptions {
  readonly fork?: ForkName;
  readonly genesis?: Readonly<Record<string, unknown>>;
  readonly alloc?: Readonly<Record<string, unknown>>;
  readonly settings?: Partial<EthereumSettings>;
  readonly elapsedMs?: () => number;
}

/** What one batch gave. */
export interface Batch extends BatchResult<EthereumResult> {
  readonly writeSet: WriteSet;
}

export interface TestChain {
  readonly store: Store;
  /** Ten accounts with 1,000 ether each. */
  readonly signers: readonly Signer[];
  head(): EthereumBlock;
  /** Executes a batch; its block is the new head. */
  execute(
    items: readonly EthereumItem[],
    options?: { readonly nowMs?: number; readonly itemsMax?: number; readonly executeMs?: number },
  ): Promise<Batch>;
  /** A transaction of type 2 without fees, its nonce counted per signer. */
  transaction(signer: Signer, fields: Partial<UnsignedFields>): EthereumItem;
}

/** Makes a chain. */
export function createTestChain(options: TestChainOptions = {}): TestChain {
  const signers = Array.from({ length: 10 }, (_, index) => numberedSigner(index + 1));
  const rich = signers.map(({ address }) => [`0x${toHex(address)}`, { balance: '0x3635c9adc5dea00000' }]);
  const genesis = parseGenesis({
    config: configUpTo(options.fork ?? 'prague'),
    gasLimit: 30_000_000,
    ...options.genesis,
    alloc: { ...Object.fromEntries(rich), ...options.alloc },
  });
  const store = createStore();
  const first = store.begin();
  writeGenesis(first, genesis);
  store.commit(first, 1);
  const settings = { ...defaultSettings, ...options.settings };
  const executor = {
    engine: createEngine(settings.engine),
    config: genesis.config,
    settings,
    codes: new CodeCache(),
    elapsedMs: options.elapsedMs ?? (() => performance.now()),
  };
  const nonces = new Map<Signer, bigint>();
  return {
    store,
    signers,
    head: () => readHead(store.read(store.head)),
    async execute(items, { nowMs = 1_700_000_000_000, itemsMax = 10_000, executeMs = 60_000 } = {}) {
      const transaction = store.begin();
      const entropy = new Uint8Array(32).fill(store.head);
      const result = await executeBatch(
        executor,
        transaction,
        items,
        { nowMs, entropy },
        { itemsMax, executeMs },
      );
      const writeSet = transaction.writeSet();
      store.commit(transaction, store.head + 1);
      return { ...result, writeSet };
    },
    transaction(signer, fields) {
      const nonce = nonces.get(signer) ?? 0n;
      nonces.set(signer, nonce + 1n);
      return signer.sign({ ...BLANK, nonce, ...fields } as UnsignedFields);
    },
  };
}

const BLANK = {
  type: 2,
  chainId: TEST_CHAIN_ID,
  maxPriorityFeePerGas: 0n,
  maxFeePerGas: 0n,
  gasLimit: 1_000_000n,
  value: 0n,
  data: new Uint8Array(0),
  accessList: [],
} as const;
