/**
 * The command line of `npm run scenario`: runs scenario files and says how each went.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { scenarioCommands } from './commands.js';
import { preVoteRuleOfCcf, runScenario, type ScenarioOptions } from './run.js';

const usage = `Usage: npm run scenario -- [options] FILE…

Runs each scenario and prints "ok" or the first line that fails, with the reason.
Exit status: 0 when all hold, 1 when one fails, 2 when a file or an option is wrong.

Options:
  --trace FILE   write the trace of the consensus core there, one JSON object per line
  --seed N       the seed for timers and shuffles (default 1)
  --ccf          heed pre-votes as CCF does, for scenarios written for its driver
  --verbose      print what state_*, summarise_* have to say
  --help         print this, and the commands of scenarios
`;

/** Runs the command line `args`; gives the exit status. */
export function runCommandLine(args: readonly string[]): number {
  const parsed = parse(args);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  if (values.help === true) {
    const forms = Object.values(scenarioCommands).map((command) => `  ${command.usage}`);
    process.stdout.write(`${usage}\nCommands:\n${forms.join('\n')}\n`);
    return 0;
  }
  if (positionals.length === 0) return refuse('no scenario file given');
  const seed = Number(values.seed ?? '1');
  if (!Number.isSafeInteger(seed)) return refuse(`--seed ${values.seed} is not a whole number`);
  const trace = values.trace === undefined ? undefined : openSync(values.trace, 'w');
  try {
    return runFiles(positionals, {
      seed,
      ...(values.ccf === true && { rules: preVoteRuleOfCcf }),
      ...(values.verbose === true && { print: (line: string) => process.stdout.write(`  ${line}\n`) }),
      ...(trace !== undefined && { trace: (line) => writeSync(trace, `${JSON.stringify(line)}\n`) }),
    });
  } finally {
    if (trace !== undefined) closeSync(trace);
  }
}

function runFiles(files: readonly string[], options: ScenarioOptions): number {
  let status = 0;
  for (const file of files) {
    const text = read(file);
    if (text === undefined) return refuse(`cannot read ${file}`);
    const outcome = runScenario(file, text, options);
    if (!outcome.ok) status = 1;
    process.stdout.write(
      outcome.ok ? `ok      ${file} (${outcome.commands} commands)\n` : `FAILED  ${outcome.reason}\n`,
    );
  }
  return status;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        trace: { type: 'string' },
        seed: { type: 'string' },
        ccf: { type: 'boolean' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n\n${usage}`);
  return 2;
}
