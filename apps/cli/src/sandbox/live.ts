/**
 * The live line: committed transactions per second, latency, commit; until Ctrl-C.
 */
import process from 'node:process';
import { bold, dim, liveLine, thousands } from '../terminal.js';
import type { Network } from './network.js';

const intervalMs = 500;
const windowMs = 2000;

/** Redraws the line until the user stops it or a node fails; returns the exit status. */
export async function showLive(network: Network): Promise<number> {
  const line = liveLine();
  const samples: { readonly atMs: number; readonly view: number; readonly transactions: number }[] = [];
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const primary = network.primary();
      const down = network.nodes.filter(({ running }) => !running).map(({ name }) => name);
      if (primary === undefined) {
        line.show(down.length > 0 ? `no primary; down: ${down.join(', ')}` : 'electing a primary…');
        return;
      }
      samples.push({ atMs: Date.now(), view: primary.view, transactions: primary.transactions });
      while (samples.length > 1 + windowMs / intervalMs || samples[0]?.view !== primary.view) samples.shift();
      const first = samples[0];
      const seconds = first === undefined ? 0 : (Date.now() - first.atMs) / 1000;
      const rate =
        first === undefined || seconds === 0 ? 0 : (primary.transactions - first.transactions) / seconds;
      const latency = `p50 ${primary.latencyP50Ms.toFixed(0)} ms  p99 ${primary.latencyP99Ms.toFixed(0)} ms`;
      const trouble = down.length > 0 ? `  down: ${down.join(', ')}` : '';
      line.show(
        `${bold(`${thousands(rate)} tx/s`)}  ${latency}  commit ${primary.view}.${primary.commit}${dim(trouble)}`,
      );
    }, intervalMs);
    const stop = (): void => {
      clearInterval(timer);
      line.end('stopping; nothing that was committed is lost');
      resolve(0);
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}
