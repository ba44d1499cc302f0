/**
 * A load that goes on until it is told to stop, through failures and changes of primary: plain and ERC-20 transfers,
 * some of which revert, from several senders through all nodes. It tells of every transaction that was acknowledged.
 *
 * A transaction is acknowledged when its hash is the answer and every earlier one of its sender was acknowledged: only
 * a nonce ahead of its turn is answered without being committed.
 */
import { type Client, type ClientOptions, createClient, type JsonRpcOutcome } from '@coco/client';
import type { Signer } from '@coco/ethereum';
import { ERC20_SUPPLY, erc20Transfer } from '@coco/ethereum/testing';
import { type Random, toHex } from '@coco/primitives';
import { until } from './until.js';

export interface LoadOptions {
  /** JSON-RPC of the nodes, as they are at the moment; lanes are spread over them. */
  readonly url: (lane: number) => string;
  readonly serviceCertificatePem: string;
  /** Who the clients are. Default: nobody. */
  readonly clientCertificate?: NonNullable<ClientOptions['clientCertificate']>;
  readonly chainId: bigint;
  /** Address of the token, of which every sender has some. */
  readonly token: Uint8Array;
  /** The senders of each lane, which are its alone. */
  readonly lanes: readonly (readonly Signer[])[];
  readonly random: Random;
  /** Told as soon as the answer is there, and again with the receipt if the node lives long enough to be asked. */
  readonly onAcknowledged: (hash: string, receipt?: unknown) => void;
  /** Told of what may not happen while a node answers. */
  readonly onWrong: (what: string) => void;
}

export interface Load {
  /** No more requests; resolves when those under way are answered or broken. */
  stop(): Promise<void>;
}

const batchMax = 32;
const requestTimeoutMs = 15_000;

/** Starts it. */
export function startLoad(options: LoadOptions): Load {
  let stopped = false;
  const lanes = options.lanes.map(async (senders, index) => {
    const lane = new Lane(options, senders, index);
    while (!stopped) await lane.turn(() => stopped);
    lane.close();
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(lanes);
    },
  };
}

interface Prepared {
  readonly sender: Signer;
  readonly raw: string;
}

class Lane {
  readonly #options: LoadOptions;
  readonly #senders: readonly Signer[];
  readonly #index: number;
  /** Next nonces; a sender without one has to ask. */
  readonly #nonces = new Map<Signer, bigint>();
  #client: Client | undefined;
  #url = '';

  constructor(options: LoadOptions, senders: readonly Signer[], index: number) {
    this.#options = options;
    this.#senders = senders;
    this.#index = index;
  }

  /** One batch and its receipts; failures of nodes are part of it. */
  async turn(isOver: () => boolean): Promise<void> {
    try {
      await until('the nonces', requestTimeoutMs, async () => isOver() || (await this.#learnNonces()));
      if (isOver()) return;
      const batch = this.#prepare();
      const outcomes = await this.#call(
        'eth_sendRawTransaction',
        batch.map(({ raw }) => [raw]),
      );
      const asked = this.#url;
      const hashes = this.#acknowledge(batch, outcomes);
      if (hashes.length > 0) await this.#readReceipts(hashes, asked);
    } catch {
      // Whether the batch took place is not known: nothing of it is acknowledged.
      this.#nonces.clear();
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #call(method: string, params: readonly (readonly unknown[])[]): Promise<readonly JsonRpcOutcome[]> {
    const url = this.#options.url(this.#index);
    if (url !== this.#url) this.close();
    this.#url = url;
    const { serviceCertificatePem, clientCertificate } = this.#options;
    this.#client ??= createClient({
      url,
      serviceCertificatePem,
      ...(clientCertificate && { clientCertificate }),
      timeoutMs: requestTimeoutMs,
    });
    return this.#client.jsonRpcBatch(params.map((one) => ({ method, params: one })));
  }

  /**
   * By what is committed. Counted from what only waits in a primary's pool, and is lost with it, all that follows would be ahead of
   * its turn: such a transaction is answered with its hash although it is in no block, and is no acknowledgement.
   */
  async #learnNonces(): Promise<boolean> {
    const unknown = this.#senders.filter((sender) => !this.#nonces.has(sender));
    const questions = unknown.map(({ address }) => [`0x${toHex(address)}`, 'latest']);
    const outcomes = await this.#call('eth_getTransactionCount', questions);
    for (const [index, outcome] of outcomes.entries()) {
      if (!outcome.ok) throw new Error(outcome.message);
      this.#nonces.set(unknown[index] as Signer, BigInt(String(outcome.result)));
    }
    return true;
  }

  #prepare(): readonly Prepared[] {
    const { random } = this.#options;
    return Array.from({ length: 1 + random.integer(batchMax) }, () => {
      const sender = this.#senders[random.integer(this.#senders.length)] as Signer;
      const nonce = this.#nonces.get(sender) ?? 0n;
      this.#nonces.set(sender, nonce + 1n);
      return { sender, raw: this.#sign(sender, nonce) };
    });
  }

  /** A third are plain transfers; of the others every eighth asks for more tokens than there are, and reverts. */
  #sign(sender: Signer, nonce: bigint): string {
    const { random, chainId, token } = this.#options;
    const to = (this.#senders[random.integer(this.#senders.length)] as Signer).address;
    const plain = { to, value: 1n, gasLimit: 21_000n, data: new Uint8Array(0) };
    const amount = random.integer(8) === 0 ? ERC20_SUPPLY + 1n : 1n;
    const call = { to: token, value: 0n, gasLimit: 100_000n, data: erc20Transfer(to, amount) };
    const fields = random.integer(3) === 0 ? plain : call;
    const fees = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, accessList: [] };
    const { transaction } = sender.sign({ type: 2, chainId, nonce, ...fees, ...fields });
    return `0x${toHex(transaction.raw)}`;
  }

  #acknowledge(batch: readonly Prepared[], outcomes: readonly JsonRpcOutcome[]): readonly string[] {
    const hashes: string[] = [];
    const refused = new Set<Signer>();
    for (const [index, outcome] of outcomes.entries()) {
      const { sender } = batch[index] as Prepared;
      if (!outcome.ok) refused.add(sender);
      if (!outcome.ok || refused.has(sender)) continue;
      const hash = String(outcome.result);
      hashes.push(hash);
      this.#options.onAcknowledged(hash);
    }
    for (const sender of refused) this.#nonces.delete(sender);
    return hashes;
  }

  async #readReceipts(hashes: readonly string[], acknowledgedBy: string): Promise<void> {
    const outcomes = await this.#call(
      'eth_getTransactionReceipt',
      hashes.map((hash) => [hash]),
    );
    for (const [index, outcome] of outcomes.entries()) {
      const hash = hashes[index] as string;
      if (!outcome.ok) continue;
      if (outcome.result !== null) this.#options.onAcknowledged(hash, outcome.result);
      // Another node, if the lane has just moved to one, may be a little behind.
      else if (this.#url === acknowledgedBy)
        this.#options.onWrong(`${hash} was acknowledged by ${this.#url}, which has no receipt of it`);
    }
  }
}
