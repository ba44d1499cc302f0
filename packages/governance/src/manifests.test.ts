/**
 * What members vote for may be anything; what is read of it lets nobody in who was not meant (GOV-1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifests } from '@coco/attestation';
import { createStore, type Store } from '@coco/kv';
import { utf8 } from '@coco/primitives';
import { readManifests } from './manifests.js';
import { jsonBytes } from './rows.js';
import { governanceTables as tables } from './tables.js';
import { parseTeeRow } from './teeRow.js';
import { createWorld } from './testing/world.js';

function storeOf(table: string, rows: Readonly<Record<string, unknown>>): Store {
  const store = createStore();
  const puts = Object.entries(rows).map(([key, row]) => ({ key: utf8(key), value: jsonBytes(row) }));
  store.apply(
    [{ table, puts: puts.toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1)), removes: [] }],
    1,
  );
  return store;
}

const read = (table: string, rows: Readonly<Record<string, unknown>>) =>
  readManifests(storeOf(table, rows).read(1));

test('a row without fields demands what is usual', () => {
  assert.deepEqual(parseTeeRow('sev-snp', {}), {
    entry: {
      description: '',
      code: 'listed',
      roots: [],
      machines: [],
      minimumTcb: {},
      signers: ['vcek'],
      cspIds: [],
      minimumReportVersion: 3,
      vmplMax: 3,
      uvm: [],
      acceptedStatuses: ['UpToDate'],
      allowedAdvisories: [],
      minimumTcbEvaluation: 0,
      collateralDaysMax: 30,
    },
  });
});

test('a row that is not understood, whatever is wrong with it, admits nobody', () => {
  const wrong: readonly unknown[] = [
    null,
    [],
    'x',
    { wish: 1 },
    { code: 'any' },
    { code: 7 },
    { description: 1 },
    { roots: ['ab'] },
    { roots: 'x' },
    { machines: ['XY'] },
    { minimum_tcb: '1' },
    { minimum_tcb: { rome: {} } },
    { minimum_tcb: { milan: { snp: 256 } } },
    { minimum_tcb: { milan: { magic: 1 } } },
    { signers: ['ak'] },
    { minimum_report_version: -1 },
    { vmpl_max: 4 },
    { uvm: [{ did: 'd', feed: 'f' }] },
    { uvm: [{ did: 'd', feed: 'f', minimum_svn: 1, more: 1 }] },
    { accepted_statuses: [1] },
    { collateral_days_max: 1.5 },
  ];
  for (const row of wrong) {
    assert.ok('malformed' in parseTeeRow('sev-snp', row), JSON.stringify(row));
    assert.deepEqual(read(tables.teeManifest, { 'sev-snp': row, tdx: {} }).tee['sev-snp'], undefined);
  }
  assert.deepEqual(Object.keys(read(tables.teeManifest, { 'sev-snp': 7, tdx: {}, abacus: {} }).tee), ['tdx']);
});

test('rows of code that are none are left out', () => {
  const id = 'ab'.repeat(32);
  const rows = { [id]: { component: 'c' }, ab: { component: 'c' }, ['cd'.repeat(32)]: { component: 1 } };
  assert.deepEqual(read(tables.codeManifest, rows).code.codes, { [id]: { component: 'c', description: '' } });
});

test('tables of CCF: what may join, endorsements by feed, floors by cpuid', () => {
  const measured = read(tables.snpMeasurements, { aa: 'AllowedToJoin', bb: 'Retired', cc: 1 });
  assert.deepEqual(measured.code.snp.measurements, ['aa']);
  assert.deepEqual(read(tables.virtualMeasurements, { aa: 'AllowedToJoin' }).code.virtual.measurements, [
    'aa',
  ]);
  const uvm = read(tables.snpUvmEndorsements, { 'did:x': { f: { svn: '100' }, g: { svn: 'x' } } });
  assert.deepEqual(uvm.code.snp.uvm, [{ did: 'did:x', feed: 'f', minimumSvn: 100 }]);
  const { tcb } = read(tables.snpTcbVersions, {
    '00a00f11': { hexstring: 'd315000000000004', boot_loader: 4, tee: 0, snp: 21, microcode: 211 },
    '00a10f11': { snp: 'x' },
    '00b00f21': 7,
  }).code.snp;
  assert.deepEqual(tcb['00a00f11'], { boot_loader: 4, tee: 0, snp: 21, microcode: 211 });
  for (const cpuid of ['00a10f11', '00b00f21']) {
    assert.equal(tcb[cpuid]?.['snp'], 256, 'floors that do not read are floors that nothing reaches');
  }
});

test('GOV-8: the summary shows manifests as clients read them, and what they are worth', () => {
  const { json } = createWorld().get('/gov/coco/constitution');
  assert.equal(parseManifests(json['manifests']).tee.virtual?.code, 'any');
  assert.equal((json['assurance'] as { level: string }).level, 'none');
});
