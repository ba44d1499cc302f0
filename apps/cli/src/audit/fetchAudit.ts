/**
 * An audit from beginning to end: what was granted is fetched, opened, checked and written into a directory, exactly that and
 * nothing else.
 */
import type { Client } from '@coco/client';
import { parseCertificate } from '@coco/crypto';
import type { AuditRange } from '@coco/governance';
import { CocoError, formatTxId, type Seqno } from '@coco/primitives';
import { type NetworkNode, readNodes } from '../governance/networkReader.js';
import type { WaitOptions } from '../receipt/askAgain.js';
import { type AuditedEntry, entriesOfEpochs, entriesOfTables } from './auditedEntries.js';
import { createAuditFiles } from './auditFiles.js';
import { confirmed } from './confirmation.js';
import { epochSecrets } from './epochSecrets.js';
import { endorsedServices } from './formerServices.js';
import { auditFailure, type EpochSpan, type GrantedAudit, readGrantedAudit } from './grantedAudit.js';
import type { Piece } from './sealedPieces.js';

export interface FetchAuditOptions extends WaitOptions {
  /** Of the node that is asked for entries. */
  readonly url: string;
  readonly clientAt: (url: string) => Client;
  readonly serviceCertificatePem: string;
  readonly grant: string;
  /** Of those that are granted; default all that are over. */
  readonly epochs?: AuditRange;
  readonly directory: string;
  readonly onProgress: (sentence: string) => void;
}

export interface AuditSummary {
  readonly grant: string;
  readonly name: string;
  readonly epochs?: AuditRange;
  readonly tables?: readonly string[];
  readonly seqnos: AuditRange;
  readonly entries: number;
  readonly rows: number;
  /** All entries have one, and it holds. */
  readonly receipts: number;
  /** Whole epochs: which signature at the end of them the nodes of which actors have committed. */
  readonly confirmed?: { readonly txId: string; readonly actors: readonly string[] };
  /** What the auditor has no part in: entries before and after, other tables, epochs that are not over. */
  readonly notGranted: {
    readonly before: Seqno;
    readonly after: Seqno;
    readonly otherTables: boolean;
    readonly running: readonly number[];
  };
  readonly directory: string;
}

/** COCO_AUDIT_*, COCO_SECRETS_UNREACHABLE, COCO_CLI_AUDIT, COCO_CLI_EXISTS, COCO_CLI_FILE, COCO_LEDGER_*. */
export async function fetchAudit(options: FetchAuditOptions): Promise<AuditSummary> {
  const { clientAt, url, directory } = options;
  const grant = await readGrantedAudit(clientAt(url), options.grant);
  const files = createAuditFiles(directory);
  try {
    const count = { entries: 0, rows: 0 };
    const take = (entry: AuditedEntry): void => {
      files.add(entry);
      count.entries += 1;
      for (const { puts, removes } of entry.writes) count.rows += puts.length + removes.length;
      if (count.entries % 100 === 0) options.onProgress(`entry ${entry.txId.seqno}`);
    };
    const done = await (grant.tables === undefined
      ? wholeEpochs(options, grant, take)
      : namedTables(options, grant, grant.tables, take));
    const summary = {
      grant: grant.id,
      name: grant.name,
      ...done,
      ...count,
      receipts: count.entries,
      directory,
    };
    files.finish(summary);
    return summary;
  } catch (error) {
    files.discard();
    throw error;
  }
}

type Done = Omit<AuditSummary, 'grant' | 'name' | 'entries' | 'rows' | 'receipts' | 'directory'>;
type Take = (entry: AuditedEntry) => void;

async function wholeEpochs(options: FetchAuditOptions, grant: GrantedAudit, take: Take): Promise<Done> {
  const { clientAt, url, onProgress } = options;
  const { spans, running } = wantedSpans(grant, options.epochs);
  const serviceCertificate = parseCertificate(options.serviceCertificatePem);
  const nodes = await readNodes(clientAt(url));
  onProgress('asks the actors’ nodes for partial decryptions');
  const secrets = await epochSecrets({ grant, spans, nodes, clientAt, onWaiting: onProgress });
  let last: Piece | undefined;
  const formerServices = endorsedServices(grant.formerServices, serviceCertificate);
  const about = { ...options, client: clientAt(url), grant: grant.id, serviceCertificate, formerServices };
  const entries = entriesOfEpochs(about, spans, secrets, (piece) => {
    last = piece;
  });
  for await (const entry of entries) take(entry);
  if (last === undefined) throw auditFailure('the node gave nothing');
  const confirmation = await confirmedBy(options, grant, nodes, last);
  const seqnos = { from: spans[0]?.from ?? 1, to: spans.at(-1)?.to ?? 0 };
  return {
    epochs: { from: spans[0]?.epoch ?? 0, to: spans.at(-1)?.epoch ?? 0 },
    seqnos,
    confirmed: confirmation,
    notGranted: { before: seqnos.from, after: seqnos.to, otherTables: false, running },
  };
}

async function confirmedBy(
  { clientAt, clock, serviceCertificatePem }: FetchAuditOptions,
  { key }: GrantedAudit,
  nodes: readonly NetworkNode[],
  last: Piece,
): Promise<NonNullable<AuditSummary['confirmed']>> {
  const { txId, actors } = await confirmed(last, {
    nodes,
    clientAt,
    clock,
    serviceCertificate: parseCertificate(serviceCertificatePem),
    actors: key?.threshold ?? 1,
  });
  return { txId: formatTxId(txId), actors };
}

/** The epochs that are to be read; and those that are granted and not over. */
function wantedSpans(
  { epochs, spans }: GrantedAudit,
  wanted: AuditRange | undefined,
): { readonly spans: readonly EpochSpan[]; readonly running: readonly number[] } {
  if (epochs === undefined) throw auditFailure('the grant names no epochs');
  if (wanted !== undefined && (wanted.from < epochs.from || wanted.to > epochs.to)) {
    const outside = wanted.from < epochs.from ? wanted.from : wanted.to;
    const sentence = `the grant is for ${epochsText(epochs)}, and not for epoch ${outside}`;
    throw new CocoError('COCO_AUDIT_EPOCH', sentence, { epoch: outside });
  }
  const { from, to } = wanted ?? epochs;
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const over = numbers.flatMap(
    (epoch) => spans.find((span) => span.epoch === epoch && span.to !== undefined) ?? [],
  );
  const running = numbers.filter((epoch) => !over.some((span) => span.epoch === epoch));
  const isAll = wanted === undefined || running.length === 0;
  if (over.length > 0 && isAll) return { spans: over, running };
  const sentence = `epoch ${running[0]} is not over yet; ask again when it is`;
  throw new CocoError('COCO_AUDIT_RUNNING', sentence, { epoch: running[0] ?? 0 });
}

/** "epoch 5", "epochs 5 to 9". */
export function epochsText({ from, to }: AuditRange): string {
  return from === to ? `epoch ${from}` : `epochs ${from} to ${to}`;
}

async function namedTables(
  options: FetchAuditOptions,
  grant: GrantedAudit,
  tables: readonly string[],
  take: Take,
): Promise<Done> {
  const { clientAt, url, serviceCertificatePem, onProgress } = options;
  const { seqnos, committed } = grant;
  if (options.epochs !== undefined) {
    throw new CocoError('COCO_AUDIT_EPOCH', 'the grant is for tables, and not for whole epochs');
  }
  if (seqnos === undefined || seqnos.from > committed) {
    throw new CocoError('COCO_AUDIT_RUNNING', 'none of the granted entries is there yet; ask again later');
  }
  let last = seqnos.from;
  const about = {
    ...options,
    client: clientAt(url),
    grant: grant.id,
    tables,
    serviceCertificate: parseCertificate(serviceCertificatePem),
  };
  const range = { from: seqnos.from, to: Math.min(seqnos.to, committed) };
  for await (const entry of entriesOfTables(about, range, (looked) => {
    last = looked;
    onProgress(`entry ${looked}`);
  })) {
    take(entry);
  }
  return {
    tables,
    seqnos: { from: seqnos.from, to: last },
    notGranted: { before: seqnos.from, after: last, otherTables: true, running: [] },
  };
}
