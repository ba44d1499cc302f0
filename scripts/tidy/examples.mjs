/**
 * The TypeScript examples of the rooms' READMEs compile against what the rooms export.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rooms } from './rooms.mjs';

const folder = 'node_modules/.cache/coco-examples';

export function checkExamples() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const complaints = [];
  for (const { path } of rooms) {
    const readme = `${path}/README.md`;
    if (!existsSync(readme)) continue;
    const examples = [...readFileSync(readme, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
    if (examples.length === 0 && path.startsWith('packages/')) complaints.push(`${readme} has no example`);
    for (const [index, example] of examples.entries()) {
      writeFileSync(`${folder}/${path.replaceAll('/', '-')}-${index}.ts`, `${example[1]}\nexport {};\n`);
    }
  }
  const options = {
    extends: '../../../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      incremental: false,
      noEmit: true,
      types: ['node'],
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ['*.ts'],
  };
  writeFileSync(`${folder}/package.json`, '{"type":"module"}');
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(options));
  const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['-p', folder], { encoding: 'utf8' });
  if (status !== 0) complaints.push(...stdout.trim().split('\n'));
  return complaints;
}
