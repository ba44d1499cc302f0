/**
 * EIP-7702: accounts that delegate to code. Each valid authorization in the list of a transaction sets (or, for the
 * zero address, takes away) the delegation of its authority; those that are not valid are passed over.
 */
import { concatBytes } from '@coco/primitives';
import { isDelegation } from '../interpreter/program.js';
import type { Journal } from '../journal/journal.js';
import { keccak256 } from '../keccak.js';
import type { RecoverPublicKey } from '../precompiles/types.js';
import type { Address, Authorization } from '../types.js';
import { bigIntBytes } from '../words/bigIntBytes.js';
import { encodeShortList } from '../words/shortList.js';

/** What the list did: gas to be given back, and authorities whose accounts are now warm. */
export interface AuthorizationsOutcome {
  readonly gasRefund: number;
  readonly warmAddresses: readonly Address[];
}

const DELEGATION_PREFIX = Uint8Array.of(0xef, 1, 0);
/** What the signature is over: keccak256(0x05 ‖ rlp [chain id, address, nonce]). */
const SIGNING_PREFIX = Uint8Array.of(5);
/** An authority that exists already was charged for creating an account (25,000 − 12,500). */
const EXISTING_ACCOUNT_REFUND = 12_500;
const NONCE_MAX = 2n ** 64n - 1n;
/** Order of the group of secp256k1 (SEC 2, section 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Applies `list` to `journal`, after the sender's nonce was increased. */
export function applyAuthorizations(
  list: readonly Authorization[],
  chainId: bigint,
  journal: Journal,
  recover: RecoverPublicKey,
): AuthorizationsOutcome {
  let gasRefund = 0;
  const warmAddresses: Address[] = [];
  for (const authorization of list) {
    if (authorization.chainId !== 0n && authorization.chainId !== chainId) continue;
    if (authorization.nonce >= NONCE_MAX) continue;
    const authority = recoverAuthority(authorization, recover);
    if (authority === undefined) continue;
    warmAddresses.push(authority);
    const account = journal.account(authority);
    const { state } = account;
    if (state?.codeHash !== undefined && !isDelegation(journal.code(account))) continue;
    if ((state?.nonce ?? 0n) !== authorization.nonce) continue;
    if (state !== undefined) gasRefund += EXISTING_ACCOUNT_REFUND;
    const clears = authorization.address.every((byte) => byte === 0);
    const code = clears ? NO_CODE : concatBytes(DELEGATION_PREFIX, authorization.address);
    journal.putCode(account, code);
    journal.setNonce(account, authorization.nonce + 1n);
  }
  return { gasRefund, warmAddresses };
}

const NO_CODE = new Uint8Array(0);

/** Who signed an authorization, or undefined when its signature is no good (high s included). */
export function recoverAuthority(
  authorization: Authorization,
  recover: RecoverPublicKey,
): Address | undefined {
  const { chainId, address, nonce, r, s, yParity } = authorization;
  if (r >= ORDER || s > ORDER / 2n || (yParity !== 0 && yParity !== 1)) return undefined;
  const fields = encodeShortList([bigIntBytes(chainId), address, bigIntBytes(nonce)]);
  const hash = keccak256(concatBytes(SIGNING_PREFIX, fields));
  const publicKey = recover(hash, yParity, padded(r), padded(s));
  return publicKey === undefined ? undefined : keccak256(publicKey).slice(12);
}

function padded(value: bigint): Uint8Array {
  const bytes = bigIntBytes(value);
  const word = new Uint8Array(32);
  word.set(bytes, 32 - bytes.length);
  return word;
}
