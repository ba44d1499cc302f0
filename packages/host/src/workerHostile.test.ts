/**
 * MIT-1, ARC-3: a compromised worker sees the plaintext that it works on, but holds no keys, cannot decrypt the disk, and
 * cannot propose or approve changes of the network. Code in the worker tries to get at the manager, here by all that the
 * operating system offers, without the permissions of Node.js in between.
 *
 * What must hold depends on what the platform gives: as root, everything. Who is not root has no other user to give to the
 * worker; the namespaces remain. What cannot be tested here is skipped, and says so.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Outcome, Self } from './hostileAdapter.test.js';
import { module, openTaken, settings, type Taken, until } from './takenWorker.test.js';
import { codeRoots } from './workerCode.js';
import type { WorkerProtection } from './workerPlacement.js';

const isRoot = process.getuid?.() === 0;

/** What a manager has: a sealing key, a ledger that is not even protected by its mode, and doors. */
async function openManager(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'coco-manager-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const path = (...names: readonly string[]): string => join(directory, ...names);
  for (const name of ['sealed', 'ledger', 'other']) mkdirSync(path(name));
  writeFileSync(path('key'), 'the sealing key', { mode: 0o600 });
  writeFileSync(path('sealed', 'node-key'), 'the node key', { mode: 0o600 });
  writeFileSync(path('ledger', 'ledger_1'), 'an entry', { mode: 0o644 });
  writeFileSync(path('other', 'private'), 'nothing that is hidden', { mode: 0o600 });
  const listen = async (server: Server, address: object): Promise<Server> => {
    server.listen(address);
    await once(server, 'listening');
    t.after(() => server.close());
    return server;
  };
  const tcp = await listen(createServer(), { host: '127.0.0.1', port: 0 });
  await listen(createServer(), { path: path('sealed', 'socket') });
  const abstractSocket = `\0coco-${directory}`;
  await listen(createServer(), { path: abstractSocket });
  return {
    path,
    abstractSocket,
    port: (tcp.address() as { readonly port: number }).port,
    hidden: [path('sealed'), path('ledger'), path('key'), path('missing')],
  };
}

type Manager = Awaited<ReturnType<typeof openManager>>;

/** Runs `check` where the platform gives what it is about. */
async function where(
  t: TestContext,
  { channel }: Taken,
  protection: WorkerProtection,
  sentence: string,
  check: () => Promise<void>,
): Promise<void> {
  const holds = channel.situation.protections.includes(protection);
  const reason = `not tested: the worker has no ${protection} here${isRoot ? '' : ', and this is not root'}`;
  await t.test(sentence, { skip: holds ? false : reason }, check);
}

function refuses(outcome: Outcome, ...codes: readonly string[]): void {
  assert.ok(outcome.refused !== undefined && codes.includes(outcome.refused), JSON.stringify(outcome));
}

/** All layers together, and as root each alone: a container may refuse namespaces, and not everybody is root. */
const layers: readonly (readonly [string, readonly WorkerProtection[]])[] = [
  ['all that the platform has', []],
  ...(isRoot
    ? ([
        ['a user of its own, alone', ['ownView', 'ownNetwork']],
        ['namespaces, alone', ['ownUser']],
      ] as const)
    : []),
];

for (const [what, left] of layers) {
  test(`code in the worker gets at nothing of the manager: ${what}`, { timeout: 60_000 }, async (t) => {
    const manager = await openManager(t);
    const { hidden } = manager;
    const taken = await openTaken(t, { hidden, without: ['nodePermissions', ...left] });
    const { user, protections } = taken.channel.situation;
    t.diagnostic(`as user ${user}: ${protections.join(', ')}`);
    const self = (await taken.attempt({ what: 'self' })).got as Self;
    await files(t, manager, taken);
    await processes(t, taken, self);
    await sockets(t, manager, taken, self);
    await rights(t, taken, self);
  });
}

async function files(t: TestContext, manager: Manager, taken: Taken): Promise<void> {
  const { attempt } = taken;
  const read = (path: string): Promise<Outcome> => attempt({ what: 'read', path });
  await where(t, taken, 'ownView', 'files, directories and sockets that are hidden', async () => {
    for (const name of ['sealed', 'ledger'])
      refuses(await attempt({ what: 'list', path: manager.path(name) }), 'EACCES');
    refuses(await read(manager.path('sealed', 'node-key')), 'EACCES', 'ENOENT');
    refuses(await read(manager.path('ledger', 'ledger_1')), 'EACCES', 'ENOENT');
    // In place of a file there is nothing.
    const key = await read(manager.path('key'));
    assert.ok(key.got === '' || key.refused === 'EACCES', JSON.stringify(key));
    const socket = { path: manager.path('sealed', 'socket') };
    refuses(await attempt({ what: 'connect', to: socket }), 'EACCES', 'ENOENT');
  });
  await where(t, taken, 'ownUser', 'files of the manager that nobody else may read', async () => {
    refuses(await read(manager.path('other', 'private')), 'EACCES');
    refuses(await read(manager.path('sealed', 'node-key')), 'EACCES');
    const key = await read(manager.path('key'));
    assert.ok(key.got === '' || key.refused === 'EACCES', JSON.stringify(key));
    refuses(await attempt({ what: 'write', path: manager.path('ledger', 'ledger_1') }), 'EACCES', 'ENOENT');
  });
}

async function processes(t: TestContext, taken: Taken, self: Self): Promise<void> {
  const { attempt } = taken;
  const hasView = taken.channel.situation.protections.includes('ownView');
  const kept = hasView ? 'ownView' : 'ownUser';
  for (const file of [
    'environ',
    'mem',
    'maps',
    'cwd/package.json',
    'root/etc/passwd',
    'fd/0',
    'io',
    'auxv',
  ]) {
    await where(t, taken, kept, `the manager's process: ${file}`, async () => {
      refuses(
        await attempt({ what: 'read', path: `/proc/${process.pid}/${file}` }),
        hasView ? 'ENOENT' : 'EACCES',
      );
    });
  }
  await where(t, taken, kept, "the manager's process: its descriptors, and signals to it", async () => {
    const path = `/proc/${process.pid}/fd`;
    refuses(await attempt({ what: 'list', path }), hasView ? 'ENOENT' : 'EACCES');
    // 0 asks whether it could; SIGUSR1 would open a debugger in the manager.
    for (const signal of [0, 'SIGUSR1', 'SIGKILL'] as const)
      refuses(await attempt({ what: 'signal', pid: process.pid, signal }), hasView ? 'ESRCH' : 'EPERM');
  });
  await where(t, taken, 'ownView', 'processes but its own', async () => {
    assert.deepEqual(self.processes, [String(self.pid)]);
  });
}

async function sockets(t: TestContext, manager: Manager, taken: Taken, self: Self): Promise<void> {
  const connect = (to: { path: string } | { host: string; port: number }): Promise<Outcome> =>
    taken.attempt({ what: 'connect', to });
  await where(t, taken, 'ownNetwork', "the manager's doors, and any other address", async () => {
    assert.deepEqual(self.interfaces, ['lo']);
    for (const host of ['127.0.0.1', '::1', '192.0.2.1', '2001:db8::1'])
      refuses(await connect({ host, port: manager.port }), 'ENETUNREACH', 'ECONNREFUSED', 'EADDRNOTAVAIL');
    refuses(await connect({ path: manager.abstractSocket }), 'ECONNREFUSED');
  });
}

async function rights(t: TestContext, taken: Taken, self: Self): Promise<void> {
  await where(t, taken, 'ownUser', 'a user that is the manager, or root', async () => {
    assert.notEqual(self.uid, process.getuid?.());
    assert.notEqual(self.gid, process.getgid?.());
    assert.deepEqual(
      self.groups.filter((group) => group !== self.gid),
      [],
    );
    refuses(await taken.attempt({ what: 'becomeRoot' }), 'EPERM');
  });
  await where(t, taken, 'noNewPrivileges', 'privileges', async () => {
    const { NoNewPrivs, CapEff, CapPrm, CapInh, CapAmb } = self.status;
    assert.equal(NoNewPrivs, '1');
    for (const set of [CapEff, CapPrm, CapInh, CapAmb]) assert.match(set ?? '', /^0+$/);
  });
  await t.test('what it was started with', () => {
    assert.deepEqual(self.environment, {});
    assert.equal(self.cwd, '/');
    assert.equal(self.umask, 0o077);
    assert.match(self.coreLimit, /^0 +0$/);
    const { 0: input, 1: output, 2: error, 3: socket, ...others } = self.descriptors;
    assert.equal(input, '/dev/null');
    for (const stream of [output, error, socket]) assert.match(stream ?? '', /^(socket|pipe):/);
    // The rest are Node's own: nothing that leads to a file or to anybody else.
    for (const leadsTo of Object.values(others))
      assert.match(leadsTo, /^(anon_inode:.*|pipe:.*|\/dev\/null)$/);
  });
}

test('the same code gets at all of it where nothing keeps it from there', async (t) => {
  const manager = await openManager(t);
  const without = ['ownUser', 'ownView', 'ownNetwork', 'nodePermissions'] as const;
  const { attempt } = await openTaken(t, { hidden: manager.hidden, without });
  assert.deepEqual(await attempt({ what: 'read', path: manager.path('key') }), { got: 'the sealing key' });
  assert.deepEqual(await attempt({ what: 'write', path: manager.path('ledger', 'ledger_1') }), { got: null });
  assert.deepEqual(await attempt({ what: 'signal', pid: process.pid, signal: 0 }), { got: true });
  const { port, abstractSocket } = manager;
  for (const to of [
    { host: '127.0.0.1', port },
    { path: abstractSocket },
    { path: manager.path('sealed', 'socket') },
  ])
    assert.deepEqual(await attempt({ what: 'connect', to }), { got: 'connected' });
});

test('the permissions of Node.js are there as well', { timeout: 60_000 }, async (t) => {
  const manager = await openManager(t);
  const { attempt } = await openTaken(t);
  for (const path of [manager.path('other', 'private'), '/etc/passwd', `/proc/${process.pid}/environ`])
    refuses(await attempt({ what: 'read', path }), 'ERR_ACCESS_DENIED');
  refuses(await attempt({ what: 'execute' }), 'ERR_ACCESS_DENIED');
  const evaluated = await attempt({ what: 'evaluate' });
  assert.match(evaluated.refused ?? '', /Code generation from strings disallowed/);
  // Its own code it can read: that is no secret, and it is loaded from there.
  const [root = ''] = codeRoots([module]);
  assert.ok(((await attempt({ what: 'list', path: root })).got as string[]).includes('node_modules'));
});

/** A manager whose worker never looks up from what it does, and so never sees that the channel is closed. */
const spinningManager = `
import { openWorkerProcess } from ${JSON.stringify(new URL('./workerProcess.js', import.meta.url).href)};
const channel = await openWorkerProcess({
  settings: ${JSON.stringify(settings)},
  adapters: [{ module: ${JSON.stringify(module)}, settings: {} }],
  placement: { network: false },
  onMessage: () => undefined,
});
const body = new TextEncoder().encode('{"what":"spin"}');
const request = { method: 'POST', path: '/try', query: '', headers: {}, body, caller: { kind: 'anonymous' } };
channel.post({ type: 'request', id: 1, request, nowMs: 0 });
await new Promise((resolve) => setTimeout(resolve, 200));
console.log('it spins');
`;

test('a worker ends with its manager, however that ends, and whatever the worker does', {
  timeout: 30_000,
}, async (t) => {
  const manager = spawn(process.execPath, ['--input-type=module', '-e', spinningManager], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => manager.kill('SIGKILL'));
  await once(manager.stdout, 'data');
  const started = descendantsOf(manager.pid as number);
  assert.ok(started.length > 0);
  manager.kill('SIGKILL');
  await until(() => started.every((pid) => !isRunning(pid)));
});

/** Processes that `pid` started, and those that they did. */
function descendantsOf(pid: number): readonly number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? -1);
const isRunning = (pid: number): boolean => !['Z', 'X', undefined].includes(statOf(pid)[0]);

test('the same for a manager that is not root', {
  skip: isRoot ? false : 'this is not root, so all of the above was it',
  timeout: 120_000,
}, (t) => {
  const file = fileURLToPath(import.meta.url);
  const somebody = { uid: 61_234, gid: 61_234, env: {}, encoding: 'utf8', cwd: '/' } as const;
  const canRead = spawnSync(process.execPath, ['--check', file], somebody).status === 0;
  if (!canRead) {
    t.skip('nobody but root may read this code here');
    return;
  }
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--test-reporter=tap', '--test-name-pattern=/all that the platform has|ends with its manager/', file],
    somebody,
  );
  for (const [line] of stdout.matchAll(/^.*(# not tested|# SKIP not tested| user \d).*$/gm))
    t.diagnostic(line.trim());
  assert.equal(status, 0, stdout);
});
