/**
 * Addresses of contracts that are created: the lower 20 bytes of a hash over who creates them and how (yellow paper,
 * section 7; EIP-1014).
 *
 *   CREATE     rlp [creator, nonce]
 *   CREATE2    0xff ‖ creator ‖ salt ‖ keccak256(init code)
 */
import { concatBytes } from '@coco/primitives';
import { keccak256 } from '../keccak.js';
import type { Address, Hash } from '../types.js';
import { bigIntBytes } from '../words/bigIntBytes.js';
import { encodeShortList } from '../words/shortList.js';

const SALTED = Uint8Array.of(0xff);

/** The address of the contract that `creator` makes with its transaction or CREATE number `nonce`. */
export function contractAddress(creator: Address, nonce: bigint): Address {
  return keccak256(encodeShortList([creator, bigIntBytes(nonce)])).slice(12);
}

/** The address of the contract that `creator` makes with CREATE2. */
export function saltedContractAddress(creator: Address, salt: Hash, initcodeHash: Hash): Address {
  return keccak256(concatBytes(SALTED, creator, salt, initcodeHash)).slice(12);
}
