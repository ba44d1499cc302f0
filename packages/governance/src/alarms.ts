/**
 * Alarms (MIT-3): a node has executed a transaction again, and it does not come out as the primary recorded it. A row of
 * `public:coco.alarms`, by "<node id>:<transaction id>" of the node that says so and of the transaction:
 *
 *     { node_id, transaction_id, primary_id, write_set_digest,    who says it, of what, and who signed it
 *       recorded?, reexecuted?,      what was recorded and what comes out: keyed digests (ledger room, keyed-digest.ts), so
 *                                    that nodes that agree show it, and nobody else learns anything
 *       claims, row_count, rows: [{ table, key } | { table, key_digest }],    in what it differs; the first rows of these.
 *                                    Keys in public tables as they are, others as keyed digests: never a value
 *       raised_at (ms), receipt, cert, signature }
 *
 * The receipt proves that the primary signed the entry with this digest; `signature` is the node's (ECDSA, DER, base64), by the key
 * in `cert`, over "coco alarm\n" and all the rest as JSON in this order. Whoever trusts the service's certificate can check both,
 * without any node. A row stays until the members close it.
 */
import { type Certificate, isIssuedBy, parseCertificate, verifyDer } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { verifyReceipt } from '@coco/ledger';
import { fromBase64, type NodeId, toHex, utf8 } from '@coco/primitives';
import { type Alarm, alarmRow } from './alarmRow.js';
import { readNode } from './nodeRow.js';
import { putRow, readObject, readText, textOf, textRows } from './rows.js';
import { governanceTables } from './tables.js';

/** So many alarms of one node may be open. */
export const alarmsPerNodeMax = 16;

export type AlarmOutcome =
  /** `isNew`: it was written, and was not there before. */
  | { readonly outcome: 'raised'; readonly isNew: boolean }
  | {
      readonly outcome: 'refused';
      readonly why: 'unknown' | 'evidence' | 'limit';
      readonly reason: string;
    };

/** Writes down what the node says, or says why not. */
export function raiseAlarm(transaction: Transaction, nodeId: NodeId, alarm: Alarm): AlarmOutcome {
  const refused = (why: 'unknown' | 'evidence' | 'limit', reason: string): AlarmOutcome => ({
    outcome: 'refused',
    why,
    reason,
  });
  const row = readObject(transaction, governanceTables.nodeInfo, nodeId);
  const read = row === undefined ? undefined : readNode(transaction, nodeId, row);
  if (read === undefined || 'malformed' in read || read.node.status !== 'Trusted') {
    return refused('unknown', 'only nodes that take part raise alarms');
  }
  if (alarm.nodeId !== nodeId) return refused('unknown', 'the alarm is that of another node');
  const key = alarmKey(alarm);
  if (readText(transaction, governanceTables.alarms, key) !== undefined) {
    return { outcome: 'raised', isNew: false };
  }
  if (openAlarms(transaction, nodeId) >= alarmsPerNodeMax) {
    const reason = `${alarmsPerNodeMax} alarms of this node are open: members must look at them first`;
    return refused('limit', reason);
  }
  const pem = textOf(readObject(transaction, governanceTables.serviceInfo)?.['cert']) ?? '';
  const reason = alarmRefusal(alarm, parseCertificate(pem));
  if (reason !== undefined) return refused('evidence', reason);
  putRow(transaction, governanceTables.alarms, key, alarmRow(alarm));
  return { outcome: 'raised', isNew: true };
}

/** By what an alarm is known. */
export function alarmKey({ nodeId, txId }: Pick<Alarm, 'nodeId' | 'txId'>): string {
  return `${nodeId}:${txId.view}.${txId.seqno}`;
}

function openAlarms(reader: Reader, nodeId: NodeId): number {
  let count = 0;
  for (const [key] of textRows(reader, governanceTables.alarms)) if (key.startsWith(`${nodeId}:`)) count += 1;
  return count;
}

/** What the node that raises an alarm signs. */
export function alarmBytes(alarm: Omit<Alarm, 'signature'>): Uint8Array {
  const { signature: _, ...signed } = alarmRow({ ...alarm, signature: '' });
  return utf8(`coco alarm\n${JSON.stringify(signed)}`);
}

/** Why nobody need believe an alarm; undefined when it is what it says. */
export function alarmRefusal(alarm: Alarm, service: Certificate): string | undefined {
  const certificate = certificateOf(alarm.certificatePem);
  const isOwn = certificate?.publicKey.fingerprint === alarm.nodeId && isIssuedBy(certificate, service);
  if (certificate === undefined || !isOwn) return 'its certificate is not that of the node that raised it';
  const signature = fromBase64(alarm.signature);
  if (signature === undefined || !verifyDer(certificate.publicKey, alarmBytes(alarm), signature)) {
    return 'it is not signed by the node that raised it';
  }
  const verdict = verifyReceipt(alarm.receipt, service);
  if (!verdict.valid) return `its receipt does not hold: ${verdict.reason}`;
  const { txId, writeSetDigest, nodeId } = verdict;
  const isOfThis =
    txId?.view === alarm.txId.view &&
    txId.seqno === alarm.txId.seqno &&
    writeSetDigest !== undefined &&
    toHex(writeSetDigest) === alarm.writeSetDigest &&
    nodeId === alarm.primaryId;
  return isOfThis ? undefined : 'its receipt is that of something else';
}

function certificateOf(pem: string): Certificate | undefined {
  try {
    return parseCertificate(pem);
  } catch {
    return undefined;
  }
}
