/**
 * `npm run tidy`: the style and the three laws of ARCHITECTURE.md, checked by machine. Each check is one file in
 * scripts/tidy that returns the complaints it has, as "path:line message".
 */
import { checkDocs } from './tidy/docs.mjs';
import { checkErrors } from './tidy/errors.mjs';
import { checkExamples } from './tidy/examples.mjs';
import { checkFiles } from './tidy/files.mjs';
import { checkFloors } from './tidy/floors.mjs';
import { checkLockfile } from './tidy/lockfile.mjs';
import { checkPurity } from './tidy/purity.mjs';

const checks = [
  ['imports point down', checkFloors],
  ['pure rooms are pure', checkPurity],
  ['files and functions are small', checkFiles],
  ['documents point at what exists', checkDocs],
  ['error codes are documented, both ways', checkErrors],
  ['examples compile', checkExamples],
  ['the lockfile names no host', checkLockfile],
];

let failed = 0;
for (const [sentence, check] of checks) {
  const complaints = await check();
  console.log(`${complaints.length === 0 ? 'ok    ' : 'FAILED'}  ${sentence}`);
  for (const complaint of complaints) console.log(`        ${complaint}`);
  failed += complaints.length;
}
process.exit(failed === 0 ? 0 : 1);
