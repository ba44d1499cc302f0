/**
 * What a node leaves behind (CONF-1, CONF-2, CONF-4): no file of a stopped node has a private value in clear, or a secret; and a
 * heap snapshot of one that runs has no secret of an epoch that is over for longer than secrets are held.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createAccounts, signerOf } from '@coco/cli';
import { keepShareKey, privateKeyToPem } from '@coco/crypto';
import { createNodeIdentityFiles, loadNodeSecrets, openVirtualSealer } from '@coco/host';
import { concatBytes, fromBase64, toHex } from '@coco/primitives';
import type { GovernedNode } from '../governed/governedNode.js';
import { until } from '../until.js';
import { CustodyNetwork, timeoutMs } from './custodyNetwork.js';
import { keptShares, type OpenedEpoch, openEpochs } from './openedEpochs.js';
import { createTraceSearch, type Trace } from './traces.js';

const holdSeconds = 3;
/** Nodes look once a second which secrets are to be forgotten, and a commit takes its time. */
const graceSeconds = 4;

let network: CustodyNetwork;
let nodes: readonly [GovernedNode, GovernedNode, GovernedNode];
/** What only private tables have. */
const planted = new Map<string, Uint8Array>();

before(async () => {
  network = await CustodyNetwork.open({
    members: ['acme', 'bolt', 'cora'],
    settings: { epoch_seconds: 2, secret_hold_seconds: holdSeconds },
    governed: { settings: { snapshot: { entries: 30 }, worker: { isolation: 'process' } } },
    environment(directory) {
      const [temporary, heaps] = [path.join(directory, 'tmp'), path.join(directory, 'heaps')];
      for (const one of [temporary, heaps]) mkdirSync(one, { recursive: true });
      return { TMPDIR: temporary, NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${heaps}` };
    },
  });
  nodes = network.governed.nodes as unknown as typeof nodes;
  await plant(nodes[1]);
  await rolled(2);
  // One that comes back has the secrets by the shares of others, and not as they were told.
  await network.kill(nodes[2]);
  await plant(nodes[0]);
  network.governed.startNode(nodes[2]);
  await network.holdsShare(nodes[2]);
  for (const node of nodes) await network.transact(node);
  await rolled(3);
});
after(() => network?.close());

/** A call and a contract, from an account that is in no genesis. */
async function plant(node: GovernedNode): Promise<void> {
  const from = signerOf(createAccounts(1)[0] as Parameters<typeof signerOf>[0]);
  const [calldata, stored] = [randomBytes(32), randomBytes(32)];
  // PUSH32 NOT PUSH1 0 SSTORE STOP: what is stored is in no transaction.
  const code = concatBytes(
    Uint8Array.of(0x7f),
    stored.map((byte) => byte ^ 0xff),
    Uint8Array.of(0x19, 0x60, 0, 0x55, 0),
  );
  const name = (what: string): string => `${what} by ${node.name}`;
  planted.set(name('sender'), from.address);
  planted.set(name('calldata'), calldata);
  planted.set(name('code'), code.subarray(1, 33));
  planted.set(name('storage'), stored);
  planted.set(name('hash of the call'), await network.transact(node, { from, data: calldata }));
  planted.set(name('hash of the creation'), await network.transact(node, { from, to: null, data: code }));
}

/** Waits until so many epochs more have begun. */
async function rolled(count: number): Promise<void> {
  const { epoch } = await network.secrets(nodes[0]);
  for (const node of nodes) {
    await network.until(node, 'is in a later epoch', (now) => now.epoch >= epoch + count);
  }
}

type Named = readonly [name: string, bytes: Uint8Array];

interface Known {
  /** Of epochs that are over for so long that no node may have them. */
  readonly gone: readonly Named[];
  /** Of the others. */
  readonly held: readonly Named[];
}

const opened = new Map<number, OpenedEpoch>();

/** The secrets of the ledger as they were at `ms`. */
async function knownAt(ms: number): Promise<Known> {
  const epochs = await openEpochs(nodes, opened);
  const isGone = (_: unknown, index: number): boolean => {
    const next = epochs[index + 1];
    return next !== undefined && next.atMs + (holdSeconds + graceSeconds) * 1000 < ms;
  };
  return {
    gone: named(epochs.filter(isGone)),
    held: named(epochs.filter((one, index) => !isGone(one, index))),
  };
}

const named = (epochs: readonly OpenedEpoch[]): readonly Named[] =>
  epochs.map(({ epoch, secret }) => [`secret of epoch ${epoch}`, secret] as const);

/** Each kind of trace once, with how often and where. */
function summary(where: string, traces: readonly Omit<Trace, 'offset'>[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { name, form } of traces) {
    const line = `${where}: ${name}, ${form}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line} (${count})`);
}

test('CONF-2: a heap snapshot has no secret of an epoch that is over for longer than they are held', async () => {
  const heaps = path.join(network.governed.directory, 'heaps');
  const { gone } = await knownAt(Date.now());
  assert.ok(gone.length > 3);
  const search = createTraceSearch(gone);
  for (const node of nodes) {
    const before_ = new Set(readdirSync(heaps));
    node.signal('SIGUSR2');
    const heap = await until('there is a heap snapshot', timeoutMs, () => {
      const name = readdirSync(heaps).find((one) => !before_.has(one));
      const bytes = name === undefined ? Buffer.alloc(0) : readFileSync(path.join(heaps, name));
      return bytes.subarray(-10).toString().trimEnd().endsWith('}') && bytes;
    });
    assert.ok(heap.includes(node.nodeId), 'what nodes know is there');
    assert.deepEqual(summary('heap', search(heap)), [], node.name);
  }
});

/** The keys of a node, each as its bare number. */
async function keysOf(node: GovernedNode): Promise<readonly Named[]> {
  const sealed = path.join(node.directory, 'sealed');
  const sealer = await openVirtualSealer(path.join(node.directory, 'virtual-platform.key'));
  const { nodeKey, serviceKey } = loadNodeSecrets(sealed, sealer);
  const { shareKey } = createNodeIdentityFiles({ directory: sealed, sealer, nowMs: Date.now() });
  const number = (key: typeof nodeKey): Uint8Array =>
    Buffer.from(createPrivateKey(privateKeyToPem(key)).export({ format: 'jwk' }).d ?? '', 'base64url');
  const shares = await keptShares(node);
  assert.ok(shares.length > 0);
  return [
    [`key of ${node.name}`, number(nodeKey)],
    ['key of the service', number(serviceKey)],
    [`share key of ${node.name}`, keepShareKey(shareKey, (material) => material.slice())],
    ...shares.map(({ material }, index) => [`share ${index} of ${node.name}`, material] as const),
  ];
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file).isFile());
}

test('CONF-1, CONF-4: no file of a node that was killed has a private value, a secret or a key in clear', async () => {
  // Only who is primary makes them.
  const snapshots = nodes.flatMap((node) => filesIn(node.snapshots));
  assert.ok(
    snapshots.some((file) => file.endsWith('.committed')),
    'there is a snapshot',
  );
  const [first] = nodes;
  for (const node of nodes) await network.kill(node);
  const epochs = await openEpochs(nodes);
  assert.ok(epochs.length > 6 && epochs[0]?.epoch === 1);
  const secrets = [...named(epochs), ...(await Promise.all(nodes.map(keysOf))).flat()];
  assert.ok(secrets.every(([, bytes]) => bytes.length === 32));
  const search = createTraceSearch([...planted, ...secrets]);
  const home = network.governed.directory;
  const files = [...nodes.map((node) => node.directory), path.join(home, 'tmp')].flatMap(filesIn);
  for (const file of files) {
    assert.deepEqual(summary(path.relative(home, file), search(readFileSync(file))), []);
  }
  // What is public is found: it is looked in the right way, and in the right place.
  const nodeId = createTraceSearch([['id', Buffer.from(first.nodeId, 'hex')]]);
  const sees = nodes
    .flatMap(({ directory }) => filesIn(directory))
    .filter((file) => nodeId(readFileSync(file)).length > 0);
  for (const place of [first.ledger, first.logFile, ...snapshots]) {
    assert.ok(
      sees.some((file) => file.startsWith(place)),
      place,
    );
  }
});

test('what is looked for is found in every form, wherever it begins', () => {
  const marker = randomBytes(32);
  const search = createTraceSearch([['marker', marker]]);
  const around = (skip: number): Buffer => Buffer.concat([randomBytes(skip), marker, randomBytes(9)]);
  const text = (form: string): string => {
    if (form === 'list') return JSON.stringify([...marker]);
    return form === 'object' ? JSON.stringify(Uint8Array.from(marker)) : toHex(marker);
  };
  const forms: readonly Buffer[] = [
    around(7),
    Buffer.from(marker).reverse(),
    ...[0, 1, 2, 3].flatMap((skip) => [
      Buffer.from(around(skip).toString('base64')),
      Buffer.from(around(skip).toString('base64url'), 'utf16le'),
    ]),
    ...['hex', 'list', 'object'].flatMap((form) => [
      Buffer.from(text(form)),
      Buffer.from(text(form).toUpperCase(), 'utf16le'),
    ]),
    Buffer.concat([Buffer.alloc(16), marker.subarray(16)]),
    marker.subarray(0, 16),
  ];
  for (const bytes of forms) assert.ok(search(bytes).length > 0, bytes.toString());
  assert.deepEqual(search(randomBytes(2 ** 16)), []);
  assert.ok(fromBase64(Buffer.from(marker).toString('base64')) !== undefined);
});
