/**
 * Entries for the tests of this room: well-formed ones that nobody sealed, where only their places matter, and real ones.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger, type Ledger, type SealedEntry, type SnapshotBase } from '@coco/ledger';
import { ByteWriter, type Seqno, utf8 } from '@coco/primitives';
import { testIdentity, testService } from './identities.test.js';
import type { StoredEntry } from './ledgerStore.js';

export interface TestEntryOptions {
  readonly view?: number;
  readonly endsChunk?: boolean;
  /** Bytes in the private domain. */
  readonly payload?: number;
}

/** One entry. */
export function testEntry(seqno: Seqno, options: TestEntryOptions = {}): StoredEntry {
  const { view = 2, endsChunk = false, payload = 20 } = options;
  const domain = new ByteWriter().u8(0).i64(seqno).i64(0).sized64(utf8('public:test')).i64(0);
  domain.u64(0).u64(1).sized64(utf8('key')).sized64(utf8('value')).u64(0);
  const body = new ByteWriter().raw(new Uint8Array(16).fill(0xee)).u64(seqno).u32(view);
  const rest = body.sized64(domain.finish()).raw(new Uint8Array(payload).fill(0xcd)).finish();
  const header = new ByteWriter()
    .u8(1)
    .u8(endsChunk ? 1 : 0)
    .u48(rest.length);
  return { seqno, bytes: header.raw(rest).finish(), ...(endsChunk && { endsChunk }) };
}

/** Entries `from`..`to`; a chunk ends with every one whose seqno `chunkEntries` divides. */
export function testEntries(from: Seqno, to: Seqno, chunkEntries = 1e9, view = 2): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (let seqno = from; seqno <= to; seqno++) {
    entries.push(testEntry(seqno, { view, endsChunk: seqno % chunkEntries === 0 }));
  }
  return entries;
}

const service = testService();
const node = testIdentity('node', service);

/** The service and node of `testLedger`. */
export const ledgerService = service;
export const ledgerNode = node;
export const ledgerSecrets = [{ fromSeqno: 1, key: new Uint8Array(32).fill(7) }];

/**
 * A ledger of a service with one node, empty or from a snapshot on: always the same service, so that one can read what
 * another wrote.
 */
export function testLedger(chunkBytes?: number, base?: SnapshotBase): Ledger {
  return createLedger({
    identity: {
      nodeId: node.nodeId,
      nodeKey: node.privateKey,
      nodeCertificate: node.certificate,
      serviceKey: service.privateKey,
      serviceCertificate: service.certificate,
    },
    serviceCertificate: service.certificate,
    secrets: ledgerSecrets,
    ...(base !== undefined && { base }),
    ...(chunkBytes !== undefined && { chunkBytes }),
  });
}

/** A ledger in which every second entry is a signature. */
export function sealedEntries(count: number): SealedEntry[] {
  const ledger = testLedger();
  const none = new Uint8Array();
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 1 ? ledger.sign(2) : ledger.append({ view: 2, publicMaps: none, privateMaps: none }),
  );
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
