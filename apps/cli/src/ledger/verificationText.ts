/**
 * What a person reads after a verification: what is proven, by whom, and where the first fault is.
 */
import type { AuditedSnapshot, AuditFailure } from '@coco/ledger';
import { formatTxId } from '@coco/primitives';
import { bold, dim, green, red, thousands, yellow } from '../terminal.js';
import type { EvidenceAudit } from './evidenceAudit.js';
import { formatBytes, printable } from './printable.js';
import type { Verification } from './verification.js';

/** The whole summary, several lines. */
export function describeVerification(verification: Verification): string {
  const { directory, report, sound } = verification;
  const { failure } = report;
  const what = report.entries === 0 ? 'The snapshot is genuine' : 'The ledger is sound';
  const head = sound
    ? `${green('✔')} ${bold(what)}`
    : `${red('✘')} ${bold(verdict(failure, verification.evidence))}`;
  const told = failure === undefined ? [] : ['', ...describeFailure(failure)];
  const empty = report.entries === 0 && report.begins === undefined;
  const rows = empty ? [] : ['', ...describeContents(verification)];
  return [`${head}  ${dim(printable(directory))}`, ...told, ...rows].join('\n');
}

function verdict(failure: AuditFailure | undefined, evidence: EvidenceAudit | undefined): string {
  if (evidence !== undefined && evidence.unfounded.length > 0) {
    return 'Nodes took part by evidence that does not hold';
  }
  return failure === undefined ? 'Nothing in the ledger is signed' : 'The ledger is not sound';
}

const label = (name: string): string => `  ${name.padEnd(12)}`;

function describeFailure({ code, reason, file, offset, seqno, otherFile }: AuditFailure): string[] {
  const lines = [`${label('reason')}${red(printable(withoutPlace(reason)))}`];
  if (file !== undefined) lines.push(`${label('file')}${printable(file)}`);
  if (otherFile !== undefined) lines.push(`${label('other file')}${printable(otherFile)}`);
  if (offset !== undefined) lines.push(`${label('byte')}${offset}`);
  if (seqno !== undefined) lines.push(`${label('seqno')}${seqno}`);
  return [...lines, `${label('code')}${dim(code)}`];
}

/** The audit's sentences begin with the place, which has lines of its own here. */
function withoutPlace(reason: string): string {
  return reason.replace(/^\S+, byte \d+(?:, entry \d+)?: /, '');
}

function describeContents(verification: Verification): string[] {
  const { report, files, bytes } = verification;
  const { entries, signatures, first, last, unsigned, views } = report;
  const broken = report.failure === undefined ? '' : dim(' read before the fault');
  const range = entries === 0 ? '' : `${formatTxId(first)} … ${formatTxId(last)}  `;
  const inFiles = `in ${count(files, 'file')}, ${formatBytes(bytes)}`;
  return [
    ...describeBeginning(verification),
    `${label('entries')}${bold(thousands(entries))}${broken}  ${range}${dim(inFiles)}`,
    `${label('views')}${thousands(views)}`,
    `${label('signatures')}${thousands(signatures)}${signatures === 0 ? '' : describeLast(verification)}`,
    ...describeTail(unsigned),
    ...report.snapshots.map((snapshot, index) => describeSnapshot(snapshot, index, verification)),
    ...describeServices(verification),
    ...describeEvidence(verification.evidence),
    ...report.signers.map(
      ({ nodeId, signatures: own }, index) =>
        `${label(index === 0 ? 'signed by' : '')}node ${nodeId}  ${dim(count(own, 'signature'))}`,
    ),
  ];
}

function describeEvidence(evidence: EvidenceAudit | undefined): string[] {
  if (evidence === undefined || evidence.judged === 0) return [];
  const { judged, unfounded } = evidence;
  const good = judged - unfounded.length;
  const head = `${label('evidence')}${thousands(good)} of ${thousands(judged)} admissions and renewals hold`;
  return [
    `${head}  ${dim('each decided again by the manifests and time that the ledger has for it')}`,
    ...unfounded.map(
      ({ seqno, nodeId, sentence, code }) =>
        `${label('')}${red(`entry ${seqno}, node ${nodeId}: ${printable(sentence)}`)}  ${dim(code)}`,
    ),
  ];
}

function describeBeginning({ report: { begins } }: Verification): string[] {
  if (begins === undefined) return [];
  const stands = `stands for entries 1 to ${thousands(begins.seqno)}, which are not here`;
  return [`${label('begins with')}${bold(formatTxId(begins))}  ${begins.file}  ${dim(stands)}`];
}

function describeSnapshot(
  { file, replayed, claimed }: AuditedSnapshot,
  index: number,
  { report }: Verification,
): string {
  const notes = [
    'its receipt holds',
    ...(replayed ? ['it is the state that the entries leave'] : []),
    ...(claimed ? ['the ledger claims it'] : []),
    ...(!replayed && file !== report.begins?.file ? ['its entries are not here'] : []),
  ];
  return `${label(index === 0 ? 'snapshots' : '')}${file}  ${dim(notes.join(', '))}`;
}

function describeLast({ report, sound }: Verification): string {
  const last = bold(formatTxId(report.lastSigned));
  return sound ? `  the last is ${last}: everything up to it is proven` : `  the last that holds is ${last}`;
}

function describeTail(unsigned: number): string[] {
  const tail = unsigned === 0 ? 'none' : yellow(`${count(unsigned, 'entry')} that nothing proves yet`);
  return [`${label('after it')}${tail}`];
}

function describeServices({ report, sound, trusted }: Verification): string[] {
  const lines = report.services.map(({ certificate, status, firstSeqno, endorsed }, index, all) => {
    const notes = [status, `since entry ${firstSeqno}`, ...(endorsed ? ['endorsed'] : [])];
    const name = index < all.length - 1 ? 'before' : 'service';
    const subject = printable(certificate.subject.replaceAll('\n', ', '));
    return `${label(name)}${certificate.fingerprint}  ${dim(`${subject}; ${notes.join(', ')}`)}`;
  });
  // Of a ledger that is not sound, nothing is said to be the trusted service's.
  if (lines.length === 0 || (trusted && !sound)) return lines;
  const trust = trusted
    ? green('the one that you trust')
    : yellow('as the ledger itself says; --service-certificate FILE compares it with one that you trust');
  return [...lines, `${label('')}${trust}`];
}

function count(value: number, what: string): string {
  const many = what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`;
  return `${thousands(value)} ${value === 1 ? what : many}`;
}
