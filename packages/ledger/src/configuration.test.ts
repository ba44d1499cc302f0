import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableChanges } from '@coco/kv';
import { utf8 } from '@coco/primitives';
import { nodeChanges } from './configuration.js';
import { decodeMaps, encodeMaps, nextLeaving, nextConfiguration as nextOf } from './index.js';
import { oneRow } from './synthetic.test.js';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

function nodes(rows: Readonly<Record<string, string>>, removes: readonly string[] = []): Uint8Array {
  const puts = Object.entries(rows).map(([id, status]) => ({
    key: utf8(id),
    value: utf8(JSON.stringify({ status, node_data: { status: 'Trusted' } })),
  }));
  const changes: TableChanges = { table: 'public:ccf.gov.nodes.info', puts, removes: removes.map(utf8) };
  return encodeMaps([changes]);
}

function nextConfiguration(
  current: readonly string[],
  publicMaps: Uint8Array,
): readonly string[] | undefined {
  const changes = decodeMaps(publicMaps).filter(({ table }) => table === 'public:ccf.gov.nodes.info');
  return nextOf(current, changes.flatMap(nodeChanges));
}

test('a write set names only the nodes that it changes: the others stay as they were', () => {
  assert.deepEqual(nextConfiguration([], nodes({ [a]: 'Trusted', [b]: 'Trusted', [c]: 'Pending' })), [a, b]);
  assert.deepEqual(nextConfiguration([a, b], nodes({ [c]: 'Trusted' })), [a, b, c]);
  assert.deepEqual(nextConfiguration([a, b, c], nodes({ [b]: 'Retired' })), [a, c]);
  assert.deepEqual(nextConfiguration([a, c], nodes({}, [a])), [c]);
});

test('an entry that changes nobody’s trust is no reconfiguration', () => {
  assert.equal(nextConfiguration([a], oneRow('public:app', 'k', 'v')), undefined);
  assert.equal(nextConfiguration([a], nodes({ [b]: 'Pending' })), undefined);
  assert.equal(nextConfiguration([a, b], nodes({ [a]: 'Trusted' })), undefined);
});

test('rows that are no nodes are refused', () => {
  const code = 'COCO_LEDGER_NODES_MALFORMED';
  assert.throws(() => nextConfiguration([], nodes({ [a]: 'trusted' })), { code });
  assert.throws(() => nextConfiguration([], nodes({ nobody: 'Trusted' })), { code });
  assert.throws(() => nextConfiguration([], oneRow('public:ccf.gov.nodes.info', a, '{')), { code });
  assert.throws(() => nextConfiguration([], oneRow('public:ccf.gov.nodes.info', a, '["Trusted"]')), { code });
});

test('a retired node is leaving until its retirement is recorded as committed, or its row is gone', () => {
  const row = (fields: object): Uint8Array => utf8(JSON.stringify({ status: 'Retired', ...fields }));
  const changes = (id: string, fields: object) =>
    nodeChanges({ puts: [{ key: utf8(id), value: row(fields) }], removes: [] });
  assert.deepEqual(nextLeaving([], changes(b, {})), [b]);
  assert.deepEqual(nextLeaving([b], changes(a, { retired_committed: false })), [a, b]);
  assert.deepEqual(nextLeaving([a, b], changes(a, { retired_committed: true })), [b]);
  assert.deepEqual(nextLeaving([b], [{ nodeId: b }]), []);
});

test('a node that is taken back is leaving no more, and is once more when it is retired again', () => {
  const after = (current: readonly string[], row: object) =>
    nextLeaving(
      current,
      nodeChanges({ puts: [{ key: utf8(b), value: utf8(JSON.stringify(row)) }], removes: [] }),
    );
  const left = after([], { status: 'Retired' });
  assert.deepEqual(left, [b]);
  assert.deepEqual(after(left, { status: 'Trusted' }), [], 'returned before that was on record');
  const recorded = after(left, { status: 'Retired', retired_committed: true });
  const returned = after(recorded, { status: 'Trusted', retired_committed: true });
  assert.deepEqual([recorded, returned], [[], []]);
  assert.deepEqual(after(returned, { status: 'Retired' }), [b]);
});

test('the record of a retirement is no record any more in the row of a node that is trusted', () => {
  const value = utf8(JSON.stringify({ status: 'Trusted', retired_committed: true }));
  const changes = nodeChanges({ puts: [{ key: utf8(b), value }], removes: [] });
  assert.deepEqual(changes, [{ nodeId: b, status: 'Trusted' }]);
  assert.deepEqual(nextOf([a], changes), [a, b]);
});
