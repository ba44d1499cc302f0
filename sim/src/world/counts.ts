/**
 * What a run has done, to see that it did anything.
 */
export interface Counts {
  steps: number;
  sent: number;
  dropped: number;
  leaders: number;
  commits: number;
  crashes: number;
  writesLost: number;
  pauses: number;
  cuts: number;
  entries: number;
  joins: number;
  /** Starts from a snapshot of another node, of nodes that had joined before. */
  rejoins: number;
  configurations: number;
  /** Nodes switched off for good. */
  retired: number;
  /** Nodes left out for want of a lease, and those taken back. */
  quarantined: number;
  returned: number;
  /** Disks turned back, and how often somebody noticed. */
  turnedBack: number;
  foundOut: number;
  /** Runs at whose end none of the first nodes takes part any more. */
  replaced: number;
}

export function createCounts(): Counts {
  return {
    steps: 0,
    sent: 0,
    dropped: 0,
    leaders: 0,
    commits: 0,
    crashes: 0,
    writesLost: 0,
    pauses: 0,
    cuts: 0,
    entries: 0,
    joins: 0,
    rejoins: 0,
    configurations: 0,
    retired: 0,
    quarantined: 0,
    returned: 0,
    turnedBack: 0,
    foundOut: 0,
    replaced: 0,
  };
}

/** Adds `more` to `sum`. */
export function addCounts(sum: Counts, more: Counts): void {
  for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += more[key];
}
