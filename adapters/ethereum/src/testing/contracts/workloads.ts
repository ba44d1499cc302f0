/**
 * What engines are measured with, without a node around them: for each kind of work a state and transactions that
 * follow one another in it, all of which succeed.
 */
import { type Random, seededRandom } from '@coco/primitives';
import { createAddress } from '../../codec/address.js';
import { paddedBytes } from '../../codec/quantity.js';
import { parseGenesis } from '../../genesis/parse.js';
import type {
  Address,
  BlockEnvironment,
  EthereumItem,
  EvmEngine,
  ExecutionContext,
  ForkRules,
} from '../../types.js';
import { ERC20_INITCODE, ERC20_SUPPLY, erc20Transfer } from '../erc20.js';
import { MemoryState } from '../memoryState.js';
import { replayGenesis, replayItem, replayTransactions } from '../replaySet.js';
import { sharedData } from '../sharedData.js';
import { numberedSigner, type Signer } from '../signer.js';
import { ARITHMETIC_LOOP, KECCAK_LOOP, loopCall, STORAGE_LOOP } from './loops.js';
import { marketInitcode, marketSync, traderInitcode, traderSwap } from './swap.js';

/** Transactions over a state. */
export interface EngineWorkload {
  readonly name: string;
  readonly rules: ForkRules;
  readonly environment: BlockEnvironment;
  /** Before the first of the items; to be copied before it is changed. */
  readonly state: MemoryState;
  readonly items: readonly EthereumItem[];
}

const CHAIN_ID = 1n;
const RULES: ForkRules = { chainId: CHAIN_ID, fork: 'prague' };
const ENVIRONMENT: BlockEnvironment = {
  number: 1_000,
  timestamp: 1_700_000_000,
  coinbase: paddedBytes(0xc0ffeen, 20),
  gasLimit: 2n ** 40n,
  baseFee: 0n,
  difficulty: 0n,
  prevRandao: new Uint8Array(32).fill(7),
  blobBaseFee: 1n,
};

/** All workloads, with `count` transactions in those of single transfers and fewer where each does more. */
export async function createWorkloads(engine: EvmEngine, count = 1_000): Promise<readonly EngineWorkload[]> {
  const few = Math.max(1, Math.floor(count / 100));
  return [
    await erc20Transfers(engine, count),
    await plainTransfers(count),
    await swaps(engine, Math.max(1, Math.floor(count / 8))),
    await loops(engine, 'storage loop (200 slots)', STORAGE_LOOP, 200, few),
    await loops(engine, 'keccak loop (1,000 hashes)', KECCAK_LOOP, 1_000, few),
    await loops(engine, 'arithmetic loop (1,000 rounds)', ARITHMETIC_LOOP, 1_000, few),
    ...(sharedData('replay') === undefined ? [] : [replay()]),
  ];
}

/** What all transactions of a workload did. */
export interface WorkloadResult {
  readonly gasUsed: bigint;
  /** How many were reverted or halted; some of the replay set must. */
  readonly failed: number;
}

/** Executes all items on a copy of the state, each over what those before it left. */
export async function runWorkload(engine: EvmEngine, workload: EngineWorkload): Promise<WorkloadResult> {
  const { rules, environment } = workload;
  const state = workload.state.copy();
  const context: ExecutionContext = { state, environment, rules };
  let gasUsed = 0n;
  let failed = 0;
  for (const item of workload.items) {
    const result = engine.execute(item, context);
    // An engine that answers at once is not made to wait.
    const outcome = result instanceof Promise ? await result : result;
    if (outcome.outcome === 'refused') throw new Error(`${workload.name}: ${outcome.refusal.reason}`);
    state.apply(outcome.changes);
    gasUsed += outcome.execution.gasUsed;
    if (outcome.execution.status === 0) failed++;
  }
  return { gasUsed, failed };
}

/** A state that is being prepared by transactions of one deployer. */
class Preparation {
  readonly state = new MemoryState();
  readonly deployer = numberedSigner(1);
  readonly #engine: EvmEngine;
  #nonce = 0n;

  constructor(engine: EvmEngine) {
    this.#engine = engine;
    this.#fund(this.deployer.address);
  }

  #fund(address: Address): void {
    this.state.put({ address, nonce: 0n, balance: 10n ** 24n, code: new Uint8Array(0), storage: [] });
  }

  async deploy(data: Uint8Array): Promise<Address> {
    const address = createAddress(this.deployer.address, this.#nonce);
    await this.#run({ data });
    return address;
  }

  async call(to: Address, data: Uint8Array): Promise<void> {
    await this.#run({ to, data });
  }

  async #run(fields: { readonly to?: Address; readonly data: Uint8Array }): Promise<void> {
    const item = sign(this.deployer, this.#nonce++, fields);
    const context = { state: this.state, environment: ENVIRONMENT, rules: RULES };
    const outcome = await this.#engine.execute(item, context);
    if (outcome.outcome === 'refused' || outcome.execution.status === 0)
      throw new Error('the preparation failed');
    this.state.apply(outcome.changes);
  }

  /** The deployer's transactions from here on. */
  items(
    count: number,
    fields: (index: number) => { readonly to: Address; readonly data: Uint8Array },
  ): EthereumItem[] {
    return Array.from({ length: count }, (_, index) => sign(this.deployer, this.#nonce++, fields(index)));
  }

  workload(name: string, items: readonly EthereumItem[]): EngineWorkload {
    return { name, rules: RULES, environment: ENVIRONMENT, state: this.state, items };
  }
}

function sign(
  signer: Signer,
  nonce: bigint,
  fields: { readonly to?: Address; readonly data?: Uint8Array; readonly value?: bigint },
): EthereumItem {
  const fees = { maxPriorityFeePerGas: 0n, maxFeePerGas: 0n, gasLimit: 20_000_000n };
  const rest = { value: 0n, data: new Uint8Array(0), accessList: [], ...fields };
  return signer.sign({ type: 2, chainId: CHAIN_ID, nonce, ...fees, ...rest });
}

/** Of a thousand accounts, so that not always the same is warm in every cache. */
function recipients(random: Random): Address {
  return paddedBytes(0xabcd0000n + BigInt(random.integer(1_000)), 20);
}

async function erc20Transfers(engine: EvmEngine, count: number): Promise<EngineWorkload> {
  const preparation = new Preparation(engine);
  const token = await preparation.deploy(ERC20_INITCODE);
  const random = seededRandom(20);
  for (let i = 0; i < 1_000; i++) {
    await preparation.call(token, erc20Transfer(paddedBytes(0xabcd0000n + BigInt(i), 20), 1n));
  }
  const items = preparation.items(count, () => ({ to: token, data: erc20Transfer(recipients(random), 1n) }));
  return preparation.workload('ERC-20 transfer', items);
}

async function plainTransfers(count: number): Promise<EngineWorkload> {
  const random = seededRandom(21);
  const state = new MemoryState();
  const signer = numberedSigner(1);
  const account = { nonce: 0n, code: new Uint8Array(0), storage: [] };
  state.put({ ...account, address: signer.address, balance: 10n ** 24n });
  for (let i = 0; i < 1_000; i++) {
    state.put({ ...account, address: paddedBytes(0xabcd0000n + BigInt(i), 20), balance: 1n });
  }
  const items = Array.from({ length: count }, (_, index) =>
    sign(signer, BigInt(index), { to: recipients(random), value: 1n }),
  );
  return { name: 'plain transfer', rules: RULES, environment: ENVIRONMENT, state, items };
}

async function swaps(engine: EvmEngine, count: number): Promise<EngineWorkload> {
  const preparation = new Preparation(engine);
  const token0 = await preparation.deploy(ERC20_INITCODE);
  const token1 = await preparation.deploy(ERC20_INITCODE);
  const market = await preparation.deploy(marketInitcode(token0, token1));
  const trader = await preparation.deploy(traderInitcode(market, token0, token1));
  for (const token of [token0, token1]) {
    await preparation.call(token, erc20Transfer(market, ERC20_SUPPLY / 4n));
    await preparation.call(token, erc20Transfer(trader, ERC20_SUPPLY / 4n));
  }
  await preparation.call(market, marketSync());
  const items = preparation.items(count, (index) => ({
    to: trader,
    data: traderSwap(10n ** 18n + BigInt(index), index % 2 === 0 ? 0 : 1),
  }));
  return preparation.workload('Uniswap-v2-style swap', items);
}

async function loops(
  engine: EvmEngine,
  name: string,
  code: Uint8Array,
  rounds: number,
  count: number,
): Promise<EngineWorkload> {
  const preparation = new Preparation(engine);
  const contract = await preparation.deploy(code);
  await preparation.call(contract, loopCall(rounds));
  const items = preparation.items(count, () => ({ to: contract, data: loopCall(rounds) }));
  return preparation.workload(name, items);
}

function replay(): EngineWorkload {
  const genesis = parseGenesis(replayGenesis());
  const state = new MemoryState();
  state.apply(genesis.state);
  const items = replayTransactions().map(replayItem);
  const environment = { ...ENVIRONMENT, coinbase: genesis.config.coinbase, gasLimit: 2n ** 62n };
  return {
    name: `replay set (${items.length.toLocaleString('en')} transactions)`,
    rules: { chainId: CHAIN_ID, fork: 'shanghai' },
    environment,
    state,
    items,
  };
}
