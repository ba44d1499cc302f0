import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { genesisTables, verifyNodeTuple } from '@coco/governance';
import { loadConfig, loadGenesis } from '@coco/host';
import { createStore } from '@coco/kv';
import { runCocoAs } from '../governance/testing/runCocoAs.js';
import { snapshotText } from './joinText.js';
import { loadJoiningConfig } from './nodeFiles.js';

const directory = mkdtempSync(path.join(tmpdir(), 'coco-node-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const at = (...names: readonly string[]): string => path.join(directory, ...names);

async function coco(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await runCocoAs({}, ...words, '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const actor = ['--actor-cert', at('acme.cert.pem')] as const;
const network = ['network', 'create', '--name', 'Pilot', '--directory', at('pilot')] as const;
const people = ['--member', `acme=${at('acme.cert.pem')}`, '--node', 'acme=127.0.0.1:8545'] as const;

test('GOV-2: keys and a network are made from flags alone, and its nodes’ files are ones that a node reads', async () => {
  await coco('member', 'keygen', 'acme', '--directory', directory);
  const again = await runCocoAs({}, 'member', 'keygen', 'acme', '--directory', directory);
  assert.match(again.stderr, /never written over.*COCO_CLI_EXISTS/);
  const made = await coco(...network, ...people, '--voting-policy', 'set_constitution=unanimous');
  const genesis = loadGenesis(at('pilot', 'genesis.json'));
  assert.deepEqual(genesis.votingPolicies, {
    default: { kind: 'majority' },
    set_constitution: { kind: 'unanimous' },
  });
  const [node] = made['nodes'] as { readonly nodeId: string; readonly config: string }[];
  assert.equal(loadConfig(node?.config ?? '').nodeId, node?.nodeId);
  const missing = await runCocoAs({}, 'network', 'create', '--name', 'Pilot');
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /--name, --member and --node are needed/);
});

test('GOV-1: the tuple of a new node is signed here, or prepared and signed elsewhere; both are good', async () => {
  const store = createStore();
  store.apply(genesisTables(loadGenesis(at('pilot', 'genesis.json'))), 1);
  const reader = store.read(1);
  const isGood = (file: string): string =>
    verifyNodeTuple(reader, JSON.parse(readFileSync(file, 'utf8'))).outcome;
  const config = ['--config', at('n1', 'node.json')] as const;
  const key = ['--actor-key', at('acme.key.pem')] as const;
  const address = ['--address', '127.0.0.1:9545'] as const;
  await coco('node', 'tuple', ...config, ...address, ...actor, ...key, '--out', at('one.json'));
  assert.equal(isGood(at('one.json')), 'good');
  await coco('node', 'tuple', ...config, ...actor, '--prepare', at('request.json'));
  await coco('request', 'sign', at('request.json'), '--key', at('acme.key.pem'), '--out', at('signed'));
  await coco('node', 'tuple', ...config, ...actor, '--signed', at('signed'), '--out', at('two.json'));
  assert.equal(isGood(at('two.json')), 'good');
  const other = ['--config', at('n2', 'node.json'), '--address', '127.0.0.1:9546'] as const;
  const wrong = await runCocoAs({}, 'node', 'tuple', ...other, ...actor, '--signed', at('signed'));
  assert.match(wrong.stderr, /is not the tuple of this node.*COCO_CLI_TUPLE/);
});

test('NET-1: a joining node’s configuration is given its network, and keeps what was approved', () => {
  const file = at('n1', 'node.json');
  const target = { peer: '10.0.0.1:8645', serviceFingerprint: 'ab'.repeat(32) };
  assert.throws(() => loadJoiningConfig(file, {}), /--peer and --service-fingerprint are needed/);
  assert.deepEqual(loadJoiningConfig(file, target).join?.peer, { host: '10.0.0.1', port: 8645 });
  loadJoiningConfig(file, { constitutionDigest: 'cd'.repeat(32) });
  const again = loadJoiningConfig(file, {});
  assert.equal(again.join?.constitutionDigest, 'cd'.repeat(32));
  assert.equal(again.join?.serviceFingerprint, target.serviceFingerprint);
  assert.throws(() => loadJoiningConfig(at('pilot', 'node0', 'node.json'), target), /a node of a genesis/);
  assert.ok(existsSync(file));
});

test('the bar of a download is as wide at every moment', () => {
  const widths = [0, 1, 50, 99, 100].map((bytes) => snapshotText(bytes, 100).indexOf('%'));
  assert.equal(new Set(widths).size, 1);
  assert.match(snapshotText(0, 0), /100 %/);
});
