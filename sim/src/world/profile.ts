/**
 * The character of a run, drawn from its seed (swarm testing: Groce et al., ISSTA 2012). A run with a few strong
 * faults finds other bugs than a run with all of them, so each seed decides which are on, and how strong.
 */
import type { ConsensusSettings } from '@coco/consensus';
import type { Random } from '@coco/primitives';

/** What strikes a run. See faults.ts for what each does. */
export type FaultKind =
  | 'crash'
  | 'crashMajority'
  | 'pause'
  | 'split'
  | 'splitOneWay'
  | 'isolate'
  | 'deafen'
  | 'mute'
  | 'pair'
  | 'bridge'
  | 'links'
  | 'clock'
  | 'transfer'
  | 'rejoin'
  | 'turnBack';

/** Moments worth striking at. */
export type Moment = 'leader' | 'candidate' | 'vote' | 'signature' | 'commit' | 'ack' | 'sync' | 'rollback';

/** How the network is left for a while before everything is healed. */
export type PartialHealing = 'none' | 'links' | 'deafLeader';

/** Everything that is drawn once per run. Times in milliseconds of simulated time. */
export interface Profile {
  readonly settings: ConsensusSettings;
  readonly tickMs: number;
  /** Clocks run at rates within 1 ± this. */
  readonly clockSpread: number;
  readonly network: NetworkProfile;
  readonly disk: DiskProfile;
  readonly host: HostProfile;
  readonly workload: WorkloadProfile;
  /** Mean time between random strikes; Infinity for none. */
  readonly strikeEveryMs: number;
  readonly faults: readonly FaultKind[];
  /** Strikes aim at a primary with this probability, else at any node. */
  readonly aimAtPrimary: number;
  /** Mean duration of an outage. */
  readonly outageMs: number;
  readonly ambushes: readonly Ambush[];
  readonly chaosMs: number;
  readonly partialHealing: PartialHealing;
  readonly membership: MembershipProfile;
  readonly turning: TurningProfile;
}

/** Strike with `fault` at `moment` with `probability`. */
export interface Ambush {
  readonly moment: Moment;
  readonly fault: FaultKind;
  readonly probability: number;
}

export interface NetworkProfile {
  readonly baseMs: number;
  readonly jitterMs: number;
  readonly drop: number;
  readonly duplicate: number;
  /** Probability and mean of an exceptional delay. */
  readonly straggle: number;
  readonly straggleMs: number;
  /** Messages of a link arrive in the order in which they were sent. */
  readonly inOrder: boolean;
}

export interface DiskProfile {
  readonly baseMs: number;
  readonly jitterMs: number;
  readonly spike: number;
  readonly spikeMs: number;
}

/** What hosts may do in one way or another. */
export interface HostProfile {
  /** The entries of a message are read from the log when its step is taken; else when it leaves. */
  readonly readAtStep: boolean;
  /** `persisted` names the last entry written, even if the log has dropped it meanwhile. */
  readonly naivePersisted: boolean;
  /** Probability that what is applied is noted on disk as committed, beyond what the hard state says. */
  readonly notesCommit: number;
}

export interface WorkloadProfile {
  readonly everyMs: number;
  readonly batchMax: number;
  /** Probability that a batch ends with a signature. */
  readonly sign: number;
  readonly uncommittedMax: number;
}

/** How nodes come and go, in runs in which they do. Probabilities but for the first two. */
export interface MembershipProfile {
  /** Mean time between changes. */
  readonly everyMs: number;
  readonly style: 'anyhow' | 'oneByOne' | 'allAtOnce';
  /** That a joiner brings no snapshot. */
  readonly joinsEmpty: number;
  /** That a node which starts again does so from a snapshot of its own. */
  readonly shortens: number;
  /** At each change: that a lease ends. */
  readonly lapses: number;
  /** At each change: that a node without a lease renews it. */
  readonly renews: number;
}

/** How disks are turned back while their nodes are down. */
export interface TurningProfile {
  /** Whether they are, in this run. */
  readonly happens: boolean;
  /** Probability that what a sync has written is kept, to be shown again later. */
  readonly keeps: number;
  /** Also the first start of each node is one in doubt. */
  readonly beginsInDoubt: boolean;
}

const faultKinds: readonly FaultKind[] = [
  'crash',
  'crash',
  'crashMajority',
  'pause',
  'split',
  'splitOneWay',
  'isolate',
  'isolate',
  'deafen',
  'mute',
  'pair',
  'pair',
  'bridge',
  'links',
  'clock',
  'transfer',
  'rejoin',
];
const ambushFaults: readonly FaultKind[] = [
  'crash',
  'crash',
  'pause',
  'isolate',
  'deafen',
  'mute',
  'pair',
  'split',
  'rejoin',
];
const moments: readonly Moment[] = [
  'leader',
  'candidate',
  'vote',
  'signature',
  'commit',
  'ack',
  'sync',
  'rollback',
];

/**
 * Draws a profile. `chaosMs` overrides how long faults last, in simulated milliseconds; `turning` whether disks are
 * turned back.
 */
export function drawProfile(random: Random, chaosMs?: number, turns?: boolean): Profile {
  const profile = drawUsual(random, chaosMs);
  const happens = random.fraction() < 0.4;
  const turning: TurningProfile = {
    happens: turns ?? happens,
    keeps: pick(random, [0.02, 0.1, 0.5]),
    beginsInDoubt: random.fraction() < 0.2,
  };
  if (turning.happens) return { ...turned(random, profile), turning };
  const trustDiskAfterMs = between(random, 1, 300);
  // Who is cut off for want of a lease is not waited for: then somebody must trust in the end.
  const neverTrusts = random.fraction() < 0.5 && profile.membership.lapses === 0;
  if (neverTrusts) return { ...profile, turning };
  return { ...profile, settings: { ...profile.settings, trustDiskAfterMs }, turning };
}

/** Whoever never trusts a disk must not be left out: no leases end in such a run. */
function turned(random: Random, profile: Omit<Profile, 'turning'>): Omit<Profile, 'turning'> {
  const faults: FaultKind[] = [...profile.faults, 'turnBack', 'turnBack'];
  const ambushes = profile.ambushes.map((ambush): Ambush => {
    return random.fraction() < 0.5 ? { ...ambush, fault: 'turnBack' } : ambush;
  });
  return { ...profile, faults, ambushes, membership: { ...profile.membership, lapses: 0 } };
}

function drawUsual(random: Random, chaosMs?: number): Omit<Profile, 'turning'> {
  const electionTimeoutMs = 100;
  // Two ticks and the slowest clock must still leave it well below half of the timeout.
  const heartbeatMs = 10 + random.integer(7);
  const settings: ConsensusSettings = {
    electionTimeoutMs,
    heartbeatMs,
    // In some profiles; not drawn, so that every other draw of a seed stays what it was.
    ...(heartbeatMs % 2 === 1 && { standstillMs: electionTimeoutMs / 4 }),
    appendEntriesMax: pick(random, [1, 2, 5, 20]),
    inFlightEntriesMax: pick(random, [20, 40, 200]),
    preVote: random.fraction() < 0.85,
  };
  const calm = random.fraction() < 0.05;
  return {
    settings,
    tickMs: pick(random, [5, 10]),
    clockSpread: pick(random, [0, 0.05, 0.15]),
    network: drawNetwork(random),
    disk: drawDisk(random),
    host: {
      readAtStep: random.fraction() < 0.5,
      naivePersisted: random.fraction() < 0.3,
      notesCommit: pick(random, [0, 0.02, 0.2]),
    },
    workload: {
      everyMs: between(random, 4, 60),
      batchMax: pick(random, [1, 3, 8]),
      sign: pick(random, [0.3, 0.6, 0.9, 1]),
      uncommittedMax: pick(random, [10, 40, 100]),
    },
    strikeEveryMs: calm
      ? Number.POSITIVE_INFINITY
      : between(random, 0.5 * electionTimeoutMs, 10 * electionTimeoutMs),
    faults: drawFaults(random),
    aimAtPrimary: random.fraction(),
    outageMs: between(random, 0.3 * electionTimeoutMs, 8 * electionTimeoutMs),
    ambushes: calm ? [] : drawAmbushes(random),
    chaosMs: chaosMs ?? between(random, 8 * electionTimeoutMs, 32 * electionTimeoutMs),
    partialHealing: pick(random, ['none', 'links', 'deafLeader'] as const),
    membership: drawMembership(random),
  };
}

function drawMembership(random: Random): MembershipProfile {
  return {
    everyMs: between(random, 25, 250),
    style: pick(random, ['anyhow', 'anyhow', 'oneByOne', 'allAtOnce'] as const),
    joinsEmpty: pick(random, [0, 0.1, 0.5]),
    shortens: pick(random, [0, 0.2, 0.7]),
    lapses: pick(random, [0, 0.1, 0.3, 0.8]),
    renews: pick(random, [0.02, 0.2, 0.6]),
  };
}

function drawNetwork(random: Random): NetworkProfile {
  const on = (): boolean => random.fraction() < 0.5;
  return {
    baseMs: between(random, 0.1, 4),
    jitterMs: between(random, 0.1, 15),
    drop: on() ? between(random, 0.002, 0.3) : 0,
    duplicate: on() ? between(random, 0.002, 0.3) : 0,
    straggle: on() ? between(random, 0.001, 0.1) : 0,
    straggleMs: between(random, 20, 3_000),
    inOrder: on(),
  };
}

function drawDisk(random: Random): DiskProfile {
  return {
    baseMs: between(random, 0.1, 4),
    jitterMs: between(random, 0.1, 8),
    spike: random.fraction() < 0.5 ? between(random, 0.001, 0.1) : 0,
    spikeMs: between(random, 10, 400),
  };
}

function drawFaults(random: Random): FaultKind[] {
  const chosen = faultKinds.filter(() => random.fraction() < 0.35);
  return chosen.length > 0 ? chosen : [pick(random, faultKinds)];
}

function drawAmbushes(random: Random): Ambush[] {
  const ambushes: Ambush[] = [];
  for (const moment of moments) {
    if (random.fraction() < 0.25) {
      ambushes.push({ moment, fault: pick(random, ambushFaults), probability: between(random, 0.005, 0.5) });
    }
  }
  return ambushes;
}

/** One of `choices`, all equally likely. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)] as T;
}

/** A number in [low, high), uniform in the logarithm: small values are as worth trying as large ones. */
export function between(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.fraction();
}

/** A waiting time with this mean, exponentially distributed. */
export function waitingMs(random: Random, meanMs: number): number {
  return -Math.log(1 - random.fraction()) * meanMs;
}
