/**
 * One node for tests: a real store, the real execution of blocks, and in place of the worker and the network a few
 * lines that a test can hold back, refuse with, or roll back.
 */
import type { AdapterServices, BatchContext, Submitted } from '@coco/adapter';
import { createStore, type Store } from '@coco/kv';
import { CocoError, type TxId, type TxStatus } from '@coco/primitives';
import { CodeCache } from '../../codeCache.js';
import { recoverSender } from '../../codec/signature.js';
import { createCocoEvmEngine } from '../../engine/coco.js';
import { type Executor, executeBatch } from '../../execute.js';
import { type Genesis, parseGenesis } from '../../genesis/parse.js';
import { writeGenesis } from '../../genesis/write.js';
import { defaultSettings } from '../../settings.js';
import type { EthereumItem, EthereumResult, EthereumSettings } from '../../types.js';
import { formatData } from '../format.js';
import { createRpc, type Rpc, type RpcOptions } from '../rpc.js';
import type { RpcSettings } from '../settings.js';
import { LOOP, LOOP_CODE, NOTE, NOTE_CODE, REVERT, REVERT_CODE } from './contracts.js';
import { TEST_CHAIN_ID, testWallet } from './wallet.js';

/** What a test can choose. */
export interface TestNodeOptions {
  readonly limits?: Partial<RpcSettings>;
  readonly settings?: Partial<EthereumSettings>;
  /** geth's genesis; default: Prague, wallets 1 to 9 with a million ether each. */
  readonly genesis?: unknown;
  /** A chain that is there already. */
  readonly chain?: { readonly store: Store; readonly genesis: Genesis };
  readonly recover?: RpcOptions['recover'];
}

interface Queued {
  readonly item: EthereumItem;
  readonly resolve: (submitted: Submitted<EthereumResult>) => void;
  readonly reject: (error: CocoError) => void;
}

interface Uncommitted {
  readonly txId: TxId;
  readonly settle: (status: TxStatus) => void;
}

/** The node; change its fields at will. */
export class TestNode {
  isPrimary = true;
  /** Submissions are refused with COCO_WORKER_BUSY. */
  busy = false;
  /** Nothing is executed until `execute` is called. */
  held = false;
  /** Nothing is committed until `commit` is called. */
  uncertain = false;
  nowMs = 1_700_000_000_000;
  itemsMax = 1_000;
  readonly store: Store;
  readonly rpc: Rpc;
  readonly queue: Queued[] = [];
  readonly uncommitted: Uncommitted[] = [];
  committedSeqno: number;
  view = 2;
  readonly #executor: Executor;
  #running = false;

  constructor(options: TestNodeOptions = {}) {
    const settings = { ...defaultSettings, recoveryThreads: 0, ...options.settings };
    const { store, genesis } = options.chain ?? newChain(options.genesis ?? testGenesis());
    this.store = store;
    this.committedSeqno = store.head;
    const engine = createCocoEvmEngine();
    const codes = new CodeCache();
    this.#executor = { engine, config: genesis.config, settings, codes, elapsedMs: () => performance.now() };
    this.rpc = createRpc({
      services: this.#services(),
      settings,
      engine,
      codes,
      recover: options.recover ?? recoverSender,
      limits: options.limits ?? {},
    });
  }

  #services(): AdapterServices<EthereumItem, EthereumResult> {
    const node = this;
    return {
      committed: () => this.store.read(this.committedSeqno),
      head: () => this.store.read(this.store.head),
      at: (seqno) => {
        const isThere = seqno >= this.store.compacted && seqno <= this.committedSeqno;
        return isThere ? this.store.read(seqno) : undefined;
      },
      submit: (item) => this.#submit(item),
      get isPrimary() {
        return node.isPrimary;
      },
      nowMs: () => this.nowMs,
    };
  }

  async #submit(item: EthereumItem): Promise<Submitted<EthereumResult>> {
    if (!this.isPrimary) throw notPrimary();
    if (this.busy) throw new CocoError('COCO_WORKER_BUSY', 'the queue is full');
    const submitted = new Promise<Submitted<EthereumResult>>((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
    });
    if (!this.held && !this.#running) {
      this.#running = true;
      setImmediate(() => void this.#run());
    }
    return submitted;
  }

  async #run(): Promise<void> {
    while (this.queue.length > 0 && !this.held) await this.execute();
    this.#running = false;
  }

  /** Executes one batch of what is queued, and commits it unless `uncertain`. */
  async execute(): Promise<void> {
    const transaction = this.store.begin();
    const batch: BatchContext = { nowMs: this.nowMs, entropy: new Uint8Array(32).fill(7) };
    const limits = { itemsMax: this.itemsMax, executeMs: 1e9 };
    const items = this.queue.map(({ item }) => item);
    const { results } = await executeBatch(this.#executor, transaction, items, batch, limits);
    const txId = { view: this.view, seqno: this.store.head + 1 };
    this.store.commit(transaction, txId.seqno);
    const final = new Promise<TxStatus>((settle) => this.uncommitted.push({ txId, settle }));
    for (const result of results) this.queue.shift()?.resolve({ result, txId, final });
    if (!this.uncertain) await this.commit();
  }

  /** Commits everything that was executed. */
  async commit(): Promise<void> {
    await settleDown();
    this.committedSeqno = this.store.head;
    for (const { settle } of this.uncommitted.splice(0)) settle('Committed');
    this.rpc.committed(this.committedSeqno);
    await settleDown();
  }

  /** What is not committed is gone. */
  async rollback(): Promise<void> {
    await settleDown();
    this.store.rollback(this.committedSeqno);
    for (const { settle } of this.uncommitted.splice(0)) settle('Invalid');
    this.rpc.rolledBack(this.committedSeqno);
    await settleDown();
  }

  /** Another node became primary. */
  async loseLeadership(): Promise<void> {
    await settleDown();
    this.isPrimary = false;
    for (const { reject } of this.queue.splice(0)) reject(notPrimary());
    await this.rollback();
  }

  /** One HTTP request with any body. */
  async post(body: string, headers: Record<string, string> = {}) {
    const caller = { kind: 'anonymous' } as const;
    const bytes = new TextEncoder().encode(body);
    const request = { method: 'POST', path: '/', query: '', headers, body: bytes, caller };
    const handled = await this.rpc.handle(request);
    if (handled.kind === 'forward') return { status: 0, text: 'forward', headers: {}, txId: undefined };
    const { status, headers: given, body: answer, txId } = handled.response;
    return { status, text: new TextDecoder().decode(answer), headers: given, txId };
  }

  /** The whole answer to one call. */
  async answer(method: string, ...params: readonly unknown[]): Promise<Answer> {
    const { text } = await this.post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    return JSON.parse(text) as Answer;
  }

  /** The result of one call that must succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape.
  async call(method: string, ...params: readonly unknown[]): Promise<any> {
    const answer = await this.answer(method, ...params);
    if (answer.error !== undefined)
      throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
    return answer.result;
  }

  /** The error of one call that must fail. */
  async error(method: string, ...params: readonly unknown[]): Promise<NonNullable<Answer['error']>> {
    const answer = await this.answer(method, ...params);
    if (answer.error === undefined) throw new Error(`${method} gave ${JSON.stringify(answer.result)}`);
    return answer.error;
  }
}

function newChain(json: unknown): { readonly store: Store; readonly genesis: Genesis } {
  const genesis = parseGenesis(json);
  const store = createStore();
  const first = store.begin();
  writeGenesis(first, genesis);
  store.commit(first, 1);
  return { store, genesis };
}

function notPrimary(): CocoError {
  return new CocoError('COCO_WORKER_NOT_PRIMARY', 'not the primary');
}

/** A JSON-RPC answer. */
export interface Answer {
  readonly jsonrpc: string;
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settleDown(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Prague from the start, some rich wallets and the test contracts. */
export function testGenesis(): Record<string, unknown> {
  const rich = Array.from({ length: 9 }, (_, i) => [
    testWallet(i + 1).addressHex,
    { balance: '1000000000000000000000000' },
  ]);
  const contracts = [
    [NOTE, NOTE_CODE],
    [REVERT, REVERT_CODE],
    [LOOP, LOOP_CODE],
  ] as const;
  return {
    config: { chainId: Number(TEST_CHAIN_ID), ...forksFromTheStart() },
    gasLimit: '0x1c9c380',
    timestamp: '0x64000000',
    alloc: {
      ...Object.fromEntries(rich),
      ...Object.fromEntries(
        contracts.map(([address, code]) => [formatData(address), { balance: '0', code: formatData(code) }]),
      ),
    },
  };
}

function forksFromTheStart(): Record<string, number> {
  const byBlock = 'homestead eip150 eip155 eip158 byzantium constantinople petersburg istanbul muirGlacier';
  const names = `${byBlock} berlin london`.split(' ').map((fork) => `${fork}Block`);
  const byTime = ['shanghaiTime', 'cancunTime', 'pragueTime'];
  return Object.fromEntries([...names, 'terminalTotalDifficulty', ...byTime].map((name) => [name, 0]));
}
