/**
 * `npm run crash -- --rounds N --seed S`: crashes of a whole network under load, or with `--victims primary` of its
 * primary; exit status 1 when anything that was acknowledged is gone.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCrashes } from './crash.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    victims: { type: 'string', default: 'all' },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
const victims = (['all', 'primary'] as const).find((one) => one === values.victims);

if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed) || victims === undefined) {
  console.error('npm run crash -- [--rounds N] [--seed S] [--victims all|primary]');
  process.exit(2);
}

console.log(
  `crash: ${rounds} rounds, seed ${seed}, SIGKILL for ${victims === 'all' ? 'all nodes' : 'the primary'}`,
);
const result = await runCrashes({ rounds, seed, victims, say: console.log });
for (const fault of result.faults) console.error(fault);
if (result.faults.length > 0) {
  console.error(`FAILED in round ${result.rounds + 1}; the network's files are in ${result.directory}`);
  process.exitCode = 1;
} else {
  console.log(`${result.rounds} rounds, ${result.acknowledged} acknowledged, 0 lost`);
}
