/**
 * What each command of a scenario does. The names are those of CCF's driver, so that scenarios can be exchanged; the
 * last few are Coco's own, for what a disk does.
 */

import type { Cluster } from './cluster.js';
import { changeCommands } from './commands-change.js';
import { lookCommands } from './commands-look.js';
import type { CommandForm } from './parse.js';

/** A command as the runner knows it. */
export interface ScenarioCommand extends CommandForm {
  /** Whether it can change the state of nodes, so that the invariants are looked at after it. */
  readonly changes: boolean;
  /** Carries it out; throws an Error that says why it fails. `print` takes lines for the reader. */
  run(cluster: Cluster, args: readonly string[], print: (line: string) => void): void;
}

export const scenarioCommands: Readonly<Record<string, ScenarioCommand>> = {
  ...changeCommands,
  ...lookCommands,
};
