/**
 * What is written when a proposal is closed. Bodies and states are kept for the most recently closed ones; of those before
 * them only the record stays.
 */
import type { Transaction } from '@coco/kv';
import { utf8 } from '@coco/primitives';
import { governanceTables } from '../tables.js';
import { allInfos, type ProposalState, readRecord, writeRecord } from './proposal.js';

/** How many closed proposals are kept in full. */
export const closedProposalsMax = 100;

/** Notes in the record that the proposal is closed. */
export function closeRecord(transaction: Transaction, id: string, state: ProposalState, nowMs: number): void {
  const record = readRecord(transaction, id);
  if (record === undefined || record.closed !== undefined) return;
  const closed = { state, atSeconds: Math.floor(nowMs / 1000), seqno: transaction.seqno };
  writeRecord(transaction, id, { ...record, closed });
}

/** Closes the records of proposals that a constitution itself has closed, and forgets the bodies of old ones. */
export function settleProposals(transaction: Transaction, nowMs: number): void {
  const closed: { readonly id: string; readonly seqno: number }[] = [];
  for (const [id, info] of [...allInfos(transaction)]) {
    if (info.state === 'Open') continue;
    closeRecord(transaction, id, info.state, nowMs);
    closed.push({ id, seqno: readRecord(transaction, id)?.closed?.seqno ?? 0 });
  }
  const old = closed.toSorted((a, b) => b.seqno - a.seqno).slice(closedProposalsMax);
  for (const { id } of old) {
    transaction.remove(governanceTables.proposals, utf8(id));
    transaction.remove(governanceTables.proposalInfo, utf8(id));
  }
}
