import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { dataBytesMax, dataDigest, isDataId, readDataRow } from '@coco/governance';
import { fromUtf8, utf8 } from '@coco/primitives';
import { encodeDataFrame } from './dataFrames.js';
import { type DataNode, type DataWorld, openDataWorld } from './testing/dataWorld.js';

type Three = readonly [buyer: DataNode, seller: DataNode, bank: DataNode];
const marker = 'marker-7f3a9c';
const body = utf8(`price: 42, ${marker}`);

async function worldOf(context: TestContext, options?: { readonly bytesMax?: number }) {
  const world = await openDataWorld(['buyer', 'seller', 'bank'], options);
  context.after(() => world.close());
  const [buyer, seller, bank] = world.nodes as unknown as Three;
  return { world, buyer, seller, bank };
}

const filesOf = ({ directory }: DataNode): readonly string[] => readdirSync(directory);
const send = async (from: DataNode, to: readonly DataNode[], more: object = {}): Promise<string> =>
  (await from.data.put(from.caller, { to: to.map(({ actorId }) => actorId), body, ...more })).digest;

async function textAt(node: DataNode, digest: string, from = node): Promise<string | undefined> {
  const found = await node.data.get(from.caller, digest);
  return found.found === 'data' ? fromUtf8(found.data.body) : found.found;
}

function rowOf({ store }: DataWorld, digest: string) {
  return readDataRow(store.read(store.head), digest);
}

test('CONF-6: only the parties’ nodes get it, sealed; the ledger gets its digest, and nobody else anything', async (context) => {
  const { world, buyer, seller, bank } = await worldOf(context);
  const digest = await send(buyer, [seller]);
  assert.ok(isDataId(digest));
  const parties = [buyer.actorId, seller.actorId].toSorted();
  assert.deepEqual(rowOf(world, digest)?.parties, parties);
  assert.equal(rowOf(world, digest)?.size, body.length);
  for (const node of [buyer, seller]) {
    assert.deepEqual(filesOf(node), [`${digest}.sealed`]);
    assert.ok(!readFileSync(path.join(node.directory, `${digest}.sealed`)).includes(marker));
    assert.equal(await textAt(node, digest), fromUtf8(body));
    assert.deepEqual(
      node.data.list(node.caller).map((entry) => [entry.digest, entry.state]),
      [[digest, 'held']],
    );
  }
  assert.deepEqual(filesOf(bank), []);
  assert.ok(world.frames.every(({ from, to }) => from !== bank.nodeId && to !== bank.nodeId));
  const found = await seller.data.get(seller.caller, digest);
  assert.ok(found.found === 'data' && dataDigest(found.data.salt, found.data.body) === digest);
  // At its own node, and at nodes that have it.
  for (const node of [bank, buyer]) {
    assert.equal(await textAt(node, digest, bank), await textAt(node, 'ab'.repeat(32), bank));
    assert.equal(await node.data.purge(bank.caller, digest), undefined);
    assert.deepEqual(node.data.list(bank.caller), []);
  }
  assert.equal(await textAt(bank, digest, buyer), 'nothing', 'nor a party at a node of another actor');
  assert.notEqual(await send(buyer, [seller]), digest, 'the same again looks like something else');
});

test('CONF-6: bodies of up to 4 MiB go in parts, and the empty one too', async (context) => {
  const { world, buyer, seller } = await worldOf(context);
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, dataBytesMax]) {
    const sent = new Uint8Array(size).map((_, at) => at % 251);
    const { digest } = await buyer.data.put(buyer.caller, { to: [seller.actorId], body: sent });
    const found = await seller.data.get(seller.caller, digest);
    assert.ok(found.found === 'data' && Buffer.from(found.data.body).equals(sent), `${size} bytes`);
  }
  const longest = Math.max(...world.frames.map(({ bytes }) => bytes.length));
  assert.ok(longest < 257 * 1024, 'consensus is not kept waiting');
});

test('CONF-6: what a node has lost, or its disk has changed, it fetches from another party and checks', async (context) => {
  const { buyer, seller } = await worldOf(context);
  const digest = await send(buyer, [seller]);
  const file = path.join(seller.directory, `${digest}.sealed`);
  rmSync(file);
  assert.equal(await textAt(seller, digest), fromUtf8(body));
  assert.deepEqual(filesOf(seller), [`${digest}.sealed`]);
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(file, bytes);
  assert.equal(await textAt(seller, digest), fromUtf8(body));
  rmSync(file);
  await seller.data.look();
  assert.deepEqual(filesOf(seller), [`${digest}.sealed`], 'without being asked');
  // A file of another digest does not pass for it.
  const other = await send(buyer, [seller]);
  writeFileSync(file, readFileSync(path.join(seller.directory, `${other}.sealed`)));
  assert.equal(await textAt(seller, digest), fromUtf8(body));
});

test('CONF-6: while no other party’s node can be reached it is said to be lost, and comes back later', async (context) => {
  const { world, buyer, seller } = await worldOf(context);
  const digest = await send(buyer, [seller]);
  rmSync(path.join(seller.directory, `${digest}.sealed`));
  world.cut.add(buyer.nodeId);
  assert.equal(await textAt(seller, digest), 'lost');
  assert.deepEqual(
    seller.data.list(seller.caller).map(({ state }) => state),
    ['missing'],
  );
  world.cut.clear();
  await seller.data.look();
  assert.deepEqual(filesOf(seller), [], 'not at once');
  world.nowMs += 1000;
  await seller.data.look();
  assert.deepEqual(filesOf(seller), [`${digest}.sealed`]);
});

test('CONF-6: purged by a party, or expired, it is gone from all nodes, and its row stays', async (context) => {
  const { world, buyer, seller } = await worldOf(context);
  const first = await send(buyer, [seller]);
  assert.equal((await seller.data.purge(seller.caller, first))?.status, 200);
  assert.deepEqual(filesOf(seller), []);
  await buyer.data.look();
  assert.deepEqual(filesOf(buyer), []);
  assert.equal(await textAt(buyer, first), 'purged');
  assert.equal(rowOf(world, first)?.purged?.by, seller.actorId);
  const timed = await send(buyer, [seller], { expiresAtMs: world.nowMs + 1000 });
  const counted = await send(buyer, [seller], { expiresAtSeqno: world.store.head + 5 });
  await buyer.data.look();
  assert.equal(filesOf(buyer).length, 2, 'neither is due yet');
  world.nowMs += 1000;
  world.store.advance(world.store.head + 5);
  for (const node of [buyer, seller]) {
    assert.equal(await textAt(node, timed), 'expired', 'whether or not the file is there still');
    await node.data.look();
    assert.deepEqual(filesOf(node), []);
    for (const digest of [timed, counted]) assert.equal(await textAt(node, digest), 'expired');
  }
  assert.deepEqual(
    buyer.data
      .list(buyer.caller)
      .map(({ state }) => state)
      .toSorted(),
    ['expired', 'expired', 'purged'],
  );
});

test('CONF-6: it is recorded when each party has a node that has it, and taken back otherwise', async (context) => {
  const { world, buyer, seller, bank } = await worldOf(context);
  const { head } = world.store;
  world.cut.add(bank.nodeId);
  await assert.rejects(send(buyer, [seller, bank]), { code: 'COCO_DATA_AWAY' });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.store.head, head);
  assert.deepEqual([filesOf(buyer), await settled(seller)], [[], []]);
  const refused = {
    status: 409,
    headers: {},
    body: utf8('{"error":{"code":"InvalidInput","message":"no"}}'),
  };
  world.answers.push(refused);
  await assert.rejects(send(buyer, [seller]), { code: 'COCO_DATA_RECORD' });
  assert.deepEqual([filesOf(buyer), await settled(seller)], [[], []]);
});

/** Once what was sent to it has been dealt with. */
async function settled(node: DataNode): Promise<readonly string[]> {
  for (let turn = 0; turn < 200 && filesOf(node).length > 0; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return filesOf(node);
}

test('CONF-6: what was offered and never recorded goes, once the primary has said so', async (context) => {
  const { world, buyer, seller } = await worldOf(context);
  const lost = { status: 503, headers: {}, body: utf8('{}') };
  world.answers.push(lost);
  await assert.rejects(send(buyer, [seller]), { code: 'COCO_DATA_RECORD' });
  const [name] = filesOf(seller);
  assert.deepEqual(filesOf(buyer), [name], 'it may have been recorded');
  await seller.data.look();
  assert.deepEqual(filesOf(seller), [name]);
  world.nowMs += 11 * 60_000;
  world.answers.push(lost);
  await seller.data.look();
  assert.deepEqual(filesOf(seller), [name], 'nobody knows');
  world.nowMs += 60_000;
  await seller.data.look();
  assert.deepEqual(filesOf(seller), []);
});

test('CONF-6: nodes give and take only between nodes of parties that take part', async (context) => {
  const { world, buyer, seller, bank } = await worldOf(context);
  await assert.rejects(bank.data.put(buyer.caller, { to: [seller.actorId], body }), {
    code: 'COCO_DATA_NODE',
  });
  await assert.rejects(buyer.data.put(buyer.caller, { to: ['ab'.repeat(32)], body }), {
    code: 'COCO_DATA_PARTY',
  });
  const digest = await send(buyer, [seller]);
  const answers = async (frame: Uint8Array): Promise<readonly number[]> => {
    world.frames.length = 0;
    buyer.data.receive(bank.nodeId, frame);
    for (let turn = 0; turn < 200 && world.frames.length === 0; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return world.frames.map(({ bytes }) => bytes[1] ?? -1);
  };
  assert.deepEqual(await answers(encodeDataFrame({ type: 'ask', digest, offset: 0 })), [4], 'nothing for it');
  const unknown = 'ab'.repeat(32);
  assert.deepEqual(await answers(encodeDataFrame({ type: 'ask', digest: unknown, offset: 0 })), [4]);
  for (const parties of [
    [buyer, seller],
    [bank, seller],
  ]) {
    const ids = parties.map(({ actorId }) => actorId).toSorted();
    const offer = encodeDataFrame({ type: 'offer', digest: unknown, size: 1, parties: ids });
    assert.deepEqual(await answers(offer), [1], 'refused');
  }
  buyer.data.receive(bank.nodeId, encodeDataFrame({ type: 'withdraw', digest }));
  world.setStatus(seller.nodeId, 'Retired');
  rmSync(path.join(seller.directory, `${digest}.sealed`));
  assert.equal(await textAt(seller, digest), 'nothing', 'it is out');
  await assert.rejects(send(buyer, [seller]), { code: 'COCO_DATA_PARTY' });
  assert.deepEqual(filesOf(buyer), [`${digest}.sealed`]);
});

test('there is an end to what a node keeps, and it says so', async (context) => {
  const { buyer, seller, bank } = await worldOf(context, { bytesMax: 2 ** 20 });
  const half = new Uint8Array(600_000);
  await buyer.data.put(buyer.caller, { to: [seller.actorId], body: half });
  await assert.rejects(buyer.data.put(buyer.caller, { to: [seller.actorId], body: half }), {
    code: 'COCO_DATA_FULL',
  });
  await assert.rejects(bank.data.put(bank.caller, { to: [seller.actorId], body: half }), {
    code: 'COCO_DATA_AWAY',
    message: /no room/,
  });
  assert.deepEqual(filesOf(bank), []);
});
