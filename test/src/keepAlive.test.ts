/**
 * ARC-5: a connection that is kept and used again answers every request, also when the answer before has not left
 * the node yet, and the request is longer than one TLS record.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '@coco/client';
import { openTestNetwork } from './testNetwork.js';

const connections = 4;
const requests = 10;
const calls = Array.from({ length: 500 }, () => ({ method: 'eth_getBlockByNumber', params: ['0x0', false] }));

for (const worker of ['thread', 'none', 'process'] as const) {
  test(`long requests and answers on ${connections} kept connections, worker ${worker}`, {
    timeout: 60_000,
  }, async (t) => {
    const network = await openTestNetwork({ nodes: 1, isolation: worker });
    t.after(() => network.dispose());
    const { serviceCertificatePem } = network;
    const url = network.network.applicationUrl(0);
    const ask = async (): Promise<void> => {
      const client = createClient({ url, serviceCertificatePem, connectionsMax: 1 });
      try {
        for (let i = 0; i < requests; i++) {
          const outcomes = await client.jsonRpcBatch(calls);
          assert.ok(outcomes.every(({ ok }) => ok));
        }
      } finally {
        client.close();
      }
    };
    await Promise.all(Array.from({ length: connections }, ask));
  });
}
