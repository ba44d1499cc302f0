/**
 * What every method works with, and what a method is.
 */
import type { AdapterServices } from '@coco/adapter';
import { readChainConfig } from '../chain.js';
import type { CodeCache } from '../codeCache.js';
import type { ChainConfig, EthereumItem, EthereumResult, EthereumSettings } from '../types.js';
import type { CallQueue } from './callQueue.js';
import type { Filters } from './filters.js';
import type { Pool } from './pool.js';
import type { RecentBlocks } from './recentBlocks.js';
import type { RpcSettings } from './settings.js';

/** The parts behind the door, made once by `createRpc`. */
export interface RpcContext {
  readonly services: AdapterServices<EthereumItem, EthereumResult>;
  readonly settings: EthereumSettings;
  readonly limits: RpcSettings;
  readonly clientVersion: string;
  readonly codes: CodeCache;
  readonly calls: CallQueue;
  readonly pool: Pool;
  readonly filters: Filters;
  readonly recentBlocks: RecentBlocks;
}

/** One method: how many arguments it takes, and what it does. */
export interface Method {
  /** How many arguments it takes at most; each that is required says so when it is missing. */
  readonly paramsMax: number;
  /** JSON of the result; throws RpcError. `request` is shared by all calls of a body. */
  run(context: RpcContext, params: readonly unknown[], request: RpcRequest): unknown;
}

/** What is common to all calls of one body. */
export interface RpcRequest {
  /** `performance.now()` beyond which no call of it may go on executing. */
  readonly deadlineMs: number;
}

/** Methods by name. */
export type Methods = Readonly<Record<string, Method>>;

/** The chain's configuration; there is a genesis before any method runs. */
export function chainOf({ services }: Pick<RpcContext, 'services'>): ChainConfig {
  return readChainConfig(services.committed());
}
