/**
 * A mutant: consensus with one rule broken on purpose, to prove that the simulator would notice.
 */
import type { RaftRules } from '@coco/consensus';
import type { Honours } from '../world/world.js';

/** One deliberately broken rule. Exactly one of `rules` and `honours` is given. */
export interface Mutant {
  /** Its name on the command line, kebab-case. */
  readonly name: string;
  /** The rule that it breaks, and where the rule comes from. */
  readonly breaks: string;
  /** Rules of Raft to override. */
  readonly rules?: Partial<RaftRules>;
  /** Parts of the contract of effects that the driver stops honouring. */
  readonly honours?: Partial<Honours>;
  /** How many nodes it takes to see it, where another number than usual. */
  readonly nodes?: number;
  /** True where it shows when disks are turned back: then they are in every run. */
  readonly turning?: boolean;
  /** True where it only shows when nodes come and go. Default false: the others are found sooner without. */
  readonly membership?: boolean;
}
