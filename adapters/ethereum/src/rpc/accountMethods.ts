/**
 * Methods that read one account: balance, nonce, code and storage, now or at an earlier block.
 */
import { BlockState } from '../blockState.js';
import type { StateReader } from '../types.js';
import type { Methods, RpcContext } from './context.js';
import { invalidParam } from './errors.js';
import { formatData, formatQuantity, formatWord } from './format.js';
import { parseAddress, parseBlock, parseObject, parseStorageKey } from './params.js';
import { findVersion } from './versions.js';

/** The most slots of one eth_getStorageValues, as in geth. */
const STORAGE_VALUES_MAX = 1024;

/** Every account exists: one that was never used has no balance, nonce or code. */
export const accountMethods: Methods = {
  eth_getBalance: {
    paramsMax: 2,
    run: (context, [address, block]) => {
      const account = parseAddress(address, 0);
      const state = stateAt(context, block, 1);
      return formatQuantity(state.account(account)?.balance ?? 0n);
    },
  },
  eth_getTransactionCount: {
    paramsMax: 2,
    run: (context, [address, block]) => {
      const account = parseAddress(address, 0);
      if (block === 'pending') return formatQuantity(context.pool.nextNonce(account));
      return formatQuantity(stateAt(context, block, 1).account(account)?.nonce ?? 0n);
    },
  },
  eth_getCode: {
    paramsMax: 2,
    run: (context, [address, block]) => {
      const account = parseAddress(address, 0);
      const state = stateAt(context, block, 1);
      const codeHash = state.account(account)?.codeHash;
      return codeHash === undefined ? '0x' : formatData(state.code(codeHash));
    },
  },
  eth_getStorageAt: {
    paramsMax: 3,
    run: (context, [address, slot, block]) => {
      const account = parseAddress(address, 0);
      const key = parseStorageKey(slot, 1);
      const state = stateAt(context, block, 2);
      return formatWord(state.storage(account, key));
    },
  },
  eth_getStorageValues: {
    paramsMax: 2,
    run: (context, [requests, block]) => {
      const wanted = Object.entries(parseObject(requests, 0, 'requests')).map(([address, slots]) => {
        if (!Array.isArray(slots)) throw invalidParam(0, `${address}: slots are not an array`);
        return {
          address,
          account: parseAddress(address, 0),
          slots: slots.map((slot) => parseStorageKey(slot, 0)),
        };
      });
      const count = wanted.reduce((sum, { slots }) => sum + slots.length, 0);
      if (count > STORAGE_VALUES_MAX) throw invalidParam(0, `too many slots (max ${STORAGE_VALUES_MAX})`);
      const state = stateAt(context, block, 1);
      return Object.fromEntries(
        wanted.map(({ address, account, slots }) => [
          address,
          slots.map((slot) => formatWord(state.storage(account, slot))),
        ]),
      );
    },
  },
};

function stateAt({ services, codes }: RpcContext, block: unknown, index: number): StateReader {
  return new BlockState(findVersion(services, parseBlock(block, index, 'latest')), codes);
}
