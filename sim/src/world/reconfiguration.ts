/**
 * Nodes that come and go: what governance does at a primary. A configuration is an entry like others; a node that
 * left never comes back under its id; and once its leaving is committed, another entry records that (then it may be
 * switched off).
 */
import type { NodeId, Seqno } from '@coco/primitives';
import { appendAt } from './driver.js';
import { waitingMs } from './profile.js';
import { type LogRecord, type NewEntry, signatureEntry } from './record.js';
import { isReady } from './workload.js';
import type { SimNode, World } from './world.js';

const everyMs = 150;
const membersMax = 7;

/** Plans the first change, in runs in which the configuration changes. */
export function beginReconfigurations(world: World): void {
  if (world.reconfigures) planReconfiguration(world);
}

/** At whoever believes to be primary: records who has left, and perhaps changes who takes part. */
export function reconfigure(world: World): void {
  planReconfiguration(world);
  for (const node of world.nodes) {
    if (!isReady(node)) continue;
    recordRetirements(world, node);
    if (world.faultsOn && world.workloadOn && isReady(node)) changeMembers(world, node);
  }
}

/** The configuration in force at the end of `log`, or at `upTo`. */
export function configurationIn(
  world: World,
  log: readonly LogRecord[],
  upTo: Seqno = log.length,
): readonly NodeId[] {
  for (let i = upTo - 1; i >= 0; i--) {
    const { configuration } = log[i] as LogRecord;
    if (configuration !== undefined) return configuration;
  }
  return world.initialNodes;
}

/** Ids whose leaving is on record at or below `upTo`. */
export function retiredIn(log: readonly LogRecord[], upTo: Seqno): Set<NodeId> {
  const retired = new Set<NodeId>();
  for (const record of log.slice(0, upTo)) for (const id of record.retiredCommitted ?? []) retired.add(id);
  return retired;
}

/** Says of nodes whose leaving is committed that it is. */
function recordRetirements(world: World, node: SimNode): void {
  const commit = node.machine?.commit ?? 0;
  const staying = new Set([
    ...configurationIn(world, node.log, commit),
    ...node.log.slice(commit).flatMap(({ configuration }) => configuration ?? []),
  ]);
  const recorded = retiredIn(node.log, node.log.length);
  const left = [...everMember(world, node.log.slice(0, commit))].filter(
    (id) => !staying.has(id) && !recorded.has(id),
  );
  if (left.length > 0) appendAt(world, node, [{ signature: false, retiredCommitted: left }, signatureEntry]);
}

function changeMembers(world: World, node: SimNode): void {
  const { random } = world;
  const members = configurationIn(world, node.log);
  const known = everMember(world, node.log);
  const fresh = world.nodes.map(({ id }) => id).filter((id) => !known.has(id));
  // Mostly one at a time; now and then half of them, or all.
  const leave = [0.1, 0.1, 0.2, 0.6, 1][random.integer(5)] as number;
  const stays = members.filter(() => random.fraction() >= leave);
  const joins = fresh.slice(0, random.integer(3));
  const next = [...stays, ...joins].slice(0, membersMax);
  if (next.length === 0 || next.join() === members.join()) return;
  const change: NewEntry = { signature: false, configuration: next };
  appendAt(world, node, random.fraction() < 0.7 ? [change, signatureEntry] : [change]);
}

function everMember(world: World, log: readonly LogRecord[]): Set<NodeId> {
  const known = new Set(world.initialNodes);
  for (const { configuration } of log) for (const id of configuration ?? []) known.add(id);
  return known;
}

function planReconfiguration(world: World): void {
  world.queue.push(world.nowUs + 1 + Math.ceil(waitingMs(world.random, everyMs) * 1000), {
    type: 'reconfigure',
  });
}
