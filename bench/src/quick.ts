/**
 * A quick look at throughput while working on it: one load, one line.
 */
import process from 'node:process';
import { sandboxGenesis } from '@coco/cli';
import { createAddress } from '@coco/ethereum';
import { toHex } from '@coco/primitives';
import { drive } from './drive.js';
import { latenciesEverywhere, percentile } from './everywhere.js';
import { openBenchNetwork } from './network.js';
import {
  createSenders,
  deployToken,
  distributeTokens,
  Signing,
  tokenTransfers,
  transfers,
} from './workload.js';

const [kind = 'erc20', count = '4000', inFlight = '4', rate] = process.argv.slice(2);
const senders = createSenders(200);
const genesis = sandboxGenesis(
  senders.map(({ address }) => ({ address: `0x${toHex(address)}`, privateKey: '' })),
  4242,
);
const bench = await openBenchNetwork({ nodes: 3, thread: process.env['WORKER'] !== 'inline', genesis });
try {
  const signing = new Signing(4242n);
  const clients = bench.clients(4);
  const [first] = clients;
  const token = createAddress((senders[0] as (typeof senders)[0]).address, 0n);
  let load: readonly string[];
  if (kind === 'erc20') {
    await first?.jsonRpc('eth_sendRawTransaction', [deployToken(signing, senders)]);
    await drive({ clients, raw: distributeTokens(signing, senders, token).raw, batchSize: 100, inFlight: 1 });
    load = tokenTransfers(signing, senders, token, Number(count)).raw;
  } else {
    load = transfers(signing, senders, Number(count)).raw;
  }
  const driven = await drive({
    clients,
    raw: load,
    batchSize: 100,
    inFlight: Number(inFlight),
    ...(rate !== undefined && { rate: Number(rate) }),
  });
  const latencies =
    first === undefined ? [] : await latenciesEverywhere(driven.batches, first, bench.administrative());
  process.stdout.write(
    `${kind}: ${(load.length / driven.seconds).toFixed(0)} tx/s, p50 ${percentile(latencies, 0.5).toFixed(0)} ms, ` +
      `p99 ${percentile(latencies, 0.99).toFixed(0)} ms on all nodes, ${latencies.length} measured, failures ${driven.failures.length} ${driven.failures[0] ?? ''}\n`,
  );
  for (const client of [...clients]) await client.close();
} finally {
  await bench.stop();
}
process.exit(0);
