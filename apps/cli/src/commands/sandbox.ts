/**
 * `coco sandbox` (`npm start`): a whole network on loopback, for trying things out. The Ethereum adapter, for the accounts,
 * is loaded only when a sandbox runs: other commands begin sooner.
 */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { WorkerIsolation } from '@coco/host';
import { type Command, text, UsageError, whole } from '../command.js';
import { sandboxGenesis } from '../sandbox/ethereumGenesis.js';
import { createSandbox, type SandboxPaths, sandboxExists, sandboxPaths } from '../sandbox/files.js';
import { showLive } from '../sandbox/live.js';
import { startNetwork } from '../sandbox/network.js';
import { summary } from '../sandbox/summary.js';
import { dim, red } from '../terminal.js';

/** Some seconds on an idle machine. */
const readyTimeoutMs = 60_000;

export const sandbox: Command = {
  name: 'sandbox',
  summary: 'run a network of three nodes on this machine (what npm start does)',
  operands: '',
  options: {
    directory: {
      type: 'string',
      short: 'd',
      value: 'DIR',
      default: '.coco/sandbox',
      help: 'where everything is kept',
    },
    nodes: { type: 'string', value: 'N', default: '3', help: 'how many nodes a new network gets' },
    port: {
      type: 'string',
      short: 'p',
      value: 'PORT',
      default: '8545',
      help: 'first JSON-RPC port of a new network',
    },
    worker: {
      type: 'string',
      value: 'thread|process|none',
      default: 'thread',
      help: 'what transactions execute in, apart from the keys',
    },
    fresh: { type: 'boolean', help: 'throw the old network away first' },
    once: { type: 'boolean', help: 'stop after the first committed transaction' },
  },
  examples: [
    ['coco sandbox', 'start, or go on where it stopped'],
    ['coco sandbox --fresh --nodes 5 --port 9545', 'a new network of five nodes'],
  ],
  async run(_operands, options) {
    const directory = path.resolve(text(options, 'directory') ?? '');
    const started = startedMs();
    if (options['fresh'] === true) rmSync(directory, { recursive: true, force: true });
    const paths = sandboxPaths(directory);
    if (!sandboxExists(directory)) await create(paths, options);
    const network = startNetwork(paths, countNodes(paths));
    try {
      await network.ready(readyTimeoutMs);
      const { createClient } = await import('@coco/client');
      const { loadAccounts } = await import('../sandbox/accounts.js');
      const { firstTransaction } = await import('../sandbox/firstTransaction.js');
      const accounts = loadAccounts(paths.accounts);
      const certificate = readFileSync(paths.serviceCertificate, 'utf8');
      const client = createClient({ url: network.applicationUrl(0), serviceCertificatePem: certificate });
      await firstTransaction(client, accounts[0]).finally(() => client.close());
      const seconds = (Date.now() - started) / 1000;
      process.stdout.write(`${summary(paths, network, accounts)}\n\n`);
      process.stdout.write(`${dim(`first transaction committed ${seconds.toFixed(1)} s after the start`)}\n`);
      if (options['once'] === true) return 0;
      return await showLive(network);
    } catch (error) {
      const log = path.join(paths.node(0), 'node.log');
      process.stderr.write(
        `${red('coco:')} the network did not come up; its logs are ${log} and beside it\n`,
      );
      throw error;
    } finally {
      await network.stop();
    }
  },
};

async function create(paths: SandboxPaths, options: Parameters<Command['run']>[1]): Promise<void> {
  const { createAccounts, saveAccounts } = await import('../sandbox/accounts.js');
  const accounts = createAccounts(5);
  await createSandbox(
    {
      directory: paths.directory,
      nodes: whole(options, 'nodes', 1, 9),
      basePort: whole(options, 'port', 1024, 65_000),
      isolation: isolationOf(text(options, 'worker')),
      ethereumGenesis: sandboxGenesis(accounts),
      adapterModule: '@coco/ethereum',
      adapterSettings: {},
    },
    Date.now(),
  );
  saveAccounts(paths.accounts, accounts);
}

function isolationOf(word: string | undefined): WorkerIsolation {
  if (word === 'thread' || word === 'process' || word === 'none') return word;
  throw new UsageError(`--worker takes thread, process or none, not "${word}"`);
}

function countNodes(paths: SandboxPaths): number {
  let count = 0;
  while (existsSync(paths.node(count))) count++;
  return count;
}

/** When the user's command began: `npm start` leaves a mark before it builds. */
function startedMs(): number {
  const mark = new URL('../../../../node_modules/.cache/coco-started', import.meta.url);
  const now = performance.timeOrigin;
  if (process.env['npm_lifecycle_event'] !== 'start' || !existsSync(mark)) return now;
  const marked = statSync(mark).mtimeMs;
  return now - marked < 600_000 ? marked : now;
}
