/**
 * The Ethereum protocol as an adapter (ARC-5): JSON-RPC at the door, a block per batch, everything in the store.
 */
import type { Adapter, AdapterServices } from '@coco/adapter';
import { assert } from '@coco/primitives';
import { readChainConfig } from './chain.js';
import { CodeCache } from './codeCache.js';
import { createEngine } from './engine/createEngine.js';
import { executeBatch } from './execute.js';
import { parseGenesis } from './genesis/parse.js';
import { writeGenesis } from './genesis/write.js';
import { createRecovery } from './recovery/pool.js';
import { reexecuteBlock } from './reexecute.js';
import { createRpc, type Rpc } from './rpc/rpc.js';
import type { RpcSettings } from './rpc/settings.js';
import { defaultSettings } from './settings.js';
import { TABLE_PREFIX } from './tables.js';
import type { ChainConfig, EthereumItem, EthereumResult, EthereumSettings, EvmEngine } from './types.js';

/** What an adapter may be made with; everything has a default. */
export interface EthereumAdapterOptions {
  readonly settings?: Partial<EthereumSettings>;
  readonly rpc?: Partial<RpcSettings>;
  /** Default: the one that `settings.engine` names. */
  readonly engine?: EvmEngine;
  /** Shown by web3_clientVersion. */
  readonly clientVersion?: string;
  /** Milliseconds of a clock that only goes forward, for limits. Default: `performance.now()`. */
  readonly elapsedMs?: () => number;
}

/** An adapter that holds threads until it is closed. */
export type EthereumAdapter = Adapter<EthereumItem, EthereumResult> & { close(): Promise<void> };

/** The Ethereum adapter. It has no routes of its own state: JSON-RPC is POST to "/". */
export function createEthereumAdapter(options: EthereumAdapterOptions = {}): EthereumAdapter {
  const settings = { ...defaultSettings, ...options.settings };
  const engine = options.engine ?? createEngine(settings.engine);
  const elapsedMs = options.elapsedMs ?? (() => performance.now());
  const codes = new CodeCache();
  const recovery = createRecovery(settings.recoveryThreads);
  let config: ChainConfig | undefined;
  let rpc: Rpc | undefined;
  return {
    name: 'ethereum',
    routes: [{ method: 'POST', path: '/' }],
    tablePrefixes: [TABLE_PREFIX],
    async genesis(transaction, genesis) {
      writeGenesis(transaction, parseGenesis(genesis));
    },
    start(services: AdapterServices<EthereumItem, EthereumResult>) {
      const { rpc: limits, clientVersion } = options;
      rpc = createRpc({
        services,
        settings,
        engine,
        codes,
        recover: (transaction) => recovery.recover(transaction),
        ...(limits === undefined ? {} : { limits }),
        ...(clientVersion === undefined ? {} : { clientVersion }),
      });
    },
    handle(request) {
      assert(rpc !== undefined, 'requests come after start');
      return rpc.handle(request);
    },
    execute(transaction, items, batch, limits) {
      config ??= readChainConfig(transaction);
      return executeBatch({ engine, config, settings, codes, elapsedMs }, transaction, items, batch, limits);
    },
    async reexecute(transaction, recorded) {
      config ??= readChainConfig(transaction);
      const { recover } = recovery;
      return reexecuteBlock({ engine, config, settings, codes, elapsedMs, recover }, transaction, recorded);
    },
    rolledBack(seqno) {
      // The genesis itself may be gone, and another may come.
      config = undefined;
      rpc?.rolledBack(seqno);
    },
    committed(seqno) {
      rpc?.committed(seqno);
    },
    close: () => recovery.close(),
  };
}
