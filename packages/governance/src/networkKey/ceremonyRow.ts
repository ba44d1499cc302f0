/**
 * The ceremony that is running: the only row of `public:coco.network_key.ceremony`.
 *
 *     { id (hex), digest (hex), network (hex), threshold, actors [actor id], holders {actor id: [share key (hex)]}, phase, begun_at (ms),
 *       phase_at (ms), generation, previous? (base64), base? (hex), dealers [actor id], deals_min, key_threshold, counted? [dealer],
 *       ready [actor id] }
 *
 * `generation` is that of the key which it makes; `previous` is the key whose shares are made anew, `base` the ceremony that made
 * those: the present one, or one before it. The row is removed when the key is made.
 */
import { type Ceremony, dealsMin } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { fromHex, toHex } from '@coco/primitives';
import { countOf, type JsonObject, putRow, readObject, rowKey, textOf, textsOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import { parseHolders } from './holders.js';
import { dealersOf, type EarlierKey, readThresholdKey } from './keyRow.js';
import type { Holders } from './types.js';

export interface RunningCeremony {
  /** Hex. */
  readonly digest: string;
  readonly threshold: number;
  readonly actors: readonly string[];
  readonly holders: Holders;
  readonly phase: 'dealing' | 'judging';
  readonly begunAtMs: number;
  readonly phaseAtMs: number;
  readonly generation: number;
  /** The dealers whose deals count, from judging on. */
  readonly counted: readonly number[];
  /** Actors that have their shares of what these deals make. */
  readonly ready: readonly string[];
  /** Whether the shares of a key are made anew. */
  readonly isResharing: boolean;
  /** The ceremony whose shares those are: hex. */
  readonly base?: string;
  /** Actors by number of the dealer: those that share the key whose shares are made anew. */
  readonly dealers: readonly string[];
  /** How many deals must count. */
  readonly dealsMin: number;
  /** The setting by which it was begun; 0: a majority. */
  readonly keyThreshold: number;
}

/** Undefined when none is running. */
export function readCeremony(reader: Reader): RunningCeremony | undefined {
  const row = readObject(reader, governanceTables.keyCeremony);
  return row === undefined ? undefined : runningOf(row);
}

/** The ceremony as crypto has it; undefined when none is running. It takes a look at every point of the previous key. */
export function readCeremonyRecord(reader: Reader): Ceremony | undefined {
  const row = readObject(reader, governanceTables.keyCeremony);
  const running = row === undefined ? undefined : runningOf(row);
  const [network, id] = [fromHex(textOf(row?.['network']) ?? ''), fromHex(textOf(row?.['id']) ?? '')];
  if (running === undefined || network === undefined || id === undefined) return undefined;
  const { threshold, actors, isResharing } = running;
  if (!isResharing) return { network, id, threshold, actors };
  const previous = readThresholdKey(row?.['previous']);
  return previous === undefined ? undefined : { network, id, threshold, actors, previous };
}

export interface NewCeremony {
  readonly ceremony: Ceremony;
  /** Hex. */
  readonly digest: string;
  readonly holders: Holders;
  readonly generation: number;
  readonly nowMs: number;
  /** `ceremony.previous`, as its own row has it. */
  readonly base?: EarlierKey;
  readonly keyThreshold: number;
}

export function beginCeremony(transaction: Transaction, begun: NewCeremony): void {
  const { ceremony, digest, holders, generation, nowMs, base, keyThreshold } = begun;
  putRow(transaction, governanceTables.keyCeremony, undefined, {
    id: toHex(ceremony.id),
    digest,
    network: toHex(ceremony.network),
    threshold: ceremony.threshold,
    actors: ceremony.actors,
    holders,
    phase: 'dealing',
    begun_at: nowMs,
    phase_at: nowMs,
    generation,
    ...(base !== undefined && { previous: base.encoded, base: base.ceremony }),
    dealers: ceremony.previous?.actors ?? ceremony.actors,
    deals_min: dealsMin(ceremony),
    key_threshold: keyThreshold,
    ready: [],
  });
}

/** What a step changes of the row. */
export function changeCeremony(
  transaction: Transaction,
  change: {
    readonly phase?: 'judging';
    readonly phaseAtMs?: number;
    readonly counted?: readonly number[];
    readonly ready?: readonly string[];
  },
): void {
  const { phase, phaseAtMs, counted, ready } = change;
  putRow(transaction, governanceTables.keyCeremony, undefined, {
    ...readObject(transaction, governanceTables.keyCeremony),
    ...(phase !== undefined && { phase }),
    ...(phaseAtMs !== undefined && { phase_at: phaseAtMs }),
    ...(counted !== undefined && { counted }),
    ...(ready !== undefined && { ready }),
  });
}

export function endCeremony(transaction: Transaction): void {
  transaction.remove(governanceTables.keyCeremony, rowKey(undefined));
}

function runningOf(row: JsonObject): RunningCeremony | undefined {
  const digest = textOf(row['digest']);
  const holders = parseHolders(row['holders']);
  const phase = row['phase'];
  const [threshold, generation, begunAtMs, phaseAtMs] = [
    countOf(row['threshold']),
    countOf(row['generation']),
    countOf(row['begun_at']),
    countOf(row['phase_at']),
  ];
  if (digest === undefined || holders === undefined || (phase !== 'dealing' && phase !== 'judging')) {
    return undefined;
  }
  const least = countOf(row['deals_min']);
  const base = textOf(row['base']);
  if (threshold === undefined || generation === undefined || least === undefined) return undefined;
  if (begunAtMs === undefined || phaseAtMs === undefined) return undefined;
  return {
    digest,
    threshold,
    actors: textsOf(row['actors']),
    holders,
    phase,
    begunAtMs,
    phaseAtMs,
    generation,
    counted: dealersOf(row['counted']),
    ready: textsOf(row['ready']),
    isResharing: row['previous'] !== undefined,
    ...(base !== undefined && { base }),
    dealers: textsOf(row['dealers']),
    dealsMin: least,
    keyThreshold: countOf(row['key_threshold']) ?? 0,
  };
}
