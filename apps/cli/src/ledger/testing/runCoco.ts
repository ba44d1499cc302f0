/**
 * The command as a user runs it, for tests.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface CocoResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The script that starts the command. */
export const cocoScript = fileURLToPath(new URL('../../../bin/coco.mjs', import.meta.url));

/** Runs `coco` with `words` and waits for it. */
export function runCoco(...words: readonly string[]): CocoResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cocoScript, ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** CCF's published ledgers, where they are. */
export const ccfLedgers = fileURLToPath(
  new URL('../../../../../../shared/data/ccf-ledgers/', import.meta.url),
);

/** Why tests over CCF's ledgers do not run, or false. */
export const ccfMissing = existsSync(ccfLedgers) ? false : `CCF's ledgers are not at ${ccfLedgers}`;
