/**
 * Transfers whose values nobody but the network knows: each to an address of its own, with an amount and a text of its own in it. What
 * the network answered about them, and whether it answers the same again.
 */
import type { signerOf } from '@coco/cli';
import { sandboxChainId } from '@coco/cli';
import type { Client } from '@coco/client';
import { randomBytes } from '@coco/crypto';
import { toHex, utf8 } from '@coco/primitives';
import { until } from '../until.js';

/** What the network said of one of them, in the words of JSON-RPC. */
export interface TracedTransfer {
  readonly hash: string;
  readonly to: string;
  readonly amount: string;
  /** Its text, in hexadecimal. */
  readonly text: string;
  readonly receipt: unknown;
  readonly transaction: unknown;
}

const timeoutMs = 60_000;

export class TracedTransfers {
  readonly done: TracedTransfer[] = [];
  readonly #signer: ReturnType<typeof signerOf>;
  #nonce: bigint;

  constructor(signer: ReturnType<typeof signerOf>, nonce = 0n) {
    this.#signer = signer;
    this.#nonce = nonce;
  }

  /** Makes one more, and waits until it is committed. */
  async make(client: Client): Promise<void> {
    const amount = 1_000_000n + this.#nonce;
    const to = randomBytes(20);
    const text = utf8(`private text ${this.#nonce} ${toHex(randomBytes(8))}`);
    const { transaction } = this.#signer.sign({
      type: 2,
      chainId: BigInt(sandboxChainId),
      nonce: this.#nonce,
      to,
      value: amount,
      gasLimit: 60_000n,
      data: text,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      accessList: [],
    });
    const [raw, hash] = [`0x${toHex(transaction.raw)}`, `0x${toHex(transaction.hash)}`];
    const receipt = await until(`transfer ${this.#nonce} is committed`, timeoutMs, async () => {
      const found = await client.jsonRpc('eth_getTransactionReceipt', [hash]);
      if (found !== null && found !== undefined) return found;
      await client.jsonRpc('eth_sendRawTransaction', [raw]);
      return undefined;
    });
    const said = await client.jsonRpc('eth_getTransactionByHash', [hash]);
    const address = `0x${toHex(to)}`;
    this.done.push({
      hash,
      to: address,
      amount: `0x${amount.toString(16)}`,
      text: toHex(text),
      receipt,
      transaction: said,
    });
    this.#nonce += 1n;
  }

  /** What is not as it was; nothing when all is. */
  async faults(client: Client): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const { hash, to, amount, receipt, transaction } of this.done) {
      const answers = {
        receipt: [await client.jsonRpc('eth_getTransactionReceipt', [hash]), receipt],
        transaction: [await client.jsonRpc('eth_getTransactionByHash', [hash]), transaction],
        balance: [await client.jsonRpc('eth_getBalance', [to, 'latest']), amount],
      };
      for (const [what, [now, before]] of Object.entries(answers)) {
        if (JSON.stringify(now) !== JSON.stringify(before))
          faults.push(`the ${what} of ${hash} is ${JSON.stringify(now)}`);
      }
    }
    return faults;
  }
}
