/**
 * Audits for people: what was fetched, what is granted, what was read.
 */
import type { JsonView } from '../governance/jsonView.js';
import { type Namer, shortId } from '../governance/naming.js';
import { auditorText } from '../governance/policyRows.js';
import { printable } from '../ledger/printable.js';
import { bold, dim, fields, green, table, thousands, yellow } from '../terminal.js';
import { type AuditSummary, epochsText } from './fetchAudit.js';

export function describeAudit(summary: AuditSummary, namer: Namer): string {
  const { entries, rows, seqnos, directory, tables, epochs, confirmed, notGranted } = summary;
  const span = `${thousands(seqnos.from)} to ${thousands(seqnos.to)}`;
  const what = tables === undefined ? epochs && epochsText(epochs) : tables.map(printable).join(', ');
  const actors = confirmed?.actors.map((id) => namer.name(id)).join(', ');
  const tablesNote = 'each receipt holds, and proves its entry; that it wrote these rows is the node’s word';
  return [
    `${green('●')} ${bold(summary.name)}: ${what}, entries ${span}`,
    fields([
      [
        '  entries',
        `${thousands(entries)}${tables === undefined ? '' : ' that wrote there'}, ${thousands(rows)} rows`,
      ],
      [
        '  verified',
        tables === undefined
          ? 'every entry, by the signatures of the service’s nodes and its receipt'
          : tablesNote,
      ],
      ...(confirmed === undefined
        ? []
        : [['  confirmed', `the signature ${confirmed.txId} over it, by nodes of ${actors}`] as const]),
      ['  not granted', notGrantedText(notGranted)],
      ['  recorded', 'on the ledger, by each node that answered: coco audit reads'],
      ['  files', `${directory}: entries.jsonl, receipts.jsonl, summary.json`],
    ]),
  ].join('\n');
}

function notGrantedText({ before, after, otherTables, running }: AuditSummary['notGranted']): string {
  return [
    ...(otherTables ? ['what these entries wrote to other tables'] : []),
    `entries before ${thousands(before)} and after ${thousands(after)}`,
    ...(running.length > 0 ? [yellow(`not over yet: epoch ${running.join(', ')}`)] : []),
  ].join('; ');
}

export function describeGrants(grants: readonly JsonView[]): string {
  if (grants.length === 0) return dim('no auditor is granted anything');
  return grants
    .map((grant) =>
      [
        `${grant.flag('over') ? yellow('○') : green('●')} ${bold(grant.text('name'))}: ${auditorText(grant)}`,
        fields([
          ['  grant', grant.text('grant_id')],
          ['  certificate', `${grant.text('auditor')} ${dim('(SHA-256)')}`],
        ]),
      ].join('\n'),
    )
    .join('\n\n');
}

export function describeReads(reads: readonly JsonView[], grants: readonly JsonView[]): string {
  if (reads.length === 0) return dim('nothing has been read');
  const names = new Map(grants.map((grant) => [grant.text('grant_id'), grant.text('name')]));
  const rows = reads.map((read) => [
    new Date(read.number('at') ?? 0).toISOString(),
    names.get(read.text('grant')) ?? dim('revoked'),
    shortId(read.text('grant')),
    whatText(read),
    shortId(read.text('node_id')),
  ]);
  return table([['at', 'auditor', 'grant', 'what', 'told by node'], ...rows]);
}

function whatText(read: JsonView): string {
  const epochs = read.texts('epochs');
  if (epochs.length > 0) return `epoch ${epochs.join(', ')}`;
  const seqnos = read.object('seqnos');
  return `${read.texts('tables').join(', ')} in ${seqnos.number('from')} to ${seqnos.number('to')}`;
}
