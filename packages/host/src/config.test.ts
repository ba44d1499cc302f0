import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig } from './config.js';
import { type Test, temporaryDirectory } from './entries.test.js';
import { loadGenesis } from './genesisFile.js';
import { testIdentity, testService } from './identities.test.js';

const service = testService();
const first = testIdentity('first', service);

type Json = Record<string, unknown>;

/** A configuration with only what has no default. */
function smallest(): Json {
  return {
    virtualKey: 'platform.key',
    directories: { ledger: 'ledger', sealed: '/var/lib/coco/sealed' },
    addresses: { application: '127.0.0.1:8001', administrative: '[::1]:8002', peer: 'node0.example:8000' },
  };
}

function write(t: Test, config: unknown): string {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'node.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

/** `config` with the value at `path` (dots between keys) replaced, or removed when it is undefined. */
function withValue(config: Json, path: string, value: unknown): Json {
  const copy = structuredClone(config);
  const keys = path.split('.');
  let inner: Json = copy;
  for (const key of keys.slice(0, -1)) {
    inner[key] ??= {};
    inner = inner[key] as Json;
  }
  const last = keys.at(-1) as string;
  Object.defineProperty(inner, last, { value, enumerable: true, configurable: true });
  return copy;
}

test('what has no default is enough, and relative paths are relative to the file', (t) => {
  const file = write(t, smallest());
  const config = loadConfig(file);
  assert.equal(config.directories.ledger, join(file, '..', 'ledger'));
  assert.equal(config.directories.sealed, '/var/lib/coco/sealed');
  assert.equal(config.directories.snapshots, join(file, '..', 'snapshots'));
  assert.deepEqual([config.nodeId, config.genesisPath, config.join], [undefined, undefined, undefined]);
  assert.deepEqual(config.addresses.administrative, { host: '::1', port: 8002 });
  assert.equal(config.admitAnonymous, false);
  assert.deepEqual(config.corsOrigins, []);
  assert.equal(config.limits.headersMax, 100);
});

test('a missing, misspelt, mistyped or out-of-range setting is refused by its path (COCO_HOST_CONFIG)', (t) => {
  const cases: [string, unknown, string?][] = [
    ['nodeId', 'ab'],
    ['nodes', []],
    ['serviceCertificate', 'service.pem'],
    ['genesis', 5],
    ['join', 'node.example:8000'],
    ['join', {}, 'join.peer'],
    ['join', { peer: 'node.example:1' }, 'join.serviceFingerprint'],
    ['join', { peer: 'node.example:1', serviceFingerprint: 'A'.repeat(64) }, 'join.serviceFingerprint'],
    ['snapshot.keep', 0],
    ['snapshot.entries', -1],
    ['governance.scripts.heapBytesMax', 1],
    ['governance.ballots', 1],
    ['directories.ledger', 5],
    ['directories.ledgers', 'x'],
    ['platform', 'sgx'],
    ['addresses.peer', '127.0.0.1'],
    ['addresses.peer', '127.0.0.1:65536'],
    ['addresses.peer', 'a b:1'],
    ['admitAnonymous', 'yes'],
    ['admitAnonimous', true],
    ['limits.headersMax', 1e9],
    ['limits.headersMax', 20.5],
    ['limits.headersMin', 1],
    ['worker.queueItemsMax', 0],
    ['worker.thread', true],
    ['worker.isolation', 'vm'],
    ['worker.user', 'coco-worker'],
    ['worker.network', true],
    ['worker', { isolation: 'process', user: 'root; id' }, 'worker.user'],
    ['worker', { isolation: 'process', user: '1:2:3' }, 'worker.user'],
    ['worker', { isolation: 'process', user: `0:${2 ** 32}` }, 'worker.user'],
    ['replica.consensus.electionTimeoutMs', '1000'],
    ['replica.consensus.heartbeatMs', 900],
    ['ledger.chunkBytesMax', -1],
    ['tickMs', 0],
    ['corsOrigins', ['https://app.example/path'], 'corsOrigins[0]'],
    ['adapters', [{ settings: {} }], 'adapters[0].module'],
    ['__proto__', { admitAnonymous: true }],
    ['constructor', {}],
  ];
  for (const [path, value, named = path.replace(/\.(\d)\./, '[$1].')] of cases) {
    assert.throws(
      () => loadConfig(write(t, withValue(smallest(), path, value))),
      (error: { code?: unknown; facts?: { path?: unknown }; message?: unknown }) => {
        assert.equal(error.code, 'COCO_HOST_CONFIG', `${path}: ${String(error)}`);
        assert.equal(error.facts?.path, named, `${path}: ${String(error)}`);
        return true;
      },
    );
  }
});

test('a worker in a process of its own has a user, by name or by number, and no network', (t) => {
  const workerOf = (worker: Json) => loadConfig(write(t, { ...smallest(), worker })).worker;
  const { user, isolation, network } = workerOf({ isolation: 'process', user: 'coco-worker' });
  assert.deepEqual([user, isolation, network], [{ name: 'coco-worker' }, 'process', false]);
  assert.deepEqual(workerOf({ isolation: 'process', user: '7:8' }).user, { uid: 7, gid: 8 });
  assert.equal(workerOf({ isolation: 'process', network: true }).network, true);
  assert.equal(workerOf({}).isolation, 'thread');
});

test('what is not a JSON object, or is missing or huge, is refused', (t) => {
  for (const text of ['', '[]', '5', 'null', '{', '{"a":1}}', '['.repeat(100_000), ' '.repeat(2 ** 20 + 1)]) {
    assert.throws(() => loadConfig(write(t, text)), { code: 'COCO_HOST_CONFIG' }, text.slice(0, 20));
  }
  assert.throws(() => loadConfig('/nowhere/node.json'), { code: 'COCO_HOST_CONFIG' });
});

test('a node begins a network or joins one, not both', (t) => {
  const join = {
    peer: 'node.example:8002',
    serviceFingerprint: 'a'.repeat(64),
    constitutionDigest: 'b'.repeat(64),
  };
  const config = loadConfig(write(t, { ...smallest(), join }));
  assert.deepEqual(config.join, { ...join, peer: { host: 'node.example', port: 8002 } });
  assert.throws(() => loadConfig(write(t, { ...smallest(), join, genesis: 'genesis.json' })), {
    code: 'COCO_HOST_CONFIG',
    facts: { path: 'join' },
  });
});

test('a genesis is read as strictly', (t) => {
  const member = { certificatePem: first.certificate.pem, name: 'Member' };
  const genesis: Json = {
    serviceCertificatePem: service.certificate.pem,
    constitution: 'text',
    members: [member],
    participants: [],
    nodes: [
      {
        nodeId: first.nodeId,
        certificatePem: first.certificate.pem,
        peerAddress: '127.0.0.1:1',
        applicationAddress: '127.0.0.1:2',
        administrativeAddress: '127.0.0.1:3',
      },
    ],
    votingPolicies: { default: { kind: 'm_of_n', m: 2, quorum: 2 }, set_member: { kind: 'unanimous' } },
    settings: { lease_seconds: 60, lease_restart: true },
    teeManifest: { virtual: { code: 'listed' } },
    codeManifest: { ['c'.repeat(64)]: { component: 'coco', description: 'the first' } },
    adapters: { ethereum: { chainId: 1 } },
  };
  assert.deepEqual(loadGenesis(write(t, genesis)), genesis);
  for (const bad of [
    { settings: { a: {} } },
    { teeManifest: { virtual: 5 } },
    { codeManifest: { a: { component: 1 } } },
  ]) {
    assert.throws(() => loadGenesis(write(t, { ...genesis, ...bad })), { code: 'COCO_HOST_CONFIG' });
  }
  for (const bad of [
    { ...member, certificatePem: 'x' },
    { ...member, name: 7 },
    { ...member, vote: true },
    'member',
  ]) {
    assert.throws(() => loadGenesis(write(t, { ...genesis, members: [bad] })), { code: 'COCO_HOST_CONFIG' });
  }
  for (const bad of [
    { kind: 'dictator' },
    { kind: 'm_of_n' },
    { kind: 'majority', m: 2 },
    { kind: 'm_of_n', m: 0 },
  ]) {
    const changed = { ...genesis, votingPolicies: { default: bad } };
    assert.throws(() => loadGenesis(write(t, changed)), { code: 'COCO_HOST_CONFIG' });
  }
  const [node] = genesis['nodes'] as Json[];
  assert.throws(() => loadGenesis(write(t, { ...genesis, nodes: [{ ...node, nodeId: 'a'.repeat(64) }] })), {
    code: 'COCO_HOST_CONFIG',
    facts: { path: 'nodes[0].nodeId' },
  });
});

test('every setting is documented, and every documented setting exists', (t) => {
  const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
  const document = text('../../../docs/reference/configuration.md');
  const documented = [...document.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] as string);
  const parser = text('./config.js');
  const read =
    /(?:\.(?:text|optionalText|hex|optionalHex|whole|flag|choice|list|raw|inner|has)\(|limit\(|ofScripts\(|address\(\w+, )'(\w+)'/g;
  const names = new Set([...parser.matchAll(read)].map((match) => match[1] as string));
  for (const name of names) {
    assert.ok(
      documented.some((path) => path.split(/[.[\]]+/).includes(name)),
      `${name} is not documented`,
    );
  }
  for (const path of documented.filter((one) => !one.includes('[') && !one.startsWith('adapters'))) {
    const join = { peer: 'node.example:1', serviceFingerprint: 'a'.repeat(64) };
    const whole = path.startsWith('join.') ? { ...smallest(), join } : smallest();
    const config = withValue(whole, path, { wrong: 'type' });
    assert.throws(
      () => loadConfig(write(t, config)),
      (error: { facts?: { path?: string } }) => {
        assert.ok(
          error.facts?.path === path || error.facts?.path === `${path}.wrong`,
          `${path}: ${String(error)}`,
        );
        return true;
      },
    );
  }
});
