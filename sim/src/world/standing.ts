/**
 * Who takes part after an entry, read from the entry and those below it: the truth that checkers hold consensus to, and
 * from which the invented replicas act.
 */
import type { Configuration, LogBase } from '@coco/consensus';
import type { NodeId, Seqno, View } from '@coco/primitives';
import type { LogRecord } from './record.js';

/** Shared by all entries up to the next that changes it. */
export interface Standing {
  /** The configuration that the last reconfiguration made. */
  readonly configuration: Configuration;
  /** How things stood before that; undefined for the configuration before the first entry. */
  readonly before: Standing | undefined;
  /** Everyone that ever took part. */
  readonly known: ReadonlySet<NodeId>;
  /** Whose retirement is on record, and where. */
  readonly retired: ReadonlyMap<NodeId, Seqno>;
  /** Who is quarantined, and where that began. */
  readonly out: ReadonlyMap<NodeId, Seqno>;
}

/** The beginning of a ledger, and what was already worked out of it. */
export interface Standings {
  readonly genesis: Standing;
  readonly of: WeakMap<LogRecord, Standing>;
}

export function createStandings(initialNodes: readonly NodeId[]): Standings {
  const configuration = { seqno: 0, nodes: initialNodes };
  const known = new Set(initialNodes);
  const genesis = { configuration, before: undefined, known, retired: new Map(), out: new Map() };
  return { genesis, of: new WeakMap() };
}

/** How things stand after `record`; at the beginning for undefined. */
export function standingAfter(standings: Standings, record: LogRecord | undefined): Standing {
  const unknown: LogRecord[] = [];
  let at = record;
  while (at !== undefined && !standings.of.has(at)) {
    unknown.push(at);
    at = at.parent;
  }
  let standing = (at && standings.of.get(at)) ?? standings.genesis;
  for (let next = unknown.pop(); next !== undefined; next = unknown.pop()) {
    standing = changedBy(standing, next);
    standings.of.set(next, standing);
  }
  return standing;
}

/** How things stand in `log` at `seqno`, by default at its end. */
export function standingIn(
  standings: Standings,
  log: readonly LogRecord[],
  seqno: Seqno = log.length,
): Standing {
  return standingAfter(standings, log[seqno - 1]);
}

/** The configurations that count where `log` is committed up to `commit`: the one in force there and all later. */
export function activeIn(standings: Standings, log: readonly LogRecord[], commit: Seqno): Configuration[] {
  const active: Configuration[] = [];
  let standing: Standing | undefined = standingIn(standings, log);
  for (; standing !== undefined; standing = standing.before) {
    active.push(standing.configuration);
    if (standing.configuration.seqno <= commit) break;
  }
  return active.reverse();
}

/** Who has left, without that being on record. */
export function leavingAt({ configuration, known, retired }: Standing): NodeId[] {
  return [...known].filter((id) => !configuration.nodes.includes(id) && !retired.has(id));
}

/** Where the entry is by which `log`, up to `seqno`, has the node quarantined; undefined when it has not. */
export function isOutBy(
  standings: Standings,
  log: readonly LogRecord[],
  id: NodeId,
  seqno: Seqno = log.length,
): Seqno | undefined {
  return standingIn(standings, log, seqno).out.get(id);
}

/** What a snapshot at `seqno`, which is a committed signature of `log`, tells a node that starts from it. */
export function baseAt(standings: Standings, log: readonly LogRecord[], seqno: Seqno): LogBase {
  const views: { view: View; from: Seqno }[] = [];
  for (const record of log.slice(0, seqno)) {
    if (record.view !== views.at(-1)?.view) views.push({ view: record.view, from: record.seqno });
  }
  const standing = standingIn(standings, log, seqno);
  const { configuration } = standing;
  return {
    view: views.at(-1)?.view ?? 0,
    seqno,
    views,
    configuration: { seqno: configuration.seqno, nodes: configuration.nodes.toSorted() },
    leaving: leavingAt(standing),
  };
}

function changedBy(standing: Standing, record: LogRecord): Standing {
  const { seqno, configuration, retiredCommitted, quarantined } = record;
  if (configuration === undefined && retiredCommitted === undefined) return standing;
  const nodes = configuration ?? standing.configuration.nodes;
  return {
    configuration: configuration === undefined ? standing.configuration : { seqno, nodes },
    before: configuration === undefined ? standing.before : standing,
    known: configuration === undefined ? standing.known : new Set([...standing.known, ...nodes]),
    retired: without(nodes, standing.retired, retiredCommitted, seqno),
    out: without(nodes, standing.out, quarantined, seqno),
  };
}

/** What was known of some nodes, and is now of `more`, but not of those that take part. */
function without(
  members: readonly NodeId[],
  known: ReadonlyMap<NodeId, Seqno>,
  more: readonly NodeId[] = [],
  seqno: Seqno,
): ReadonlyMap<NodeId, Seqno> {
  const all = [...known, ...more.map((id): [NodeId, Seqno] => [id, seqno])];
  return new Map(all.filter(([id]) => !members.includes(id)));
}
