/**
 * Entries in the ledger's format for the tests of this room: well-formed, not encrypted by anyone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter, type Seqno, utf8 } from '@coco/primitives';
import type { StoredEntry } from './ledgerStore.js';

/** Entry `seqno` with `payload` bytes in its private domain; a signature entry when `signature` is set. */
export function testEntry(seqno: Seqno, signature: boolean, payload = 20, view = 2): StoredEntry {
  const table = utf8(signature ? 'public:ccf.internal.signatures' : 'public:test');
  const publicDomain = new ByteWriter().u8(0).i64(seqno).i64(0);
  publicDomain.sized64(table).i64(0).u64(0).u64(1).sized64(utf8('key')).sized64(utf8('value')).u64(0);
  const inner = publicDomain.finish();
  const body = new ByteWriter().raw(new Uint8Array(16).fill(0xee)).u64(seqno).u32(view);
  body.sized64(inner).raw(new Uint8Array(payload).fill(0xcd));
  const bytes = body.finish();
  return { seqno, bytes: new ByteWriter().u8(1).u8(0).u48(bytes.length).raw(bytes).finish(), signature };
}

/** Entries `from`..`to`; every `signatureEvery`th, and the last, is a signature. */
export function testEntries(from: Seqno, to: Seqno, signatureEvery = 5, view = 2): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (let seqno = from; seqno <= to; seqno++) {
    entries.push(testEntry(seqno, seqno === to || seqno % signatureEvery === 0, 20, view));
  }
  return entries;
}

/** What these tests use of node:test's context. */
export interface Test {
  after(clean: () => unknown): void;
  skip(why: string): void;
}

/** The file at `path`, as bytes that may be changed. */
export function readBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

/** A directory that is gone after the test. */
export function temporaryDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'coco-host-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
