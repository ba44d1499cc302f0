/**
 * When the secret of the ledger changes (MIT-4): as soon as a node that knew it is out, whether for good or for now. The primary
 * then writes a new one, sealed to each node that takes part (rekey.ts of ledger); what follows is not for those who left.
 *
 * The row says who had left when it was written. A node that is back is told what it missed, so it has to be told anew that it
 * left: once it is Trusted again the next row no longer has it among the former ones.
 */
import { sha256 } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { encodeSecretRow, formerIn, readSecretRow } from '@coco/ledger';
import { fromHex, type NodeId, type Seqno, toHex, utf8 } from '@coco/primitives';
import { readEvidence } from './evidenceRow.js';
import { isQuarantined, readLease } from './leases.js';
import { manifestTables } from './manifests.js';
import { trustedNodes } from './reviewNodes.js';
import { objectRows, rowKey } from './rows.js';
import { governanceTables } from './tables.js';

/** A node that is to be told, and the public key (32 bytes) to which the secret is sealed for it: it is in memory there alone. */
export interface SecretRecipient {
  readonly nodeId: NodeId;
  readonly epochKey: Uint8Array;
}

/** Whether somebody who may know the secret is out, or is in again of whom the last row says otherwise. */
export function isRekeyDue(reader: Reader, _nowMs: number): boolean {
  const row = reader.get(governanceTables.ledgerSecrets, rowKey(undefined));
  const former = new Set(row === undefined ? [] : formerIn(row));
  return (
    goneNodes(reader).some((nodeId) => !former.has(nodeId)) ||
    trustedNodes(reader).some((nodeId) => former.has(nodeId))
  );
}

/** The nodes that take part: those to which a secret can be sealed, and those of which no epoch key is on record yet. */
export function secretRecipients(reader: Reader): {
  readonly recipients: readonly SecretRecipient[];
  readonly keyless: readonly NodeId[];
} {
  const recipients: SecretRecipient[] = [];
  const keyless: NodeId[] = [];
  for (const nodeId of trustedNodes(reader)) {
    const epochKey = fromHex(readEvidence(reader, nodeId)?.epochKey ?? '');
    if (epochKey?.length === 32) recipients.push({ nodeId, epochKey });
    else keyless.push(nodeId);
  }
  return { recipients, keyless };
}

/** A new secret, as it is told. */
export interface MadeSecret {
  /** Hex: see rekey.ts of ledger. */
  readonly digest: string;
  /** Sealed to each of the recipients. */
  readonly nodes: Readonly<Record<NodeId, Uint8Array>>;
}

/** When a new secret is told. */
export interface SecretTime {
  /** The primary's wall clock: milliseconds since 1970. */
  readonly nowMs: number;
  /** The first entry that it seals: the one after the entry that tells it. */
  readonly from: Seqno;
}

/** Writes a new secret: it holds from the next entry on. `sealed` is `encodeThresholdCiphertext` for `epochLabel`. */
export function writeLedgerSecret(
  transaction: Transaction,
  made: MadeSecret & { readonly sealed?: Uint8Array },
  at: SecretTime,
): void {
  const { digest, nodes } = made;
  const row = encodeSecretRow({
    epoch: currentEpoch(transaction) + 1,
    atMs: at.nowMs,
    actors: actorsDigest(transaction),
    former: goneNodes(transaction),
    digest,
    nodes,
  });
  transaction.put(governanceTables.ledgerSecrets, rowKey(undefined), row);
}

/** The epoch in which entries are after those that `reader` has seen (CONF-2). */
export function currentEpoch(reader: Reader): number {
  const row = reader.get(governanceTables.ledgerSecrets, rowKey(undefined));
  return (row === undefined ? undefined : readSecretRow(row)?.epoch) ?? 1;
}

/** Says who the actors are: hex. */
function actorsDigest(reader: Reader): string {
  const ids = [governanceTables.memberInfo, governanceTables.participantInfo].map((table) =>
    [...objectRows(reader, table)].map(([id]) => id),
  );
  return toHex(sha256(utf8(JSON.stringify(ids))));
}

/**
 * Whether what a proposal has written concerns nodes that are out, and may know the secret all the same: one that was to join and
 * is taken off the list, or, where it is decided anew whom to trust, those that were about to come back.
 */
export function concernsOutsiders(before: Reader, after: Transaction): boolean {
  const written = new Map(after.writeSet().map((changes) => [changes.table, changes]));
  const dropped = (written.get(governanceTables.nodeInfo)?.removes ?? []).some(
    (key) => !after.has(governanceTables.formerNodes, key),
  );
  return dropped || ([...written.keys()].some((table) => trustTables.has(table)) && isAnyOut(before));
}

/** By these it is decided who is trusted. */
const trustTables: ReadonlySet<string> = new Set([...manifestTables, governanceTables.nodeLeases]);

function isAnyOut(reader: Reader): boolean {
  return [...objectRows(reader, governanceTables.nodeInfo)].some(
    ([nodeId, { status }]) =>
      status === 'Retired' && isQuarantined({ status, lease: readLease(reader, nodeId) }),
  );
}

/** Ids of the nodes that took part, or were to, and are out. */
function goneNodes(reader: Reader): readonly NodeId[] {
  const retired = [...objectRows(reader, governanceTables.nodeInfo)].filter(
    ([, row]) => row['status'] === 'Retired',
  );
  const former = [...objectRows(reader, governanceTables.formerNodes)];
  return [...retired, ...former].map(([nodeId]) => nodeId);
}
