/**
 * Runs a script of tests as a user's own program: a process that trusts the service certificate by
 * NODE_EXTRA_CA_CERTS, which Node reads only when it starts, and speaks to the network with a library as it comes from
 * the registry. Each test of the script is shown as one of the test that runs it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestNetwork } from './testNetwork.js';

/** What a script finds in its environment. */
export interface ClientEnvironment {
  /** JSON-RPC of the primary, and of a backup. */
  readonly url: string;
  readonly backupUrl: string;
  readonly chainId: number;
  /** Of funded accounts, 0x-prefixed. */
  readonly privateKeys: readonly `0x${string}`[];
}

const variable = 'E2E_CLIENT_ENVIRONMENT';

/** For the script: where the network is. */
export function clientEnvironment(): ClientEnvironment {
  return JSON.parse(process.env[variable] ?? '{}') as ClientEnvironment;
}

/** Runs the script `name` of clients/ against `network`. */
export async function runClientTests(t: TestContext, network: TestNetwork, name: string): Promise<void> {
  const primary = network.primaryIndex();
  const environment: ClientEnvironment = {
    url: network.network.applicationUrl(primary),
    backupUrl: network.network.applicationUrl((primary + 1) % network.network.nodes.length),
    chainId: Number(await network.client(primary).jsonRpc('eth_chainId')),
    privateKeys: network.accounts.map(({ privateKey }) => privateKey as `0x${string}`),
  };
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const script = fileURLToPath(new URL(`clients/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, ['--test-reporter=tap', script], {
    env: {
      ...inherited,
      NODE_EXTRA_CA_CERTS: network.paths.serviceCertificate,
      [variable]: JSON.stringify(environment),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = await once(child, 'close');
  const results = [...output.matchAll(/^(ok|not ok) \d+ - (.*)$/gm)];
  for (const [, verdict, what] of results) {
    await t.test(what ?? '', () => assert.equal(verdict, 'ok', 'why is told below'));
  }
  assert.ok(status === 0 && results.length > 0, output);
}
