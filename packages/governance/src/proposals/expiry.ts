/**
 * The end of proposals that nobody decides (GOV-4): by the policies in force when a proposal was made, the strictest of
 * those of its actions. Reads show an expired proposal as Dropped at once; its rows follow with the next governance
 * transaction.
 */
import type { Reader, Transaction } from '@coco/kv';
import { policyFor } from '../votingPolicy.js';
import { closeRecord } from './closing.js';
import { allInfos, type ProposalInfo, type ProposalRecord, readRecord, writeInfo } from './proposal.js';

/** When it ends, seconds since 1970; undefined when it does not. */
export function expiresAtSeconds(record: ProposalRecord): number | undefined {
  let earliest: number | undefined;
  // One whose actions cannot be told is decided as everything else is.
  for (const action of record.actions.length > 0 ? record.actions : ['default']) {
    const { expiresAfterSeconds } = policyFor(record.policies, action).policy;
    if (expiresAfterSeconds === undefined) continue;
    const end = record.createdAtSeconds + expiresAfterSeconds;
    if (earliest === undefined || end < earliest) earliest = end;
  }
  return earliest;
}

/** `info` as it is at `nowMs`. */
export function infoAt(reader: Reader, id: string, info: ProposalInfo, nowMs: number): ProposalInfo {
  if (info.state !== 'Open') return info;
  const record = readRecord(reader, id);
  const end = record === undefined ? undefined : expiresAtSeconds(record);
  if (end === undefined || nowMs < end * 1000) return info;
  return { ...info, state: 'Dropped', failure: { reason: 'the proposal expired before it was decided' } };
}

/** Writes the end of every proposal that has expired. */
export function dropExpired(transaction: Transaction, nowMs: number): void {
  for (const [id, info] of [...allInfos(transaction)]) {
    const now = infoAt(transaction, id, info, nowMs);
    if (now === info) continue;
    writeInfo(transaction, id, now);
    closeRecord(transaction, id, now.state, nowMs);
  }
}
