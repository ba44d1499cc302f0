import assert from 'node:assert/strict';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HardState } from '@coco/consensus';
import { readBytes, type Test, temporaryDirectory } from './entries.test.js';
import { type HardStateStoreOptions, openHardStateStore } from './hardStateStore.js';
import { openVirtualSealer } from './virtualSealer.js';

const alice = 'aa'.repeat(32);
const bob = 'bb'.repeat(32);

async function place(t: Test): Promise<HardStateStoreOptions> {
  const directory = temporaryDirectory(t);
  return {
    path: join(directory, 'hard'),
    sealer: await openVirtualSealer(join(directory, 'sealing-key')),
    nodeId: alice,
  };
}

async function read(options: HardStateStoreOptions): Promise<HardState | undefined> {
  const store = await openHardStateStore(options);
  await store.close();
  return store.state;
}

async function save(options: HardStateStoreOptions, ...states: HardState[]): Promise<void> {
  const store = await openHardStateStore(options);
  for (const state of states) await store.save(state);
  await store.close();
}

test('view and vote survive; a view without a vote has none', async (t) => {
  const options = await place(t);
  assert.equal(await read(options), undefined);
  await save(options, { view: 3, votedFor: alice }, { view: 4 }, { view: 4, votedFor: bob });
  assert.deepEqual(await read(options), { view: 4, votedFor: bob });
  await save(options, { view: 4, votedFor: bob, commit: 70 }, { view: 5, commit: 71 });
  assert.deepEqual(await read(options), { view: 5, commit: 71 });
  await save(options, { view: 5 });
  assert.deepEqual(await read(options), { view: 5 });
});

test('a write torn at any byte of either slot leaves the state before it or its own', async (t) => {
  const options = await place(t);
  await save(options, { view: 3, votedFor: alice });
  const before = readBytes(options.path);
  await save(options, { view: 4, votedFor: bob });
  const after = readBytes(options.path);
  for (let bytes = 0; bytes <= 200; bytes++) {
    for (const [slot, base] of [
      [0, before],
      [4096, new Uint8Array([...after.subarray(0, 4096), ...before.subarray(4096)])],
    ] as const) {
      const torn = base.slice();
      torn.set(after.subarray(slot, slot + bytes), slot);
      writeFileSync(options.path, torn);
      const state = await read(options);
      assert.ok(state !== undefined && [3, 4].includes(state.view), `${bytes} bytes of the slot at ${slot}`);
      if (slot === 4096) assert.deepEqual(state, { view: 4, votedFor: bob }, 'it was acknowledged');
    }
  }
});

test('at rest, damage to one slot loses nothing; damage to both is refused', async (t) => {
  const options = await place(t);
  await save(options, { view: 9, votedFor: alice });
  const whole = readBytes(options.path);
  const damage = (...at: number[]): void => {
    const bad = whole.slice();
    for (const offset of at) bad[offset] = (bad[offset] as number) ^ 1;
    writeFileSync(options.path, bad);
  };
  for (const offset of [0, 4, 9, 40, 100, 4096, 4100, 4150]) {
    damage(offset);
    assert.deepEqual(await read(options), { view: 9, votedFor: alice }, `offset ${offset}`);
  }
  damage(40, 4140);
  await assert.rejects(read(options), { code: 'COCO_HOST_HARD_STATE' });
  for (const bytes of [new Uint8Array(), new Uint8Array(8192), whole.subarray(0, 30)]) {
    writeFileSync(options.path, bytes);
    await assert.rejects(read(options), { code: 'COCO_HOST_HARD_STATE' });
  }
});

test('a state that another platform sealed is not believed', async (t) => {
  const mine = await place(t);
  const other = await place(t);
  await save(other, { view: 99, votedFor: bob });
  await assert.rejects(read({ ...mine, path: other.path }), { code: 'COCO_HOST_HARD_STATE' });
});

test('a state of another node is not believed, though the same platform sealed it', async (t) => {
  const mine = await place(t);
  await save({ ...mine, nodeId: bob }, { view: 99, votedFor: bob });
  await assert.rejects(read(mine), { code: 'COCO_HOST_HARD_STATE' });
});

test('what was known to be committed stays with the state, whichever is saved', async (t) => {
  const options = await place(t);
  const store = await openHardStateStore(options);
  assert.equal(store.committed, 0);
  await store.save({ view: 3 });
  await store.saveCommitted(20);
  await store.save({ view: 4, votedFor: bob });
  await store.close();
  const again = await openHardStateStore(options);
  await again.close();
  assert.deepEqual([again.state, again.committed], [{ view: 4, votedFor: bob }, 20]);
});

test('saves that overlap are carried out in order', async (t) => {
  const options = await place(t);
  const store = await openHardStateStore(options);
  await Promise.all([1, 2, 3, 4, 5].map((view) => store.save({ view })));
  await store.close();
  assert.deepEqual(await read(options), { view: 5 });
});

test('the sealing key is made once, for its owner alone, and refused when others may read it', async (t) => {
  const path = join(temporaryDirectory(t), 'sealing-key');
  const first = await openVirtualSealer(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(path, '..')), ['sealing-key']);
  assert.equal(first.provesNothing, true);
  const sealed = first.seal('a purpose', new Uint8Array([1, 2, 3]));
  const again = await openVirtualSealer(path);
  assert.deepEqual(again.open('a purpose', sealed), new Uint8Array([1, 2, 3]));
  assert.throws(() => again.open('another purpose', sealed), { code: 'COCO_HOST_SEALED' });
  chmodSync(path, 0o640);
  await assert.rejects(openVirtualSealer(path), { code: 'COCO_HOST_SEALING_KEY' });
  chmodSync(path, 0o600);
  writeFileSync(path, 'short');
  await assert.rejects(openVirtualSealer(path), { code: 'COCO_HOST_SEALING_KEY' });
});
