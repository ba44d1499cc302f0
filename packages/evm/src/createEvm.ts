/**
 * The EVM as a thing: executes transactions and messages over a state that it only reads. It keeps nothing between two
 * executions but what makes the next one faster.
 */

import { assert, fromHex } from '@coco/primitives';
import { Expired, Machine } from './interpreter/machine.js';
import { ProgramCache } from './interpreter/program.js';
import { runMessage } from './interpreter/runMessage.js';
import { Journal, type Precompiles } from './journal/journal.js';
import { addressKey } from './journal/keys.js';
import { recoverPublicKey } from './precompiles/ecrecover.js';
import { precompilesOf } from './precompiles/registry.js';
import type { Precompile, PrecompileOptions, PrecompileRegistry } from './precompiles/types.js';
import type { Tracer } from './tracer.js';
import { type Beginning, beginCall, beginTransaction, finish } from './transaction/settle.js';
import type {
  CallMessage,
  CallOutcome,
  ExecutionContext,
  ForkName,
  Refusal,
  SentTransaction,
  TransactionOutcome,
} from './types.js';

/** What may be handed in: native code, precompiles of one's own, and a limit. */
export interface EvmOptions extends PrecompileOptions {
  /** The most bytes of code that are kept analysed (about three times as much memory). Default 32 MiB. */
  readonly programBytesMax?: number;
}

export interface Evm {
  /** Checks and executes one transaction (yellow paper, section 6), fees and refunds included. */
  execute(item: SentTransaction, context: ExecutionContext, tracer?: Tracer): TransactionOutcome;
  /** Executes a message: no nonce is checked, and no balance beyond `value` and `gasLimit × gasPrice`. */
  call(message: CallMessage, context: ExecutionContext, tracer?: Tracer): CallOutcome;
}

const PROGRAM_BYTES_MAX = 32 * 1024 * 1024;

/** An EVM. It is synchronous; from within its own hooks and readers it must not be called. */
export function createEvm(options: EvmOptions = {}): Evm {
  const machine = new Machine(new ProgramCache(options.programBytesMax ?? PROGRAM_BYTES_MAX));
  const recover = options.recoverPublicKey ?? recoverPublicKey;
  const precompiles = new Map<ForkName, Precompiles>();
  let busy = false;

  function journalFor({ state, rules: { fork } }: ExecutionContext): Journal {
    let known = precompiles.get(fork);
    if (known === undefined) {
      known = byKey(precompilesOf(fork, options));
      precompiles.set(fork, known);
    }
    return new Journal(state, known);
  }

  function run(beginning: Beginning, tracer: Tracer | undefined) {
    if (beginning.outcome === 'refused') return beginning;
    const { begun } = beginning;
    assert(!busy, 'an EVM executes one message at a time');
    busy = true;
    try {
      const execution = finish(begun, runMessage(machine, begun, tracer));
      const changes = begun.journal.changes();
      return { outcome: 'executed', execution, effectiveGasPrice: begun.message.gasPrice, changes } as const;
    } catch (error) {
      if (error instanceof Expired) return TIMEOUT;
      throw error;
    } finally {
      busy = false;
    }
  }

  return {
    execute: (item, context, tracer) =>
      run(beginTransaction(item, journalFor(context), context, recover), tracer),
    call: (message, context, tracer) =>
      run(beginCall(message, journalFor(context), context, recover), tracer),
  };
}

const TIMEOUT: { readonly outcome: 'refused'; readonly refusal: Refusal } = {
  outcome: 'refused',
  refusal: { reason: 'timeout' },
};

function byKey(registry: PrecompileRegistry): Precompiles {
  const precompiles = new Map<string, Precompile>();
  for (const [hex, precompile] of registry) {
    const address = fromHex(hex);
    assert(address?.length === 20, 'a precompile is registered under 40 hexadecimal digits');
    precompiles.set(addressKey(address), precompile);
  }
  return precompiles;
}
