/**
 * The epochs of the ledger (CONF-2): rows of `public:coco.ledger.epochs`, by epoch number in ten decimal digits. They outlive all
 * nodes: whoever has M shares of the network's key opens `sealed`.
 *
 *     { from (seqno), at (ms), digest (hex), network (hex), sealed? (base64 of a threshold ciphertext), sealed_at? (seqno),
 *       actors? (hex, of epoch 1) }
 *
 * The first epoch begins with the genesis and has no row until its secret is sealed.
 */
import type { SecretLabel } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { assert, fromBase64, fromHex, toBase64, utf8 } from '@coco/primitives';
import { actorsDigest } from '../actors/actorsDigest.js';
import { countOf, type JsonObject, objectRows, putRow, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { EpochRecord } from './types.js';

/** All that have rows, ascending. Rows that do not read are left out. */
export function readEpochs(reader: Reader): readonly EpochRecord[] {
  return [...objectRows(reader, governanceTables.ledgerEpochs)].flatMap(([key, row]) => {
    const record = recordOf(Number(key), row);
    return record === undefined || key !== keyOf(record.epoch) ? [] : [record];
  });
}

/** Undefined when it has no row, or none that reads. */
export function readEpoch(reader: Reader, epoch: number): EpochRecord | undefined {
  const row = readObject(reader, governanceTables.ledgerEpochs, keyOf(epoch));
  return row === undefined ? undefined : recordOf(epoch, row);
}

/** What the secret of an epoch is encrypted for: nothing else that it could be taken for has the same label. */
export function epochLabel({
  network,
  epoch,
  from,
  digest,
}: Pick<EpochRecord, 'network' | 'epoch' | 'from' | 'digest'>): SecretLabel {
  const bytes = fromHex(network);
  assert(bytes?.length === 32, "an epoch's network is a digest");
  return { network: bytes, epoch, associatedData: utf8(`${from}.${digest}`) };
}

/**
 * Writes the row of an epoch whose secret was made before there was a key to seal it to. Of an epoch that has a row, all but
 * `sealed` must be what that says.
 */
export function sealEpoch(transaction: Transaction, record: EpochRecord): void {
  const { epoch, from, digest, network } = record;
  const row = readObject(transaction, governanceTables.ledgerEpochs, keyOf(epoch));
  const old = row === undefined ? undefined : recordOf(epoch, row);
  const same = old === undefined || (old.from === from && old.digest === digest && old.network === network);
  assert(record.sealed !== undefined && same, 'what is sealed is the secret of the epoch');
  const actors = textOf(row?.['actors']) ?? (epoch === 1 ? actorsDigest(transaction) : undefined);
  writeEpoch(transaction, { ...record, atMs: old?.atMs ?? record.atMs }, actors);
}

/** `actors` is for an epoch of which no row of `public:coco.ledger.secrets` tells who they were. */
export function writeEpoch(transaction: Transaction, record: EpochRecord, actors?: string): void {
  const { epoch, from, atMs, digest, network, sealed, sealedAt } = record;
  putRow(transaction, governanceTables.ledgerEpochs, keyOf(epoch), {
    from,
    at: atMs,
    digest,
    network,
    ...(sealed !== undefined && { sealed: toBase64(sealed) }),
    ...(sealedAt !== undefined && { sealed_at: sealedAt }),
    ...(actors !== undefined && { actors }),
  });
}

/** Who the actors were when an epoch was sealed that no other row tells of: hex. */
export function actorsOfEpoch(reader: Reader, epoch: number): string | undefined {
  return textOf(readObject(reader, governanceTables.ledgerEpochs, keyOf(epoch))?.['actors']);
}

function recordOf(epoch: number, row: JsonObject): EpochRecord | undefined {
  const from = countOf(row['from']);
  const atMs = countOf(row['at']);
  const digest = textOf(row['digest']) ?? '';
  const network = textOf(row['network']) ?? '';
  const sealed = fromBase64(textOf(row['sealed']) ?? '');
  const isRead = Number.isSafeInteger(epoch) && from !== undefined && atMs !== undefined;
  if (!isRead || !isDigest(digest) || !isDigest(network)) return undefined;
  const has = sealed !== undefined && sealed.length > 0;
  const sealedAt = countOf(row['sealed_at']);
  return {
    epoch,
    from,
    atMs,
    digest,
    network,
    ...(has && { sealed }),
    ...(sealedAt !== undefined && { sealedAt }),
  };
}

const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

const keyOf = (epoch: number): string => String(epoch).padStart(10, '0');
