/**
 * `npm run sim`: runs seeds and says whether a rule of consensus was broken.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { findMutant, mutants } from './mutants/catalogue.js';
import { codeVersion } from './run/code-version.js';
import type { SeedOutcome } from './run/run-seed.js';
import { type SimulationPlan, type SimulationResult, simulate } from './run/simulate.js';
import { runOne } from './run/task.js';

const help = `npm run sim -- [options]

Runs a simulated cluster once per seed: an invented network, disks, clocks and
workload, all drawn from the seed, watched by independent checkers.
Exit status: 0 all rules held, 1 a rule was broken, 2 bad options.

  --seeds N     how many seeds (default 1000)
  --seed S      the first seed (default 1)
  --nodes K     nodes in the cluster, 1 to 9 (default 5)
  --time MS     how long faults last, in simulated ms (default: drawn from the seed)
  --turning     disks are turned back in every run; else in some
  --no-membership nobody comes or goes; else nodes join and leave at random
  --jobs J      processes (default: one per processor)
  --mutant NAME run with one rule broken on purpose
  --mutants     list the mutants and what each breaks
  --events      print every event (with --seeds 1)
  --help        this text
`;

interface Options extends SimulationPlan {
  readonly events: boolean;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stdout.write(options);
    return 0;
  }
  if (options instanceof Error) {
    process.stderr.write(`${options.message}\nTry: npm run sim -- --help\n`);
    return 2;
  }
  const last = options.firstSeed + options.seeds - 1;
  const rules = options.mutant === undefined ? '' : `, mutant ${options.mutant}`;
  console.log(`code ${codeVersion()}, seeds ${options.firstSeed}..${last}, ${options.nodes} nodes${rules}`);
  if (options.events && options.seeds === 1) return printEvents(options);
  const begun = performance.now();
  const result = await simulate(options, showProgress(options, begun));
  if (process.stderr.isTTY) process.stderr.write('\n');
  console.log(summary(result, begun));
  if (result.broken === undefined) return 0;
  console.log(report(result.broken, options));
  return 1;
}

/** Options; or a text to print; or what is wrong with the options. */
function readOptions(args: string[]): Options | string | Error {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        nodes: { type: 'string' },
        time: { type: 'string' },
        jobs: { type: 'string' },
        mutant: { type: 'string' },
        mutants: { type: 'boolean' },
        events: { type: 'boolean' },
        turning: { type: 'boolean' },
        'no-membership': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return help;
    if (values.mutants) return mutants.map(({ name, breaks }) => `${name}\n    ${breaks}\n`).join('');
    if (values.mutant !== undefined && findMutant(values.mutant) === undefined) {
      throw new Error(`no mutant is called ${values.mutant}; --mutants lists them`);
    }
    return {
      seeds: numberOf('seeds', values.seeds ?? '1000', 1, 1e9),
      firstSeed: numberOf('seed', values.seed ?? '1', 0, 2 ** 32 - 1),
      nodes: numberOf('nodes', values.nodes ?? '5', 1, 9),
      jobs: numberOf('jobs', values.jobs ?? String(availableParallelism()), 1, 256),
      events: values.events === true,
      ...(values.turning === true ? { turning: true } : {}),
      ...(values['no-membership'] === true ? { membership: false } : {}),
      ...(values.time === undefined ? {} : { chaosMs: numberOf('time', values.time, 1, 1e9) }),
      ...(values.mutant === undefined ? {} : { mutant: values.mutant }),
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function numberOf(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) {
    throw new Error(`--${name} must be a whole number from ${low} to ${high}, not ${text}`);
  }
  return value;
}

/** On a terminal a line that is rewritten; elsewhere a line every ten seconds. */
function showProgress(plan: SimulationPlan, begun: number): (soFar: SimulationResult) => void {
  let shown = begun;
  return (soFar) => {
    const now = performance.now();
    if (now - shown < (process.stderr.isTTY ? 200 : 10_000)) return;
    shown = now;
    const line = `${soFar.seedsRun}/${plan.seeds} seeds, ${millions(soFar.counts.steps)} M steps, ${hours(soFar)} h simulated`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`);
  };
}

function summary(result: SimulationResult, begun: number): string {
  const seconds = (performance.now() - begun) / 1000;
  const { counts } = result;
  const rate = counts.steps / 1e6 / (result.cpuMs / 1000);
  return (
    `${result.seedsRun} seeds, ${result.broken === undefined ? 'no rule broken' : 'A RULE WAS BROKEN'}: ` +
    `${millions(counts.steps)} M steps in ${hours(result)} h simulated, ${counts.leaders} leaders, ` +
    `${counts.crashes} crashes, ${counts.commits} commits, ${counts.configurations} configurations, ` +
    `${counts.joins} joins, ${counts.rejoins} rejoins, ${counts.retired} retired, ` +
    `${counts.quarantined} quarantined, ${counts.returned} returned, ${counts.turnedBack} disks turned back, ${counts.foundOut} alarms, ${counts.replaced} runs ` +
    `replaced all; ${seconds.toFixed(1)} s, ` +
    `${(result.cpuMs / 1000).toFixed(1)} CPU-s, ${rate.toFixed(2)} M steps per CPU-s; hash ${result.hash}`
  );
}

function report(broken: SeedOutcome, plan: SimulationPlan): string {
  const { violation, seed, hash } = broken;
  const time = plan.chaosMs === undefined ? '' : ` --time ${plan.chaosMs}`;
  const mutant = plan.mutant === undefined ? '' : ` --mutant ${plan.mutant}`;
  const membership = plan.membership === false ? ' --no-membership' : '';
  return [
    '',
    ...(violation?.events ?? []),
    '',
    `seed ${seed}: ${violation?.checker}: ${violation?.sentence}`,
    `hash ${hash}; replay with:`,
    `npm run sim -- --seeds 1 --seed ${seed} --nodes ${plan.nodes}${time}${mutant}${membership} --events`,
  ].join('\n');
}

function printEvents(options: Options): number {
  const task = { first: options.firstSeed, count: 1, ...options };
  const mutant = options.mutant === undefined ? undefined : findMutant(options.mutant);
  const outcome = runOne(task, mutant, options.firstSeed, (line) => console.log(line));
  console.log(`hash ${outcome.hash}`);
  if (outcome.violation === undefined) return 0;
  console.log(`${outcome.violation.checker}: ${outcome.violation.sentence}`);
  return 1;
}

function millions(steps: number): string {
  return (steps / 1e6).toFixed(2);
}

function hours({ simulatedMs }: SimulationResult): string {
  return (simulatedMs / 3_600_000).toFixed(2);
}
