import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  generateKeyPair,
  isIssuedBy,
  issueCertificate,
  parseCertificate,
  publicKeyToPem,
} from '@coco/crypto';
import { certificateRenewal } from './renewNode.js';

const nowMs = Date.UTC(2026, 0, 10);
const dayMs = 86_400_000;
const key = generateKeyPair();
const certificate = issueCertificate(
  {
    subjectCommonName: 'service',
    publicKey: key.publicKey,
    isCa: true,
    notBeforeMs: 0,
    notAfterMs: 4_000_000_000_000,
    serialNumber: new Uint8Array(8).fill(1),
  },
  { key, subjectCommonName: 'service' },
);
const { publicKey } = generateKeyPair();
const node = {
  nodeId: publicKey.fingerprint,
  status: 'Trusted',
  retiredCommitted: false,
  peerAddress: '127.0.0.1:1',
  applicationAddress: 'node.example:2',
  administrativeAddress: '127.0.0.1:3',
  publicKeyPem: publicKeyToPem(publicKey),
} as const;
const renew = certificateRenewal({ service: { key, certificate }, nowMs: () => nowMs });
const renewed = (validFrom: string, validityDays = 30) =>
  parseCertificate(renew(node, { validFrom, validityDays }));

test('a renewed certificate is for the key of the node, by the service, for the time that was decided', () => {
  for (const time of [
    '2026-01-05',
    '2026-01-05T00:00:00Z',
    '2026-01-05 00:00',
    '2026-01-05T02:00:00+02:00',
    '260105000000Z',
    '20260105000000Z',
  ]) {
    const given = renewed(time);
    assert.equal(given.publicKey.fingerprint, node.nodeId);
    assert.ok(isIssuedBy(given, certificate));
    assert.equal(given.notAfterMs, Date.UTC(2026, 0, 5) + 30 * dayMs, time);
    assert.ok(given.notBeforeMs <= Date.UTC(2026, 0, 5));
  }
});

test('no certificate is issued that a node could not use at once', () => {
  for (const [time, days, why] of [
    ['never', 30, /"never" is not a time/],
    ['2026-13-45', 30, /is not a time/],
    ['2026-02-01', 30, /has not come yet/],
    ['2025-01-01', 30, /ended already/],
    ['2026-01-01', 4_000_000, /after the year 9999/],
  ] as const) {
    assert.throws(() => renewed(time, days), { code: 'COCO_HOST_CERTIFICATE_TIME', message: why });
  }
});
