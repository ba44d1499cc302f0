/**
 * Who decides when faults strike: a clock, and ambushes at the moments at which a bug would show (just after a vote,
 * just after a signature was sent to one peer).
 */
import { strike } from './faults.js';
import { type FaultKind, type Moment, pick, waitingMs } from './profile.js';
import { present, type SimNode, type StepSeen, type World } from './world.js';

/** Begins the random strikes and lays the ambushes of the run's profile. */
export function unleash(world: World): void {
  planStrike(world);
  if (world.profile.ambushes.length > 0) {
    world.observers.step.push((seen) => watch(world, seen));
  }
}

/** A random strike, and the plan for the next. */
export function strikeAtRandom(world: World): void {
  if (!world.faultsOn) return;
  const { random, profile } = world;
  const leaders = world.nodes.filter((node) => node.machine?.isLeader === true);
  const aimed = leaders.length > 0 && random.fraction() < profile.aimAtPrimary;
  strike(world, pick(random, profile.faults), pick(random, aimed ? leaders : present(world)));
  planStrike(world);
}

/** Carries out an ambush that was sprung a moment ago. */
export function springAmbush(world: World, fault: FaultKind, victim: SimNode): void {
  if (world.faultsOn) strike(world, fault, victim);
}

function planStrike(world: World): void {
  const { strikeEveryMs } = world.profile;
  if (strikeEveryMs === Number.POSITIVE_INFINITY) return;
  world.queue.push(world.nowUs + 1 + Math.ceil(waitingMs(world.random, strikeEveryMs) * 1000), {
    type: 'strike',
  });
}

function watch(world: World, seen: StepSeen): void {
  if (!world.faultsOn) return;
  for (const { moment, fault, probability } of world.profile.ambushes) {
    if (!isMoment(moment, seen) || world.random.fraction() >= probability) continue;
    const delayUs = world.random.integer(2) === 0 ? 0 : world.random.integer(20_000);
    world.queue.push(world.nowUs + delayUs, { type: 'ambush', victim: seen.node, fault });
  }
}

function isMoment(moment: Moment, { event, ready, before, after }: StepSeen): boolean {
  switch (moment) {
    case 'leader':
      return after.isLeader && !before.isLeader;
    case 'candidate':
      return ready.role?.state === 'Candidate';
    case 'vote':
      return ready.send.some(({ message }) => message.type === 'requestVoteResponse' && message.granted);
    case 'signature':
      return event.type === 'append' && (event.entries.at(-1)?.signature ?? false);
    case 'commit':
      return ready.commit !== undefined;
    case 'ack':
      return event.type === 'receive' && event.message.type === 'appendEntriesResponse';
    case 'sync':
      return event.type === 'persisted';
    case 'rollback':
      return ready.rollbackTo !== undefined;
  }
}
