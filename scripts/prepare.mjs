/**
 * Installs and builds whatever is missing or out of date, so that `npm start` and `npm test` need nothing before
 * them. Plain JavaScript on Node alone: it runs before there is anything else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) {
    console.error(`coco: ${command} ${args.join(' ')} failed`);
    process.exit(result.status ?? 1);
  }
}

function needsInstall() {
  const marker = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(marker)) return true;
  return statSync(marker).mtimeMs < statSync(path.join(root, 'package-lock.json')).mtimeMs;
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const wanted = engines.node.replace('>=', '').split('.').map(Number);
  const have = process.versions.node.split('.').map(Number);
  const older = have[0] < wanted[0] || (have[0] === wanted[0] && have[1] < wanted[1]);
  if (older) {
    console.error(`coco: Node ${engines.node} is needed, this is ${process.versions.node}`);
    process.exit(1);
  }
}

/** The moment at which the user asked, so that what `npm start` says of its own time includes the build. */
function markStart(asked) {
  const mark = path.join(root, 'node_modules', '.cache', 'coco-started');
  mkdirSync(path.dirname(mark), { recursive: true });
  writeFileSync(mark, '');
  utimesSync(mark, asked, asked);
}

checkNode();
const asked = new Date();
if (needsInstall()) {
  console.log('coco: installing dependencies (once)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}
markStart(asked);
run(process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
