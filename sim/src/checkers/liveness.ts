/**
 * Liveness after healing: a leader within 10 election timeouts, commit that advances, and in the end nodes that are
 * all equal. With some links still cut (but a majority in touch with every node) or a deaf leader, a stable leader
 * that commits: this is what pre-vote and check-quorum are for.
 */
import type { NodeId } from '@coco/primitives';
import { cutSomeLinks, deafen, heal } from '../world/healing.js';
import { lapsedBy, renewedBy } from '../world/leases.js';
import { runUntil } from '../world/loop.js';
import { leavingAt, standingIn } from '../world/standing.js';
import { askNode, signRest } from '../world/workload.js';
import { present, type SimNode, type World } from '../world/world.js';
import { check } from './checker.js';

/** Heals the world step by step and demands progress. */
export function checkLiveness(world: World): void {
  const { partialHealing, settings } = world.profile;
  heal(world);
  runUntil(world, after(world, 5));
  // Members can be told from others only when nothing is in flight any more.
  if (world.membership && partialHealing !== 'none') demandSettled(world);
  if (partialHealing === 'links' && settings.preVote) stayPartial(world);
  if (partialHealing === 'deafLeader') stayDeaf(world);
  heal(world);
  const leader = demandLeader(world, 'leader-after-healing', () => electedByAll(world));
  demandCommit(world, 'commit-after-healing', leader);
  demandSettled(world);
  const members = demandEqual(world);
  demandNothingLost(world, members);
  demandAnswers(world, members);
  if (!members.some(({ id }) => world.initialNodes.includes(id))) world.counts.replaced += 1;
}

function stayPartial(world: World): void {
  if (world.random.fraction() < 0.5) {
    cutSomeLinks(world, membersNow(world));
    demandStable(world, settledLeader(world, 'leader-when-partial'));
    return;
  }
  // Idle, all logs are equal and anyone could be elected: then only pre-vote keeps a node that does not hear the
  // leader from bringing it down.
  demandLeader(world, 'leader-when-whole', () => electedByAll(world));
  world.workloadOn = false;
  signRest(world);
  runUntil(world, after(world, 5));
  const leader = demandLeader(world, 'leader-when-whole', () => electedByAll(world));
  cutSomeLinks(world, membersOf(world, leader));
  demandStable(world, leader);
}

function stayDeaf(world: World): void {
  const deaf = world.nodes.find((node) => node.machine?.isLeader === true);
  // Without the deaf one there must be a majority.
  if (deaf === undefined || membersOf(world, deaf).length < 3) return;
  deafen(world, deaf);
  const leader = settledLeader(world, 'leader-when-deaf', deaf);
  if (world.profile.settings.preVote) demandStable(world, leader);
}

/**
 * How many election timeouts an election may take. Nodes that nobody hears campaign all the while, and where they do not ask
 * first they bring their views along when they are taken back: rounds may then collide a few times.
 */
function patience({ membership, profile }: World): number {
  return membership && !profile.settings.preVote ? 30 : 10;
}

/** The time `timeouts` election timeouts from now, as the slowest clock counts them. */
function after(world: World, timeouts: number): number {
  const { settings, clockSpread } = world.profile;
  return world.nowUs + (timeouts * settings.electionTimeoutMs * 1000) / (1 - clockSpread);
}

function demandLeader(world: World, name: string, find: () => SimNode | undefined): SimNode {
  const timeouts = patience(world);
  runUntil(world, after(world, timeouts), () => find() !== undefined);
  const leader = find();
  check(leader !== undefined, name, () => `no leader in ${timeouts} election timeouts\n${picture(world)}`);
  return leader;
}

/** A leader that all members know. */
function electedByAll(world: World): SimNode | undefined {
  return world.nodes.find(
    (leader) =>
      leader.machine?.isLeader === true &&
      membersOf(world, leader).every(({ machine }) => machine?.primary === leader.id),
  );
}

/** The nodes of the latest configuration in the log of `leader`. */
function membersOf(world: World, leader: SimNode): readonly SimNode[] {
  const ids = standingIn(world.standings, leader.log).configuration.nodes;
  return world.nodes.filter(({ id }) => ids.includes(id));
}

/** The members of the longest log, which is that of the last leader where nothing is in flight. */
function membersNow(world: World): readonly SimNode[] {
  const [longest] = present(world).toSorted((a, b) => (b.machine?.commit ?? 0) - (a.machine?.commit ?? 0));
  return membersOf(world, longest as SimNode);
}

/**
 * Nothing is in flight: one configuration counts, everyone in it knows it, and who left is on record and switched off, or
 * quarantined; and there is nothing to do about leases.
 */
function demandSettled(world: World): void {
  if (!world.membership) return;
  const isSettled = (): boolean => {
    const leader = electedByAll(world);
    if (leader === undefined) return false;
    const commit = leader.machine?.commit ?? 0;
    const head = standingIn(world.standings, leader.log);
    const { configuration, retired, out } = standingIn(world.standings, leader.log, commit);
    return (
      head.configuration === configuration &&
      leavingAt(head).length === 0 &&
      present(world).every(({ id }) => !retired.has(id) || out.has(id)) &&
      leasesAreSettled(world, leader) &&
      membersOf(world, leader).every(({ machine }) => machine?.status().configurations.length === 1)
    );
  };
  runUntil(world, after(world, 60), isSettled);
  check(isSettled(), 'settled-after-healing', () => `membership does not settle\n${picture(world)}`);
}

/** Who renewed is back, who did not is out as far as that is possible, and the leader has a lease if any member has. */
function leasesAreSettled(world: World, leader: SimNode): boolean {
  const mayLead = !leader.lapsed || membersOf(world, leader).every(({ lapsed }) => lapsed);
  return mayLead && renewedBy(world, leader).length === 0 && lapsedBy(world, leader).length === 0;
}

/** A leader, other than `except`, that has committed in its own view. */
function workingLeader(world: World, except?: SimNode): SimNode | undefined {
  return world.nodes.find((node) => {
    const { machine } = node;
    if (node === except || machine?.isLeader !== true) return false;
    return machine.commit > 0 && node.log[machine.commit - 1]?.view === machine.view;
  });
}

function demandCommit(world: World, name: string, leader: SimNode): void {
  const highest = Math.max(...world.nodes.map(({ machine }) => machine?.commit ?? 0));
  const done = (): boolean => world.nodes.some(({ machine }) => (machine?.commit ?? 0) > highest);
  runUntil(world, after(world, patience(world)), done);
  check(done(), name, () => `${leader.id} leads and commits nothing above ${highest}\n${picture(world)}`);
}

/** A leader, other than `except`, that is there when all elections that had begun before it are over. */
function settledLeader(world: World, name: string, except?: SimNode): SimNode {
  const find = (): SimNode | undefined => workingLeader(world, except);
  demandLeader(world, name, find);
  // A rival that was encouraged just before that election may still win the next one.
  runUntil(world, after(world, 3));
  return demandLeader(world, name, find);
}

/** The leader stays, and goes on committing. */
function demandStable(world: World, leader: SimNode): void {
  const view = leader.machine?.view;
  const commit = leader.machine?.commit ?? 0;
  runUntil(world, after(world, 10));
  check(
    leader.machine?.isLeader === true && leader.machine.view === view,
    'stable-leader',
    () => `${leader.id} did not keep view ${view}, though a majority could reach it\n${picture(world)}`,
  );
  demandAdvance(world, leader, commit);
}

function demandAdvance(world: World, leader: SimNode, commit: number): void {
  world.workloadOn = true;
  signRest(world);
  const done = (): boolean => (leader.machine?.commit ?? 0) > commit;
  runUntil(world, after(world, 10), done);
  check(
    done(),
    'commit-when-partial',
    () => `${leader.id} commits nothing above ${commit}\n${picture(world)}`,
  );
}

/** All members become equal, and none is in doubt any more. Gives the members. */
function demandEqual(world: World): readonly SimNode[] {
  world.workloadOn = false;
  signRest(world);
  const equals = (): readonly SimNode[] | undefined => {
    const leader = electedByAll(world);
    if (leader === undefined) return undefined;
    const members = membersOf(world, leader);
    const last = leader.log.at(-1);
    const areEqual = members.every(
      ({ log, machine, applied }) =>
        log.at(-1) === last &&
        machine?.commit === log.length &&
        applied === log.length &&
        machine.status().doubt === undefined,
    );
    return areEqual ? members : undefined;
  };
  runUntil(world, after(world, 30), () => equals() !== undefined);
  const members = equals();
  check(
    members !== undefined,
    'equal-after-healing',
    () => `the nodes do not become equal\n${picture(world)}`,
  );
  return members;
}

/** Whatever anyone took for committed is there, through however many nodes it was handed on. */
function demandNothingLost(world: World, members: readonly SimNode[]): void {
  const { committed } = world;
  if (committed === undefined) return;
  for (const { id, log } of members) {
    check(
      log[committed.seqno - 1] === committed,
      'nothing-lost',
      () => `${id} lacks ${committed.view}.${committed.seqno}, which was committed\n${picture(world)}`,
    );
  }
}

/** Every member gives a final answer for every transaction up to the commit. */
function demandAnswers(world: World, members: readonly SimNode[]): void {
  const commit = members[0]?.machine?.commit ?? 0;
  for (const record of world.made.slice(-200)) {
    if (record.seqno > commit) continue;
    for (const node of members) {
      const status = node.machine?.txStatus(record);
      check(
        status === 'Committed' || status === 'Invalid',
        'final-answers',
        () => `${node.id} calls ${record.view}.${record.seqno} ${status} with commit ${commit}`,
      );
      askNode(world, node, record);
    }
  }
}

/** Where each node stands, for reports. */
function picture(world: World): string {
  return world.nodes
    .filter(({ stage }) => stage !== 'absent')
    .map((node) => `  ${lineOf(node)}`)
    .join('\n');
}

function lineOf({ id, machine, log, stage, disk, lapsed }: SimNode): string {
  if (stage === 'gone') return `${id}: switched off for good`;
  const primary: NodeId = machine?.primary ?? 'nobody';
  const status = machine?.status();
  const last = log.at(-1);
  const configurations = status?.configurations.map(({ seqno, nodes }) => `${seqno}:{${nodes.join(' ')}}`);
  const doubt = status?.doubt === undefined ? '' : 'in doubt, ';
  return (
    `${id}: ${doubt}${status?.leadership ?? 'down'} view ${machine?.view}, follows ${primary}, last ${last?.view ?? 0}.${log.length}, ` +
    `commit ${machine?.commit}, base ${disk.base}, held from ${disk.heldFrom}, ${lapsed ? 'no lease, ' : ''}${configurations?.join(' ')}`
  );
}
