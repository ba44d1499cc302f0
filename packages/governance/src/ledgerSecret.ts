/**
 * When the secret of the ledger changes (MIT-4): as soon as a node that knew it is out, whether for good or for now. The primary
 * then writes a new one, sealed to each node that takes part (rekey.ts of ledger); what follows is not for those who left.
 *
 * The row says who had left when it was written. A node that is back is told what it missed, so it has to be told anew that it
 * left: once it is Trusted again the next row no longer has it among the former ones.
 */
import type { Reader, Transaction } from '@coco/kv';
import { encodeSecretRow, formerIn, readSecretRow } from '@coco/ledger';
import { fromHex, type NodeId, type Seqno } from '@coco/primitives';
import { actorsDigest } from './actors/actorsDigest.js';
import { networkDigest } from './decideAttestation.js';
import { hasAttestation, readEvidence } from './evidenceRow.js';
import { isQuarantined, readLease } from './leases.js';
import { manifestTables } from './manifests.js';
import { actorsOfEpoch, readEpoch, readEpochs, writeEpoch } from './networkKey/epochs.js';
import { isTimeOver } from './networkKey/isTimeOver.js';
import { secretsPolicy } from './networkKey/secretsPolicy.js';
import { isSealingKey } from './networkKey/shareKey.js';
import { trustedNodes } from './reviewNodes.js';
import { objectRows, rowKey } from './rows.js';
import { governanceTables } from './tables.js';

/** A node that is to be told, and the public key (32 bytes) to which the secret is sealed for it: it is in memory there alone. */
export interface SecretRecipient {
  readonly nodeId: NodeId;
  readonly epochKey: Uint8Array;
}

/**
 * Whether a new secret is due: somebody who may know this one is out, or is in again of whom the last row says otherwise; or the
 * epoch is over (CONF-2): the actors are others, its time is up, or there is a shared key and nothing is sealed to it yet. The key counts
 * once it is there in `signed`, the tables as the last signature has them: before that nobody opens what is sealed to it, who may be
 * needed for committing it.
 */
export function isRekeyDue(reader: Reader, nowMs: number, signed: Reader = reader): boolean {
  const row = reader.get(governanceTables.ledgerSecrets, rowKey(undefined));
  const former = new Set(row === undefined ? [] : formerIn(row));
  return (
    goneNodes(reader).some((nodeId) => !former.has(nodeId)) ||
    trustedNodes(reader).some((nodeId) => former.has(nodeId)) ||
    isEpochOver(reader, nowMs, signed)
  );
}

function isEpochOver(reader: Reader, nowMs: number, signed: Reader): boolean {
  const bytes = reader.get(governanceTables.ledgerSecrets, rowKey(undefined));
  const row = bytes === undefined ? undefined : readSecretRow(bytes);
  const record = readEpoch(reader, row?.epoch ?? 1);
  const actors = row?.actors ?? actorsOfEpoch(reader, 1);
  if (actors !== undefined && actors !== actorsDigest(reader)) return true;
  const { epochSeconds } = secretsPolicy(reader);
  const atMs = row?.atMs ?? record?.atMs;
  if (epochSeconds > 0 && atMs !== undefined && isTimeOver(atMs, epochSeconds * 1000, nowMs)) return true;
  return record?.sealed === undefined && signed.has(governanceTables.networkKey, rowKey(undefined));
}

/**
 * The nodes that take part: those to which a secret can be sealed, and those that have proved nothing yet, for whom it is worth
 * waiting: nodes of the genesis before their first leases. Whoever proved something without a key that can be sealed to is not told.
 */
export function secretRecipients(reader: Reader): {
  readonly recipients: readonly SecretRecipient[];
  readonly keyless: readonly NodeId[];
} {
  const recipients: SecretRecipient[] = [];
  const keyless: NodeId[] = [];
  for (const nodeId of trustedNodes(reader)) {
    const epochKey = fromHex(readEvidence(reader, nodeId)?.epochKey ?? '');
    if (isSealingKey(epochKey)) recipients.push({ nodeId, epochKey });
    else if (!hasAttestation(reader, nodeId)) keyless.push(nodeId);
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
  const { digest, nodes, sealed } = made;
  const epoch = currentEpoch(transaction) + 1;
  const atMs = at.nowMs;
  const row = encodeSecretRow({
    epoch,
    atMs,
    actors: actorsDigest(transaction),
    former: goneNodes(transaction),
    digest,
    nodes,
  });
  transaction.put(governanceTables.ledgerSecrets, rowKey(undefined), row);
  const network = networkDigest(transaction);
  const record = { epoch, from: at.from, atMs, digest, network, ...(sealed !== undefined && { sealed }) };
  writeEpoch(transaction, record);
}

/** Epochs whose secrets are not sealed to the shared key: those from before there was one. Ascending. */
export function unsealedEpochs(reader: Reader): readonly number[] {
  const sealed = new Set(
    readEpochs(reader).flatMap((record) => (record.sealed === undefined ? [] : [record.epoch])),
  );
  const epochs = Array.from({ length: currentEpoch(reader) }, (_, i) => i + 1);
  return epochs.filter((epoch) => !sealed.has(epoch));
}

/** The epoch in which entries are after those that `reader` has seen (CONF-2). */
export function currentEpoch(reader: Reader): number {
  const row = reader.get(governanceTables.ledgerSecrets, rowKey(undefined));
  return (row === undefined ? undefined : readSecretRow(row)?.epoch) ?? 1;
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
