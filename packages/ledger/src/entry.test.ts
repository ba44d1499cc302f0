import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aesGcmSeal, hmacSha256, sha256 } from '@coco/crypto';
import { ByteWriter, concatBytes, seededRandom, toHex, utf8 } from '@coco/primitives';
import { entryLeaf, openEntry, parseEntry, sealEntry } from './entry.js';
import { describeEntry } from './index.js';
import { createSecrets } from './secrets.js';
import { none, oneRow, randomBytesOf } from './synthetic.test.js';

const key = new Uint8Array(32).fill(9);
const secrets = createSecrets([{ fromSeqno: 1, key }]);

function seal(privateMaps = oneRow('app', 'k', 'secret')): Uint8Array {
  const contents = { view: 3, seqno: 17, publicMaps: oneRow('public:a', 'k', 'open'), privateMaps };
  return sealEntry({ ...contents, claimsDigest: new Uint8Array(32).fill(7) }, secrets).bytes;
}

test('what is sealed opens to the same domains, under the same place and leaf (seeded, 300 cases)', () => {
  const random = seededRandom(3);
  for (let i = 0; i < 300; i++) {
    const contents = {
      view: random.integer(2 ** 31),
      seqno: 1 + random.integer(2 ** 32) * (random.integer(2) === 0 ? 1 : 2 ** 20),
      publicMaps: random.integer(3) === 0 ? none : oneRow('public:t', 'k', randomBytesOf(random, 30)),
      privateMaps:
        random.integer(3) === 0 ? none : oneRow('t', 'k', randomBytesOf(random, random.integer(300))),
      claimsDigest: randomBytesOf(random, 32),
    };
    const { bytes, leaf } = sealEntry(contents, secrets);
    const layout = parseEntry(bytes);
    assert.deepEqual(openEntry(layout, secrets), contents.privateMaps);
    assert.deepEqual(layout.publicMaps, contents.publicMaps);
    assert.deepEqual(layout.claimsDigest, contents.claimsDigest);
    assert.deepEqual([layout.view, layout.seqno], [contents.view, contents.seqno]);
    assert.deepEqual(entryLeaf(layout), leaf);
  }
});

test('formats 2(a), 2(b): the bytes of an entry are those of the published layout', () => {
  const publicMaps = oneRow('public:a', 'k', 'open');
  const privateMaps = oneRow('app', 'k', 'secret');
  const commitSecret = hmacSha256(key, utf8('Commit S'));
  const evidence = `ce:3.17:${toHex(hmacSha256(commitSecret, utf8('3.17')))}`;
  const claims = new Uint8Array(32).fill(7);
  const evidenceDigest = sha256(utf8(evidence));
  const domain = new ByteWriter()
    .u8(4)
    .i64(17)
    .raw(claims)
    .raw(evidenceDigest)
    .i64(0)
    .raw(publicMaps)
    .finish();
  const iv = new ByteWriter().u64(17).u32(3).finish();
  const { tag, ciphertext } = aesGcmSeal({ key, iv, aad: domain, plaintext: privateMaps });
  const body = new ByteWriter().raw(tag).raw(iv).sized64(domain).raw(ciphertext).finish();
  const expected = new ByteWriter().u8(1).u8(0).u48(body.length).raw(body).finish();
  assert.deepEqual(seal(), expected);
  const leaf = sha256(concatBytes(sha256(expected), evidenceDigest, claims));
  assert.deepEqual(entryLeaf(parseEntry(expected)).leaf, leaf);
});

test('CONF-1: a change of any bit of an entry is noticed with the key, but for its flags', () => {
  const good = seal();
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const bytes = good.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    if (bit >> 3 === 1 && (bytes[1] as number) < 4) continue;
    assert.throws(() => openEntry(parseEntry(bytes), secrets), { code: /^COCO_LEDGER_ENTRY_/ });
  }
});

test('a wrong secret, and an entry older than all secrets, are told apart', () => {
  const layout = parseEntry(seal());
  const wrong = createSecrets([{ fromSeqno: 1, key: new Uint8Array(32) }]);
  assert.throws(() => openEntry(layout, wrong), { code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC' });
  const later = createSecrets([{ fromSeqno: 18, key }]);
  assert.throws(() => openEntry(layout, later), { code: 'COCO_LEDGER_ENTRY_SECRET' });
  const rekeyed = createSecrets([
    { fromSeqno: 1, key: new Uint8Array(32) },
    { fromSeqno: 17, key },
    { fromSeqno: 18, key: new Uint8Array(32) },
  ]);
  assert.doesNotThrow(() => openEntry(layout, rekeyed));
});

/** An entry of an older type: without claims, without commit evidence, or without both. */
function olderEntry(type: 0 | 2 | 3, claims: Uint8Array, evidence: Uint8Array): Uint8Array {
  const domain = new ByteWriter().u8(type).i64(17);
  if (type === 2) domain.raw(claims);
  if (type === 3) domain.raw(evidence);
  const aad = domain
    .i64(5)
    .raw(oneRow('public:a', 'k', 'open'))
    .finish();
  const iv = new ByteWriter().u64(17).u32(3).finish();
  const { tag } = aesGcmSeal({ key, iv, aad, plaintext: none });
  const body = new ByteWriter().raw(tag).raw(iv).sized64(aad).finish();
  return new ByteWriter().u8(1).u8(0).u48(body.length).raw(body).finish();
}

test('formats 2(a): entry types 0, 2 and 3 are read, each with its own leaf', () => {
  const claims = new Uint8Array(32).fill(1);
  const evidence = sha256(utf8(secrets.commitEvidence({ view: 3, seqno: 17 })));
  for (const type of [0, 2, 3] as const) {
    const bytes = olderEntry(type, claims, evidence);
    const layout = parseEntry(bytes);
    assert.equal(layout.entryType, type);
    assert.deepEqual(openEntry(layout, secrets), none);
    const digest = sha256(bytes);
    const leaf = { 0: digest, 2: sha256(digest, claims), 3: sha256(digest, evidence) }[type];
    assert.deepEqual(entryLeaf(layout).leaf, leaf);
  }
  const wrong = olderEntry(3, claims, claims);
  assert.throws(() => openEntry(parseEntry(wrong), secrets), { code: 'COCO_LEDGER_ENTRY_EVIDENCE' });
});

test('a snapshot is recognised by its type and by the top bit of its IV', () => {
  const byType = seal();
  byType[44] = 1;
  assert.throws(() => describeEntry(byType), { code: 'COCO_LEDGER_ENTRY_SNAPSHOT' });
  const byIv = seal();
  byIv[35] = 0x80;
  assert.throws(() => describeEntry(byIv), { code: 'COCO_LEDGER_ENTRY_SNAPSHOT' });
});

test('an entry is described without a key; its sequence numbers must agree', () => {
  const bytes = seal();
  assert.deepEqual(describeEntry(bytes), { view: 3, seqno: 17, size: bytes.length, signature: false });
  const other = bytes.slice();
  other[24] = 18;
  assert.throws(() => describeEntry(other), { code: 'COCO_LEDGER_ENTRY_MALFORMED', facts: { offset: 45 } });
  assert.throws(() => describeEntry(bytes, { entryBytesMax: 100 }), { code: 'COCO_LEDGER_ENTRY_MALFORMED' });
  const signs = { view: 2, seqno: 5, publicMaps: oneRow('public:ccf.internal.signatures', 'k', 'v') };
  assert.equal(describeEntry(sealEntry({ ...signs, privateMaps: none }, secrets).bytes).signature, true);
});

test('hostile lengths (0xFFFFFFFF, 2^53, negative) and cuts anywhere are refused without allocating', () => {
  const good = seal();
  const memory = process.memoryUsage().arrayBuffers;
  const hostile = [
    new ByteWriter().u64(0xffffffff).finish(),
    new ByteWriter().raw(new Uint8Array([0, 0, 0, 0, 0, 0, 0x20, 0])).finish(),
    new ByteWriter().i64(-1).finish(),
  ];
  for (const length of hostile) {
    for (const at of [2, 24, 36]) {
      const bytes = good.slice();
      bytes.set(at === 2 ? length.subarray(0, 6) : length, at);
      if (at === 2 && length[6] === 0x20) bytes.set([0, 0, 0, 0, 0, 0x20], 2);
      assert.throws(() => describeEntry(bytes), { code: /^COCO_LEDGER_ENTRY_(MALFORMED|SNAPSHOT)$/ });
    }
  }
  for (let length = 0; length < good.length; length++) {
    assert.throws(() => describeEntry(good.subarray(0, length)), { code: 'COCO_LEDGER_ENTRY_MALFORMED' });
  }
  assert.ok(process.memoryUsage().arrayBuffers - memory < 2 ** 20);
});
