/**
 * Transactions on their way into a block. The pool puts those of one sender into the order of their nonces, holds
 * back what is ahead of the next nonce, and follows each until it is committed, refused or lost.
 *
 *   waiting ──(its nonce is next)──▶ submitted ──(executed, committed)──▶ gone
 *      ▲                                 │
 *      └──(queue full, nonce too high)───┘   refused otherwise, or lost with the leadership: gone
 *
 * Rules, as geth's where it has one:
 * - The same transaction twice is "already known", whether it is in the pool or in a block.
 * - Another one with the nonce of one that is submitted is "replacement transaction underpriced"; one that only
 *   waits is replaced when both fees rise by `replacementPercent` (and at least by 1 wei).
 * - A nonce more than `nonceGapMax` ahead is "nonce too high". What waits must be able to pay: "insufficient funds".
 * - When the pool is full, a transaction that can execute drives out the one that has waited longest.
 * - What is refused at execution leaves; those behind it come back as "nonce too high" and wait for a new one.
 */
import type { AdapterServices, Submitted } from '@coco/adapter';
import { CocoError, type TxId, type TxStatus } from '@coco/primitives';
import { mapKey } from '../codec/address.js';
import { refusalText } from '../refusal.js';
import type { AccountState, Address, EthereumItem, EthereumResult, Hash } from '../types.js';
import { leadershipLost, limitError, RPC_CODES, RpcError, serverError } from './errors.js';
import { refusalError } from './refusalError.js';
import type { RpcSettings } from './settings.js';

/** The pool of one node; only the primary's has anything in it. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #senders = new Map<string, Sender>();
  /** In the order in which they began to wait. */
  readonly #waiting = new Set<Entry>();
  /** Senders whose next transaction found the worker's queue full. */
  readonly #stalled = new Set<Sender>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Takes `item` or throws the RpcError that its sender is told. */
  add(item: EthereumItem): Pending {
    const { transaction } = item;
    const { nonce } = transaction;
    const key = mapKey(transaction.hash);
    if (this.#entries.has(key)) throw serverError('already known');
    const account = this.#options.account(item.sender);
    const head = account?.nonce ?? 0n;
    if (nonce < head) {
      if (this.#options.isMined(transaction.hash)) throw serverError('already known');
      throw refusalError({ reason: 'nonceTooLow', address: item.sender, expected: head, got: nonce });
    }
    const sender = this.#senderOf(item.sender, head);
    const isNext = nonce === sender.next;
    const rival = sender.entries.get(nonce);
    if (rival !== undefined) checkReplacement(rival, item, this.#options.settings);
    if (!isNext) checkWaiting(item, sender.next, account, this.#options.settings);
    if (rival === undefined) this.#makeRoom(sender, isNext);
    else this.#fail(rival, serverError('replaced by another transaction with the same nonce'));

    const entry = createEntry(item, key, sender);
    this.#entries.set(key, entry);
    sender.entries.set(nonce, entry);
    this.#senders.set(sender.key, sender);
    this.#options.accepted(transaction.hash);
    if (isNext && !this.#stalled.has(sender)) this.#advance(sender);
    else this.#wait(entry);
    return { isAhead: () => this.#isAhead(entry), outcome: entry.outcome };
  }

  /** What waits for room in the worker's queue, or behind such a one, has all nonces before its own. */
  #isAhead({ state, sender, item }: Entry): boolean {
    if (state !== 'waiting') return false;
    const { nonce } = item.transaction;
    for (let at = sender.next; at < nonce; at += 1n) if (!sender.entries.has(at)) return true;
    return false;
  }

  /** A transaction of the pool by its hash. */
  get(hash: Hash): EthereumItem | undefined {
    return this.#entries.get(mapKey(hash))?.item;
  }

  /** The nonce that the next transaction of `address` should have, those in the pool included. */
  nextNonce(address: Address): bigint {
    const head = this.#headNonce(address);
    const sender = this.#senders.get(mapKey(address));
    if (sender === undefined) return head;
    let next = sender.next < head ? head : sender.next;
    while (sender.entries.has(next)) next += 1n;
    return next;
  }

  /** How many are submitted, and how many wait. */
  counts(): { readonly submitted: number; readonly waiting: number } {
    return { submitted: this.#entries.size - this.#waiting.size, waiting: this.#waiting.size };
  }

  /** A block was committed: tries again what the worker had no room for, drops what has waited too long. */
  committed(): void {
    if (this.#waiting.size === 0 || this.#dropWithoutLeadership()) return;
    const again = [...this.#stalled];
    this.#stalled.clear();
    for (const sender of again) this.#restart(sender, this.#headNonce(sender.address));
    const oldestAllowed = this.#options.blockNumber() - this.#options.settings.waitingBlocksMax;
    for (const entry of this.#waiting) {
      if (entry.waitingSince >= oldestAllowed) break;
      this.#fail(entry, serverError('dropped: it waited too long for the nonces before its own'));
    }
  }

  /** Versions were rolled back, perhaps because another node leads now. */
  rolledBack(): void {
    this.#dropWithoutLeadership();
  }

  #headNonce(address: Address): bigint {
    return this.#options.account(address)?.nonce ?? 0n;
  }

  #senderOf(address: Address, head: bigint): Sender {
    const key = mapKey(address);
    const known = this.#senders.get(key);
    if (known === undefined) return { key, address, entries: new Map(), waitingCount: 0, next: head };
    if (known.next < head) this.#restart(known, head);
    return known;
  }

  #makeRoom(sender: Sender, executable: boolean): void {
    const { poolPerSenderMax, poolItemsMax } = this.#options.settings;
    if (sender.entries.size >= poolPerSenderMax) {
      throw limitError(`account limit exceeded: ${poolPerSenderMax} transactions of it are pending`);
    }
    if (this.#entries.size < poolItemsMax) return;
    const [oldest] = executable ? this.#waiting : [];
    if (oldest === undefined) throw limitError('txpool is full');
    this.#fail(
      oldest,
      limitError('txpool is full: a transaction that can execute took the place of this one'),
    );
  }

  /** Submits what can execute now. */
  #advance(sender: Sender): void {
    for (let entry = sender.entries.get(sender.next); entry !== undefined; ) {
      if (entry.state === 'waiting') this.#submit(entry);
      sender.next += 1n;
      entry = sender.entries.get(sender.next);
    }
  }

  /** Counts again from `head`, the nonce in the newest version. */
  #restart(sender: Sender, head: bigint): void {
    for (const entry of sender.waitingCount > 0 ? [...sender.entries.values()] : []) {
      const got = entry.item.transaction.nonce;
      if (entry.state === 'waiting' && got < head) {
        const { address } = sender;
        this.#fail(entry, refusalError({ reason: 'nonceTooLow', address, expected: head, got }));
      }
    }
    sender.next = head;
    this.#advance(sender);
  }

  #submit(entry: Entry): void {
    this.#stopWaiting(entry);
    entry.state = 'submitted';
    this.#options.services.submit(entry.item).then(
      (submitted) => this.#onOrdered(entry, submitted),
      (error: unknown) => this.#onNotTaken(entry, error),
    );
  }

  #onOrdered(entry: Entry, submitted: Submitted<EthereumResult>): void {
    const { result, txId, final } = submitted;
    if (result.kind === 'executed') {
      this.#options.ordered(result, txId);
      this.#settleWhenFinal(entry, final, { kind: 'committed', txId, result });
    } else if (result.refusal.reason === 'nonceTooHigh') {
      this.#wait(entry);
      this.#restart(entry.sender, this.#headNonce(entry.sender.address));
    } else {
      this.#remove(entry);
      this.#restart(entry.sender, this.#headNonce(entry.sender.address));
      this.#settleWhenFinal(entry, final, { kind: 'failed', error: refusalError(result.refusal) });
    }
  }

  /** A refusal, too, says something of the state that it met, and is told only when that is committed. */
  #settleWhenFinal(entry: Entry, final: Promise<TxStatus>, outcome: PoolOutcome): void {
    final.then(
      (status) => {
        if (status === 'Committed') this.#settle(entry, outcome);
        else this.#settle(entry, { kind: 'failed', error: leadershipLost() });
      },
      (error: unknown) => this.#settle(entry, { kind: 'failed', error: internalError(error) }),
    );
  }

  #settle(entry: Entry, outcome: PoolOutcome): void {
    this.#remove(entry);
    entry.settle(outcome);
    const { sender } = entry;
    if (sender.waitingCount === 0) return;
    if (this.#dropWithoutLeadership()) return;
    const head = this.#headNonce(sender.address);
    if (outcome.kind === 'failed' || head > sender.next) this.#restart(sender, head);
  }

  #onNotTaken(entry: Entry, error: unknown): void {
    const code = error instanceof CocoError ? error.code : '';
    const { sender } = entry;
    if (code === 'COCO_WORKER_BUSY') {
      const { nonce } = entry.item.transaction;
      this.#wait(entry);
      if (nonce < sender.next) sender.next = nonce;
      this.#stalled.add(sender);
    } else {
      const isLost = code === 'COCO_WORKER_NOT_PRIMARY';
      this.#settle(entry, { kind: 'failed', error: isLost ? leadershipLost() : internalError(error) });
    }
  }

  /** What was submitted is told so by its own promise, or is committed after all. */
  #dropWithoutLeadership(): boolean {
    if (this.#options.services.isPrimary) return false;
    for (const entry of this.#waiting) this.#fail(entry, leadershipLost());
    return true;
  }

  #wait(entry: Entry): void {
    entry.state = 'waiting';
    entry.waitingSince = this.#options.blockNumber();
    entry.sender.waitingCount += 1;
    this.#waiting.add(entry);
  }

  #stopWaiting(entry: Entry): void {
    if (this.#waiting.delete(entry)) entry.sender.waitingCount -= 1;
  }

  #fail(entry: Entry, error: RpcError): void {
    this.#remove(entry);
    entry.settle({ kind: 'failed', error });
  }

  /** Takes `entry` out, if it is still there; nothing of it stays behind. */
  #remove(entry: Entry): void {
    const { sender } = entry;
    this.#stopWaiting(entry);
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    sender.entries.delete(entry.item.transaction.nonce);
    if (sender.entries.size > 0) return;
    this.#senders.delete(sender.key);
    this.#stalled.delete(sender);
  }
}

/** An accepted transaction. */
export interface Pending {
  /** True while it waits for nonces before its own that nobody has sent. */
  isAhead(): boolean;
  /** Settles when it is committed, refused or lost; never rejects. */
  readonly outcome: Promise<PoolOutcome>;
}

/** What became of a transaction. */
export type PoolOutcome =
  | { readonly kind: 'committed'; readonly txId: TxId; readonly result: EthereumResult }
  | { readonly kind: 'failed'; readonly error: RpcError };

/** What the pool works with. */
export interface PoolOptions {
  readonly services: AdapterServices<EthereumItem, EthereumResult>;
  readonly settings: RpcSettings;
  /** State of an account in the newest version. */
  account(address: Address): AccountState | undefined;
  /** Is the transaction with this hash in a block of the newest version? */
  isMined(hash: Hash): boolean;
  /** Number of the newest block. */
  blockNumber(): number;
  /** Told of every transaction that is accepted. */
  accepted(hash: Hash): void;
  /** Told of every transaction that has its place in the ledger. */
  ordered(result: EthereumResult, txId: TxId): void;
}

interface Entry {
  readonly item: EthereumItem;
  readonly key: string;
  readonly sender: Sender;
  state: 'waiting' | 'submitted';
  /** The newest block when it began to wait. */
  waitingSince: number;
  readonly settle: (outcome: PoolOutcome) => void;
  readonly outcome: Promise<PoolOutcome>;
}

interface Sender {
  readonly key: string;
  readonly address: Address;
  readonly entries: Map<bigint, Entry>;
  waitingCount: number;
  /** Every nonce from the newest version's up to this one (exclusive) is submitted. */
  next: bigint;
}

function createEntry(item: EthereumItem, key: string, sender: Sender): Entry {
  let settle: Entry['settle'] = () => {};
  const outcome = new Promise<PoolOutcome>((resolve) => {
    settle = resolve;
  });
  return { item, key, sender, state: 'waiting', waitingSince: 0, settle, outcome };
}

function checkReplacement(rival: Entry, item: EthereumItem, settings: RpcSettings): void {
  const old = feesOf(rival.item);
  const fresh = feesOf(item);
  const rises = (from: bigint, to: bigint): boolean => {
    return to > from && to * 100n >= from * BigInt(100 + settings.replacementPercent);
  };
  if (rival.state !== 'waiting' || !rises(old.cap, fresh.cap) || !rises(old.tip, fresh.tip)) {
    throw serverError('replacement transaction underpriced');
  }
}

function checkWaiting(
  { transaction, sender }: EthereumItem,
  next: bigint,
  account: AccountState | undefined,
  settings: RpcSettings,
): void {
  if (transaction.nonce > next + BigInt(settings.nonceGapMax)) {
    const refusal = {
      reason: 'nonceTooHigh',
      address: sender,
      expected: next,
      got: transaction.nonce,
    } as const;
    const limit = `at most ${settings.nonceGapMax} ahead`;
    throw new RpcError(RPC_CODES.server, `${refusalText(refusal)}, ${limit}`);
  }
  const balance = account?.balance ?? 0n;
  const needed = transaction.value + transaction.gasLimit * feesOf({ transaction, sender }).cap;
  if (balance < needed) {
    throw refusalError({ reason: 'insufficientFunds', address: sender, balance, needed });
  }
}

function feesOf({ transaction }: EthereumItem): { readonly cap: bigint; readonly tip: bigint } {
  if (transaction.type === 0 || transaction.type === 1) {
    return { cap: transaction.gasPrice, tip: transaction.gasPrice };
  }
  return { cap: transaction.maxFeePerGas, tip: transaction.maxPriorityFeePerGas };
}

function internalError(error: unknown): RpcError {
  const why = error instanceof CocoError ? `: ${error.message} (${error.code})` : '';
  return new RpcError(RPC_CODES.internal, `internal error${why}`);
}
