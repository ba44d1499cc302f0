/**
 * What is left of a network when all its nodes are lost (CONF-4): the files of one node's ledger, audited, and what they say in public as
 * of the last signature. Nothing of them is changed.
 */
import type { Certificate } from '@coco/crypto';
import { createStore, type Reader, type Store } from '@coco/kv';
import {
  type AuditReport,
  auditLedger,
  type ChunkSource,
  type FormerService,
  readLedger,
} from '@coco/ledger';
import { CocoError, formatTxId, type TxId } from '@coco/primitives';
import { isGovernanceTable } from '@coco/replica';

export interface LostLedger {
  /** The last signed entry: nothing after it was ever promised to anybody. */
  readonly last: TxId;
  /** Entries after it. */
  readonly unsigned: number;
  /** The service whose ledger it was. */
  readonly service: Certificate;
  /** All services of the ledger, that one as the last of them, with the last entry of each. */
  readonly services: readonly FormerService[];
  /** The governance tables as of `last`. */
  readonly tables: Reader;
}

export interface LostLedgerOptions {
  /** Who is trusted to have written it. Default: whoever the ledger says. */
  readonly serviceCertificate?: Certificate;
  readonly onProgress?: (file: string, seqno: number) => void;
}

/** COCO_RECOVERY_LEDGER when the ledger is not sound; a last write that was cut short is no fault. */
export function readLostLedger(files: readonly ChunkSource[], options: LostLedgerOptions = {}): LostLedger {
  const { serviceCertificate, onProgress } = options;
  const report = auditLedger(files, {
    ...(serviceCertificate !== undefined && { serviceCertificate }),
    ...(onProgress !== undefined && { onProgress: ({ file, seqno }) => onProgress(file, seqno) }),
  });
  const { failure, lastSigned: last, unsigned } = report;
  if (failure !== undefined && failure.code !== 'COCO_LEDGER_CHUNK_TORN') {
    throw refused(`it is not sound: ${failure.reason}`);
  }
  if (last.seqno === 0) throw refused('nothing in it is signed');
  const services = servicesOf(report);
  const service = services.at(-1)?.certificate;
  if (service === undefined) throw refused('it does not say whose it is');
  checkTrusted(service, serviceCertificate);
  const store = publicTables(files, last);
  return { last, unsigned, service, services, tables: store.read(store.head) };
}

/** Of several ledgers of one network the one that has most: whatever was committed is in it, if a majority of nodes is among them. */
export function furthest<Candidate extends { readonly lost: LostLedger }>(
  candidates: readonly Candidate[],
): Candidate | undefined {
  const further = (a: Candidate, b: Candidate): Candidate => {
    const [one, other] = [a.lost.last, b.lost.last];
    return other.view > one.view || (other.view === one.view && other.seqno > one.seqno) ? b : a;
  };
  return candidates.length === 0 ? undefined : candidates.reduce(further);
}

/** An audit that ended at a torn write has not come to ask that. */
function checkTrusted(service: Certificate, trusted: Certificate | undefined): void {
  if (trusted === undefined || trusted.publicKey.fingerprint === service.publicKey.fingerprint) return;
  throw refused('it is that of another service than the trusted one');
}

/** Each but the last must be endorsed by the one that followed it: else anybody could have put another ledger before this one. */
function servicesOf({ services, lastSigned }: AuditReport): readonly FormerService[] {
  const signed = services.filter(({ firstSeqno }) => firstSeqno <= lastSigned.seqno);
  return signed.map(({ certificate, endorsed }, index) => {
    const next = signed[index + 1];
    if (next !== undefined && !endorsed) {
      throw refused(`nobody endorses the service that it was until entry ${next.firstSeqno}`);
    }
    return { certificate, upTo: next === undefined ? lastSigned.seqno : next.firstSeqno - 1 };
  });
}

/** How often versions that nobody will read are let go. */
const compactEvery = 1000;

function publicTables(files: readonly ChunkSource[], last: TxId): Store {
  const store = createStore();
  for (const { txId, publicWrites } of readLedger(files)) {
    if (txId.seqno > last.seqno) break;
    const changes = publicWrites.filter(({ table }) => isGovernanceTable(table));
    if (changes.length > 0) store.apply(changes, txId.seqno);
    if (txId.seqno % compactEvery === 0 && store.head > 0) store.compact(store.head);
  }
  if (store.head < last.seqno) store.advance(last.seqno);
  return store;
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_RECOVERY_LEDGER', `the ledger cannot be recovered: ${reason}`);
}

/** COCO_RECOVERY_CHANGED: the ledger is another one than it was when the recovery began. */
export function checkUnchanged({ last }: LostLedger, begun: TxId): void {
  if (last.view === begun.view && last.seqno === begun.seqno) return;
  const sentence = `the ledger ended with ${formatTxId(begun)} when the recovery began, and ends with ${formatTxId(last)} now`;
  throw new CocoError('COCO_RECOVERY_CHANGED', sentence);
}
