/**
 * CONF-6 on real processes: data between two of three actors is on the disks of their two nodes alone, sealed; the third has no
 * byte of it and can learn nothing of it; what is lost comes back from the other party; what is purged is gone.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import type { Person } from '../governed/person.js';
import { closeTemporaryNetwork, openTemporaryNetwork } from '../governed/temporary.js';
import { until } from '../until.js';

const timeoutMs = 60_000;
const marker = `marker-${randomBytes(16).toString('hex')}`;
const text = `{"price": 42, "marker": "${marker}"}`;

let network: GovernedNetwork;
before(async () => {
  network = await openTemporaryNetwork({ nodes: ['acme', 'bolt', 'carrier'], nodesMax: 3 });
});
after(() => closeTemporaryNetwork(network));

const nodeOf = (who: string): GovernedNode => {
  const node = network.nodes.find(({ actor }) => actor === who);
  assert.ok(node !== undefined);
  return node;
};

/** Runs `coco data` as `who`, at a node of that actor unless told otherwise. */
function data(who: string, words: readonly string[], at = nodeOf(who)): ReturnType<Person['run']> {
  return network.member(who).run('data', ...words, '--url', at.administrativeUrl);
}

async function ok(who: string, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await data(who, words);
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

const filesOf = ({ directory }: GovernedNode): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** Names of the files beneath the node's directory that have one of `parts` in them. */
function filesWith(node: GovernedNode, ...parts: readonly (string | Buffer)[]): readonly string[] {
  return filesOf(node).filter((file) => {
    const bytes = readFileSync(file);
    return parts.some((part) => bytes.includes(part));
  });
}

let digest = '';
const sealedAt = (who: string): string => path.join(nodeOf(who).directory, 'data', `${digest}.sealed`);

test('two parties have it, and on no disk is a byte of it in clear', async () => {
  const file = path.join(network.directory, 'order.json');
  writeFileSync(file, text);
  digest = String(JSON.parse(await ok('acme', 'put', 'order.json', '--to', 'bolt', '--json')).digest);
  rmSync(file);
  await network.settled(network.nodes);
  assert.equal(await ok('acme', 'get', digest), text);
  assert.equal(await ok('bolt', 'get', digest.slice(0, 8)), text);
  for (const node of network.nodes) {
    assert.ok(filesOf(node).length > 5, 'there is something to search');
    assert.deepEqual(filesWith(node, marker, Buffer.from(text).toString('base64')), [], node.actor);
    const named = filesOf(node).filter((name) => name.includes(digest));
    assert.deepEqual(named, node.actor === 'carrier' ? [] : [sealedAt(node.actor)]);
    // Not even the row is readable on a disk.
    assert.deepEqual(filesWith(node, digest, Buffer.from(digest, 'hex')), [], node.actor);
  }
  const [own, other] = [readFileSync(sealedAt('acme')), readFileSync(sealedAt('bolt'))];
  assert.deepEqual(filesWith(nodeOf('carrier'), own.subarray(0, 64), other.subarray(0, 64)), []);
});

test('to the third actor it does not exist, at any node', async () => {
  const unknown = 'ab'.repeat(32);
  for (const node of network.nodes) {
    const asked = await data('carrier', ['get', digest], node);
    assert.equal(asked.status, 1);
    assert.match(asked.stderr, /there is no such data here/);
    const plain = (said: string): string => said.replaceAll(digest, 'D').replaceAll(unknown, 'D');
    assert.equal(plain(asked.stderr), plain((await data('carrier', ['get', unknown], node)).stderr));
    assert.equal((await data('carrier', ['purge', digest], node)).status, 1);
    assert.equal((await data('carrier', ['list', '--json'], node)).stdout.trim(), '[]');
  }
  assert.match((await data('acme', ['get', digest], nodeOf('carrier'))).stderr, /there is no such data here/);
  writeFileSync(path.join(network.directory, 'order.json'), text);
  const put = await data('acme', ['put', 'order.json', '--to', 'bolt'], nodeOf('carrier'));
  rmSync(path.join(network.directory, 'order.json'));
  assert.match(put.stderr, /must not have it/);
  assert.deepEqual(filesWith(nodeOf('carrier'), marker), []);
});

test('what a node lost it fetches again by itself, also after a restart', async () => {
  rmSync(sealedAt('bolt'));
  await until('it is there again', timeoutMs, () => existsSync(sealedAt('bolt')));
  const node = nodeOf('acme');
  await node.stop();
  rmSync(path.join(node.directory, 'data'), { recursive: true });
  network.startNode(node);
  await until('it is there again', timeoutMs, () => existsSync(sealedAt('acme')));
  assert.equal(await ok('acme', 'get', digest), text);
});

test('what a party purges is gone from both, and the ledger still has its digest', async () => {
  await ok('bolt', 'purge', digest);
  assert.ok(!existsSync(sealedAt('bolt')));
  await until('the other has let go of it', timeoutMs, () => !existsSync(sealedAt('acme')));
  const { stderr, status } = await data('acme', ['get', digest]);
  assert.equal(status, 1);
  assert.match(stderr, /purged/);
  const [row] = JSON.parse(await ok('acme', 'list', '--json')) as { digest: string; state: string }[];
  assert.deepEqual([row?.digest, row?.state], [digest, 'purged']);
  for (const node of network.nodes) assert.deepEqual(filesWith(node, marker), []);
});
