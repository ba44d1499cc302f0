import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aesGcmSeal, hkdfSha256 } from '@coco/crypto';
import type { TableChanges } from '@coco/kv';
import { ByteWriter, concatBytes, type Random, seededRandom, toBase64, utf8 } from '@coco/primitives';
import {
  combineShares,
  createLedger,
  encodeMaps,
  parseShare,
  recoverLedgerSecrets,
  unwrapSecret,
} from './index.js';
import { chunkFiles, makeService, none, randomBytesOf, sources } from './synthetic.test.js';

const prime = 2 ** 31 - 1;

/** Shares as CCF makes them: ten polynomials of degree `threshold` - 1, share i is their values at i. */
function makeShares(
  random: Random,
  count: number,
  threshold: number,
): { shares: Uint8Array[]; secret: Uint8Array } {
  const polynomials = Array.from({ length: 10 }, () =>
    Array.from({ length: threshold }, () => BigInt(random.integer(prime))),
  );
  const point = (x: number) => {
    const writer = new ByteWriter().u32(x);
    for (const polynomial of polynomials) {
      const y = polynomial.reduceRight(
        (sum, coefficient) => (sum * BigInt(x) + coefficient) % BigInt(prime),
        0n,
      );
      writer.u32(Number(y));
    }
    return writer.finish();
  };
  return { shares: Array.from({ length: count }, (_, i) => point(i + 1)), secret: point(0).subarray(4) };
}

function wrappingKey(secret: Uint8Array): Uint8Array {
  return hkdfSha256({ ikm: secret, salt: none, info: secret, length: 32 });
}

function wrap(key: Uint8Array, secret: Uint8Array): string {
  const iv = new Uint8Array(12);
  const { tag, ciphertext } = aesGcmSeal({ key, iv, aad: none, plaintext: secret });
  return toBase64(concatBytes(tag, iv, ciphertext));
}

test('formats 2(g): any k of n shares give the wrapping key, fewer or twice the same do not', () => {
  const random = seededRandom(1);
  for (const [count, threshold] of [
    [1, 1],
    [3, 2],
    [5, 3],
    [9, 9],
    [40, 17],
  ] as const) {
    const { shares, secret } = makeShares(random, count, threshold);
    const parsed = shares.map(parseShare).toSorted(() => random.integer(3) - 1);
    assert.deepEqual(combineShares(parsed, threshold), wrappingKey(secret));
    const few = parsed.slice(0, threshold - 1);
    assert.throws(() => combineShares(few, threshold), { code: 'COCO_LEDGER_SHARES_MISSING' });
    if (threshold === 1) continue;
    const twice = [...few, few[0] as (typeof few)[number]];
    assert.throws(() => combineShares(twice, threshold), { code: 'COCO_LEDGER_SHARES_WRONG' });
    const whole = parseShare(concatBytes(new Uint8Array(4), secret));
    assert.deepEqual(combineShares([whole], threshold), wrappingKey(secret));
  }
  assert.throws(() => parseShare(new Uint8Array(43)), { code: 'COCO_LEDGER_SHARES_WRONG' });
});

const singleton = (table: string, row: unknown): TableChanges => ({
  table,
  puts: [{ key: new Uint8Array(8), value: utf8(JSON.stringify(row)) }],
  removes: [],
});

/** A ledger that was rekeyed twice, and whose last secret is shared among three members, two of whom suffice. */
function rekeyedLedger(random: Random) {
  const { identity } = makeService();
  const keys = [1, 2, 3].map((value) => new Uint8Array(32).fill(value)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const secrets = [1, 3, 5].map((fromSeqno, index) => ({ fromSeqno, key: keys[index] as Uint8Array }));
  const ledger = createLedger({ identity, serviceCertificate: identity.serviceCertificate, secrets });
  const { shares, secret } = makeShares(random, 3, 2);
  const history = 'public:ccf.internal.historical_encrypted_ledger_secret';
  const recovery = {
    encrypted_shares: Object.fromEntries(shares.map((share, index) => [`member${index}`, toBase64(share)])),
    wrapped_latest_ledger_secret: wrap(wrappingKey(secret), keys[2]),
  };
  const previous = (key: Uint8Array, old: Uint8Array, version: number) => ({
    previous_ledger_secret: { encrypted_data: wrap(key, old), version },
  });
  const tables: TableChanges[][] = [
    [
      singleton('public:ccf.gov.service.config', { recovery_threshold: 2 }),
      singleton(history, { next_version: 1 }),
    ],
    [singleton(history, previous(keys[1], keys[0], 1))],
    [],
    [
      singleton(history, previous(keys[2], keys[1], 3)),
      singleton('public:ccf.internal.recovery_shares', recovery),
    ],
    [],
  ];
  const entries = tables.map((one) =>
    ledger.append({ view: 2, publicMaps: encodeMaps(one), privateMaps: none }),
  );
  return { files: sources(chunkFiles([...entries, ledger.sign(2)])), secrets, shares };
}

test('the chain of earlier secrets is followed back through every rekey', () => {
  const { files, secrets } = rekeyedLedger(seededRandom(2));
  const without0 = (member: string, share: Uint8Array) => (member === 'member0' ? undefined : share);
  assert.deepEqual(recoverLedgerSecrets(files, without0), secrets);
});

test('too few, and wrong shares, are told apart', () => {
  const { files } = rekeyedLedger(seededRandom(3));
  const only0 = (member: string, share: Uint8Array) => (member === 'member0' ? share : undefined);
  assert.throws(() => recoverLedgerSecrets(files, only0), { code: 'COCO_LEDGER_SHARES_MISSING' });
  const random = seededRandom(4);
  const wrong = (_: string, share: Uint8Array) =>
    concatBytes(share.subarray(0, 4), randomBytesOf(random, 40));
  assert.throws(() => recoverLedgerSecrets(files, wrong), { code: 'COCO_LEDGER_SHARES_WRONG' });
  assert.throws(() => unwrapSecret(new Uint8Array(32), new Uint8Array(59)), {
    code: 'COCO_LEDGER_SHARES_WRONG',
  });
});

test('a ledger without shares says so', () => {
  const { identity, secrets } = makeService();
  const ledger = createLedger({ identity, serviceCertificate: identity.serviceCertificate, secrets });
  const files = sources(chunkFiles([ledger.append({ view: 2, publicMaps: none, privateMaps: none })]));
  assert.throws(() => recoverLedgerSecrets(files, () => undefined), { code: 'COCO_LEDGER_SHARES_MISSING' });
});
