/**
 * The reference engine: the EVM of the ethereumjs project. One EVM object per rule set is kept; transactions run over a
 * journal of ours, without tries, blocks or transaction objects of the library's.
 */

import { type Begun, isActive, type Journal, type MessageResult } from '@coco/evm';
import { fromHex, toHex } from '@coco/primitives';
import { Common, type CustomCrypto, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM, EVMError, type ExecResult } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { ZERO_HASH } from '../codec/keccak.js';
import type {
  Awaitable,
  BlockEnvironment,
  CallMessage,
  CallOutcome,
  EthereumItem,
  EvmEngine,
  ExecutionContext,
  ForkName,
  ForkRules,
  Log,
  Refusal,
  TransactionOutcome,
} from '../types.js';
import { engineFailure } from './engineFailure.js';
import { rememberJumpAnalysis } from './jumpAnalysis.js';
import { verifyKzgProof } from './kzg.js';
import { type LibraryBlock, libraryBlock, libraryRecover, mendReverts } from './library.js';
import { StateManager } from './stateManager.js';
import { simulate, transact } from './transition.js';

/** An engine over `@ethereumjs/evm`. Calls that overlap wait for one another. */
export function createEthereumjsEngine(): EvmEngine {
  const machines = new Map<string, Promise<Machine>>();
  let last: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(context: ExecutionContext, act: (machine: Machine) => Promise<T>) => {
    const run = last.then(async () => guarded(act, await machineFor(machines, context.rules)));
    last = run.catch(() => undefined);
    return run;
  };
  return {
    name: 'ethereumjs',
    execute: (item: EthereumItem, context: ExecutionContext): Awaitable<TransactionOutcome> =>
      exclusively(context, (machine) => transact(item, context, (begun) => run(machine, begun))),
    call: (call: CallMessage, context: ExecutionContext): Awaitable<CallOutcome> =>
      exclusively(context, (machine) => simulate(call, context, (begun) => run(machine, begun))),
  };
}

/** One EVM with what it reads from. */
interface Machine {
  readonly evm: EVM;
  readonly state: StateManager;
  /** The library's view of a block environment. */
  readonly blocks: WeakMap<BlockEnvironment, LibraryBlock>;
  /** Throws `Expired` when the running message has taken too long. */
  checkTime: () => void;
}

/** Thrown through the library when time is up: not one of its own errors, so that it lets it pass. */
class Expired extends Error {}

/** What is thrown while code runs becomes a refusal: neither a slow nor a curious contract stops the node. */
async function guarded<T>(
  act: (machine: Machine) => Promise<T>,
  machine: Machine,
): Promise<T | { readonly outcome: 'refused'; readonly refusal: Refusal }> {
  try {
    return await act(machine);
  } catch (error) {
    if (error instanceof Expired) return { outcome: 'refused', refusal: { reason: 'timeout' } };
    return engineFailure(error);
  }
}

const LIBRARY_NAMES: Readonly<Partial<Record<ForkName, string>>> = { frontier: 'chainstart' };

function machineFor(machines: Map<string, Promise<Machine>>, rules: ForkRules): Promise<Machine> {
  const key = `${rules.fork}/${rules.chainId}`;
  let machine = machines.get(key);
  if (machine === undefined) {
    machine = createMachine(rules);
    machines.set(key, machine);
  }
  return machine;
}

async function createMachine(rules: ForkRules): Promise<Machine> {
  // The precompile at 0x0a calls nothing else of the library's interface.
  const kzg = { verifyProof: verifyHexProof } as NonNullable<CustomCrypto['kzg']>;
  const crypto: CustomCrypto = { ecrecover: libraryRecover, kzg };
  const common = new Common({
    // Only consensus-free parts of the chain's description are ever read: the EVM never sees a real header.
    chain: { ...Mainnet, chainId: rules.chainId.toString() },
    hardfork: LIBRARY_NAMES[rules.fork] ?? rules.fork,
    customCrypto: crypto,
  });
  const state = new StateManager();
  const blockHash = async (number: number) => ({ hash: () => state.blockHash(number) ?? ZERO_HASH });
  const blockchain = { getBlock: blockHash, putBlock: async () => undefined, shallowCopy: () => blockchain };
  const evm = await createEVM({ common, stateManager: state.asInterface(), blockchain });
  mendReverts(evm);
  const machine: Machine = { evm, state, blocks: new WeakMap(), checkTime: () => undefined };
  state.onCheckpoint = () => machine.checkTime();
  await rememberJumpAnalysis(evm);
  watchJumps(machine);
  return machine;
}

const JUMPS = [0x56, 0x57];
const JUMPS_PER_CHECK = 256;

/**
 * Without a jump code runs to its end, at most 24 KiB of it; so time is checked at jumps and at messages. The
 * library has a hook for every step, but it makes every step an order of magnitude slower.
 */
function watchJumps(machine: Machine): void {
  let jumps = 0;
  for (const opcode of JUMPS) {
    // By its name in brackets: it is a protected member, and there is no public way.
    const entry = machine.evm['_opcodeMap'][opcode] as { opHandler: (...args: never[]) => unknown };
    const jump = entry.opHandler;
    entry.opHandler = (...args) => {
      if (++jumps % JUMPS_PER_CHECK === 0) machine.checkTime();
      return jump(...args);
    };
  }
}

function verifyHexProof(...texts: [string, string, string, string]): boolean {
  const [commitment, z, y, proof] = texts.map((text) => fromHex(text.slice(2)) ?? new Uint8Array(0));
  return verifyKzgProof(...([commitment, z, y, proof] as Parameters<typeof verifyKzgProof>));
}

async function run(machine: Machine, begun: Begun): Promise<MessageResult> {
  const { message, context, journal } = begun;
  const { evm, state } = machine;
  state.begin(journal);
  machine.checkTime = timeCheck(context);
  evm.journal.cleanJournal();
  evm.transientStorage.clear();
  if (isActive(context.rules, 'berlin')) warm(evm, begun);
  const caller = new Address(message.from);
  const { execResult, createdAddress } = await evm.runCall({
    block: blockOf(machine, context.environment),
    caller,
    origin: caller,
    gasPrice: message.gasPrice,
    gasLimit: begun.gas,
    ...(message.to === undefined ? {} : { to: new Address(message.to) }),
    value: message.value,
    data: message.data,
    blobVersionedHashes: message.blobVersionedHashes.map((hash) => `0x${toHex(hash)}` as const),
    skipNonceIncrement: true,
  });
  const error = errorName(execResult, context.rules);
  markDestroyed(execResult, journal, context.rules);
  return {
    gasUsed: execResult.executionGasUsed,
    gasRefund: execResult.gasRefund ?? 0n,
    logs: (execResult.logs ?? []).map(toLog),
    output: execResult.returnValue,
    ...(error === undefined ? {} : { error }),
    ...(createdAddress === undefined ? {} : { createdAddress: createdAddress.bytes }),
  };
}

function timeCheck({ expired }: ExecutionContext): () => void {
  if (expired === undefined) return () => undefined;
  return () => {
    if (expired()) throw new Expired('the execution took too long');
  };
}

/** EIP-2929, 2930, 3651: what is warm before the first instruction. */
function warm(evm: EVM, { message, context, warmAddresses }: Begun): void {
  const { journal } = evm;
  for (const address of evm.precompiles.keys()) journal.addAlwaysWarmAddress(address);
  journal.addAlwaysWarmAddress(toHex(message.from));
  if (message.to !== undefined) journal.addAlwaysWarmAddress(toHex(message.to));
  if (isActive(context.rules, 'shanghai')) journal.addAlwaysWarmAddress(toHex(context.environment.coinbase));
  for (const address of warmAddresses) journal.addAlwaysWarmAddress(toHex(address));
  for (const { address, storageKeys } of message.accessList) {
    const hex = toHex(address);
    journal.addAlwaysWarmAddress(hex);
    for (const key of storageKeys) journal.addAlwaysWarmSlot(hex, toHex(key));
  }
}

function blockOf({ blocks }: Machine, environment: BlockEnvironment): LibraryBlock {
  let block = blocks.get(environment);
  if (block === undefined) {
    block = libraryBlock(environment);
    blocks.set(environment, block);
  }
  return block;
}

/** In Frontier a contract whose code could not be paid for was created all the same, without code. */
function errorName(result: ExecResult, rules: ForkRules): string | undefined {
  const error = result.exceptionError?.error;
  const frontierOnly = error === EVMError.errorMessages.CODESTORE_OUT_OF_GAS && rules.fork === 'frontier';
  return frontierOnly ? undefined : error;
}

function toLog([address, topics, data]: readonly [Uint8Array, Uint8Array[], Uint8Array]): Log {
  return { address, topics, data };
}

/** Who called SELFDESTRUCT is to be removed; since Cancun only if created in the same transaction (EIP-6780). */
function markDestroyed(result: ExecResult, journal: Journal, rules: ForkRules): void {
  const sameTransaction = isActive(rules, 'cancun');
  for (const address of result.selfdestruct?.keys() ?? []) {
    if (sameTransaction && result.createdAddresses?.has(address) !== true) continue;
    journal.setDestroyed(journal.account(fromHex(address.slice(2)) as Uint8Array));
  }
}
