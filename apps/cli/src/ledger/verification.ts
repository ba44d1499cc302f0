/**
 * The audit of the ledger in a directory, and what it says to a program.
 */
import type { Certificate } from '@coco/crypto';
import { type AuditReport, auditLedger, type ChunkSource, parseChunkName } from '@coco/ledger';
import { CocoError, formatTxId } from '@coco/primitives';
import { auditEvidence, type EvidenceAudit } from './evidenceAudit.js';
import { openLedgerDirectory } from './ledgerDirectory.js';

/** What became of an audit. */
export interface Verification {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  readonly report: AuditReport;
  /** What nodes proved, decided again; absent when the ledger itself is not sound. */
  readonly evidence?: EvidenceAudit;
  /** Signed throughout and without a fault, up to an unsigned tail. */
  readonly sound: boolean;
  /** The service was given, not believed from the ledger. */
  readonly trusted: boolean;
}

/** How far an audit is. */
export interface VerificationProgress {
  readonly file: string;
  /** The last entry read. */
  readonly seqno: number;
  /** About how many of all bytes are done. */
  readonly bytesDone: number;
  readonly bytes: number;
}

/** How to verify. */
export interface VerifyOptions {
  /** The service that is trusted; see the audit. */
  readonly serviceCertificate?: Certificate;
  /** Where the snapshots are, if not in the directory itself or in `snapshots` beside it. */
  readonly snapshots?: string;
  readonly onProgress?: (progress: VerificationProgress) => void;
}

/** Audits the ledger in `directory`. COCO_CLI_LEDGER, COCO_CLI_LEDGER_READ. */
export function verifyLedger(directory: string, options: VerifyOptions = {}): Verification {
  const { serviceCertificate, snapshots, onProgress } = options;
  const ledger = openLedgerDirectory(directory, snapshots);
  const { files, bytes } = ledger;
  try {
    const report = auditLedger(files, {
      ...(serviceCertificate !== undefined && { serviceCertificate }),
      onProgress: ({ file, seqno }) =>
        onProgress?.({ file, seqno, bytesDone: bytesUpTo(files, file, seqno), bytes }),
    });
    // Not the ledger's fault, and no verdict on it.
    if (report.failure?.code === 'COCO_CLI_LEDGER_READ') {
      throw new CocoError('COCO_CLI_LEDGER_READ', report.failure.reason);
    }
    const proven = report.signatures > 0 || report.begins !== undefined;
    const whole = report.failure === undefined && proven;
    const evidence = whole ? auditEvidence(files) : undefined;
    const sound = whole && evidence?.unfounded.length === 0;
    const trusted = serviceCertificate !== undefined;
    return {
      directory,
      files: files.length,
      bytes,
      report,
      ...(evidence && { evidence }),
      sound,
      trusted,
    };
  } finally {
    ledger.close();
  }
}

/** About how many bytes are before the entry after `entry`, which is in `file`. */
function bytesUpTo(files: readonly ChunkSource[], file: string, entry: number): number {
  const index = files.findIndex(({ name }) => name === file);
  const before = files.slice(0, index).reduce((sum, { size }) => sum + size, 0);
  const name = parseChunkName(file);
  if (name?.end === undefined) return before;
  return before + ((files[index]?.size ?? 0) * (entry - name.start + 1)) / (name.end - name.start + 1);
}

/** The verification as `--json` prints it. */
export function verificationJson({ report, ...verification }: Verification): unknown {
  const { services, first, last, lastSigned, begins, snapshots, opened: _, ...figures } = report;
  return {
    ...verification,
    ...(begins !== undefined && { begins: { file: begins.file, txId: formatTxId(begins) } }),
    snapshots: snapshots.map(({ file, view, seqno, evidence, replayed, claimed }) => ({
      file,
      txId: formatTxId({ view, seqno }),
      evidence: formatTxId(evidence),
      replayed,
      claimed,
    })),
    ...figures,
    first: formatTxId(first),
    last: formatTxId(last),
    lastSigned: formatTxId(lastSigned),
    services: services.map(({ certificate, firstSeqno, status, endorsed }) => ({
      fingerprint: certificate.fingerprint,
      subject: certificate.subject,
      firstSeqno,
      status,
      endorsed,
    })),
  };
}
