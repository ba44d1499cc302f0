/**
 * The replay window of proposals, in CCF's format: the digests of the most recent signed proposals, by the time at which
 * they were made. One that is in the window is a replay; one older than the window's median might have fallen out of it.
 *
 *     public:ccf.gov.cose_recent_proposals   "%010d:<hex SHA-256 of the signature>" -> proposal id (JSON string)
 */
import { sha256, twinSignature } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { toBase64, toHex, utf8 } from '@coco/primitives';
import { jsonBytes, parseJson, putRow, textRows } from '../rows.js';
import { readServiceConfig } from '../serviceConfig.js';
import { governanceTables } from '../tables.js';
import { refuse } from './refusal.js';
import type { SignedRequest } from './signedRequest.js';

const table = governanceTables.coseRecentProposals;

/** Refuses a proposal that was submitted before, or might have been; else notes it, as `proposalId`. */
export function noteProposal(transaction: Transaction, signed: SignedRequest, proposalId: string): void {
  const time = signed.createdAt.toString().padStart(10, '0');
  const [key, twin] = [signed.message.signature, twinOf(signed)].map(
    (signature) => `${time}:${toHex(sha256(signature))}`,
  ) as [string, string];
  for (const known of [key, twin]) {
    const earlier = parseJson(transaction.get(table, utf8(known)));
    if (earlier !== undefined) {
      refuse(400, 'ProposalReplay', `this proposal was submitted before, and is ${String(earlier)}`);
    }
  }
  const kept = [...textRows(transaction, table)].map(([one]) => one);
  const median = kept[Math.floor(kept.length / 2)]?.split(':')[0];
  if (median !== undefined && time < median) {
    refuse(400, 'ProposalCreatedTooLongAgo', `created_at must not be before ${Number(median)}`);
  }
  transaction.put(table, utf8(key), jsonBytes(proposalId));
  const excess = kept.length + 1 - Math.max(1, readServiceConfig(transaction).recentProposals);
  for (const old of kept.slice(0, Math.max(0, excess))) transaction.remove(table, utf8(old));
}

/** Records the last request that the member signed, in CCF's format: base64. */
export function recordHistory(transaction: Transaction, signed: SignedRequest): void {
  putRow(transaction, governanceTables.coseHistory, signed.member.id, toBase64(signed.envelope));
}

/** Both signatures that anybody can make of one must be known again. */
function twinOf(signed: SignedRequest): Uint8Array {
  const { signature } = signed.message;
  const curve = { 64: 'P-256', 96: 'P-384', 132: 'P-521' } as const;
  const length = signature.length as keyof typeof curve;
  return Object.hasOwn(curve, length) ? twinSignature(curve[length], signature) : signature;
}
