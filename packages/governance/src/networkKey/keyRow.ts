/**
 * The shared key of the network: the only row of `public:coco.network_key`.
 *
 *     { generation, key (base64, encodeThresholdKey), holders {actor id: [share key (hex)]}, threshold, ceremony (hex), network (hex),
 *       made_at (ms), begun_at (ms), ceremony_id (hex), deals [dealer], previous? (base64), asked? [node id] }
 *
 * `ceremony_id` and `previous` are of the ceremony that made it, so that shares can be finished from its deals; `asked` are nodes
 * that have no share and say so.
 */
import { type Ceremony, decodeThresholdKey, encodeThresholdKey, type ThresholdKey } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { CocoError, fromBase64, fromHex, type NodeId, toBase64, toHex } from '@coco/primitives';
import { countOf, putRow, readObject, textOf } from '../rows.js';
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
    counted: dealersOf(row?.['deals']),
  };
}

/** What the row says without a look at the key: cheap. */
export interface KeyBrief extends Sharing {
  readonly generation: number;
  /** Hex. */
  readonly ceremony: string;
  readonly madeAtMs: number;
  /** When its ceremony began. */
  readonly begunAtMs: number;
  /** The key as it stands there: base64. */
  readonly encoded: string;
  readonly asked: readonly NodeId[];
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
  const asked = row?.['asked'];
  return {
    generation,
    threshold,
    holders,
    ceremony,
    madeAtMs,
    begunAtMs,
    encoded,
    asked: Array.isArray(asked) ? asked.filter((id) => typeof id === 'string') : [],
  };
}

export interface MadeKey extends Sharing {
  readonly generation: number;
  readonly key: ThresholdKey;
  readonly ceremony: Ceremony;
  readonly madeAtMs: number;
  readonly begunAtMs: number;
  readonly counted: readonly number[];
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
