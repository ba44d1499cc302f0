/** The Ethereum adapter keeps the contract of adapters (ARC-5). */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type AdapterRequest, adapterCompliance, type ComplianceSubject } from '@coco/adapter';
import { toHex, utf8 } from '@coco/primitives';
import { createEthereumAdapter } from './adapter.js';
import type { UnsignedFields } from './codec/encodeTransaction.js';
import { createCocoEvmEngine } from './engine/coco.js';
import { ERC20_INITCODE } from './testing/erc20.js';
import { numberedSigner } from './testing/signer.js';
import { configUpTo, TEST_CHAIN_ID } from './testing/testChain.js';
import type { EthereumItem, EthereumResult } from './types.js';

const alice = numberedSigner(1);
const bob = numberedSigner(2);
const engine = createCocoEvmEngine();

function transaction(nonce: bigint, fields: Partial<UnsignedFields> = {}): EthereumItem {
  const blank = {
    type: 2,
    chainId: TEST_CHAIN_ID,
    maxPriorityFeePerGas: 0n,
    maxFeePerGas: 0n,
    accessList: [],
  };
  const rest = { gasLimit: 1_000_000n, to: bob.address, value: 1n, data: new Uint8Array(0) };
  return alice.sign({ ...blank, ...rest, nonce, ...fields } as UnsignedFields);
}

function request(method: string, ...params: readonly unknown[]): AdapterRequest {
  const body = utf8(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', path: '/', query: '', headers, body, caller: { kind: 'anonymous' } };
}

function subject(): ComplianceSubject<EthereumItem, EthereumResult> {
  const adapter = createEthereumAdapter({ engine, rpc: { commitWaitMs: 500 } });
  return {
    adapter,
    genesis: { config: configUpTo('prague'), alloc: { [toHex(alice.address)]: { balance: '1000000' } } },
    items: [
      transaction(0n),
      transaction(1n, { to: undefined as never, value: 0n, data: ERC20_INITCODE }),
      transaction(2n),
    ],
    failing: [transaction(7n), transaction(0n, { value: 10n ** 30n }), transaction(0n, { chainId: 1n })],
    write: request('eth_sendRawTransaction', `0x${toHex(transaction(0n).transaction.raw)}`),
    read: request('eth_getBalance', `0x${toHex(bob.address)}`, 'latest'),
    close: () => adapter.close(),
  };
}

/** The adapter's timers do not keep a process alive; a node's sockets do. */
const alive = setInterval(() => undefined, 1_000);
after(() => clearInterval(alive));

describe('the Ethereum adapter is compliant (ARC-5)', () => {
  for (const check of adapterCompliance()) test(check.name, () => check.run(subject));
});

test('JSON-RPC is the one route of the adapter, and its tables are its own', async () => {
  const adapter = createEthereumAdapter({ engine });
  assert.deepEqual(adapter.routes, [{ method: 'POST', path: '/' }]);
  assert.deepEqual(adapter.tablePrefixes, ['ethereum.']);
  await adapter.close();
});
