/**
 * The lockfile pins versions and digests, and leaves it to each user which registry they come from.
 */
import { readFileSync } from 'node:fs';

export function checkLockfile() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(([, entry]) => /^https?:/.test(entry.resolved ?? ''))
    .map(([name]) => `package-lock.json: ${name} has a resolved address`);
}
