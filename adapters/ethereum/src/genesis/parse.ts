/**
 * geth's genesis format, strictly: `config` (fork schedule), `alloc` (balance, nonce, code, storage) and the fields
 * of the first block. A key or value that we would have to guess about is refused by its path.
 */
import { forkRules, isActive } from '@coco/evm';
import type { BlockHeader, ChainConfig, StateChanges } from '../types.js';
import { GenesisField } from './field.js';
import { parseAlloc } from './parseAlloc.js';
import { parseForks } from './parseForks.js';

/** A genesis that was understood. */
export interface Genesis {
  readonly config: ChainConfig;
  /** The fields of the first block that the file decides. */
  readonly header: Pick<
    BlockHeader,
    'number' | 'timestamp' | 'gasLimit' | 'difficulty' | 'extraData' | 'mixHash' | 'nonce' | 'coinbase'
  >;
  readonly state: StateChanges;
}

/** What a genesis may hold at most. */
export interface GenesisLimits {
  readonly accountsMax: number;
  /** Slots of all accounts together. */
  readonly slotsMax: number;
  /** Bytes of the code of one account. */
  readonly codeBytesMax: number;
}

export const defaultGenesisLimits: GenesisLimits = {
  accountsMax: 1_000_000,
  slotsMax: 10_000_000,
  codeBytesMax: 65_536,
};

const KEYS = [
  'config',
  'alloc',
  'nonce',
  'timestamp',
  'extraData',
  'gasLimit',
  'difficulty',
  'mixHash',
  'mixhash',
  'coinbase',
  'number',
  'gasUsed',
  'parentHash',
  'baseFeePerGas',
  'excessBlobGas',
  'blobGasUsed',
];

const EXTRA_DATA_BYTES_MAX = 1024;
const GAS_LIMIT_DEFAULT = 30_000_000n;
const DIFFICULTY_DEFAULT = 131_072n;

/** Understands a genesis, already parsed from JSON; COCO_ETHEREUM_GENESIS names the path that is wrong. */
export function parseGenesis(json: unknown, limits: GenesisLimits = defaultGenesisLimits): Genesis {
  const root = new GenesisField(json, 'genesis');
  root.onlyKeys(KEYS);
  const { chainId, activations } = parseForks(root.required('config'));
  const config: ChainConfig = {
    chainId,
    activations,
    coinbase: root.optional('coinbase')?.bytes(20) ?? new Uint8Array(20),
    baseFee: root.optional('baseFeePerGas')?.quantity(128) ?? 0n,
  };
  const number = root.optional('number')?.safeInteger() ?? 0;
  const timestamp = root.optional('timestamp')?.safeInteger() ?? 0;
  const merged = isActive(forkRules(config, number, timestamp), 'paris');
  const nonce = new Uint8Array(8);
  new DataView(nonce.buffer).setBigUint64(0, root.optional('nonce')?.quantity(64) ?? 0n);
  const mixHash = root.optional('mixHash') ?? root.optional('mixhash');
  return {
    config,
    header: {
      number,
      timestamp,
      gasLimit: root.optional('gasLimit')?.quantity(63) ?? GAS_LIMIT_DEFAULT,
      difficulty: root.optional('difficulty')?.quantity(256) ?? (merged ? 0n : DIFFICULTY_DEFAULT),
      extraData: root.optional('extraData')?.bytes(0, EXTRA_DATA_BYTES_MAX) ?? new Uint8Array(0),
      mixHash: mixHash?.bytes(32) ?? new Uint8Array(32),
      nonce,
      coinbase: config.coinbase,
    },
    state: parseAlloc(root.required('alloc'), limits),
  };
}
