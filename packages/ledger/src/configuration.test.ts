import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableChanges } from '@coco/kv';
import { utf8 } from '@coco/primitives';
import { encodeMaps, nextConfiguration } from './index.js';
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
