/**
 * The promise of the audit: no byte that was signed can be changed unnoticed, and the change is placed.
 *
 * The signed part of a ledger is everything in its files but, of the last signature transaction, the flags in its
 * header, and without secrets its GCM tag and the digest of its commit evidence: nothing signs those. A change is
 * placed when the report names the file and, for bytes of an entry, that entry; for the header and the table of
 * positions of a file, bytes of it that are not an entry's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { type AuditOptions, auditLedger, readLedger } from './index.js';
import {
  type ChunkBytes,
  ccfLedger,
  ccfMissing,
  chunkFiles,
  makeLedger,
  makeService,
  sources,
  writeLedger,
} from './synthetic.test.js';

interface Place {
  readonly file: string;
  readonly offset: number;
  readonly seqno?: number;
}

/** Every byte that something signs, by file. */
function signedBytes(files: readonly ChunkBytes[], withSecrets: boolean): Place[] {
  const all = [...readLedger(sources(files))];
  const lastSigned = all.findLast(({ signature }) => signature)?.txId.seqno ?? 0;
  const places: Place[] = [];
  for (const { name, bytes } of files) {
    const entries = all.filter(({ file }) => file === name);
    const first = entries[0]?.offset ?? 8;
    const end = (entries.at(-1)?.offset ?? 8) + (entries.at(-1)?.size ?? 0);
    for (let offset = 0; offset < first; offset++) places.push({ file: name, offset });
    for (let offset = end; offset < bytes.length; offset++) places.push({ file: name, offset });
    for (const { offset, size, txId } of entries) {
      const { seqno } = txId;
      for (let at = 0; at < size; at++) {
        if (seqno === lastSigned && isUnsigned(at, withSecrets)) continue;
        if (seqno <= lastSigned) places.push({ file: name, offset: offset + at, seqno });
      }
    }
  }
  return places;
}

function isUnsigned(at: number, withSecrets: boolean): boolean {
  const [flags, tag, evidence] = [at === 1, at >= 8 && at < 24, at >= 44 + 41 && at < 44 + 73];
  return flags || (!withSecrets && (tag || evidence));
}

function flipAndAudit(files: readonly ChunkBytes[], place: Place, bit: number, options: AuditOptions) {
  const flipped = files.map(({ name, bytes }) => {
    if (name !== place.file) return { name, bytes };
    const copy = bytes.slice();
    copy[place.offset] = (copy[place.offset] as number) ^ (1 << bit);
    return { name, bytes: copy };
  });
  return auditLedger(sources(flipped), options).failure;
}

function flips(files: readonly ChunkBytes[], options: AuditOptions, count: number, seed: number): void {
  const random = seededRandom(seed);
  const places = signedBytes(files, options.secrets !== undefined);
  // Headers and tables are few bytes among many: every tenth flip goes there.
  const outside = places.filter(({ seqno }) => seqno === undefined);
  for (let i = 0; i < count; i++) {
    const from = i % 10 === 0 && outside.length > 0 ? outside : places;
    const place = from[random.integer(from.length)] as Place;
    const failure = flipAndAudit(files, place, random.integer(8), options);
    const told = JSON.stringify({ place, failure });
    assert.ok(failure !== undefined, `missed: ${told}`);
    assert.equal(failure.file, place.file, told);
    assert.equal(failure.seqno, place.seqno, told);
  }
}

const service = makeService();
const ours = chunkFiles(
  writeLedger(makeLedger(service, { chunkBytes: 8_000 }), service, seededRandom(1), 12),
);
const { serviceCertificate } = service.identity;

test('of 400 random flips in a ledger of ours, without keys, none is missed or misplaced', () => {
  flips(ours, { serviceCertificate }, 400, 1);
});

test('of 200 random flips in a ledger of ours, with keys, none is missed or misplaced', () => {
  flips(ours, { serviceCertificate, secrets: service.secrets }, 200, 2);
});

test('of 100 random flips in a ledger of ours, trusting only what it says itself, none is missed', () => {
  flips(ours, {}, 100, 3);
});

test('of 300 random flips in CCF’s ledgers, none is missed or misplaced', { skip: ccfMissing }, () => {
  flips(ccfLedger('acme_containing_service').files, {}, 200, 4);
  flips(ccfLedger('cose_flipflop_service').files, {}, 100, 5);
});

test('in the last signature transaction, every byte that says anything is checked by itself', () => {
  const places = signedBytes(ours, false);
  const last = places.at(-1)?.seqno;
  const random = seededRandom(6);
  for (const place of places) {
    if (place.seqno !== last || place.offset % 3 !== 0) continue;
    const failure = flipAndAudit(ours, place, random.integer(8), { serviceCertificate });
    assert.equal(failure?.seqno, last, JSON.stringify({ place, failure }));
  }
});
