/**
 * The directories of a node that joined, for tests: its ledger begins after a snapshot, which is in `snapshots` beside it.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStore } from '@coco/kv';
import {
  chunkHeader,
  chunkName,
  decodeMaps,
  encodeSnapshotTables,
  snapshotFile,
  snapshotName,
} from '@coco/ledger';
import { assert } from '@coco/primitives';
import { type SampleLedger, sampleEntries } from './sampleLedger.js';

export interface JoinedLedger extends SampleLedger {
  /** The snapshot file. */
  readonly snapshot: string;
  readonly seqno: number;
}

const none = new Uint8Array(0);

/** A sample of `batches` batches, then a snapshot, its evidence, and a signature; only those are in the ledger. */
export function writeJoinedLedger(batches: number): JoinedLedger {
  const { ledger, ...sample } = sampleEntries(batches);
  const { entries } = sample;
  const signed = ledger.sign(2, 0, true);
  const { seqno } = signed;
  entries.push(signed);
  ledger.compact(seqno);

  const store = createStore();
  for (const entry of entries) {
    const { publicMaps, privateMaps } = ledger.open(entry.bytes);
    store.apply([...decodeMaps(privateMaps), ...decodeMaps(publicMaps)], entry.seqno);
  }
  const sealer = ledger.snapshot(seqno);
  sealer.add(encodeSnapshotTables(store.snapshot(seqno).next(1e6) ?? []));
  const { bytes, digest } = sealer.finish();

  const maps = { view: 2, publicMaps: none, privateMaps: none };
  const evidence = ledger.append({ ...maps, claimsDigest: digest });
  const after = [evidence, ledger.sign(2)];
  ledger.compact(ledger.last.seqno);
  const receipt = ledger.receipt(evidence.seqno);
  assert(receipt !== undefined, 'what is committed has a receipt');

  const root = mkdtempSync(path.join(tmpdir(), 'coco-joined-'));
  const directory = path.join(root, 'ledger');
  mkdirSync(directory);
  mkdirSync(path.join(root, 'snapshots'));
  const chunk = Buffer.concat([chunkHeader(), ...after.map((entry) => entry.bytes)]);
  writeFileSync(path.join(directory, chunkName({ start: seqno + 1 })), chunk);
  const name = snapshotName({ seqno, evidenceSeqno: evidence.seqno });
  const snapshot = path.join(root, 'snapshots', name);
  writeFileSync(snapshot, snapshotFile(bytes, receipt));
  return { ...sample, entries: [...entries, ...after], directory, snapshot, seqno };
}
