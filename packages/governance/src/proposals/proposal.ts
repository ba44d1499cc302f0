/**
 * Proposals as rows. CCF's own tables hold the body and the state; a record of Coco's keeps what the members agreed on when
 * the proposal was made (the policies in force then decide it), and stays when the proposal is long over:
 *
 *     public:coco.proposals, by proposal id:
 *     { created_at (seconds), seqno, policies {by action or "default"}, proposer_id, actions [names],
 *       and once it is closed: state, closed_at (seconds), closed_seqno }
 *
 * `seqno` is the version that the proposal was made on; the entry that holds it is a later one.
 */
import type { Reader, Transaction } from '@coco/kv';
import { fromUtf8, type Seqno, utf8 } from '@coco/primitives';
import {
  countOf,
  isJsonObject,
  type JsonObject,
  objectRows,
  parseJson,
  putRow,
  readObject,
  textOf,
} from '../rows.js';
import { governanceTables } from '../tables.js';
import type { VotingPolicy } from '../types.js';
import { policiesOf, votingPolicyRow } from '../votingPolicy.js';

const { proposals, proposalInfo, proposalRecords } = governanceTables;

export type ProposalState = 'Open' | 'Accepted' | 'Withdrawn' | 'Rejected' | 'Failed' | 'Dropped';

const states: ReadonlySet<unknown> = new Set<ProposalState>([
  'Open',
  'Accepted',
  'Withdrawn',
  'Rejected',
  'Failed',
  'Dropped',
]);

export interface Failure {
  readonly reason: string;
  readonly trace?: string;
}

/** A row of CCF's `proposals_info`. */
export interface ProposalInfo {
  readonly proposerId: string;
  readonly state: ProposalState;
  /** Source by member, ascending. */
  readonly ballots: Readonly<Record<string, string>>;
  readonly finalVotes?: Readonly<Record<string, boolean>>;
  readonly voteFailures?: Readonly<Record<string, Failure>>;
  readonly failure?: Failure;
}

/** An open proposal. */
export interface OpenProposal {
  readonly id: string;
  /** As it was signed. */
  readonly body: string;
  readonly info: ProposalInfo;
}

/** A row of Coco's own. */
export interface ProposalRecord {
  readonly createdAtSeconds: number;
  readonly seqno: Seqno;
  readonly policies: Readonly<Record<string, VotingPolicy>>;
  readonly proposerId: string;
  readonly actions: readonly string[];
  readonly closed?: { readonly state: ProposalState; readonly atSeconds: number; readonly seqno: Seqno };
}

export function readInfo(reader: Reader, id: string): ProposalInfo | undefined {
  const row = readObject(reader, proposalInfo, id);
  return row === undefined ? undefined : parseInfo(row);
}

/** All proposals whose rows are kept, by id. */
export function* allInfos(reader: Reader): Generator<readonly [string, ProposalInfo]> {
  for (const [id, row] of objectRows(reader, proposalInfo)) {
    const info = parseInfo(row);
    if (info !== undefined) yield [id, info];
  }
}

export function writeInfo(transaction: Transaction, id: string, info: ProposalInfo): void {
  putRow(transaction, proposalInfo, id, {
    ballots: sorted(info.ballots),
    ...(info.failure !== undefined && { failure: info.failure }),
    ...(info.finalVotes !== undefined && { final_votes: sorted(info.finalVotes) }),
    proposer_id: info.proposerId,
    state: info.state,
    ...(info.voteFailures !== undefined && { vote_failures: sorted(info.voteFailures) }),
  });
}

/** The body of a proposal as it was signed. */
export function readBody(reader: Reader, id: string): string | undefined {
  const bytes = reader.get(proposals, utf8(id));
  return bytes === undefined ? undefined : fromUtf8(bytes);
}

export function writeBody(transaction: Transaction, id: string, body: Uint8Array): void {
  transaction.put(proposals, utf8(id), body);
}

export function readRecord(reader: Reader, id: string): ProposalRecord | undefined {
  return parseRecord(readObject(reader, proposalRecords, id));
}

/** All records, also of proposals that are long over, by id. */
export function* allRecords(reader: Reader): Generator<readonly [string, ProposalRecord]> {
  for (const [id, row] of objectRows(reader, proposalRecords)) {
    const record = parseRecord(row);
    if (record !== undefined) yield [id, record];
  }
}

export function writeRecord(transaction: Transaction, id: string, record: ProposalRecord): void {
  const { closed } = record;
  const policies = Object.entries(record.policies).map(([name, one]) => [name, votingPolicyRow(one)]);
  putRow(transaction, proposalRecords, id, {
    created_at: record.createdAtSeconds,
    seqno: record.seqno,
    policies: Object.fromEntries(policies),
    proposer_id: record.proposerId,
    actions: record.actions,
    ...(closed !== undefined && {
      state: closed.state,
      closed_at: closed.atSeconds,
      closed_seqno: closed.seqno,
    }),
  });
}

/** An action of a proposal. */
export interface Action {
  readonly name: string;
  readonly args: unknown;
}

/** The actions in a body; none when it has not the usual form. */
export function actionsOf(body: string | undefined): readonly Action[] {
  const parsed = body === undefined ? undefined : parseJson(utf8(body));
  const list = isJsonObject(parsed) ? parsed['actions'] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    const name = isJsonObject(one) ? textOf(one['name']) : undefined;
    return name === undefined ? [] : [{ name, args: (one as JsonObject)['args'] }];
  });
}

function parseInfo(row: JsonObject): ProposalInfo | undefined {
  const proposerId = textOf(row['proposer_id']);
  const { state, ballots, failure } = row;
  if (proposerId === undefined || !states.has(state)) return undefined;
  const parsedFailure = parseFailure(failure);
  return {
    proposerId,
    state: state as ProposalState,
    ballots: fieldsThat(ballots, textOf),
    ...(row['final_votes'] !== undefined && { finalVotes: fieldsThat(row['final_votes'], booleanOf) }),
    ...(row['vote_failures'] !== undefined && {
      voteFailures: fieldsThat(row['vote_failures'], parseFailure),
    }),
    ...(parsedFailure !== undefined && { failure: parsedFailure }),
  };
}

function parseRecord(row: JsonObject | undefined): ProposalRecord | undefined {
  const createdAtSeconds = countOf(row?.['created_at']);
  const seqno = countOf(row?.['seqno']);
  if (row === undefined || createdAtSeconds === undefined || seqno === undefined) return undefined;
  const { actions, state } = row;
  const closedAt = countOf(row['closed_at']);
  const closedSeqno = countOf(row['closed_seqno']);
  const isClosed = states.has(state) && closedAt !== undefined && closedSeqno !== undefined;
  return {
    createdAtSeconds,
    seqno,
    policies: policiesOf(row['policies']),
    proposerId: textOf(row['proposer_id']) ?? '',
    actions: Array.isArray(actions) ? actions.filter((name) => typeof name === 'string') : [],
    ...(isClosed && { closed: { state: state as ProposalState, atSeconds: closedAt, seqno: closedSeqno } }),
  };
}

function parseFailure(value: unknown): Failure | undefined {
  const reason = isJsonObject(value) ? textOf(value['reason']) : undefined;
  if (reason === undefined) return undefined;
  const trace = textOf((value as JsonObject)['trace']);
  return { reason, ...(trace !== undefined && { trace }) };
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function fieldsThat<Value>(
  value: unknown,
  parse: (field: unknown) => Value | undefined,
): Readonly<Record<string, Value>> {
  const fields: [string, Value][] = [];
  for (const [name, field] of Object.entries(isJsonObject(value) ? value : {})) {
    const parsed = parse(field);
    if (parsed !== undefined) fields.push([name, parsed]);
  }
  return Object.fromEntries(fields);
}

function sorted<Value>(fields: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
