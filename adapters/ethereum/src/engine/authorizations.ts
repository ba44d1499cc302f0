/**
 * EIP-7702: accounts that delegate to code. Each valid authorization in the list of a transaction sets (or, for the
 * zero address, takes away) the delegation of its authority; those that are not valid are passed over.
 */
import { concatBytes, equalBytes } from '@coco/primitives';
import { ZERO_ADDRESS } from '../codec/keccak.js';
import { recoverAuthority } from '../codec/signature.js';
import type { Address, Authorization } from '../types.js';
import type { Journal } from './journal.js';
import { isDelegation } from './precheck.js';

/** What the list did: gas to be given back, and authorities whose accounts are now warm. */
export interface AuthorizationsOutcome {
  readonly gasRefund: bigint;
  readonly warmAddresses: readonly Address[];
}

const DELEGATION_PREFIX = Uint8Array.of(0xef, 1, 0);
/** An authority that exists already was charged for creating an account (25,000 − 12,500). */
const EXISTING_ACCOUNT_REFUND = 12_500n;
const NONCE_MAX = 2n ** 64n - 1n;

/** Applies `list` to `journal`, after the sender's nonce was increased. */
export function applyAuthorizations(
  list: readonly Authorization[],
  chainId: bigint,
  journal: Journal,
): AuthorizationsOutcome {
  let gasRefund = 0n;
  const warmAddresses: Address[] = [];
  for (const authorization of list) {
    if (authorization.chainId !== 0n && authorization.chainId !== chainId) continue;
    if (authorization.nonce >= NONCE_MAX) continue;
    const authority = recoverAuthority(authorization);
    if (authority === undefined) continue;
    warmAddresses.push(authority);
    const account = journal.account(authority);
    if (account?.codeHash !== undefined && !isDelegation(journal.code(authority))) continue;
    if ((account?.nonce ?? 0n) !== authorization.nonce) continue;
    if (account !== undefined) gasRefund += EXISTING_ACCOUNT_REFUND;
    const clears = equalBytes(authorization.address, ZERO_ADDRESS);
    journal.putCode(
      authority,
      clears ? new Uint8Array(0) : concatBytes(DELEGATION_PREFIX, authorization.address),
    );
    const written = journal.account(authority) ?? { nonce: 0n, balance: 0n };
    journal.putAccount(authority, { ...written, nonce: authorization.nonce + 1n });
  }
  return { gasRefund, warmAddresses };
}
