import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cborDecode, cborEncode } from '@coco/crypto';
import { CocoError, concatBytes, utf8 } from '@coco/primitives';
import { decodeEvidence, encodeEvidence, evidenceExtension, evidenceInExtension } from './carriage.js';
import { evidenceLimits } from './evidenceLimits.js';
import { platforms } from './parseManifests.js';
import { encodeClaims } from './runtimeClaims.js';
import { testClaims } from './testing/virtualNode.js';
import type { Evidence } from './types.js';

const evidence: Evidence = {
  platform: 'sev-snp',
  evidence: utf8('a report'),
  claims: encodeClaims(testClaims('ab'.repeat(32))),
  endorsements: {
    vcek: utf8('vcek'),
    ask: utf8('ask'),
    ark: utf8('ark'),
    crl: utf8('crl'),
    uvm: utf8('uvm'),
    policy: utf8('policy'),
    collateral: utf8('{}'),
  },
};

const refuses = (bytes: Uint8Array, reason: RegExp, code = 'COCO_ATTESTATION_MALFORMED') =>
  assert.throws(
    () => decodeEvidence(bytes),
    (error) => error instanceof CocoError && error.code === code && reason.test(error.message),
    `${reason}`,
  );

const records = () => cborDecode(encodeEvidence(evidence)) as Map<string, unknown>;

/** The collection with `label` bent. */
const withRecord = (label: string, record: unknown) => cborEncode(new Map([...records(), [label, record]]));

test('RFC 9999 3.3: evidence is a collection of records [media type, bytes, indicator]', () => {
  const read = records();
  assert.equal(read.get('__cmwc_t'), 'urn:x-coco:evidence:1');
  assert.deepEqual(read.get('evidence'), ['application/vnd.coco.sev-snp-report', evidence.evidence, 4]);
  assert.deepEqual(read.get('vcek'), ['application/pkix-cert', utf8('vcek'), 2]);
  assert.equal(read.size, 10);
});

test('evidence of every platform is read as it was written, in one encoding', () => {
  for (const platform of platforms) {
    for (const endorsements of [evidence.endorsements, {}]) {
      const bytes = encodeEvidence({ ...evidence, platform, endorsements });
      const read = decodeEvidence(bytes);
      assert.deepEqual(read, { ...evidence, platform, endorsements });
      assert.deepEqual(encodeEvidence(read), bytes);
    }
  }
});

test('evidence that is cut short anywhere, or goes on, is refused', () => {
  const bytes = encodeEvidence(evidence);
  for (let length = 0; length < bytes.length; length++) {
    refuses(bytes.subarray(0, length), /cannot be read/);
  }
  refuses(concatBytes(bytes, Uint8Array.of(0)), /left over/);
});

test('a collection is read strictly: labels, media types, indicators, order', () => {
  refuses(withRecord('__cmwc_t', 'urn:x-coco:evidence:2'), /not of the type/);
  refuses(withRecord('extra', ['application/pkix-cert', utf8('x'), 2]), /label "extra"/);
  refuses(withRecord('evidence', ['text/plain', utf8('x'), 4]), /media type/);
  refuses(withRecord('evidence', ['application/vnd.coco.tdx-quote', utf8('x'), 2]), /indicator 2, not 4/);
  refuses(withRecord('evidence', ['application/vnd.coco.tdx-quote', utf8('x')]), /three items/);
  refuses(withRecord('vcek', ['application/vnd.coco.tdx-quote', utf8('x'), 2]), /media type/);
  refuses(withRecord('vcek', ['application/pkix-cert', 'text', 2]), /byte string is missing/);
  refuses(withRecord('vcek', ['application/pkix-cert', utf8('x'), 4]), /indicator 4, not 2/);
  for (const label of ['__cmwc_t', 'evidence', 'claims']) {
    const map = records();
    map.delete(label);
    refuses(cborEncode(map), label === '__cmwc_t' ? /not of the type/ : /is missing/);
  }
  // The first two entries changed places.
  const bytes = encodeEvidence({ ...evidence, endorsements: { ark: utf8('1'), ask: utf8('2') } });
  const entry = 4 + cborEncode(['application/pkix-cert', utf8('1'), 2]).length;
  const [ark, ask] = [bytes.subarray(1, 1 + entry), bytes.subarray(1 + entry, 1 + 2 * entry)];
  refuses(concatBytes(bytes.subarray(0, 1), ask, ark, bytes.subarray(1 + 2 * entry)), /unique and ascending/);
});

test('evidence beyond the limits is refused, when it is written and when it is read', () => {
  const large = { ...evidence, evidence: new Uint8Array(evidenceLimits.evidenceBytesMax + 1) };
  assert.throws(() => encodeEvidence(large), { code: 'COCO_ATTESTATION_TOO_LARGE' });
  refuses(withRecord('evidence', ['application/vnd.coco.sgx-quote', large.evidence, 4]), /longer than 65536/);
  const third = new Uint8Array(evidenceLimits.endorsementsBytesMax / 3 + 1);
  const many = new Map(records());
  for (const name of ['vcek', 'ask', 'ark']) many.set(name, ['application/pkix-cert', third, 2]);
  refuses(cborEncode(many), /together/, 'COCO_ATTESTATION_TOO_LARGE');
  refuses(new Uint8Array(evidenceLimits.cmwBytesMax + 1), /longer than/, 'COCO_ATTESTATION_TOO_LARGE');
});

test('a megabyte of anything costs less than 50 ms', () => {
  const hostile = [0x00, 0x60, 0x80, 0x81, 0xa0, 0xf6, 0xff].map((byte) =>
    new Uint8Array(evidenceLimits.cmwBytesMax).fill(byte),
  );
  for (const bytes of hostile) {
    bytes.set([0xba, 0, 7, 0xff, 0xff]);
    const before = process.cpuUsage();
    refuses(bytes, /cannot be read/);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 50_000, `${user} µs`);
  }
});

test('RFC 9999 5.3: in a certificate the collection is an OCTET STRING within the extension', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, evidenceLimits.cmwBytesMax]) {
    const cmw = new Uint8Array(length).fill(7);
    assert.deepEqual(evidenceInExtension(evidenceExtension(cmw)), cmw);
  }
  const value = evidenceExtension(utf8('cmw'));
  assert.deepEqual(value, Uint8Array.of(4, 3, 0x63, 0x6d, 0x77));
  const bad = [new Uint8Array(0), value.subarray(1), value.subarray(0, 4), concatBytes(value, value)];
  for (const bytes of [...bad, Uint8Array.of(0x0c, 1, 0x7b)]) {
    assert.throws(() => evidenceInExtension(bytes), { code: 'COCO_ATTESTATION_MALFORMED' });
  }
});
