/** Senders are recovered off the main thread, in any number of threads, with the same answers as on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, toHex } from '@coco/primitives';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { encodeTransaction } from '../codec/encodeTransaction.js';
import { numberedSigner } from '../testing/signer.js';
import type { EthereumTransaction } from '../types.js';
import { createRecovery } from './pool.js';

const fields = { type: 0, gasPrice: 0n, gasLimit: 21_000n, value: 0n, data: new Uint8Array(0) } as const;
const signers = Array.from({ length: 5 }, (_, index) => numberedSigner(index + 1));

interface Expected {
  readonly transaction: EthereumTransaction;
  readonly sender: string;
}

function transactions(count: number): readonly Expected[] {
  return Array.from({ length: count }, (_, index) => {
    const signer = signers[index % signers.length] as (typeof signers)[number];
    const { transaction } = signer.sign({ ...fields, nonce: BigInt(index), to: signer.address });
    return { transaction, sender: toHex(signer.address) };
  });
}

/** Well-formed, but no point of the curve has this r. */
function unsigned(): EthereumTransaction {
  const [{ transaction }] = transactions(1) as readonly [Expected];
  return decodeTransaction(encodeTransaction({ ...transaction, r: 5n } as EthereumTransaction));
}

const isInvalidSender = (error: unknown): boolean =>
  error instanceof CocoError &&
  error.code === 'COCO_ETHEREUM_SIGNATURE' &&
  error.message === 'invalid sender';

for (const threads of [0, 1, 2]) {
  test(`${threads} threads give every sender to whom it belongs, and refuse what nobody signed`, async () => {
    const recovery = createRecovery(threads);
    const expected = transactions(300);
    const answers = expected.map(async ({ transaction }) => toHex(await recovery.recover(transaction)));
    const bad = (async () => recovery.recover(unsigned()))();
    await assert.rejects(bad, isInvalidSender);
    assert.deepEqual(
      await Promise.all(answers),
      expected.map(({ sender }) => sender),
    );
    await recovery.close();
  });
}

test('what waits when the threads are stopped is answered all the same, and so is what comes later', async () => {
  const recovery = createRecovery(1);
  const [first, second] = transactions(2) as readonly [Expected, Expected];
  const answer = recovery.recover(first.transaction);
  await recovery.close();
  assert.equal(toHex(await answer), first.sender);
  assert.equal(toHex(await recovery.recover(second.transaction)), second.sender);
});
