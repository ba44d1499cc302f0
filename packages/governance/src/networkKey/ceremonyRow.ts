/**
 * The ceremony that is running: the only row of `public:coco.network_key.ceremony`.
 *
 *     { id (hex), digest (hex), network (hex), threshold, actors [actor id], holders {actor id: [share key (hex)]}, phase, begun_at (ms),
 *       phase_at (ms), generation, previous? (base64), counted? [dealer], ready [actor id] }
 *
 * `generation` is that of the key which it makes. The row is removed when that is made.
 */
import type { Ceremony } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { fromHex, toHex } from '@coco/primitives';
import { countOf, type JsonObject, putRow, readObject, rowKey, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import { parseHolders } from './holders.js';
import { dealersOf, readThresholdKey } from './keyRow.js';
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
  /** `ceremony.previous`, as its own row has it: base64. */
  readonly previous?: string;
}

export function beginCeremony(transaction: Transaction, begun: NewCeremony): void {
  const { ceremony, digest, holders, generation, nowMs, previous } = begun;
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
    ...(previous !== undefined && { previous }),
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
  if (threshold === undefined || generation === undefined) return undefined;
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
  };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}
