/**
 * Ethereum's transition function for one transaction (yellow paper, section 6), without the part that runs bytecode:
 * `begin` buys gas and applies authorizations, then somebody runs the message over the journal, and `finish` gives
 * refunds, pays the coinbase, and removes what is to be removed.
 */
import { isActive } from '../forks.js';
import type { Account } from '../journal/account.js';
import type { Journal } from '../journal/journal.js';
import type { RecoverPublicKey } from '../precompiles/types.js';
import type {
  AccountState,
  Address,
  CallMessage,
  Execution,
  ExecutionContext,
  Log,
  Refusal,
  SentTransaction,
} from '../types.js';
import { applyAuthorizations } from './authorizations.js';
import { type IntrinsicGas, intrinsicGas } from './intrinsicGas.js';
import { callMessage, type Message, smaller, transactionMessage } from './message.js';
import { checkMessage, checkTransaction, GAS_PER_BLOB } from './precheck.js';

/** A message whose gas is bought, ready to be run. */
export interface Begun {
  readonly message: Message;
  readonly context: ExecutionContext;
  /** What it is run over; the sender's nonce is increased already. */
  readonly journal: Journal;
  /** Gas that is left for code. */
  readonly gas: bigint;
  /** Accounts that are warm besides those that the rules and the access list name. */
  readonly warmAddresses: readonly Address[];
  readonly intrinsic: IntrinsicGas;
  readonly authorizationRefund: bigint;
}

/** A message has begun, or may not be executed and has changed nothing. */
export type Beginning =
  | { readonly outcome: 'begun'; readonly begun: Begun }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What running the code of a message gave; the journal has its effects. */
export interface MessageResult {
  /** Beyond the intrinsic gas, before refunds. */
  readonly gasUsed: bigint;
  /** Counter of refunds (yellow paper, A_r). */
  readonly gasRefund: bigint;
  readonly logs: readonly Log[];
  readonly output: Uint8Array;
  /** "revert", or the name of the exception. */
  readonly error?: string;
  readonly createdAddress?: Address;
}

const NOBODY: AccountState = { nonce: 0n, balance: 0n };

/** `begin` for a transaction, after checking that it may be part of the block. */
export function beginTransaction(
  item: SentTransaction,
  journal: Journal,
  context: ExecutionContext,
  recover: RecoverPublicKey,
): Beginning {
  const { environment, rules } = context;
  const sender = journal.account(item.sender);
  const state = { account: sender.state, code: () => journal.code(sender) };
  const refusal = checkTransaction(item, state, environment, rules);
  if (refusal !== undefined) return { outcome: 'refused', refusal };
  return begin(transactionMessage(item, environment), true, journal, context, recover);
}

/** `begin` for a call; one that creates nothing leaves the sender's nonce alone. */
export function beginCall(
  call: CallMessage,
  journal: Journal,
  context: ExecutionContext,
  recover: RecoverPublicKey,
): Beginning {
  return begin(callMessage(call), call.to === undefined, journal, context, recover);
}

/** Checks that the sender can pay for `message`, and takes the price of its gas. */
function begin(
  message: Message,
  increasesNonce: boolean,
  journal: Journal,
  context: ExecutionContext,
  recover: RecoverPublicKey,
): Beginning {
  const { environment, rules } = context;
  const { from, gasLimit, gasPrice, blobVersionedHashes, authorizationList } = message;
  const sender = journal.account(from);
  const intrinsic = intrinsicGas(message, rules);
  const refusal = checkMessage(message, sender.state, rules, intrinsic);
  if (refusal !== undefined) return { outcome: 'refused', refusal };
  const { nonce, balance, ...rest } = sender.state ?? NOBODY;
  const blobs = blobVersionedHashes.length;
  const blobFee = blobs === 0 ? 0n : GAS_PER_BLOB * BigInt(blobs) * environment.blobBaseFee;
  journal.put(sender, {
    ...rest,
    nonce: increasesNonce ? nonce + 1n : nonce,
    balance: balance - gasLimit * gasPrice - blobFee,
  });
  const authorized =
    authorizationList.length === 0
      ? NONE_AUTHORIZED
      : applyAuthorizations(authorizationList, rules.chainId, journal, recover);
  const begun = {
    message,
    context,
    journal,
    gas: gasLimit - intrinsic.gas,
    warmAddresses: authorized.warmAddresses,
    intrinsic,
    authorizationRefund: BigInt(authorized.gasRefund),
  };
  return { outcome: 'begun', begun };
}

const NONE_AUTHORIZED = { gasRefund: 0, warmAddresses: [] };

/** Settles what is owed once the message has been run. The journal then holds all changes. */
export function finish(begun: Begun, result: MessageResult): Execution {
  const { message, context, journal } = begun;
  const { environment, rules } = context;
  const { from, gasLimit, gasPrice } = message;
  const gasUsed = afterRefunds(begun, result, isActive(rules, 'london'));
  pay(journal, journal.account(from), (gasLimit - gasUsed) * gasPrice);
  pay(journal, journal.account(environment.coinbase), gasUsed * tipOf(gasPrice, context));
  journal.sweep(isActive(rules, 'spuriousDragon'));
  return executionOf(result, gasUsed);
}

/** EIP-3529: at most a fifth is given back, half before London. EIP-7623: never below the floor. */
function afterRefunds(begun: Begun, result: MessageResult, london: boolean): bigint {
  const used = begun.intrinsic.gas + result.gasUsed;
  const refund = result.gasRefund + begun.authorizationRefund;
  const charged = refund === 0n ? used : used - smaller(refund, used / (london ? 5n : 2n));
  return charged < begun.intrinsic.floor ? begun.intrinsic.floor : charged;
}

/** EIP-1559: what is paid beyond the base fee; the system's own messages (EIP-4788) pay nothing at all. */
function tipOf(gasPrice: bigint, { environment, rules }: ExecutionContext): bigint {
  return isActive(rules, 'london') ? gasPrice - smaller(environment.baseFee, gasPrice) : gasPrice;
}

/** Adds to a balance; adding nothing still touches the account (and creates it before Spurious Dragon). */
function pay(journal: Journal, account: Account, amount: bigint): void {
  if (amount === 0n) journal.touch(account, true);
  else journal.addBalance(account, amount);
}

function executionOf(result: MessageResult, gasUsed: bigint): Execution {
  const { logs, output, error, createdAddress } = result;
  return {
    status: error === undefined ? 1 : 0,
    gasUsed,
    logs: error === undefined ? logs : [],
    output,
    ...(error === undefined ? {} : { error }),
    ...(createdAddress === undefined ? {} : { createdAddress }),
  };
}
