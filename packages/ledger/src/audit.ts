/**
 * The audit: whether the files of a ledger are what a service wrote, checked from nothing but themselves, and where
 * the first byte is that nobody signed.
 *
 * How a fault is placed. What breaks the structure is placed where it breaks it (see chunk-read.ts). What does not
 * shows at the next signature, as a Merkle root that is not the signed one: that signature repeats the leaves since an
 * earlier one, and if the leaves that it repeats have a root that is validly signed, the first entry with another
 * leaf is the damaged one. If, on the other hand, our own root is validly signed, the signature transaction itself is
 * damaged. With secrets, the first entry that its key does not open is the damaged one. What an entry says that no
 * service would write is believed to be the fault only once a signature vouches for the bytes.
 *
 * What no signature covers: the entries after the last one, which the report counts; and of the last signature
 * transaction itself its flags, and without secrets its GCM tag and the digest of its commit evidence.
 */
import type { Certificate } from '@coco/crypto';
import {
  assert,
  CocoError,
  equalBytes,
  formatTxId,
  type NodeId,
  type Seqno,
  type TxId,
} from '@coco/primitives';
import { type AuditedSnapshot, SnapshotAudit } from './audit-snapshots.js';
import {
  type AuditState,
  checkSigner,
  createAuditState,
  followTables,
  isFollowed,
  type ServiceRecord,
} from './audit-state.js';
import type { ChunkSource } from './chunk.js';
import { type ChunkEntry, readChunk } from './chunk-read.js';
import { type EntryLayout, entryLeaf, openEntry } from './entry.js';
import {
  firstSnapshot,
  type LedgerFile,
  orderFiles,
  orderSnapshots,
  type SnapshotFile,
} from './ledger-files.js';
import { decodeMaps } from './maps.js';
import { MerkleTree } from './merkle.js';
import { createSecrets, type Secrets } from './secrets.js';
import { readSignature, type SignatureRecord } from './signature-read.js';
import {
  createSignatureChecker,
  isNodeSignature,
  isServiceSignature,
  verifySignature,
} from './signature-verify.js';
import type { LedgerSecret, SnapshotBase } from './types.js';

/** How to audit. */
export interface AuditOptions {
  /** The service that is trusted: it must have made the last signature. Default: whatever the ledger says it is. */
  readonly serviceCertificate?: Certificate;
  /** With these, entries are decrypted and authenticated too. */
  readonly secrets?: readonly LedgerSecret[];
  /** Larger entries are refused. Default 64 MiB. */
  readonly entryBytesMax?: number;
  /** Larger snapshots are refused. Default 1 GiB. */
  readonly snapshotBytesMax?: number;
  /** Called after every file, and every few thousand entries. */
  readonly onProgress?: (progress: AuditProgress) => void;
}

export interface AuditProgress {
  readonly file: string;
  /** The last entry read. */
  readonly seqno: Seqno;
}

/** What was found, up to the end or the first fault. */
export interface AuditReport {
  /** The snapshot that the ledger begins with, in place of the entries up to it. */
  readonly begins?: TxId & { readonly file: string };
  /** The snapshots whose receipts hold, oldest first. */
  readonly snapshots: readonly AuditedSnapshot[];
  /** Entries read. */
  readonly entries: number;
  /** Signature transactions that hold. */
  readonly signatures: number;
  /** Entries that a secret opened. */
  readonly opened: number;
  /** The first entry that was read; 0.0 when none was. */
  readonly first: TxId;
  /** The last entry; that of the snapshot when none was read. */
  readonly last: TxId;
  /** How many different views the entries have. */
  readonly views: number;
  /** The last signature: everything before it is proven. */
  readonly lastSigned: TxId;
  /** Entries after the last signature, that prove nothing. */
  readonly unsigned: number;
  readonly services: readonly ServiceRecord[];
  /** The nodes whose own signatures hold, in the order of their first; a service may sign without naming the node. */
  readonly signers: readonly { readonly nodeId: NodeId; readonly signatures: number }[];
  /** Absent when the ledger is sound. */
  readonly failure?: AuditFailure;
}

/** The first fault, and its place as closely as can be told. */
export interface AuditFailure {
  readonly code: string;
  readonly reason: string;
  readonly file?: string;
  /** Absolute offset in the file of the byte, or of the entry, that is wrong. */
  readonly offset?: number;
  readonly seqno?: Seqno;
  /** The other of two files that contradict each other. */
  readonly otherFile?: string;
}

/** Audits the ledger that chunk and snapshot files among `files` make up. Never throws for what is in the files. */
export function auditLedger(files: readonly ChunkSource[], options: AuditOptions = {}): AuditReport {
  const audit = new Audit(options);
  try {
    const ordered = orderFiles(files);
    const snapshots = orderSnapshots(files);
    audit.begin(snapshots, firstSnapshot(ordered, snapshots));
    for (const file of ordered) audit.file(file, file === ordered.at(-1));
    audit.finish();
    return audit.report();
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return audit.report(audit.suspicion ?? failureOf(error));
  }
}

function failureOf({ code, message, facts }: CocoError): AuditFailure {
  const { file, offset, seqno, otherFile } = facts;
  return {
    code,
    reason: message,
    ...(typeof file === 'string' && { file }),
    ...(typeof offset === 'number' && { offset }),
    ...(typeof seqno === 'number' && { seqno }),
    ...(typeof otherFile === 'string' && { otherFile }),
  };
}

/** Signatures may repeat this many leaves; older ones are forgotten. */
const treeLeavesMax = 2 ** 17;
const progressEntries = 5_000;

class Audit {
  /** The first thing that no service would write, while no signature has vouched for its bytes. */
  suspicion: AuditFailure | undefined;
  readonly #options: AuditOptions;
  readonly #secrets: Secrets;
  #state: AuditState = createAuditState();
  #tree = MerkleTree.empty();
  #snapshots: SnapshotAudit | undefined;
  #begins: SnapshotFile | undefined;
  #base: TxId = { view: 0, seqno: 0 };
  /** Where each entry is: the files, and the offset by seqno after the base's. */
  readonly #files: LedgerFile[] = [];
  readonly #offsets: number[] = [0];
  readonly #signers = new Map<NodeId, number>();
  #first: TxId = { view: 0, seqno: 0 };
  #last: TxId = { view: 0, seqno: 0 };
  #lastSigned: TxId = { view: 0, seqno: 0 };
  /** Fingerprint of the service identity of the last signature. */
  #signedBy: string | undefined;
  #signatures = 0;
  #opened = 0;
  #views: SnapshotBase['views'][number][] = [];

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#secrets = createSecrets(options.secrets ?? []);
  }

  report(failure?: AuditFailure): AuditReport {
    return {
      ...(this.#begins !== undefined && { begins: { ...this.#base, file: this.#begins.source.name } }),
      snapshots: this.#snapshots?.found ?? [],
      entries: this.#last.seqno - this.#base.seqno,
      signatures: this.#signatures,
      opened: this.#opened,
      first: this.#first,
      last: this.#last,
      views: this.#views.length,
      lastSigned: this.#lastSigned,
      unsigned: this.#last.seqno - this.#lastSigned.seqno,
      services: this.#state.services,
      signers: [...this.#signers].map(([nodeId, signatures]) => ({ nodeId, signatures })),
      ...(failure !== undefined && { failure }),
    };
  }

  /** Looks at all snapshots, and begins after `first` if the ledger does. */
  begin(snapshots: readonly SnapshotFile[], first: SnapshotFile | undefined): void {
    const { serviceCertificate, snapshotBytesMax } = this.#options;
    this.#snapshots = new SnapshotAudit(snapshots, {
      secrets: this.#secrets,
      ...(serviceCertificate !== undefined && { serviceCertificate }),
      ...(snapshotBytesMax !== undefined && { snapshotBytesMax }),
    });
    if (first === undefined) return;
    const { base, tree, state } = this.#snapshots.begin(first);
    const { view, seqno } = base;
    this.#begins = first;
    this.#base = { view, seqno };
    this.#last = this.#base;
    this.#lastSigned = this.#base;
    this.#views = [...base.views];
    this.#tree = tree;
    this.#state = state;
  }

  file(file: LedgerFile, last: boolean): void {
    const { source, name } = file;
    const { entryBytesMax, onProgress } = this.#options;
    this.#files.push(file);
    const entries = readChunk(source, { last, ...(entryBytesMax !== undefined && { entryBytesMax }) });
    let next = entries.next();
    for (; next.done !== true; next = entries.next()) {
      this.#entry(next.value);
      if (this.#last.seqno % progressEntries === 0) {
        onProgress?.({ file: source.name, seqno: this.#last.seqno });
      }
    }
    const { torn, end } = next.value;
    if (torn !== undefined) {
      const sentence = `${source.name}, byte ${end}: the last write was cut short (${torn.reason})`;
      const seqno = this.#last.seqno + 1;
      throw new CocoError('COCO_LEDGER_CHUNK_TORN', sentence, { file: source.name, offset: end, seqno });
    }
    if (name.committed && this.#lastSigned.seqno !== this.#last.seqno) {
      const sentence = 'the file is committed by its name, but its last entry is not a signature';
      throw this.#fault(this.#last.seqno, 'COCO_LEDGER_AUDIT_UNSIGNED', sentence);
    }
    onProgress?.({ file: source.name, seqno: this.#last.seqno });
  }

  /**
   * Who made the last signature vouches for all that is before it, former identities included. What the ledger says
   * of itself after that is not asked: it could claim anything.
   */
  finish(): void {
    if (this.suspicion !== undefined) throw new CocoError(this.suspicion.code, this.suspicion.reason);
    const trusted = this.#options.serviceCertificate?.publicKey.fingerprint;
    this.#snapshots?.finish(trusted);
    if (trusted === undefined || this.#signedBy === undefined || this.#signedBy === trusted) return;
    const sentence = 'the last signature is that of another service than the trusted one';
    throw this.#fault(this.#lastSigned.seqno, 'COCO_LEDGER_AUDIT_SERVICE', sentence);
  }

  #entry({ layout, description, offset }: ChunkEntry): void {
    const { view, seqno } = layout;
    this.#offsets.push(offset);
    this.#suspect(seqno, () => this.#checkOrder(layout));
    const privateMaps = this.#open(layout);
    const tables = decodeMaps(layout.publicMaps, { wanted: isFollowed });
    if (tables.length > 0) this.#suspect(seqno, () => followTables(this.#state, tables, seqno));
    if (this.#first.seqno === 0) this.#first = { view, seqno };
    if (this.#views.at(-1)?.view !== view) this.#views.push({ view, from: seqno });
    this.#last = { view, seqno };
    if (description.signature) this.#signature(layout);
    this.#tree.append(entryLeaf(layout).leaf);
    this.#snapshots?.entry(layout, privateMaps, { tree: this.#tree, views: this.#views });
  }

  /** Views ascend; a new primary drops what is not signed, so they change only after a signature. */
  #checkOrder({ view, seqno }: TxId): void {
    const { view: lastView, seqno: lastSeqno } = this.#last;
    assert(seqno === lastSeqno + 1, 'chunks are read in order');
    if (view === lastView || (view > lastView && lastSeqno === this.#lastSigned.seqno)) return;
    const sentence = `entry ${view}.${seqno} cannot follow entry ${lastView}.${lastSeqno}`;
    throw new CocoError('COCO_LEDGER_ENTRY_ORDER', sentence);
  }

  /** The private domain, if there is a secret for it. */
  #open(layout: EntryLayout): Uint8Array | undefined {
    if (this.#secrets.keyAt(layout.seqno) === undefined) return undefined;
    return this.#placed(layout.seqno, () => {
      const privateMaps = openEntry(layout, this.#secrets);
      decodeMaps(privateMaps);
      this.#opened += 1;
      return privateMaps;
    });
  }

  #signature(layout: EntryLayout): void {
    const { view, seqno } = layout;
    this.#placed(seqno, () => {
      const record = readSignature({ ...layout, privateLength: layout.ciphertext.length });
      const { serviceCertificate } = this.#options;
      if (this.#state.checker === undefined && serviceCertificate !== undefined) {
        this.#state.checker = createSignatureChecker(serviceCertificate);
      }
      try {
        this.#verify(record);
      } catch (error) {
        if (!this.#vouches(record, this.#tree)) this.#locate(record);
        throw error;
      }
      if (this.suspicion !== undefined) throw new CocoError(this.suspicion.code, this.suspicion.reason);
    });
    this.#signatures += 1;
    this.#signedBy = this.#state.checker?.service.publicKey.fingerprint;
    this.#lastSigned = { view, seqno };
    this.#snapshots?.signed();
    this.#tree.flush(this.#last.seqno - treeLeavesMax);
  }

  #verify(record: SignatureRecord): void {
    const { checker } = this.#state;
    if (checker === undefined) {
      throw new CocoError('COCO_LEDGER_AUDIT_SERVICE', 'no service identity is known that could have signed');
    }
    verifySignature(record, this.#tree, checker);
    if (record.node === undefined) return;
    const { node } = record.node;
    checkSigner(this.#state, node, checker.nodeCertificate(record, record.node));
    this.#signers.set(node, (this.#signers.get(node) ?? 0) + 1);
  }

  /** Whether any signature in `record` is good for the root of `tree`, whatever else is wrong with it. */
  #vouches(record: SignatureRecord, tree: MerkleTree): boolean {
    const { checker } = this.#state;
    if (checker === undefined) return false;
    const { node, service } = record;
    if (service !== undefined && isServiceSignature(service, checker.service.publicKey, tree.root()))
      return true;
    if (node === undefined) return false;
    try {
      return isNodeSignature(node, checker.nodeCertificate(record, node).publicKey, tree);
    } catch {
      return false;
    }
  }

  /** Our root is not what was signed: finds the entry that makes it so, when the leaves in `record` were signed. */
  #locate(record: SignatureRecord): void {
    if (record.tree.size !== this.#tree.size || !this.#vouches(record, record.tree)) return;
    const from = Math.max(1, record.tree.flushed, this.#tree.flushed);
    for (let seqno = from; seqno < record.seqno; seqno++) {
      if (equalBytes(record.tree.leaf(seqno), this.#tree.leaf(seqno))) continue;
      // It explains whatever seemed wrong since.
      this.suspicion = undefined;
      const sentence = `the entry is not the one that was signed in ${formatTxId(record)}`;
      throw this.#fault(seqno, 'COCO_LEDGER_AUDIT_CHANGED', sentence);
    }
  }

  /** Runs `check`, and remembers what it throws as a suspicion about entry `seqno`. */
  #suspect(seqno: Seqno, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      this.suspicion ??= failureOf(this.#fault(seqno, error.code, error.message));
    }
  }

  /** Runs `check`, and gives what it throws the place of entry `seqno`, unless it has one. */
  #placed<Value>(seqno: Seqno, check: () => Value): Value {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      throw typeof error.facts.file === 'string' ? error : this.#fault(seqno, error.code, error.message);
    }
  }

  #fault(seqno: Seqno, code: string, sentence: string): CocoError {
    const file = this.#files.findLast(({ name }) => name.start <= seqno)?.source.name ?? '';
    const offset = this.#offsets[seqno - this.#base.seqno] ?? 0;
    return new CocoError(code, `${file}, byte ${offset}, entry ${seqno}: ${sentence}`, {
      file,
      offset,
      seqno,
    });
  }
}
