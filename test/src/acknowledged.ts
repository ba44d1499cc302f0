/**
 * Every transaction that a network acknowledged, with its receipt, and whether each node still has it.
 */
import type { Client } from '@coco/client';
import type { Random } from '@coco/primitives';

const batchCalls = 500;

export class Acknowledged {
  /** Hash to receipt, as JSON; empty while nobody told it. */
  readonly #receipts = new Map<string, string>();

  get count(): number {
    return this.#receipts.size;
  }

  /** Remembers `hash`; with a receipt, that too. */
  note(hash: string, receipt?: unknown): void {
    const known = this.#receipts.get(hash) ?? '';
    this.#receipts.set(hash, receipt === undefined ? known : JSON.stringify(receipt));
  }

  /** All that came after the first `before` ones, and of those `sample` by chance. */
  since(before: number, sample: number, random: Random): readonly string[] {
    const hashes: readonly string[] = [...this.#receipts.keys()];
    const older = Array.from(
      { length: Math.min(sample, before) },
      () => hashes[random.integer(before)] as string,
    );
    return [...new Set([...older, ...hashes.slice(before)])];
  }

  /** What is wrong with `hashes` on the nodes of `clients`: absent, or with another receipt. Empty when nothing is. */
  async faults(
    clients: readonly Client[],
    hashes: readonly string[] = [...this.#receipts.keys()],
  ): Promise<readonly string[]> {
    const answers = await Promise.all(clients.map((client) => receiptsOf(client, hashes)));
    return hashes.flatMap((hash, index) =>
      answers.flatMap((receipts, node) => {
        const receipt = receipts[index];
        if (receipt === undefined) return [`${hash} is lost on node${node}`];
        // The first to tell it of those that nobody lived to ask for.
        const expected = this.#receipts.get(hash) || receipt;
        this.#receipts.set(hash, expected);
        return receipt === expected
          ? []
          : [`${hash} has another receipt on node${node}: ${receipt}, not ${expected}`];
      }),
    );
  }
}

async function receiptsOf(
  client: Client,
  hashes: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const receipts: (string | undefined)[] = [];
  for (let at = 0; at < hashes.length; at += batchCalls) {
    const calls = hashes
      .slice(at, at + batchCalls)
      .map((hash) => ({ method: 'eth_getTransactionReceipt', params: [hash] }));
    for (const outcome of await client.jsonRpcBatch(calls)) {
      if (!outcome.ok) throw new Error(`a receipt could not be read: ${outcome.message}`);
      receipts.push(outcome.result === null ? undefined : JSON.stringify(outcome.result));
    }
  }
  return receipts;
}
