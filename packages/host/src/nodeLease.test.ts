import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { decodeClaims, decodeEvidence } from '@coco/attestation';
import { fromBase64, type NodeId } from '@coco/primitives';
import type { RunningNode } from './node.js';
import {
  ask,
  joinAt,
  jsonOf,
  type Network,
  networkOf,
  type Place,
  placeOf,
  propose,
  start,
  until,
} from './nodeWorld.test.js';

interface ShownNode {
  readonly status: string;
  readonly platform?: string;
  readonly code_id?: string;
  readonly lease?: {
    readonly state: string;
    readonly granted_at: number;
    readonly reason?: { readonly code: string };
  };
}

const shownBy = async (network: Network, node: RunningNode, nodeId: NodeId): Promise<ShownNode> =>
  jsonOf(await ask(network, node, `/node/network/nodes/${nodeId}`));

const stateOf = async (network: Network, node: RunningNode) =>
  jsonOf(await ask(network, node, '/node/state'));

test('MIT-2: nodes renew their leases by themselves, and show what they prove', async (t) => {
  const network = await networkOf(t, { settings: { lease_seconds: 2 } });
  const node = await start(t, network.place);
  await until('a lease', async () => (await stateOf(network, node)).lease?.state === 'held');
  const first = (await stateOf(network, node)).lease.granted_at;
  await until('a renewal', async () => (await stateOf(network, node)).lease.granted_at > first);
  const { platform, code_id, platform_proves_nothing, assurance } = await stateOf(network, node);
  assert.deepEqual([platform, platform_proves_nothing, assurance.level], ['virtual', true, 'none']);
  assert.equal((await shownBy(network, node, node.nodeId)).code_id, code_id);
  assert.equal(jsonOf(await ask(network, node, '/node/network')).lease_seconds, 2);
  const [alice] = network.members;
  assert.ok(alice !== undefined);
  for (const door of [{}, { door: 'application', identity: alice }] as const) {
    const answer = await ask(network, node, `/node/evidence?nonce=${'ab'.repeat(32)}`, door);
    const { claims } = decodeEvidence(fromBase64(jsonOf(answer).evidence) as Uint8Array);
    const { purpose, exporter, nonce } = decodeClaims(claims);
    assert.deepEqual([purpose, exporter?.length, nonce?.[31]], ['client', 32, 0xab], 'SEC-3, on both doors');
  }
  assert.equal((await ask(network, node, '/node/evidence?nonce=ab')).status, 400);
  const figures = new TextDecoder().decode((await ask(network, node, '/node/metrics')).body);
  for (const name of [
    'coco_lease_renewals_total',
    'coco_lease_expires_at_ms',
    'coco_network_assurance 0',
    'coco_evidence_made_ms',
  ]) {
    assert.ok(figures.includes(name), name);
  }
});

/** A place for a node that joins; with `isOther` it runs a module that the others do not, and so has another digest. */
async function joiningPlace(
  t: Parameters<typeof placeOf>[0],
  network: Network,
  isOther: boolean,
): Promise<Place> {
  const place = await placeOf(t);
  const folder = join(place.directory, 'adapter');
  mkdirSync(folder);
  const file = join(folder, 'other.mjs');
  writeFileSync(file, `export * from '${new URL('./echoAdapter.test.js', import.meta.url).href}';\n`);
  const peer = network.place.addresses.administrative;
  place.configure({
    join: { peer, serviceFingerprint: network.service.certificate.fingerprint },
    ...(isOther && { adapters: [{ module: pathToFileURL(file).href }] }),
  });
  return place;
}

test('MIT-4: one vote against some code cuts off the nodes that run it; one for it, and they come back by themselves', async (t) => {
  const network = await networkOf(t);
  const first = await start(t, network.place);
  await until('a lease', async () => (await stateOf(network, first)).lease?.state === 'held');
  const joined: { readonly node: RunningNode; readonly nodeId: NodeId }[] = [];
  for (const isOther of [false, true]) {
    const place = await joiningPlace(t, network, isOther);
    const nodeId = await joinAt(network, first, place);
    const node = await start(t, place);
    await until('it takes part', async () => (await shownBy(network, node, nodeId)).status === 'Trusted');
    joined.push({ node, nodeId });
  }
  const { node: other, nodeId } = joined[1] as (typeof joined)[number];
  const shown = (): Promise<ShownNode> => shownBy(network, first, nodeId);
  await until('it follows', () => other.replica.commit === first.replica.commit);
  const [ours, theirs] = [(await stateOf(network, first)).code_id, (await shown()).code_id ?? ''];
  assert.notEqual(ours, theirs);

  const approved = (id: string) => ({ [id]: { component: 'coco', description: '' } });
  const demand = { name: 'demand', args: { tee: { virtual: { code: 'listed' } }, code: approved(ours) } };
  await propose(network, first, [demand]);
  await until('it is out', async () => (await shown()).lease?.state === 'distrusted');
  assert.equal((await shown()).status, 'Retired');
  assert.equal((await shown()).lease?.reason?.code, 'COCO_ATTESTATION_CODE');
  await until('it knows, and says why', async () => {
    const { lease_trouble } = await stateOf(network, other);
    return lease_trouble?.code === 'COCO_ATTESTATION_CODE';
  });
  const before = first.replica.commit;
  await propose(network, first, [{ name: 'nothing', args: {} }]);
  await until('the others go on', () => first.replica.commit > before);
  assert.ok(other.replica.commit <= before, 'it got nothing that was written since');

  await propose(network, first, [{ name: 'demand', args: { code: approved(theirs) } }]);
  await until('it is back', async () => (await shown()).status === 'Trusted');
  assert.equal((await shown()).lease?.state, 'held');
  await until('and has everything', () => other.replica.commit === first.replica.commit);
});
