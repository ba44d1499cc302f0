/**
 * `npm test`: tidy, lint, unit tests, simulator, end-to-end, in that order, and one line each at the end.
 * `npm test -- unit` runs the named stages only; `npm test -- --list` names them.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from './files.mjs';

/** No file of tests takes longer; one that does stands still, is ended, and named. */
const fileMsMax = 900_000;
const nodeTest = ['--test', '--test-reporter=spec', `--test-timeout=${fileMsMax}`];
const stages = [
  { name: 'tidy', command: () => [process.execPath, ['scripts/tidy.mjs']] },
  { name: 'lint', command: () => ['node_modules/.bin/biome', ['check', '--error-on-warnings', '.']] },
  {
    name: 'unit',
    command: () => [process.execPath, [...nodeTest, ...tests(['packages', 'adapters', 'apps', 'bench'])]],
  },
  { name: 'simulator', command: () => [process.execPath, [...nodeTest, ...tests(['sim'])]] },
  {
    name: 'end-to-end',
    command: () => [process.execPath, [...nodeTest, '--test-concurrency=1', ...tests(['test'])]],
  },
];

function tests(roots) {
  return roots.flatMap((root) =>
    globSync(root, (file) => file.includes('/dist/') && file.endsWith('.test.js')),
  );
}

const named = process.argv.slice(2);
if (named.includes('--list')) {
  for (const { name } of stages) console.log(name);
  process.exit(0);
}

const report = [];
for (const { name, command } of stages) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`\n— ${name} —`);
  const [program, args] = command();
  const started = performance.now();
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  report.push({ name, ok: status === 0, seconds: (performance.now() - started) / 1000 });
}

console.log('');
for (const { name, ok, seconds } of report) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1)} s`);
}
process.exit(report.every(({ ok }) => ok) ? 0 : 1);
