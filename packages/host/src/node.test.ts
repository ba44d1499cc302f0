import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { publicKeyToPem } from '@coco/crypto';
import { fromUtf8 } from '@coco/primitives';
import { loadConfig } from './config.js';
import { silentLog } from './httpEndpoint.test.js';
import { type TestIdentity, testService } from './identities.test.js';
import { joinNetwork } from './joinNetwork.js';
import { createMetrics } from './metrics.js';
import { type RunningNode, startNode } from './node.js';
import { createNodeIdentityFiles } from './nodeIdentity.js';
import {
  ask,
  heldOpen,
  jsonOf,
  networkOf,
  placeOf,
  propose,
  sealerOf,
  signedTuple,
  start,
  subscribed,
  until,
} from './nodeWorld.test.js';
import { cocoVersion } from './version.js';

test('a node begins its network, answers at both doors, and starts again without its genesis', async (t) => {
  const network = await networkOf(t);
  const node = await start(t, network.place);
  await until('the genesis is committed', () => node.replica.commit >= 2);
  assert.equal(jsonOf(await ask(network, node, '/node/state')).state, 'PartOfNetwork');
  assert.equal(jsonOf(await ask(network, node, '/node/network')).service_status, 'Open');
  for (const path of ['/node/api', '/gov/api'])
    assert.equal(jsonOf(await ask(network, node, path)).openapi, '3.1.0');
  const [alice] = network.members;
  assert.ok(alice !== undefined);
  const application = { door: 'application', identity: alice } as const;
  assert.equal(jsonOf(await ask(network, node, '/app/api', application)).openapi, '3.1.0');
  for (const path of ['/commit', '/app/commit']) {
    assert.match(jsonOf(await ask(network, node, path, application)).transaction_id, /^2\./);
  }
  const echoed = await ask(network, node, '/echo', { ...application, body: 'hello' });
  assert.equal(fromUtf8(echoed.body), 'hello');
  assert.equal((await ask(network, node, '/commit', { door: 'application' })).status, 401);
  assert.equal((await ask(network, node, '/gov/service/info', application)).status, 404);
  assert.equal((await ask(network, node, '/elsewhere')).status, 404);
  const { commit } = node.replica;
  await node.stop();
  network.place.configure({});
  const again = await start(t, network.place);
  await until('what was committed is', () => again.replica.isPrimary && again.replica.commit > commit);
  assert.equal(jsonOf(await ask(network, again, '/node/state')).startup_seqno, commit);
});

test('a node that is in no network says so (COCO_HOST_NO_NETWORK)', async (t) => {
  const place = await placeOf(t);
  place.configure({});
  await assert.rejects(start(t, place), { code: 'COCO_HOST_NO_NETWORK' });
});

test("a genesis that does not name the node, or is another network's, is refused (COCO_HOST_CONFIG)", async (t) => {
  const network = await networkOf(t);
  const { directory } = network.place;
  const file = join(directory, 'genesis.json');
  const genesis = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...genesis, nodes: [] }));
  await assert.rejects(start(t, network.place), { code: 'COCO_HOST_CONFIG', facts: { path: 'genesis' } });
  writeFileSync(file, JSON.stringify(genesis));
  await (await start(t, network.place)).stop();
  writeFileSync(file, JSON.stringify({ ...genesis, serviceCertificatePem: testService().certificate.pem }));
  await assert.rejects(start(t, network.place), { code: 'COCO_HOST_CONFIG' });
});

test('NET-1 to NET-4, GOV-7: a node joins a running network by vote, takes part, restarts, and is removed by vote', async (t) => {
  const network = await networkOf(t);
  const first = await start(t, network.place);
  await until('the genesis is committed', () => first.replica.commit >= 2);
  const news = await subscribed(t, first);
  const place = await placeOf(t);
  const [alice, bob] = network.members as [TestIdentity, TestIdentity];
  const peer = network.place.addresses.administrative;
  place.configure({ join: { peer, serviceFingerprint: network.service.certificate.fingerprint } });
  const sealer = await sealerOf(place);
  let listed = false;
  const config = loadConfig(place.file);
  const { nodeId } = await joinNetwork({
    config,
    sealer,
    approve: () => true,
    retryMsMax: 50,
    onProgress: (progress) => {
      if (progress.type !== 'waiting' || listed) return;
      listed = true;
      const { key } = createNodeIdentityFiles({
        directory: config.directories.sealed,
        sealer,
        nowMs: Date.now(),
      });
      const tuple = signedTuple(place, key.publicKey.fingerprint, publicKeyToPem(key.publicKey), alice);
      void propose(network, first, [{ name: 'add_node', args: { tuple } }]);
    },
  });
  const second = await start(t, place);
  const statusOf = async (asked: RunningNode): Promise<string> =>
    jsonOf(await ask(network, asked, `/node/network/nodes/${nodeId}`)).status;
  await until(
    'both see it trusted',
    async () => (await statusOf(first)) === 'Trusted' && (await statusOf(second)) === 'Trusted',
  );
  await until('it has everything', () => second.replica.commit === first.replica.commit);
  assert.ok(readdirSync(join(place.directory, 'ledger')).every((name) => name !== 'ledger_1'));
  const { configurations } = first.replica.status().consensus;
  assert.deepEqual(configurations.at(-1)?.nodes.toSorted(), [first.nodeId, nodeId].toSorted());

  await second.stop();
  place.configure({});
  const again = await start(t, place);
  await until('it is back', async () => {
    const led = first.replica.isPrimary || again.replica.isPrimary;
    return led && again.replica.commit >= first.replica.commit;
  });

  const socketOfBob = await heldOpen(t, first, bob);
  const primary = first.replica.isPrimary ? first : again;
  await propose(network, primary, [
    { name: 'remove_member', args: { member_id: bob.certificate.fingerprint } },
  ]);
  await socketOfBob.closed;

  await propose(network, primary, [{ name: 'remove_node', args: { node_id: nodeId } }]);
  await until('it can be shut down', async () => {
    const { nodes } = jsonOf(await ask(network, first, '/node/network/removable_nodes'));
    return nodes.some(({ node_id }: { node_id: string }) => node_id === nodeId);
  });
  const events = [...news().matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(events.slice(0, 4), ['proposal_opened', 'proposal_decided', 'node', 'node']);
  assert.ok(events.includes('actor'));
  await again.stop();
  await until('the first goes on alone', () => first.replica.isPrimary);
  const before = first.replica.commit;
  await propose(network, first, [{ name: 'nothing', args: {} }]);
  assert.ok(first.replica.commit > before);
});

test('GOV-8: a node that approved an older constitution is not taken in, and says what to do', async (t) => {
  const network = await networkOf(t);
  const first = await start(t, network.place);
  await until('the genesis is committed', () => first.replica.commit >= 2);
  const place = await placeOf(t);
  const [alice, bob] = network.members as [TestIdentity, TestIdentity];
  const peer = network.place.addresses.administrative;
  place.configure({ join: { peer, serviceFingerprint: network.service.certificate.fingerprint } });
  const config = loadConfig(place.file);
  const sealer = await sealerOf(place);
  const { key, nodeId } = createNodeIdentityFiles({
    directory: config.directories.sealed,
    sealer,
    nowMs: Date.now(),
  });
  const tuple = signedTuple(place, nodeId, publicKeyToPem(key.publicKey), alice);
  await propose(network, first, [{ name: 'add_node', args: { tuple } }]);
  await joinNetwork({ config, sealer, approve: () => true, retryMsMax: 50 });
  await propose(network, first, [
    { name: 'remove_member', args: { member_id: bob.certificate.fingerprint } },
  ]);
  const refused = await new Promise<unknown>((resolve, reject) => {
    startNode({ config, sealer, log: silentLog, metrics: createMetrics(), onFatal: resolve }).catch(reject);
  });
  assert.equal((refused as { code?: unknown }).code, 'COCO_JOIN_CONSTITUTION');
  let asked = 0;
  await joinNetwork({ config, sealer, approve: () => ++asked > 0, retryMsMax: 50 });
  assert.equal(asked, 1);
  await start(t, place);
  const list = async () =>
    jsonOf(await ask(network, first, '/node/network/nodes?status=Trusted')).nodes.length;
  await until('it is taken in', async () => (await list()) === 2);
});

test('the version that nodes tell is that of the package', () => {
  const file = fileURLToPath(new URL('../package.json', import.meta.url));
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).version, cocoVersion);
});
