/**
 * Runs one scenario: every command in turn, the invariants after every one that changes something, and at the end a
 * proof that the nodes find their way back to a common state.
 */
import type { RaftRules } from '@coco/consensus';
import { CocoError } from '@coco/primitives';
import { unsafeCommit } from './checks.js';
import { Cluster } from './cluster.js';
import { scenarioCommands } from './commands.js';
import { loopUntilSync } from './commands-change.js';
import { type Command, parseScenario, scenarioError } from './parse.js';

/** What a run may be given. */
export interface ScenarioOptions {
  /** For the randomness of timers and shuffles. Default 1. */
  readonly seed?: number;
  /** Rules of consensus to replace, to see what a scenario notices. */
  readonly rules?: Partial<RaftRules>;
  /** Takes the trace, one object per action. */
  readonly trace?: (line: Readonly<Record<string, unknown>>) => void;
  /** Takes what the commands that describe have to say. */
  readonly print?: (line: string) => void;
}

/** How it went: all lines held, or the first that did not, with `reason` of the form "file:line: why". */
export type ScenarioOutcome =
  | { readonly ok: true; readonly commands: number }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/**
 * CCF encourages a pre-vote whatever was heard of a primary. Its scenarios let time pass on one node alone, and so need
 * that; Coco's rule is stricter.
 */
export const preVoteRuleOfCcf: Partial<RaftRules> = { mayGrantPreVote: ({ upToDate }) => upToDate };

export function runScenario(file: string, text: string, options: ScenarioOptions = {}): ScenarioOutcome {
  let at = { file, line: 1, text: '' };
  try {
    const commands = parseScenario(file, text, scenarioCommands);
    const cluster = new Cluster({
      seed: options.seed ?? 1,
      rules: options.rules ?? {},
      trace: options.trace && ((msg) => options.trace?.({ tag: 'raft_trace', msg })),
    });
    for (const command of commands) {
      at = command;
      options.trace?.({ tag: 'raft_trace', cmd: command.text, file, line: command.line });
      runCommand(cluster, command, options.print ?? (() => undefined));
    }
    at = { file, line: text.split('\n').length, text: 'at the end' };
    loopUntilSync(cluster);
    return { ok: true, commands: commands.length };
  } catch (error) {
    return outcomeOf(at, error);
  }
}

function runCommand(cluster: Cluster, command: Command, print: (line: string) => void): void {
  const known = scenarioCommands[command.name];
  if (known === undefined) return;
  known.run(cluster, command.args, print);
  const unsafe = known.changes ? unsafeCommit(cluster) : undefined;
  if (unsafe !== undefined) throw new Error(unsafe);
}

function outcomeOf(at: { file: string; line: number; text: string }, error: unknown): ScenarioOutcome {
  if (error instanceof CocoError && error.code === 'COCO_SIM_SCENARIO') {
    return { ok: false, line: Number(error.facts.line), reason: error.message };
  }
  const why = error instanceof Error ? error.message : String(error);
  return { ok: false, line: at.line, reason: scenarioError(at, `${why} (${at.text})`).message };
}
