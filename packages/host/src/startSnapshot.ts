/**
 * Which snapshot a node starts from: the newest that is genuine and fits its ledger. One is needed when the ledger does
 * not begin at its first entry; else it only spares the replay of what came before it, and without a good one
 * everything is replayed.
 */
import type { Certificate } from '@coco/crypto';
import { type FormerService, type OpenedSnapshot, serviceAt, verifySnapshot } from '@coco/ledger';
import { ByteReader, CocoError } from '@coco/primitives';
import type { LedgerStore } from './ledgerStore.js';
import type { Log } from './log.js';
import { readSnapshotFile, type SnapshotFile, type SnapshotFiles } from './snapshotFiles.js';

export interface StartSnapshotOptions<Opened> {
  readonly snapshots: Pick<SnapshotFiles, 'list'>;
  readonly store: LedgerStore;
  readonly serviceCertificate: Certificate;
  /** Services of the ledger before it. Default none. */
  readonly formerServices?: readonly FormerService[];
  /** Opens the bytes of one whose receipt holds. COCO_LEDGER_SNAPSHOT_*, COCO_LEDGER_ENTRY_*. */
  readonly open: (bytes: Uint8Array) => Opened;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * The snapshot to start from; undefined when the ledger is to be replayed from its first entry. COCO_HOST_SNAPSHOT when
 * there is no good one and one is needed.
 */
export function chooseStartSnapshot<Opened extends Pick<OpenedSnapshot, 'base'>>(
  options: StartSnapshotOptions<Opened>,
): Opened | undefined {
  const { snapshots, store, serviceCertificate, formerServices, open, log } = options;
  for (const file of snapshots.list()) {
    const { name } = file;
    try {
      const opened = open(genuineBytes(file, serviceAt(file.seqno, serviceCertificate, formerServices)));
      const misfit = whyMisfit(opened, store);
      if (misfit === undefined) return opened;
      log.warn('a snapshot does not fit the ledger', { file: name, reason: misfit });
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      log.warn('a snapshot is not used', { file: name, code: error.code, reason: error.message });
    }
  }
  if (store.first === 1) return undefined;
  const sentence = `the ledger begins with entry ${store.first}, and there is no good snapshot to begin from`;
  throw new CocoError('COCO_HOST_SNAPSHOT', sentence, { first: store.first });
}

/** The bytes of a snapshot file whose receipt holds. COCO_HOST_SNAPSHOT. */
export function genuineBytes(file: SnapshotFile, serviceCertificate: Certificate): Uint8Array {
  const bytes = readSnapshotFile(file);
  const verdict = verifySnapshot(bytes, serviceCertificate);
  if (!verdict.valid || verdict.seqno !== file.seqno) {
    const reason = verdict.valid ? 'it is another than its name says' : verdict.reason;
    const sentence = `${file.path} does not prove to be a snapshot of this service: ${reason}`;
    throw new CocoError('COCO_HOST_SNAPSHOT', sentence, { path: file.path, reason });
  }
  return bytes;
}

/** Why the entries on disk do not go on after the snapshot; undefined when they do. */
function whyMisfit({ base }: Pick<OpenedSnapshot, 'base'>, store: LedgerStore): string | undefined {
  if (store.last < store.first) return undefined;
  if (base.seqno > store.last) return `it is newer than entry ${store.last}, the last of the ledger`;
  if (base.seqno < store.first - 1) return `it is older than entry ${store.first}, the first of the ledger`;
  if (base.seqno < store.first) return undefined;
  const [entry] = store.read(base.seqno, base.seqno);
  const view = entry === undefined ? undefined : new ByteReader(entry, viewInIv).u32();
  return view === base.view ? undefined : `the ledger has another entry ${base.seqno}`;
}

/** Where an entry's initialisation vector names its view: after the header, the tag, and the seqno. */
const viewInIv = 8 + 16 + 8;
