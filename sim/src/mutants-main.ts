/**
 * `npm run sim:mutants`: shows that each deliberately broken rule is found, by which checker, and how fast.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mutants } from './mutants/catalogue.js';
import { codeVersion } from './run/code-version.js';
import { type Catch, hunt } from './run/hunt.js';

const help = `npm run sim:mutants -- [options]

Runs every mutant (one rule of Raft broken on purpose) until a checker finds it.
Exit status: 0 all were found, 1 one escaped, 2 bad options.

  --budget S   CPU-seconds per mutant (default 60)
  --seed S     the first seed (default 1)
  --nodes K    nodes in the cluster (default 5)
  --jobs J     processes (default: one per processor)
  --help       this text
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      budget: { type: 'string' },
      seed: { type: 'string' },
      nodes: { type: 'string' },
      jobs: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const plan = {
    mutants,
    budgetSeconds: Number(values.budget ?? '60'),
    firstSeed: Number(values.seed ?? '1'),
    nodes: Number(values.nodes ?? '5'),
    jobs: Number(values.jobs ?? availableParallelism()),
  };
  if (![plan.budgetSeconds, plan.firstSeed, plan.nodes, plan.jobs].every((n) => n >= 0)) {
    process.stderr.write(help);
    return 2;
  }
  console.log(
    `code ${codeVersion()}, ${mutants.length} mutants, ${plan.nodes} nodes, ${plan.budgetSeconds} CPU-s each`,
  );
  console.log(row('mutant', 'found by', 'seed', 'seeds', 'CPU-s'));
  const catches = await hunt(plan, (one) => console.log(rowOf(one)));
  const escaped = catches.filter(({ checker }) => checker === undefined);
  console.log(`${catches.length - escaped.length} of ${catches.length} found`);
  return escaped.length === 0 ? 0 : 1;
}

function rowOf({ mutant, checker, seed, seedsRun, cpuSeconds }: Catch): string {
  return row(mutant, checker ?? 'NOT FOUND', String(seed ?? '-'), String(seedsRun), cpuSeconds.toFixed(2));
}

function row(mutant: string, checker: string, seed: string, seeds: string, cpu: string): string {
  return `${mutant.padEnd(34)} ${checker.padEnd(26)} ${seed.padStart(7)} ${seeds.padStart(6)} ${cpu.padStart(7)}`;
}
