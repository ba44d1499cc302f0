import assert from 'node:assert/strict';
import { test } from 'node:test';
import { governanceTables } from '@coco/governance';
import { toBase64, utf8 } from '@coco/primitives';
import { constitutionRowsJson, readConstitutionRows } from './constitutionRows.js';
import { joinWorld } from './joinWorld.test.js';

const bodyOf = (tables: unknown, digest = 'd'.repeat(64)): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ digest, tables }));

test('GOV-8: digest, summary and manifests follow from the same rows; what a node says the digest is does not count', async (t) => {
  const world = await joinWorld(t);
  const rows = constitutionRowsJson(world.store.read(world.store.head));
  const read = readConstitutionRows(bodyOf(rows));
  assert.equal(read.digest, world.network().constitutionDigest);
  assert.deepEqual(read.manifests, world.network().manifests);
  assert.equal(read.summary.digest, read.digest);
  const lie = { ...rows, [governanceTables.teeManifest]: [[toBase64(utf8('tdx')), toBase64(utf8('{}'))]] };
  const other = readConstitutionRows(bodyOf(lie, read.digest));
  assert.notEqual(other.digest, read.digest, 'other manifests are another constitution');
  assert.deepEqual(Object.keys(other.manifests.tee), ['tdx']);
  const beside = { ...rows, 'public:nobody.asked': [[toBase64(utf8('a')), toBase64(utf8('b'))]] };
  assert.equal(readConstitutionRows(bodyOf(beside)).digest, read.digest, 'only policy tables are');
});

test('what is no constitution is refused (COCO_JOIN_ANSWER)', () => {
  const { constitution } = governanceTables;
  const bad: unknown[] = [
    undefined,
    null,
    [],
    { [constitution]: [] },
    { [constitution]: [['AA==']] },
    { [constitution]: 5 },
  ];
  bad.push(
    { [constitution]: [['?', 'AA==']] },
    {
      [constitution]: [
        ['Ag==', ''],
        ['AQ==', ''],
      ],
    },
    {
      [constitution]: [
        ['AQ==', ''],
        ['AQ==', ''],
      ],
    },
  );
  for (const tables of bad) {
    assert.throws(
      () => readConstitutionRows(bodyOf(tables)),
      { code: 'COCO_JOIN_ANSWER' },
      JSON.stringify(tables),
    );
  }
  assert.throws(() => readConstitutionRows(new Uint8Array([0xff])), { code: 'COCO_JOIN_ANSWER' });
});
