/**
 * Runs a whole message: warms what the rules say is warm, starts its outermost frame, and goes from frame to frame
 * until that one has ended. Frames lie on a stack of their own, so that 1,024 of them take none of JavaScript's.
 */
import type { Journal } from '../journal/journal.js';
import type { Tracer } from '../tracer.js';
import type { Begun, MessageResult } from '../transaction/settle.js';
import { blockOf } from './block.js';
import { finish, resume, startCall } from './calls.js';
import { contractAddress } from './contractAddress.js';
import { startCreation } from './creation.js';
import { type Frame, NO_BYTES } from './frame.js';
import { setGas, totalGas } from './gas.js';
import { instructionSet } from './instructionSet.js';
import type { Machine } from './machine.js';
import { NO_PROGRAM, type Program } from './program.js';
import { run } from './run.js';
import { ENTER, errorName, SUCCESS } from './signals.js';
import { traceEnter } from './tracing.js';

/** Runs what has begun. Throws `Expired` when `expired` says so; the machine may be used again all the same. */
export function runMessage(machine: Machine, begun: Begun, tracer?: Tracer): MessageResult {
  const { message, context, journal } = begun;
  const { environment, rules, expired } = context;
  const instructions = instructionSet(rules.fork);
  try {
    machine.begin({
      journal,
      instructions,
      block: blockOf(environment),
      chainId: rules.chainId,
      origin: journal.account(message.from),
      gasPrice: message.gasPrice,
      blobVersionedHashes: message.blobVersionedHashes,
      expired,
      tracer,
    });
    if (instructions.features.berlin) warm(journal, begun, instructions.features.shanghai);
    const frame = outermost(machine, begun);
    const ended = runFrames(machine, frame, start(machine, frame, begun));
    return resultOf(begun, frame, ended);
  } finally {
    machine.end();
  }
}

/** EIP-2929, 2930, 3651. */
function warm(journal: Journal, { message, context, warmAddresses }: Begun, coinbase: boolean): void {
  journal.warm(journal.account(message.from));
  if (message.to !== undefined) journal.warm(journal.account(message.to));
  if (coinbase) journal.warm(journal.account(context.environment.coinbase));
  for (const address of warmAddresses) journal.warm(journal.account(address));
  for (const { address, storageKeys } of message.accessList) {
    const account = journal.account(address);
    journal.warm(account);
    for (const key of storageKeys) journal.warmSlot(journal.slot(account, key));
  }
}

/** The frame of the message itself. */
function outermost(machine: Machine, { message, journal, gas }: Begun): Frame {
  const frame = machine.frame(0);
  const sender = journal.account(message.from);
  const creates = message.to === undefined;
  // The sender's nonce was increased already.
  const address = message.to ?? contractAddress(message.from, (sender.state?.nonce ?? 1n) - 1n);
  frame.base = 0;
  frame.memoryBase = 0;
  frame.kind = creates ? 'CREATE' : 'CALL';
  frame.creates = creates;
  frame.isStatic = false;
  frame.account = journal.account(address);
  frame.caller = sender;
  frame.value = message.value;
  setGas(frame, gas);
  frame.input = creates ? NO_BYTES : message.data;
  frame.output = NO_BYTES;
  return frame;
}

function start(machine: Machine, frame: Frame, { message, journal }: Begun): number {
  const { tracer, instructions } = machine.transaction;
  const { caller, account } = frame;
  if (tracer !== undefined) traceEnter(tracer, frame, caller, account, message.data);
  if (frame.creates) {
    if (instructions.features.berlin) journal.warm(account);
    return startCreation(machine, frame, message.data);
  }
  return startCall(machine, frame, account.precompile, programOf(machine, frame));
}

/** The code of the receiver, or what it delegates to, which is warm then (EIP-7702). */
function programOf(machine: Machine, { account }: Frame): Program {
  const program = machine.program(account);
  if (program.delegate === undefined || !machine.transaction.instructions.features.prague) return program;
  const delegate = machine.journal.account(program.delegate);
  machine.journal.warm(delegate);
  return delegate.precompile === undefined ? machine.program(delegate) : NO_PROGRAM;
}

function runFrames(machine: Machine, first: Frame, signal: number): number {
  let frame = first;
  let next = signal === ENTER ? run(machine, frame) : signal;
  for (;;) {
    if (next === ENTER) frame = machine.frame(frame.depth + 1);
    else {
      const ended = finish(machine, frame, next);
      if (frame === first) return ended;
      const parent = machine.frame(frame.depth - 1);
      resume(machine, parent, frame, ended);
      frame = parent;
    }
    next = run(machine, frame);
  }
}

function resultOf({ journal, gas }: Begun, frame: Frame, ended: number): MessageResult {
  const error = errorName(ended);
  return {
    gasUsed: gas - totalGas(frame),
    gasRefund: ended === SUCCESS ? BigInt(journal.refund) : 0n,
    logs: journal.logs,
    output: frame.output,
    ...(error === undefined ? {} : { error }),
    ...(frame.creates ? { createdAddress: frame.account.address } : {}),
  };
}
