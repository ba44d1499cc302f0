/**
 * The names of positions and things: views, sequence numbers, transaction ids, nodes.
 */

/** A term of leadership, counted from 1; the first primary leads in view 2 (CCF's convention). */
export type View = number;

/** A position in the ledger, counted from 1 without gaps. 0 means "before the first entry". */
export type Seqno = number;

/** Identifies one ledger entry for ever: `seqno` says where, `view` says under whose leadership. */
export interface TxId {
  readonly view: View;
  readonly seqno: Seqno;
}

/** Lower-case hex SHA-256 of the node's public key (SubjectPublicKeyInfo, DER): 64 characters. */
export type NodeId = string;

/**
 * What a node can say of a transaction id (TX-4). `Committed` and `Invalid` are final and no two nodes ever
 * disagree on them; `Unknown` and `Pending` may change.
 */
export type TxStatus = 'Unknown' | 'Pending' | 'Committed' | 'Invalid';

/** "view.seqno", for example "2.17". */
export function formatTxId(id: TxId): string {
  return `${id.view}.${id.seqno}`;
}

const txIdPattern = /^(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})$/;

/** The id that `text` names, or undefined when it is not of the form "view.seqno" in safe integers. */
export function parseTxId(text: string): TxId | undefined {
  const match = txIdPattern.exec(text);
  if (match === null) return undefined;
  const id = { view: Number(match[1]), seqno: Number(match[2]) };
  return Number.isSafeInteger(id.view) && Number.isSafeInteger(id.seqno) ? id : undefined;
}

/** Order in the log of one node: by view, then by seqno. Negative, zero or positive. */
export function compareTxIds(a: TxId, b: TxId): number {
  return a.view - b.view || a.seqno - b.seqno;
}
