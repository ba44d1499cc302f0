/**
 * Making a contract: its account before the init code runs, and its code after (yellow paper, section 7; EIP-2, 161,
 * 170, 684, 3541, 7610).
 */
import type { Account } from '../journal/account.js';
import { type Frame, NO_BYTES } from './frame.js';
import { enter, move } from './frames.js';
import { charge } from './gas.js';
import type { Machine } from './machine.js';
import { Program } from './program.js';
import { CODE_STORE_OUT_OF_GAS, CODE_TOO_LARGE, CREATE_COLLISION, INVALID_CODE, SUCCESS } from './signals.js';

/** The most bytes of code (EIP-170). */
export const CODE_BYTES_MAX = 24_576;
/** Gas per byte of code. */
const CODE_BYTE = 200;
const NOT_CODE = 0xef;

/** Begins a creation, whose frame has account, caller, value and gas; `initcode` runs in it. */
export function startCreation(machine: Machine, frame: Frame, initcode: Uint8Array): number {
  const { journal } = machine;
  const { account, caller, value } = frame;
  frame.mark = journal.mark();
  if (isTaken(machine, account)) return CREATE_COLLISION;
  const nonce = machine.transaction.instructions.features.spuriousDragon ? 1n : 0n;
  journal.setCreated(account);
  journal.put(account, { nonce, balance: account.state?.balance ?? 0n });
  if (value !== 0n) move(machine, caller, account, value);
  return enter(machine, frame, new Program(initcode));
}

/** EIP-684, 7610: an account with nonce, code or storage is not to be taken over. */
function isTaken({ journal }: Machine, account: Account): boolean {
  const { state, before } = account;
  if (state === undefined && before === undefined) return false;
  if (state !== undefined && (state.nonce !== 0n || state.codeHash !== undefined)) return true;
  return journal.hasStorage(account);
}

/** Stores what the init code returned as the new contract's code; answers how the creation ends. */
export function finishCreation(machine: Machine, frame: Frame): number {
  const { features } = machine.transaction.instructions;
  const code = frame.output;
  if (features.spuriousDragon && code.length > CODE_BYTES_MAX) return CODE_TOO_LARGE;
  if (features.london && code[0] === NOT_CODE) return INVALID_CODE;
  const gas = CODE_BYTE * code.length;
  if (gas > frame.gas) {
    if (features.homestead) return CODE_STORE_OUT_OF_GAS;
    // In Frontier the contract was made all the same, without code.
    frame.output = NO_BYTES;
    return SUCCESS;
  }
  charge(frame, gas);
  if (code.length > 0) machine.journal.putCode(frame.account, code);
  return SUCCESS;
}
