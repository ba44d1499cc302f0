/**
 * The ledger secrets of a CCF ledger, from its members' recovery shares: for reading CCF's ledgers, and for members
 * who recover one offline. (Coco's own ledgers keep their secrets under the threshold network key instead.)
 *
 *     share               = x(4) | y(4)[10], little-endian, over GF(2^31 - 1); x = 0 is the whole key
 *     wrapping_key        = HKDF-SHA256(ikm = y(0) as 40 bytes, no salt, info = the same 40 bytes)
 *     wrapped secret      = gcmTag[16] | gcmIv[12] | ciphertext[32], AES-256-GCM without additional data
 *
 * The latest secret is wrapped under that key in `recovery_shares`; each earlier one under the next in
 * `historical_encrypted_ledger_secret`.
 */
import { aesGcmOpen, hkdfSha256 } from '@coco/crypto';
import { ByteReader, ByteWriter, CocoError, fromBase64, fromUtf8, type Seqno } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import { readLedger } from './ledger-read.js';
import { ledgerTables, singletonValue } from './tables.js';
import type { LedgerSecret } from './types.js';

/**
 * Decrypts the share of one member: RSA-OAEP with SHA-256 under the member's encryption key. Undefined when the
 * caller has not that member's key.
 */
export type DecryptShare = (memberId: string, encryptedShare: Uint8Array) => Uint8Array | undefined;

/**
 * Recovers all secrets of the ledger in `files`, oldest first. Throws COCO_LEDGER_SHARES_MISSING when the shares are
 * too few or there are none in the ledger, COCO_LEDGER_SHARES_WRONG when they do not fit together or to the ledger.
 */
export function recoverLedgerSecrets(
  files: readonly ChunkSource[],
  decryptShare: DecryptShare,
): LedgerSecret[] {
  const found = findShares(files);
  const latestRow = found.history.at(-1);
  if (found.shares === undefined || latestRow === undefined) {
    throw new CocoError('COCO_LEDGER_SHARES_MISSING', 'the ledger holds no recovery shares');
  }
  const shares: RecoveryShare[] = [];
  for (const [memberId, encrypted] of Object.entries(found.shares.encrypted_shares ?? {})) {
    const share = decryptShare(memberId, base64(encrypted));
    if (share !== undefined) shares.push(parseShare(share));
  }
  const wrappingKey = combineShares(shares, found.threshold);
  const secrets = new Map<Seqno, Uint8Array>();
  secrets.set(latestRow.from, unwrapSecret(wrappingKey, base64(found.shares.wrapped_latest_ledger_secret)));
  for (const { from, previous } of found.history.toReversed()) {
    const key = secrets.get(from);
    if (key === undefined) throw wrong('the chain of earlier ledger secrets is broken');
    if (previous !== undefined)
      secrets.set(previous.version, unwrapSecret(key, base64(previous.encrypted_data)));
  }
  return [...secrets]
    .map(([fromSeqno, key]) => ({ fromSeqno, key }))
    .toSorted((a, b) => a.fromSeqno - b.fromSeqno);
}

interface FoundShares {
  shares?: { wrapped_latest_ledger_secret: string; encrypted_shares: Record<string, string> };
  threshold: number;
  /** Each row says from where the secret holds that was new then, and has the one before it. */
  readonly history: { from: Seqno; previous?: { encrypted_data: string; version: Seqno } }[];
}

/** What the public domain of the ledger says; the last word counts. Shapes are checked where they are used. */
function findShares(files: readonly ChunkSource[]): FoundShares {
  const found: FoundShares = { threshold: 1, history: [] };
  for (const { txId, publicWrites } of readLedger(files)) {
    const shares = singletonJson(publicWrites, ledgerTables.recoveryShares);
    if (shares !== undefined) found.shares = shares as NonNullable<FoundShares['shares']>;
    const config = singletonJson(publicWrites, ledgerTables.serviceConfig);
    if (typeof config?.recovery_threshold === 'number') found.threshold = config.recovery_threshold;
    const row = singletonJson(publicWrites, ledgerTables.historicalLedgerSecret);
    if (row === undefined) continue;
    // Without a version the secret is that of a rekey, and holds from the next entry on.
    const from = typeof row.next_version === 'number' ? row.next_version : txId.seqno + 1;
    const previous = row.previous_ledger_secret as { encrypted_data: string; version: Seqno } | undefined;
    found.history.push(previous === undefined || previous === null ? { from } : { from, previous });
  }
  return found;
}

function singletonJson(
  tables: Parameters<typeof singletonValue>[0],
  table: string,
): Record<string, unknown> | undefined {
  const value = singletonValue(tables, table);
  if (value === undefined) return undefined;
  try {
    const row: unknown = JSON.parse(fromUtf8(value) ?? '');
    if (typeof row === 'object' && row !== null) return row as Record<string, unknown>;
  } catch {
    // Told below, with rows that are JSON but no object.
  }
  throw wrong(`a row of ${table} is not a JSON object`);
}

/** One member's share: a point on ten polynomials. */
export interface RecoveryShare {
  /** 0: `y` is the whole key. */
  readonly x: number;
  readonly y: readonly number[];
}

const limbs = 10;
const shareBytes = 4 + 4 * limbs;
const prime = 2n ** 31n - 1n;

/** Reads a decrypted share. Throws COCO_LEDGER_SHARES_WRONG. */
export function parseShare(bytes: Uint8Array): RecoveryShare {
  if (bytes.length !== shareBytes) throw wrong('a recovery share has another length than it must');
  const reader = new ByteReader(bytes);
  return { x: reader.u32(), y: Array.from({ length: limbs }, () => reader.u32()) };
}

/**
 * The wrapping key that `threshold` of `shares` (or one whole key among them) give. Throws
 * COCO_LEDGER_SHARES_MISSING when there are fewer, COCO_LEDGER_SHARES_WRONG when two are the same point.
 */
export function combineShares(shares: readonly RecoveryShare[], threshold: number): Uint8Array {
  const whole = shares.find(({ x }) => x === 0);
  const used = whole !== undefined ? [whole] : shares.slice(0, threshold);
  if (used.length < (whole === undefined ? threshold : 1)) {
    const sentence = `${threshold} recovery shares are needed, there are ${used.length}`;
    throw new CocoError('COCO_LEDGER_SHARES_MISSING', sentence, { needed: threshold, there: used.length });
  }
  const writer = new ByteWriter(4 * limbs);
  for (let limb = 0; limb < limbs; limb++) writer.u32(whole?.y[limb] ?? interpolate(used, limb));
  const secret = writer.finish();
  return hkdfSha256({ ikm: secret, salt: new Uint8Array(0), info: secret, length: 32 });
}

/** The value at 0 of the polynomial through the shares' points (Lagrange). */
function interpolate(shares: readonly RecoveryShare[], limb: number): number {
  let sum = 0n;
  for (const [index, share] of shares.entries()) {
    let numerator = 1n;
    let denominator = 1n;
    for (const [otherIndex, other] of shares.entries()) {
      if (otherIndex === index) continue;
      numerator = (numerator * BigInt(other.x)) % prime;
      denominator = (denominator * (prime + (BigInt(other.x) % prime) - (BigInt(share.x) % prime))) % prime;
    }
    if (denominator === 0n) throw wrong('two recovery shares are the same');
    sum += ((BigInt(share.y[limb] as number) * numerator) % prime) * power(denominator, prime - 2n);
  }
  return Number(sum % prime);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % prime) {
    if (rest & 1n) result = (result * square) % prime;
  }
  return result;
}

/** Opens a wrapped ledger secret. Throws COCO_LEDGER_SHARES_WRONG. */
export function unwrapSecret(key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  if (wrapped.length !== 16 + 12 + 32) throw wrong('a wrapped ledger secret has another length than it must');
  const secret = aesGcmOpen({
    key,
    iv: wrapped.subarray(16, 28),
    aad: new Uint8Array(0),
    tag: wrapped.subarray(0, 16),
    ciphertext: wrapped.subarray(28),
  });
  if (secret === undefined) throw wrong('the recovery shares do not open the ledger secret');
  return secret;
}

function base64(text: unknown): Uint8Array {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  if (bytes === undefined) throw wrong('a row about ledger secrets has malformed base64');
  return bytes;
}

function wrong(sentence: string): CocoError {
  return new CocoError('COCO_LEDGER_SHARES_WRONG', sentence);
}
