/**
 * Which accounts and slots an execution reads: what eth_createAccessList reports. It listens at the state, so that
 * it works for every engine.
 */
import { fromMapKey, mapKey } from '../codec/address.js';
import type { AccessListEntry, Address, StateReader } from '../types.js';

/** Listens to one execution. */
export interface AccessRecorder {
  /** Execute over this. */
  readonly state: StateReader;
  /** What was given or read, ordered; accounts of `plain` and precompiles only where slots of theirs were read. */
  accessList(plain: readonly (Address | undefined)[]): readonly AccessListEntry[];
}

/** Listens to reads of `state`, with `given` as if it had been read. */
export function createAccessRecorder(state: StateReader, given: readonly AccessListEntry[]): AccessRecorder {
  const slots = new Map<string, Set<string>>();
  const slotsOf = (address: Address): Set<string> => {
    const key = mapKey(address);
    const known = slots.get(key) ?? new Set();
    slots.set(key, known);
    return known;
  };
  for (const { address, storageKeys } of given) {
    const known = slotsOf(address);
    for (const slot of storageKeys) known.add(mapKey(slot));
  }
  return {
    state: {
      account: (address) => {
        slotsOf(address);
        return state.account(address);
      },
      storage: (address, slot) => {
        slotsOf(address).add(mapKey(slot));
        return state.storage(address, slot);
      },
      code: (codeHash) => state.code(codeHash),
      hasStorage: (address) => state.hasStorage(address),
      blockHash: (number) => state.blockHash(number),
    },
    accessList: (plain) => {
      const excluded = new Set(plain.map((address) => (address === undefined ? '' : mapKey(address))));
      return [...slots]
        .filter(([key, keys]) => keys.size > 0 || !(excluded.has(key) || isPrecompile(fromMapKey(key))))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, keys]) => ({
          address: fromMapKey(key),
          storageKeys: [...keys].sort().map(fromMapKey),
        }));
    },
  };
}

/** 0x01 to 0x11 (Prague), and 0x0100 (EIP-7951). */
function isPrecompile(address: Address): boolean {
  if (address.subarray(0, 18).some((byte) => byte !== 0)) return false;
  const number = ((address[18] as number) << 8) | (address[19] as number);
  return (number >= 1 && number <= 0x11) || number === 0x100;
}
