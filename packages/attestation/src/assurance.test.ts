import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkAssurance } from './assurance.js';
import { teeEntry } from './testing/manifests.js';

const floors = { minimumTcb: { milan: { snp: 20 } }, signers: ['vcek'] } as const;

test('GOV-1: a network that admits a node that proves nothing has no assurance, whatever else it admits', () => {
  const assurance = networkAssurance({
    virtual: teeEntry({ code: 'any' }),
    tdx: teeEntry(),
    'sev-snp': teeEntry(floors),
  });
  assert.equal(assurance.level, 'none');
  assert.equal(assurance.weakest, 'virtual');
  assert.match(assurance.reasons.join('\n'), /virtual: its nodes prove nothing.*\nvirtual: whatever code/);
  assert.equal(networkAssurance({ virtual: teeEntry() }).reasons.length, 1);
});

test('hardware with up-to-date firmware and roots of its vendor is full assurance', () => {
  assert.deepEqual(networkAssurance({ 'sev-snp': teeEntry(floors), tdx: teeEntry() }), {
    level: 'full',
    weakest: 'sev-snp',
    reasons: [],
  });
});

test('every exception reduces it, and is told', () => {
  const cases = [
    ['sev-snp', { ...floors, roots: ['ab'] }, /sev-snp: 1 root voted in/],
    ['sev-snp', { signers: ['vcek'] }, /no TCB floor/],
    ['az-snp-vtpm', { ...floors, minimumTcb: { milan: {} } }, /no TCB floor/],
    ['sev-snp', { ...floors, signers: ['vlek'] }, /no cloud is named/],
    ['sev-snp', { ...floors, minimumReportVersion: 2 }, /reports of version 2/],
    ['tdx', { acceptedStatuses: ['UpToDate', 'OutOfDate'] }, /their TCB is OutOfDate/],
    ['sgx', { allowedAdvisories: ['INTEL-SA-00289', 'INTEL-SA-00615'] }, /2 advisories/],
    ['az-tdx-vtpm', { roots: ['a', 'b'] }, /2 roots/],
  ] as const;
  for (const [platform, entry, reason] of cases) {
    const { level, weakest, reasons } = networkAssurance({ [platform]: teeEntry(entry) });
    assert.equal(level, 'reduced');
    assert.equal(weakest, platform);
    assert.equal(reasons.length, 1);
    assert.match(reasons.join(), reason);
  }
  const mixed = networkAssurance({ 'sev-snp': teeEntry(floors), tdx: teeEntry({ roots: ['a'] }) });
  assert.deepEqual([mixed.level, mixed.weakest], ['reduced', 'tdx']);
});

test('a network that admits no platform has no assurance', () => {
  assert.equal(networkAssurance({}).level, 'none');
  assert.equal(networkAssurance({}).weakest, undefined);
});
