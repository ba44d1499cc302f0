/**
 * The `coco` command as a process, the way a user runs it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

/** The root of the checkout, where users are when they start it. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** The command itself, for Node.js. */
export const cocoScript = fileURLToPath(new URL('../../apps/cli/bin/coco.mjs', import.meta.url));

/** What a command said, and how it ended: an exit status, or null when a signal ended it. */
export interface CocoResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCoco {
  readonly child: ChildProcess;
  /** Everything that it wrote up to now. */
  readonly stdout: string;
  readonly ended: Promise<CocoResult>;
  /** Waits until it has written what `pattern` matches; fails when it ends before. */
  said(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
}

/** Where a command runs. */
export interface CocoPlace {
  readonly directory: string;
  /** Besides what the test itself has; its own `COCO_*` are not passed on. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts `coco` with `words`. */
export function startCoco(...words: readonly string[]): RunningCoco {
  return startCocoAt({ directory: checkout, environment: {} }, words);
}

/** The same, somewhere else. */
export function startCocoAt(place: CocoPlace, words: readonly string[]): RunningCoco {
  const child = spawn(process.execPath, [cocoScript, ...words], {
    cwd: place.directory,
    env: { ...foreignEnvironment(), ...place.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...written }));
  return {
    child,
    get stdout() {
      return written.stdout;
    },
    ended,
    async said(pattern, timeoutMs) {
      const found = await until(`coco ${words[0]} says ${pattern}`, timeoutMs, () => {
        const match = pattern.exec(written.stdout);
        if (match !== null) return match;
        return child.exitCode === null && child.signalCode === null ? undefined : ('ended' as const);
      });
      if (found !== 'ended') return found;
      throw new Error(`coco ${words.join(' ')} ended: ${written.stdout}${written.stderr}`);
    },
  };
}

/**
 * Starts `coco` with `words` as a process that runs for long: its output goes to the file `log`, and it hears when this
 * process is gone, and stops.
 */
export function startCocoNode(
  { directory, environment }: CocoPlace,
  log: string,
  words: readonly string[],
): ChildProcess {
  const output = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [cocoScript, ...words], {
    cwd: directory,
    env: { ...foreignEnvironment(), ...environment },
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  });
  closeSync(output);
  return child;
}

/** The environment without what would tell the command whom to ask, and as whom. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...others } = process.env;
  return Object.fromEntries(Object.entries(others).filter(([name]) => !name.startsWith('COCO_')));
}

/** Runs `coco` with `words` to its end. */
export function runCoco(...words: readonly string[]): Promise<CocoResult> {
  return startCoco(...words).ended;
}
