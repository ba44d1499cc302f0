/**
 * Ethereum's transition function for one transaction (yellow paper, section 6): buys gas, runs the message, gives
 * refunds, pays the coinbase, removes what is to be removed. Independent of who runs the bytecode.
 */
import { smaller } from '../codec/quantity.js';
import { isActive } from '../forks.js';
import type {
  AccountState,
  Address,
  CallMessage,
  CallOutcome,
  EthereumItem,
  Execution,
  ExecutionContext,
  TransactionOutcome,
} from '../types.js';
import { applyAuthorizations } from './authorizations.js';
import { intrinsicGas } from './intrinsicGas.js';
import { Journal } from './journal.js';
import {
  callMessage,
  type Message,
  type MessageResult,
  type RunMessage,
  transactionMessage,
} from './message.js';
import { checkMessage, GAS_PER_BLOB, gasInput, precheck } from './precheck.js';

/** Executes a transaction with `run` as its interpreter. */
export async function transact(
  item: EthereumItem,
  context: ExecutionContext,
  run: RunMessage,
): Promise<TransactionOutcome> {
  const { state, environment, rules } = context;
  const message = transactionMessage(item, environment);
  const account = state.account(item.sender);
  const code = () => (account?.codeHash === undefined ? NO_BYTES : state.code(account.codeHash));
  const refusal = precheck(item, message, { account, code }, environment, rules);
  if (refusal !== undefined) return { outcome: 'refused', refusal };
  const journal = new Journal(state);
  const execution = await settle(message, true, journal, context, run);
  return {
    outcome: 'executed',
    execution,
    effectiveGasPrice: message.gasPrice,
    changes: journal.changes(),
  };
}

/** Executes a call with `run` as its interpreter. A call that creates nothing leaves the sender's nonce alone. */
export async function simulate(
  call: CallMessage,
  context: ExecutionContext,
  run: RunMessage,
): Promise<CallOutcome> {
  const message = callMessage(call);
  const refusal = checkMessage(message, context.state.account(call.from), context.rules);
  if (refusal !== undefined) return { outcome: 'refused', refusal };
  const journal = new Journal(context.state);
  const execution = await settle(message, call.to === undefined, journal, context, run);
  return { outcome: 'executed', execution, changes: journal.changes() };
}

const NO_BYTES = new Uint8Array(0);
const NOBODY: AccountState = { nonce: 0n, balance: 0n };

async function settle(
  message: Message,
  increaseNonce: boolean,
  journal: Journal,
  context: ExecutionContext,
  run: RunMessage,
): Promise<Execution> {
  const { environment, rules } = context;
  const { gas, floor } = intrinsicGas(gasInput(message), rules);
  const { from, gasLimit, gasPrice } = message;
  const sender = journal.account(from) ?? NOBODY;
  const blobFee = GAS_PER_BLOB * BigInt(message.blobVersionedHashes.length) * environment.blobBaseFee;
  journal.putAccount(from, {
    ...sender,
    nonce: increaseNonce ? sender.nonce + 1n : sender.nonce,
    balance: sender.balance - gasLimit * gasPrice - blobFee,
  });
  const authorized = applyAuthorizations(message.authorizationList, rules.chainId, journal);
  const result = await run(message, gasLimit - gas, journal, authorized.warmAddresses, context);
  const gasUsed = afterRefunds(gas + result.gasUsed, result.gasRefund + authorized.gasRefund, floor, context);
  pay(journal, from, (gasLimit - gasUsed) * gasPrice);
  pay(journal, environment.coinbase, gasUsed * tipOf(gasPrice, context));
  for (const address of result.destroyed) journal.deleteAccount(address);
  if (isActive(rules, 'spuriousDragon')) journal.removeEmptyTouched();
  return executionOf(result, gasUsed);
}

/** EIP-3529: at most a fifth is given back, half before London. EIP-7623: never below the floor. */
function afterRefunds(used: bigint, refund: bigint, floor: bigint, context: ExecutionContext): bigint {
  const most = used / (isActive(context.rules, 'london') ? 5n : 2n);
  const charged = used - smaller(refund, most);
  return charged < floor ? floor : charged;
}

/** EIP-1559: what is paid beyond the base fee; the system's own messages (EIP-4788) pay nothing at all. */
function tipOf(gasPrice: bigint, { environment, rules }: ExecutionContext): bigint {
  const burnt = isActive(rules, 'london') ? smaller(environment.baseFee, gasPrice) : 0n;
  return gasPrice - burnt;
}

/** Adds to a balance; adding nothing still touches the account (and creates it before Spurious Dragon). */
function pay(journal: Journal, address: Address, amount: bigint): void {
  const account = journal.account(address) ?? NOBODY;
  journal.putAccount(address, { ...account, balance: account.balance + amount });
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
