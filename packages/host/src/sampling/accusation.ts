/**
 * An alarm with its evidence (MIT-3), signed by this node: the receipt proves who signed the entry; what differs is told by
 * keys of public tables, and by keyed digests wherever the ledger itself tells nothing to who has not its secret.
 */
import type { Difference } from '@coco/adapter';
import { type PrivateKey, signDer } from '@coco/crypto';
import { type Alarm, type AlarmRow, alarmBytes } from '@coco/governance';
import { keyedDigest, type Ledger } from '@coco/ledger';
import { type NodeId, type TxId, toBase64, toHex, utf8 } from '@coco/primitives';

export interface AccuserOptions {
  readonly nodeId: NodeId;
  readonly key: PrivateKey;
  readonly certificatePem: () => string;
  readonly ledger: Pick<Ledger, 'receipt' | 'secrets'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Undefined when the ledger has no receipt of it any more. */
export function accusation(
  { nodeId, key, certificatePem, ledger, nowMs }: AccuserOptions,
  txId: TxId,
  { recorded, reexecuted, claims, rowCount, rows }: Difference,
): Alarm | undefined {
  const receipt = ledger.receipt(txId.seqno);
  const writeSetDigest = receipt?.leaf_components?.write_set_digest;
  if (receipt === undefined || writeSetDigest === undefined) return undefined;
  const { secrets } = ledger;
  const digestOf = (...parts: readonly Uint8Array[]): string | undefined => {
    const digest = keyedDigest(secrets, txId.seqno, ...parts);
    return digest === undefined ? undefined : toHex(digest);
  };
  const digests = { recorded: digestOf(recorded), reexecuted: digestOf(reexecuted) };
  const alarm = {
    nodeId,
    txId,
    primaryId: receipt.node_id,
    writeSetDigest,
    ...(digests.recorded !== undefined &&
      digests.reexecuted !== undefined && { recorded: digests.recorded, reexecuted: digests.reexecuted }),
    claims,
    rowCount,
    rows: rows.map(({ table, key: rowKey }): AlarmRow => {
      if (table.startsWith('public:')) return { table, key: toHex(rowKey) };
      const digest = digestOf(utf8(`${table}\0`), rowKey);
      return digest === undefined ? { table } : { table, key_digest: digest };
    }),
    raisedAtMs: nowMs(),
    receipt: { ...receipt },
    certificatePem: certificatePem(),
  };
  return { ...alarm, signature: toBase64(signDer(key, alarmBytes(alarm))) };
}
