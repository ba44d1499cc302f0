import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { codeId, codeIdentities } from './codeId.js';
import type { PlatformClaims } from './types.js';

const claims: PlatformClaims = {
  platform: 'sev-snp',
  registers: { measurement: 'aa', host_data: 'bb' },
  reportData: new Uint8Array(64),
  version: 3,
  tcb: { parts: {} },
  advisories: [],
  migratable: false,
  signer: 'vcek',
  validUntilMs: 0,
};

test('GOV-1: a code id is the SHA-256 of platform and registers in deterministic CBOR', () => {
  // ["virtual", {"tree": "ab"}]
  const bytes = Buffer.concat([
    Buffer.from([0x82, 0x67]),
    Buffer.from('virtual'),
    Buffer.from([0xa1, 0x64]),
    Buffer.from('tree'),
    Buffer.from([0x62]),
    Buffer.from('ab'),
  ]);
  assert.equal(codeId('virtual', { tree: 'ab' }), createHash('sha256').update(bytes).digest('hex'));
});

test('a code id depends on every register and on the platform, not on the order of registers', () => {
  const id = codeId('sev-snp', { measurement: 'aa', host_data: 'bb' });
  assert.equal(codeId('sev-snp', { host_data: 'bb', measurement: 'aa' }), id);
  const others = [
    codeId('az-snp-vtpm', { measurement: 'aa', host_data: 'bb' }),
    codeId('sev-snp', { measurement: 'aa', host_data: 'bc' }),
    codeId('sev-snp', { measurement: 'aa' }),
    codeId('sev-snp', { measurement: 'bb', host_data: 'aa' }),
  ];
  assert.equal(new Set([id, ...others]).size, 5);
});

test('code in an Azure container is known by the feed of its utility VM as well', () => {
  assert.deepEqual(
    codeIdentities(claims).map(({ byUvm }) => byUvm),
    [false],
  );
  const [all, endorsed] = codeIdentities({ ...claims, uvm: { did: 'd', feed: 'f', svn: 1 } });
  assert.equal(all?.id, codeId('sev-snp', claims.registers));
  assert.deepEqual(endorsed, {
    id: codeId('sev-snp', { uvm_feed: 'f', host_data: 'bb' }),
    registers: { uvm_feed: 'f', host_data: 'bb' },
    byUvm: true,
  });
  const uvm = { did: 'd', feed: 'f', svn: 1 };
  assert.equal(codeIdentities({ ...claims, platform: 'az-snp-vtpm', uvm }).length, 1);
});
