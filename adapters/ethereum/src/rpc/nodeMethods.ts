/**
 * Methods about the node and the network: net_*, web3_* and the constants of eth_*.
 */
import { keccak256 } from '../codec/keccak.js';
import { chainOf, type Methods } from './context.js';
import { formatData, formatQuantity } from './format.js';
import { parseData } from './params.js';
import { headNumber } from './versions.js';

/** A node of a permissioned network has no accounts of its own, mines nothing, and is in sync by construction. */
export const nodeMethods: Methods = {
  eth_chainId: { paramsMax: 0, run: (context) => formatQuantity(chainOf(context).chainId) },
  eth_blockNumber: { paramsMax: 0, run: ({ services }) => formatQuantity(headNumber(services.committed())) },
  eth_syncing: { paramsMax: 0, run: () => false },
  eth_mining: { paramsMax: 0, run: () => false },
  eth_hashrate: { paramsMax: 0, run: () => '0x0' },
  eth_accounts: { paramsMax: 0, run: () => [] },
  net_version: { paramsMax: 0, run: (context) => chainOf(context).chainId.toString() },
  net_listening: { paramsMax: 0, run: () => true },
  net_peerCount: { paramsMax: 0, run: () => '0x0' },
  web3_clientVersion: { paramsMax: 0, run: ({ clientVersion }) => clientVersion },
  web3_sha3: { paramsMax: 1, run: (_, [data]) => formatData(keccak256(parseData(data, 0))) },
  rpc_modules: {
    paramsMax: 0,
    run: () => ({ coco: '1.0', eth: '1.0', net: '1.0', rpc: '1.0', txpool: '1.0', web3: '1.0' }),
  },
  txpool_status: {
    paramsMax: 0,
    run: ({ pool }) => {
      const { submitted, waiting } = pool.counts();
      return { pending: formatQuantity(submitted), queued: formatQuantity(waiting) };
    },
  },
};
