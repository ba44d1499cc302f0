import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@coco/primitives';
import { cpuidText } from './report.js';
import { tcbBytes, tcbParts, tcbText } from './tcb.js';

/** From reports of machines whose certificates say the same. */
const known = [
  ['milan', '04000000000018db', { boot_loader: 4, tee: 0, snp: 24, microcode: 219 }],
  ['genoa', '0a00000000001754', { boot_loader: 10, tee: 0, snp: 23, microcode: 84 }],
  ['turin', '0101010400000051', { fmc: 1, boot_loader: 1, tee: 1, snp: 4, microcode: 81 }],
] as const;

test('AMD 57230: the parts of a TCB lie where the family has them', () => {
  for (const [family, hex, parts] of known) {
    const bytes = fromHex(hex) as Uint8Array;
    assert.deepEqual(tcbParts(family, bytes), parts);
    assert.deepEqual(tcbBytes(family, parts), bytes);
  }
  const [, hex] = known[2];
  assert.equal(
    tcbText('turin', fromHex(hex) as Uint8Array),
    'fmc 1, boot_loader 1, tee 1, snp 4, microcode 81',
  );
});

test('AMD 57230: every byte of a TCB is one extension of the certificate, no two the same', () => {
  for (const family of ['milan', 'genoa', 'turin'] as const) {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const named = Object.values(tcbParts(family, bytes));
    assert.equal(new Set(named).size, family === 'turin' ? 5 : 4);
  }
});

test('CCF: processors are named as in its table of minimum TCBs', () => {
  assert.equal(cpuidText({ family: 0x19, model: 0x01, stepping: 1 }), '00a00f11');
  assert.equal(cpuidText({ family: 0x19, model: 0x11, stepping: 1 }), '00a10f11');
  assert.equal(cpuidText({ family: 0x1a, model: 0x02, stepping: 1 }), '00b00f21');
});
