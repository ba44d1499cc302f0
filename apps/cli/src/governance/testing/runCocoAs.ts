/**
 * The command as a user runs it, beside a node that lives in the process of the test.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { cocoScript } from '../../ledger/testing/runCoco.js';

export interface CocoOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `coco` with `words` and these variables of the environment, and no other of its own. */
export function runCocoAs(
  variables: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<CocoOutcome> {
  return new Promise((resolve, reject) => {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('COCO_'));
    const child = spawn(process.execPath, [cocoScript, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(inherited), ...variables },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
