/**
 * The part of the audit that looks at snapshots. Each must have a receipt by the service that it names itself; and when
 * the ledger holds the entries in question, it must have the Merkle tree and all rows that those entries left behind,
 * and its evidence must be where the receipt says. A ledger that begins with one takes its beginning from it.
 *
 * Of the rows, SHA-256 hashes are kept while snapshots are ahead, and only then. Private rows can be compared when
 * secrets opened all entries up to the snapshot.
 */
import type { Certificate } from '@coco/crypto';
import type { TableChanges, VersionedRow } from '@coco/kv';
import { CocoError, equalBytes, type Seqno, type TxId } from '@coco/primitives';
import { AuditRows } from './audit-rows.js';
import { type AuditState, createAuditState, isFollowed, restoreState } from './audit-state.js';
import { type EntryLayout, noClaims } from './entry.js';
import type { SnapshotFile } from './ledger-files.js';
import { decodeMaps, encodeMaps } from './maps.js';
import type { MerkleTree } from './merkle.js';
import type { Secrets } from './secrets.js';
import { isSignatureTable, readSignature, type SignatureRecord } from './signature-read.js';
import { createSignatureChecker, verifySignature } from './signature-verify.js';
import {
  openPrivateTables,
  parseSnapshot,
  readPublicTables,
  type SnapshotLayout,
  type SnapshotPublic,
} from './snapshot-open.js';
import { snapshotBytesMaxDefault } from './snapshot-seal.js';
import { decodeSnapshotTables } from './snapshot-tables.js';
import { receiptBytesMax, verifySnapshot } from './snapshot-verify.js';
import { ledgerTables } from './tables.js';
import type { SnapshotBase } from './types.js';

/** A snapshot that the audit found to be good. */
export interface AuditedSnapshot extends TxId {
  readonly file: string;
  /** The entry that claims it. */
  readonly evidence: TxId;
  /** Whether the entries up to it are there too, and agree. */
  replayed: boolean;
  /** Whether its evidence is there too, and agrees. */
  claimed: boolean;
}

/** Where an audit begins that has no first entry. */
export interface AuditBase extends SnapshotPublic {
  readonly state: AuditState;
}

interface Known extends AuditedSnapshot {
  readonly source: SnapshotFile['source'];
  readonly digest: Uint8Array;
  /** Fingerprint of the service that its receipt was checked against. */
  readonly service: string;
}

export interface SnapshotAuditOptions {
  readonly serviceCertificate?: Certificate;
  readonly secrets: Secrets;
  readonly snapshotBytesMax?: number;
}

export class SnapshotAudit {
  readonly #options: SnapshotAuditOptions;
  readonly #known: readonly Known[];
  /** Up to here rows are followed. */
  readonly #last: Seqno;
  readonly #public = new AuditRows();
  /** Undefined once an entry could not be opened. */
  #private: AuditRows | undefined = new AuditRows();
  /** Found, but perhaps the fault of an entry that no signature has vouched for yet. */
  #pending: CocoError | undefined;

  /** Checks the receipts of all of them. Throws COCO_LEDGER_SNAPSHOT_*, COCO_LEDGER_AUDIT_RECEIPT or _SERVICE. */
  constructor(files: readonly SnapshotFile[], options: SnapshotAuditOptions) {
    this.#options = options;
    this.#known = files.map((file) => this.#check(file));
    this.#last = this.#known.at(-1)?.seqno ?? 0;
  }

  get found(): readonly AuditedSnapshot[] {
    return this.#known.map(({ file, view, seqno, evidence, replayed, claimed }) => ({
      file,
      view,
      seqno,
      evidence,
      replayed,
      claimed,
    }));
  }

  #check({ source, name }: SnapshotFile): Known {
    const file = source.name;
    return placed(source, name.seqno, () => {
      const { bytes, layout } = this.#read(source);
      const { view, seqno } = readPublicTables(layout).base;
      const certificate = serviceOf(layout) ?? this.#options.serviceCertificate;
      if (certificate === undefined) {
        throw new CocoError(
          'COCO_LEDGER_AUDIT_SERVICE',
          'no service identity is known that could have made it',
        );
      }
      const verdict = verifySnapshot(bytes, certificate, this.#options.snapshotBytesMax);
      if (!verdict.valid) throw new CocoError('COCO_LEDGER_AUDIT_RECEIPT', verdict.reason);
      const { evidence, digest } = verdict;
      if (seqno !== name.seqno || evidence.seqno !== name.evidenceSeqno) {
        const sentence = `it is the snapshot of entry ${seqno} with evidence ${evidence.seqno}, not what its name says`;
        throw new CocoError('COCO_LEDGER_AUDIT_SNAPSHOT', sentence);
      }
      const service = certificate.publicKey.fingerprint;
      return { file, view, seqno, evidence, replayed: false, claimed: false, source, digest, service };
    });
  }

  #read(source: SnapshotFile['source']): { readonly bytes: Uint8Array; readonly layout: SnapshotLayout } {
    const { snapshotBytesMax = snapshotBytesMaxDefault } = this.#options;
    if (source.size > snapshotBytesMax + receiptBytesMax) {
      throw new CocoError('COCO_LEDGER_SNAPSHOT_SIZE', `it has ${source.size} bytes`);
    }
    const bytes = source.readAt(0, source.size);
    return { bytes, layout: parseSnapshot(bytes, snapshotBytesMax) };
  }

  /** Where the ledger stands after `file`, whose tree must be signed. Throws what a bad signature throws. */
  begin({ source, name }: SnapshotFile): AuditBase {
    return placed(source, name.seqno, () => {
      const { layout } = this.#read(source);
      const found = readPublicTables(layout);
      const { base, tree } = found;
      const state = createAuditState();
      restoreState(state, tablesOf(layout, isFollowed), base.seqno);
      const { serviceCertificate } = this.#options;
      if (state.checker === undefined && serviceCertificate !== undefined) {
        state.checker = createSignatureChecker(serviceCertificate);
      }
      if (state.checker !== undefined) {
        const before = tree.size - 1;
        tree.retract(before);
        verifySignature(signatureOf(layout, base), tree, state.checker);
        tree.append(layout.leaf);
      }
      if (this.#follows(base.seqno + 1)) this.#restore(layout, base);
      return { base, tree, state };
    });
  }

  #restore(layout: SnapshotLayout, base: TxId): void {
    this.#public.restore(decodeSnapshotTables(layout.publicTables));
    const opened = this.#open(layout, base);
    if (opened === undefined) this.#private = undefined;
    else this.#private?.restore(decodeSnapshotTables(opened));
  }

  #open(layout: SnapshotLayout, id: TxId): Uint8Array | undefined {
    const key = this.#options.secrets.keyAt(id.seqno);
    return key === undefined ? undefined : openPrivateTables(layout, id, key);
  }

  #follows(seqno: Seqno): boolean {
    return seqno <= this.#last;
  }

  /** Looks at an entry that is added to `tree` already; `views` are all so far. */
  entry(
    { view, seqno, publicMaps, claimsDigest }: EntryLayout,
    privateMaps: Uint8Array | undefined,
    ledger: { readonly tree: MerkleTree; readonly views: SnapshotBase['views'] },
  ): void {
    if (this.#follows(seqno)) {
      this.#public.apply(decodeMaps(publicMaps), seqno);
      if (privateMaps === undefined) this.#private = undefined;
      else this.#private?.apply(decodeMaps(privateMaps), seqno);
    }
    for (const known of this.#known) {
      if (known.seqno === seqno) this.#found(known, () => this.#compare(known, ledger));
      if (known.evidence.seqno === seqno) {
        this.#found(known, () => {
          const same = known.evidence.view === view && equalBytes(claimsDigest ?? noClaims, known.digest);
          if (!same) throw disagrees(`entry ${view}.${seqno} is not the evidence that its receipt is about`);
          known.claimed = true;
        });
      }
    }
  }

  /** A signature vouches for all entries so far. Throws what was found to be wrong with their snapshots. */
  signed(): void {
    if (this.#pending !== undefined) throw this.#pending;
  }

  /** Throws what is wrong, now that no entry follows. `trusted`: fingerprint of the service that is trusted. */
  finish(trusted: string | undefined): void {
    this.signed();
    for (const { source, seqno, service, replayed, claimed } of this.#known) {
      if (replayed || claimed || trusted === undefined || service === trusted) continue;
      placed(source, seqno, () => {
        const sentence =
          'its receipt is by another service than the trusted one, and the ledger does not reach its evidence';
        throw new CocoError('COCO_LEDGER_AUDIT_SERVICE', sentence);
      });
    }
  }

  #found({ source, seqno }: Known, check: () => void): void {
    try {
      placed(source, seqno, check);
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      this.#pending ??= error;
    }
  }

  #compare(known: Known, { tree, views }: Parameters<SnapshotAudit['entry']>[2]): void {
    const { layout } = this.#read(known.source);
    const { base, tree: own } = readPublicTables(layout);
    if (!equalBytes(own.root(), tree.root()))
      throw disagrees('its Merkle tree is not that of the entries up to it');
    const sameViews = JSON.stringify(base.views) === JSON.stringify(views);
    if (!sameViews) throw disagrees('its history of views is not that of the entries up to it');
    const opened = this.#private === undefined ? undefined : this.#open(layout, base);
    const difference =
      this.#public.difference(decodeSnapshotTables(layout.publicTables)) ??
      (opened && this.#private?.difference(decodeSnapshotTables(opened)));
    if (difference !== undefined) throw disagrees(difference);
    known.replayed = true;
  }
}

function disagrees(sentence: string): CocoError {
  return new CocoError('COCO_LEDGER_AUDIT_SNAPSHOT', sentence);
}

/** The service that a snapshot names as its own. */
function serviceOf(layout: SnapshotLayout): Certificate | undefined {
  const state = createAuditState();
  restoreState(
    state,
    tablesOf(layout, (table) => table === ledgerTables.serviceInfo),
    layout.seqno,
  );
  return state.services.at(-1)?.certificate;
}

/** The rows of some public tables, as if one entry had written them. */
function tablesOf({ publicTables }: SnapshotLayout, wanted: (table: string) => boolean): TableChanges[] {
  const tables = new Map<string, VersionedRow[]>();
  for (const row of decodeSnapshotTables(publicTables)) {
    if (!wanted(row.table)) continue;
    const rows = tables.get(row.table) ?? [];
    tables.set(row.table, rows);
    rows.push(row);
  }
  return [...tables].map(([table, puts]) => ({ table, puts, removes: [] }));
}

/** The signature at which the snapshot was taken. */
function signatureOf(layout: SnapshotLayout, { view, seqno }: TxId): SignatureRecord {
  const rows = [...decodeSnapshotTables(layout.publicTables)];
  const tables = rows
    .filter((row) => isSignatureTable(row.table) && row.seqno === seqno)
    .map(({ table, key, value }) => ({ table, puts: [{ key, value }], removes: [] }))
    .sort((a, b) => (a.table < b.table ? -1 : 1));
  return readSignature({ view, seqno, publicMaps: encodeMaps(tables), privateLength: 0 });
}

/** Runs `check`; what it refuses gets the snapshot for its place. */
function placed<Value>({ name }: SnapshotFile['source'], seqno: Seqno, check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof CocoError) || typeof error.facts.file === 'string') throw error;
    const offset = typeof error.facts.offset === 'number' ? error.facts.offset : 0;
    const facts = { file: name, offset, seqno };
    throw new CocoError(error.code, `${name}, byte ${offset}: ${error.message}`, facts);
  }
}
