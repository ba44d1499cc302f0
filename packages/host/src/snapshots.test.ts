/**
 * Ledgers with a snapshot in them, for the tests of this room: real ones, of the service in entries.test.ts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VersionedRow } from '@coco/kv';
import { encodeMaps, encodeSnapshotTables, type SealedEntry, snapshotFile, snapshotName } from '@coco/ledger';
import { assert, type Seqno, utf8 } from '@coco/primitives';
import type { SnapshotEffect } from '@coco/replica';
import { testLedger } from './entries.test.js';

export interface TestSnapshot {
  readonly seqno: Seqno;
  readonly evidenceSeqno: Seqno;
  readonly name: string;
  /** The whole file, with its receipt. */
  readonly bytes: Uint8Array;
  /** What the manager asked for when it was made. */
  readonly effects: readonly SnapshotEffect[];
}

export interface TestHistory {
  readonly entries: readonly SealedEntry[];
  /** Oldest first. */
  readonly snapshots: readonly TestSnapshot[];
}

/**
 * A ledger in which every other entry puts its number and is then signed, with snapshots at (or right after) the entries
 * of `at`; `rows` are in each of them besides.
 */
export function testHistory(
  count: number,
  at: readonly Seqno[],
  rows: readonly VersionedRow[] = [],
): TestHistory {
  const ledger = testLedger();
  const entries: SealedEntry[] = [];
  const snapshots: TestSnapshot[] = [];
  const none = new Uint8Array();
  const push = (entry: SealedEntry): Seqno => {
    entries.push(entry);
    return entry.seqno;
  };
  const puts = (seqno: Seqno) => [{ key: utf8('k'), value: utf8(`${seqno}`) }];
  const table = 'test.numbers';
  const takeSnapshot = (): void => {
    const seqno = push(ledger.sign(2, 0, true));
    ledger.compact(seqno);
    const sealer = ledger.snapshot(seqno);
    const own = { table, key: utf8('k'), value: utf8(`${seqno - 1}`), seqno: seqno - 1 };
    sealer.add(encodeSnapshotTables([...rows, own]));
    const { bytes, digest } = sealer.finish();
    const evidenceSeqno = push(
      ledger.append({ view: 2, publicMaps: none, privateMaps: none, claimsDigest: digest }),
    );
    ledger.compact(push(ledger.sign(2)));
    const receipt = ledger.receipt(evidenceSeqno);
    assert(receipt !== undefined, 'the evidence is committed');
    snapshots.push({
      seqno,
      evidenceSeqno,
      name: snapshotName({ seqno, evidenceSeqno }),
      bytes: snapshotFile(bytes, receipt),
      effects: [
        { type: 'write', seqno, bytes },
        { type: 'commit', seqno, evidenceSeqno, receipt },
      ],
    });
  };
  const wanted = [...at];
  while (entries.length < count) {
    const seqno = entries.length + 1;
    const changes = [{ table, puts: puts(seqno), removes: [] }];
    push(ledger.append({ view: 2, publicMaps: none, privateMaps: encodeMaps(changes) }));
    if (wanted[0] !== undefined && entries.length + 1 >= wanted[0]) {
      wanted.shift();
      takeSnapshot();
    } else {
      push(ledger.sign(2));
    }
  }
  return { entries, snapshots };
}

/** Puts snapshot files into `directory`. */
export function putSnapshots(directory: string, snapshots: readonly TestSnapshot[]): void {
  for (const { name, bytes } of snapshots) writeFileSync(join(directory, name), bytes);
}
