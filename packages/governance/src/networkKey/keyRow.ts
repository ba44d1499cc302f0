/**
 * The shared key of the network: the only row of `public:coco.network_key`.
 *
 *     { generation, key (base64, encodeThresholdKey), holders {actor id: [share key (hex)]}, threshold, ceremony (hex), network (hex),
 *       made_at (ms), begun_at (ms), ceremony_id (hex), deals [dealer], previous? (base64), confirmed [actor id],
 *       earlier [{ceremony (hex), key (base64)}], key_threshold, asked? [node id], served? {actor id: {at (ms), times}} }
 *
 * `ceremony_id` and `previous` are of the ceremony that made it, so that shares can be finished from its deals; `begun_at` is when
 * the last ceremony began; `confirmed` are the actors that keep their shares, `earlier` the keys before whose shares are kept until
 * all have confirmed (see confirmed.ts); `key_threshold` is the setting by which it was made; `asked` are nodes that have no share
 * and say so, `served` the actors for which shares were made anew because of that.
 */
import { type Ceremony, decodeThresholdKey, encodeThresholdKey, type ThresholdKey } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { CocoError, fromBase64, fromHex, type NodeId, toBase64, toHex } from '@coco/primitives';
import { countOf, isJsonObject, type JsonObject, putRow, readObject, textOf, textsOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import { parseHolders, type Sharing } from './holders.js';
import type { NetworkKey } from './types.js';

/** Undefined while there is none. */
export function readNetworkKey(reader: Reader): NetworkKey | undefined {
  const row = readObject(reader, governanceTables.networkKey);
  const brief = readKeyBrief(reader);
  const key = readThresholdKey(row?.['key']);
  const previous = row?.['previous'] === undefined ? undefined : readThresholdKey(row['previous']);
  const network = textOf(row?.['network']) ?? '';
  const [networkBytes, id] = [fromHex(network), fromHex(textOf(row?.['ceremony_id']) ?? '')];
  const isWhole = brief !== undefined && key !== undefined && networkBytes !== undefined && id !== undefined;
  if (!isWhole || toHex(key.ceremony) !== brief.ceremony) return undefined;
  if (row?.['previous'] !== undefined && previous === undefined) return undefined;
  const { threshold, actors } = key;
  const ceremony = { network: networkBytes, id, threshold, actors };
  return {
    generation: brief.generation,
    key,
    holders: brief.holders,
    ceremony: brief.ceremony,
    network,
    madeAtMs: brief.madeAtMs,
    ceremonyRecord: previous === undefined ? ceremony : { ...ceremony, previous },
    counted: brief.counted,
    confirmed: brief.confirmed,
  };
}

/** What the row says without a look at the key: cheap. */
export interface KeyBrief extends Sharing {
  readonly generation: number;
  /** Hex. */
  readonly ceremony: string;
  readonly madeAtMs: number;
  /** When the last ceremony began, whether it has made a key or not. */
  readonly begunAtMs: number;
  /** The key as it stands there: base64. */
  readonly encoded: string;
  readonly asked: readonly NodeId[];
  /** By actor id: when shares were made anew last because it had none, and how often that was. */
  readonly served: Readonly<Record<string, Served>>;
  /** The dealers whose deals it is made of. */
  readonly counted: readonly number[];
  /** The actors that have said that they keep their shares. */
  readonly confirmed: readonly string[];
  /** Keys before this one, the oldest first. */
  readonly earlier: readonly EarlierKey[];
  /** The setting by which it was made; 0: a majority. */
  readonly keyThreshold: number;
}

export interface Served {
  readonly atMs: number;
  readonly times: number;
}

/** A key as a row has it. */
export interface EarlierKey {
  /** Hex. */
  readonly ceremony: string;
  /** Base64. */
  readonly encoded: string;
}

export function readKeyBrief(reader: Reader): KeyBrief | undefined {
  const row = readObject(reader, governanceTables.networkKey);
  const holders = parseHolders(row?.['holders']);
  const [generation, threshold, madeAtMs, begunAtMs] = [
    countOf(row?.['generation']),
    countOf(row?.['threshold']),
    countOf(row?.['made_at']),
    countOf(row?.['begun_at']),
  ];
  const encoded = textOf(row?.['key']);
  const ceremony = textOf(row?.['ceremony']);
  if (generation === undefined || threshold === undefined || madeAtMs === undefined) return undefined;
  if (begunAtMs === undefined || encoded === undefined || ceremony === undefined) return undefined;
  if (holders === undefined) return undefined;
  return {
    generation,
    threshold,
    holders,
    ceremony,
    madeAtMs,
    begunAtMs,
    encoded,
    asked: textsOf(row?.['asked']),
    served: servedIn(row?.['served']),
    counted: dealersOf(row?.['deals']),
    confirmed: textsOf(row?.['confirmed']),
    earlier: earlierIn(row?.['earlier']),
    keyThreshold: countOf(row?.['key_threshold']) ?? 0,
  };
}

function servedIn(value: unknown): KeyBrief['served'] {
  const entries = Object.entries(isJsonObject(value) ? value : {}).flatMap(([actorId, one]) => {
    const [atMs, times] = isJsonObject(one) ? [countOf(one['at']), countOf(one['times'])] : [];
    return atMs === undefined || times === undefined ? [] : [[actorId, { atMs, times }] as const];
  });
  return Object.fromEntries(entries);
}

function earlierIn(value: unknown): readonly EarlierKey[] {
  return (Array.isArray(value) ? value : []).flatMap((one) => {
    const [ceremony, encoded] = isJsonObject(one) ? [textOf(one['ceremony']), textOf(one['key'])] : [];
    return ceremony === undefined || encoded === undefined ? [] : [{ ceremony, encoded }];
  });
}

export interface MadeKey extends Sharing {
  readonly generation: number;
  readonly key: ThresholdKey;
  readonly ceremony: Ceremony;
  readonly madeAtMs: number;
  readonly begunAtMs: number;
  readonly counted: readonly number[];
  readonly confirmed: readonly string[];
  readonly earlier: readonly EarlierKey[];
  readonly keyThreshold: number;
  readonly served: KeyBrief['served'];
}

export function writeNetworkKey(transaction: Transaction, made: MadeKey): void {
  const { key, ceremony } = made;
  putRow(transaction, governanceTables.networkKey, undefined, {
    generation: made.generation,
    key: toBase64(encodeThresholdKey(key)),
    holders: made.holders,
    threshold: made.threshold,
    ceremony: toHex(key.ceremony),
    network: toHex(ceremony.network),
    made_at: made.madeAtMs,
    begun_at: made.begunAtMs,
    ceremony_id: toHex(ceremony.id),
    deals: made.counted,
    confirmed: made.confirmed,
    earlier: made.earlier.map(({ ceremony: of, encoded }) => ({ ceremony: of, key: encoded })),
    key_threshold: made.keyThreshold,
    ...servedRow(made.served),
    ...(ceremony.previous !== undefined && { previous: toBase64(encodeThresholdKey(ceremony.previous)) }),
  });
}

/** Notes that `nodeId` has no share of the present key. */
export function writeAsked(transaction: Transaction, nodeId: NodeId): void {
  const asked = new Set(readKeyBrief(transaction)?.asked ?? []);
  const row = readObject(transaction, governanceTables.networkKey);
  if (row === undefined || asked.has(nodeId)) return;
  putRow(transaction, governanceTables.networkKey, undefined, { ...row, asked: [...asked, nodeId] });
}

/** Notes that `actorId` keeps its share of the present key. */
export function writeConfirmed(transaction: Transaction, actorId: string): void {
  const confirmed = new Set(readKeyBrief(transaction)?.confirmed ?? []);
  const row = readObject(transaction, governanceTables.networkKey);
  if (row === undefined || confirmed.has(actorId)) return;
  const all = [...confirmed, actorId].toSorted();
  putRow(transaction, governanceTables.networkKey, undefined, { ...row, confirmed: all });
}

/** Notes that shares of the present key are about to be made anew, and for which actors because they have none. */
export function writeBegun(transaction: Transaction, nowMs: number, served: KeyBrief['served']): void {
  const row = readObject(transaction, governanceTables.networkKey);
  if (row === undefined) return;
  const { served: _, ...rest } = row;
  putRow(transaction, governanceTables.networkKey, undefined, {
    ...rest,
    begun_at: nowMs,
    ...servedRow(served),
  });
}

function servedRow(served: KeyBrief['served']): JsonObject {
  const entries = Object.entries(served).map(([id, { atMs, times }]) => [id, { at: atMs, times }]);
  return entries.length === 0 ? {} : { served: Object.fromEntries(entries) };
}

/** A key in base64; undefined when it is none. */
export function readThresholdKey(value: unknown): ThresholdKey | undefined {
  const bytes = fromBase64(textOf(value) ?? '');
  try {
    return bytes === undefined ? undefined : decodeThresholdKey(bytes);
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

/** Numbers of dealers in a row. */
export function dealersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((number) => countOf(number) !== undefined) : [];
}
