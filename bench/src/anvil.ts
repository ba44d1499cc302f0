/**
 * The baseline: anvil, a development node of one process that keeps its state in memory, has no consensus, no ledger and
 * no encryption, and makes a block every second. It gets the same batches over plain HTTP.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '@coco/cli';
import type { JsonRpcOutcome } from '@coco/client';
import { now, type SendBatch, type SentBatch } from './drive.js';

export interface Anvil {
  readonly version: string;
  readonly connection: SendBatch;
  /** Seconds from the first sending until the last transaction was in a block. */
  mined(batches: readonly SentBatch[]): Promise<number>;
  stop(): Promise<void>;
}

/** Starts one on `genesis`; undefined where it is not installed (it exists for few platforms). */
export async function openAnvil(genesis: unknown): Promise<Anvil | undefined> {
  const program = findAnvil();
  if (program === undefined) return undefined;
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-bench-anvil-'));
  const init = path.join(directory, 'genesis.json');
  writeFileSync(init, JSON.stringify(genesis));
  const port = await freePorts([0]);
  const settings = ['--block-time', '1', '--gas-limit', '1000000000', '--base-fee', '0', '--gas-price', '0'];
  const quiet = ['--quiet', '--order', 'fifo', '--no-request-size-limit', '--accounts', '1'];
  const child = spawn(program.path, ['--init', init, '--port', `${port}`, ...settings, ...quiet], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: directory,
  });
  const url = `http://127.0.0.1:${port}`;
  await answering(url, child);
  return {
    version: program.version,
    connection: async (raw) => {
      const calls = raw.map((one) => ({ method: 'eth_sendRawTransaction', params: [one] }));
      return callBatch(url, calls);
    },
    mined: async (batches) => {
      const firstMs = Math.min(...batches.map(({ sentMs }) => sentMs));
      await allMined(url, batches);
      return (now() - firstMs) / 1000;
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function findAnvil(): { readonly path: string; readonly version: string } | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/package.json');
    const { version } = createRequire(import.meta.url)(manifest) as { readonly version: string };
    return { path: path.join(path.dirname(manifest), 'bin', 'anvil'), version };
  } catch {
    return undefined;
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('anvil ended before it answered');
    try {
      await callBatch(url, [{ method: 'eth_chainId', params: [] }]);
      return;
    } catch {
      await pause();
    }
  }
}

async function allMined(url: string, batches: readonly SentBatch[]): Promise<void> {
  let missing = batches.map(({ lastHash }) => lastHash);
  while (missing.length > 0) {
    const asked = missing.slice(0, 100);
    const calls = asked.map((hash) => ({ method: 'eth_getTransactionReceipt', params: [hash] }));
    const outcomes = await callBatch(url, calls);
    const found = new Set(asked.filter((_, index) => isMined(outcomes[index])));
    missing = missing.filter((hash) => !found.has(hash));
    if (found.size < asked.length) await pause();
  }
}

/** Mined, and not in vain: a failed transfer would cost less. */
function isMined(outcome: JsonRpcOutcome | undefined): boolean {
  if (outcome?.ok !== true || outcome.result === null) return false;
  const { status } = outcome.result as { readonly status: string };
  if (status !== '0x1') throw new Error(`a transaction failed on anvil: ${JSON.stringify(outcome.result)}`);
  return true;
}

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

async function callBatch(url: string, calls: readonly Call[]): Promise<readonly JsonRpcOutcome[]> {
  const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })));
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  const answers = (await response.json()) as readonly Answer[];
  return answers
    .toSorted((a, b) => a.id - b.id)
    .map(({ result, error }) =>
      error === undefined ? { ok: true, result } : { ok: false, code: error.code, message: error.message },
    );
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
