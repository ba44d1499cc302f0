/**
 * ARC-5: JSON-RPC 2.0 over HTTPS with nothing but the service certificate, as `curl --cacert` sends it; and the
 * ledger's own answers beside it (TX-4).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { signerOf } from '@coco/cli';
import { verifyReceipt } from '@coco/client';
import { toHex } from '@coco/primitives';
import { type RawReply, rawHttps } from './rawHttps.js';
import { openTestNetwork, type TestNetwork } from './testNetwork.js';
import { until } from './until.js';

let network: TestNetwork;
let url = '';
let ca = '';
let nonce = 0n;
before(async () => {
  network = await openTestNetwork({ nodes: 1 });
  url = network.network.applicationUrl(0);
  ca = readFileSync(network.paths.serviceCertificate, 'utf8');
});
after(() => network.dispose());

const post = (body: unknown, headers: Record<string, string> = {}): Promise<RawReply> =>
  rawHttps(url, { ca, headers }, typeof body === 'string' ? body : JSON.stringify(body));

const call = (method: string, ...params: unknown[]) => ({ jsonrpc: '2.0', id: 1, method, params });

/** The next transaction of the first account, signed. */
async function signed(): Promise<string> {
  const chainId = BigInt(JSON.parse((await post(call('eth_chainId'))).text).result);
  const [signer] = network.accounts.map(signerOf);
  assert.ok(signer !== undefined);
  const fields = { chainId, nonce, gasPrice: 0n, gasLimit: 21_000n, value: 1n, data: new Uint8Array(0) };
  nonce += 1n;
  return `0x${toHex(signer.sign({ type: 0, to: signer.address, ...fields }).transaction.raw)}`;
}

test('a call, a batch with a notification in it, and what is wrong, each as JSON-RPC 2.0 says', async () => {
  const { status, headers, text } = await post({ jsonrpc: '2.0', id: 'x', method: 'eth_blockNumber' });
  assert.deepEqual([status, headers['content-type']], [200, 'application/json']);
  assert.deepEqual(JSON.parse(text), { jsonrpc: '2.0', id: 'x', result: '0x0' });
  const notification = { jsonrpc: '2.0', method: 'eth_chainId' };
  const batch = await post([call('eth_chainId'), notification, { ...call('nobody_knows'), id: 2 }]);
  const answers = JSON.parse(batch.text) as { id: number; error?: { code: number } }[];
  assert.deepEqual(
    answers.map(({ id, error }) => [id, error?.code]),
    [
      [1, undefined],
      [2, -32601],
    ],
  );
  assert.equal(JSON.parse((await post('{"jsonrpc":')).text).error.code, -32700);
  assert.equal(JSON.parse((await post([])).text).error.code, -32600);
  assert.equal((await rawHttps(url, { ca })).status, 405);
});

test('the answer to a transaction names its ledger transaction, which is committed and has a receipt', async () => {
  const { headers, text } = await post(call('eth_sendRawTransaction', await signed()));
  const hash = String(JSON.parse(text).result);
  const txId = String(headers['x-ms-ccf-transaction-id']);
  assert.match(hash, /^0x[0-9a-f]{64}$/);
  assert.match(txId, /^\d+\.\d+$/);
  const found = JSON.parse((await post(call('eth_getTransactionReceipt', hash))).text).result;
  assert.deepEqual([found.status, found.transactionHash], ['0x1', hash]);
  const place = JSON.parse((await post(call('coco_getTransactionId', hash))).text).result;
  assert.equal(place.transactionId, txId);
  const get = (path: string) => rawHttps(`${url}${path}?transaction_id=${txId}`, { ca });
  assert.equal(JSON.parse((await get('/app/tx')).text).status, 'Committed');
  const receipt = JSON.parse((await get('/app/receipt')).text);
  const verdict = verifyReceipt(receipt, ca);
  assert.ok(verdict.valid, JSON.stringify(verdict));
});

test('prefer: respond-async answers before the commit, and the receipt comes', async () => {
  const raw = await signed();
  const { headers, text } = await post(call('eth_sendRawTransaction', raw), { prefer: 'respond-async' });
  assert.equal(headers['preference-applied'], 'respond-async');
  const hash = JSON.parse(text).result;
  const receipt = await until('its receipt', 60_000, async () => {
    const answer = JSON.parse((await post(call('eth_getTransactionReceipt', hash))).text);
    return answer.result ?? undefined;
  });
  assert.equal(receipt.status, '0x1');
});

test('without the service certificate the node is not trusted', async () => {
  await assert.rejects(rawHttps(url, {}, '{}'), { code: /SELF_SIGNED|UNABLE_TO/ });
});
