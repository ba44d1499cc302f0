/**
 * Which rules hold in which block: mainnet's forks in order, activated by block number up to Paris and by time from
 * Shanghai on, as in geth's genesis configuration.
 */
import type { ForkName, ForkRules, ForkSchedule } from './types.js';

/** All forks, the earliest first. A fork that is active brings the rules of all before it. */
export const FORKS: readonly ForkName[] = [
  'frontier',
  'homestead',
  'dao',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
];

const order = new Map(FORKS.map((fork, index) => [fork, index]));
const FIRST_BY_TIME = FORKS.indexOf('shanghai');

/** True when `fork` is switched on by a time (seconds since 1970) rather than by a block number. */
export function activatesByTime(fork: ForkName): boolean {
  return (order.get(fork) as number) >= FIRST_BY_TIME;
}

/** The rules of the block with this number and time. */
export function forkRules(schedule: ForkSchedule, number: number, timestamp: number): ForkRules {
  let active: ForkName = 'frontier';
  for (const fork of FORKS) {
    const activation = schedule.activations[fork];
    if (activation !== undefined && activation <= (activatesByTime(fork) ? timestamp : number)) active = fork;
  }
  return { chainId: schedule.chainId, fork: active };
}

/** True when the rules include those that `fork` brought. */
export function isActive(rules: ForkRules, fork: ForkName): boolean {
  return (order.get(rules.fork) as number) >= (order.get(fork) as number);
}
