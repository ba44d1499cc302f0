/**
 * Which code is being run: a seed means nothing without it.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Short git commit, with "+" when tracked files differ from it; "unknown" outside a checkout. */
export function codeVersion(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (isChanged ? '+' : '');
  } catch {
    return 'unknown';
  }
}
