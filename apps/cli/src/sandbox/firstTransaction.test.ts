import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccounts } from './accounts.js';
import { firstTransaction } from './firstTransaction.js';

const [account] = createAccounts(1);

/** A network that fails so many calls first. */
function network(failures: number) {
  const sent: unknown[] = [];
  let left = failures;
  const jsonRpc = async (method: string, params: readonly unknown[] = []): Promise<unknown> => {
    if (left-- > 0) throw new Error('the primary was lost');
    if (method !== 'eth_sendRawTransaction') return '0x1';
    sent.push(params[0]);
    return '0xhash';
  };
  return { sent, jsonRpc };
}

test('the first transaction outlasts a change of the primary', async () => {
  const changing = network(4);
  assert.equal(await firstTransaction(changing, account, 0), '0xhash');
  assert.equal(changing.sent.length, 1);
});

test('it does not try for ever, and says what the last failure was', async () => {
  await assert.rejects(firstTransaction(network(99), account, 0), /the primary was lost/);
  await assert.rejects(firstTransaction(network(0), undefined), { code: 'COCO_CLI_SANDBOX' });
});
