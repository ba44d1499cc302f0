/**
 * ARC-3, MIT-1, on real nodes: the Ethereum adapter executes in a process of its own, which holds nothing of its node's; when
 * that process ends, its node stops in order and says why, the network goes on, and the node comes back.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { signerOf } from '@coco/cli';
import { erc20BalanceOf } from '@coco/ethereum/testing';
import { toHex } from '@coco/primitives';
import { deployToken } from './deployToken.js';
import { openTestNetwork, type TestNetwork } from './testNetwork.js';
import { until } from './until.js';

const timeoutMs = 30_000;

interface SystemProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes, as the system sees them. */
function processes(): readonly SystemProcess[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +([^Z\s]\S*) +(.*)$/gm)].map(
    ([, pid, parent, , command = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      command,
    }),
  );
}

/** The process that executes transactions for the node `pid`: the innermost of those that it started. */
function workerOf(pid: number): SystemProcess {
  const all = processes();
  let found: SystemProcess | undefined;
  for (let of = pid; ; of = found.pid) {
    const child = all.find(({ parent }) => parent === of);
    if (child === undefined) break;
    found = child;
  }
  assert.ok(found !== undefined, `node ${pid} has a worker`);
  assert.match(found.command, /workerProcessEntry/);
  return found;
}

const balanceOf = async (network: TestNetwork, node: number, token: Uint8Array, index: number) => {
  const { address } = signerOf(network.accounts[index] as TestNetwork['accounts'][number]);
  const call = { to: `0x${toHex(token)}`, data: `0x${toHex(erc20BalanceOf(address))}` };
  return BigInt(String(await network.client(node).jsonRpc('eth_call', [call, 'latest'])));
};

test('transactions execute in a process of their own, whose end is an orderly one for its node', {
  timeout: 180_000,
}, async (t) => {
  const network = await openTestNetwork({ isolation: 'process' });
  t.after(() => network.dispose());
  const signers = network.accounts.map(signerOf);
  const chainId = BigInt(String(await network.client(0).jsonRpc('eth_chainId')));
  const token = await deployToken(network.client(0), signers, chainId);
  await network.settled(timeoutMs);
  for (const node of [0, 1, 2]) assert.equal(await balanceOf(network, node, token, 1), 10n ** 18n);

  await t.test('what the worker has open leads to nobody but its manager', (t) => {
    for (const { pid } of network.network.nodes) {
      const worker = workerOf(pid as number);
      const descriptors = `/proc/${worker.pid}/fd`;
      const open = readdirSync(descriptors).map((name) => readlinkSync(path.join(descriptors, name)));
      assert.equal(open.filter((to) => to.startsWith('socket:')).length, 3, open.join(' '));
      for (const to of open) assert.match(to, /^(socket:|pipe:|anon_inode:|\/dev\/null$|\/.*\.node$)/);
      assert.equal(readFileSync(`/proc/${worker.pid}/environ`, 'utf8'), '');
      if (process.getuid?.() === 0) assert.notEqual(statSync(`/proc/${worker.pid}`).uid, 0);
      else t.diagnostic('not tested: the worker has no user of its own where the node is not root');
    }
  });

  await t.test(
    'native code is there as elsewhere: without it, senders are recovered ten times as slowly',
    () => {
      const primary = network.network.nodes[network.primaryIndex()]?.pid as number;
      assert.match(readFileSync(`/proc/${workerOf(primary).pid}/maps`, 'utf8'), /secp256k1.*\.node$/m);
    },
  );

  await t.test('the node says how its worker is kept apart', async () => {
    const { worker } = (await network.administrative(0).getJson('/node/config')) as {
      worker: { isolation: string; protections: readonly string[] };
    };
    assert.equal(worker.isolation, 'process');
    assert.ok(worker.protections.includes('nodePermissions'));
    t.diagnostic(`protections: ${worker.protections.join(', ')}`);
  });

  await t.test('no signal opens a debugger in a node, by which its keys could be read', async () => {
    for (const { pid } of network.network.nodes) process.kill(pid as number, 'SIGUSR1');
    // Each answers after it: the signal has come.
    for (const index of [0, 1, 2]) {
      await network.administrative(index).getJson('/node/config');
      const log = readFileSync(path.join(network.paths.node(index), 'node.log'), 'utf8');
      assert.doesNotMatch(log, /Debugger listening/);
    }
  });

  const lost = network.primaryIndex();
  const others = [0, 1, 2].filter((node) => node !== lost);
  const node = network.network.nodes[lost];
  process.kill(workerOf(node?.pid as number).pid, 'SIGKILL');
  await until('the node stops', timeoutMs, () => node?.running === false);
  const log = readFileSync(path.join(network.paths.node(lost), 'node.log'), 'utf8');
  assert.match(log, /the node stops: the worker failed: COCO_HOST_WORKER_ENDED: the worker's process ended/);

  await until('another is primary', timeoutMs, () => network.network.primary() !== undefined);
  const [sender, receiver] = [signers[1], signers[2]] as const;
  const other = others[0] as number;
  const sent = sender?.sign({
    type: 0,
    chainId,
    nonce: 0n,
    gasPrice: 0n,
    gasLimit: 21_000n,
    to: receiver?.address as Uint8Array,
    value: 1n,
    data: new Uint8Array(0),
  });
  const raw = `0x${toHex(sent?.transaction.raw as Uint8Array)}`;
  const account = `0x${toHex(sender?.address as Uint8Array)}`;
  await until('the network goes on', timeoutMs, async () => {
    const client = network.client(other);
    // Nobody may have heard of the new primary yet; and an answer can get lost.
    await client.jsonRpc('eth_sendRawTransaction', [raw]).catch(() => undefined);
    return (await client.jsonRpc('eth_getTransactionCount', [account, 'latest'])) === '0x1';
  });
  network.network.restart(lost);
  await network.network.ready(timeoutMs);
  await network.settled(timeoutMs);
  assert.equal(await balanceOf(network, lost, token, 1), 10n ** 18n);

  const workers = network.network.nodes.map(({ pid }) => workerOf(pid as number).pid);
  await network.stop();
  const left = processes().filter(({ pid }) => workers.includes(pid));
  assert.deepEqual(left, []);
});
