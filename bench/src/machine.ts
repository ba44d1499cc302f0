/**
 * What the figures were measured on: a figure without its machine means nothing.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { arch, cpus, release, tmpdir, totalmem, type } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { median } from './statistics.js';

/** One line about the machine. */
export function describeMachine(): string {
  const processors = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`;
  const disk = `fdatasync of 4 KiB ${syncMs().toFixed(2)} ms`;
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  return `${processors.length} × ${model}, ${memory}, ${type()} ${release()} ${arch()}, Node ${process.versions.node}, ${disk}`;
}

/** The revision that is measured; "+" when the tree differs from it. */
export function describeRevision(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return 'unknown';
  }
}

/** Median time of a synchronisation where the nodes will have their ledgers. */
function syncMs(): number {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-bench-disk-'));
  const file = openSync(path.join(directory, 'file'), 'w');
  const block = new Uint8Array(4096);
  try {
    const times = Array.from({ length: 50 }, () => {
      const started = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - started;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(directory, { recursive: true });
  }
}

const ticksPerSecond = 100;

/**
 * Processor time that a process has used so far, in milliseconds, all its threads, and the processes that it started and
 * that still run (a worker in a process of its own); undefined where that is not told.
 */
export function cpuMsOf(pid: number): number | undefined {
  const all = statsOfAll();
  const own = all.get(pid)?.cpuMs;
  if (own === undefined) return undefined;
  const children = [...all].filter(([, { parent }]) => parent === pid);
  return children.reduce((sum, [child]) => sum + (cpuMsOf(child) ?? 0), own);
}

interface ProcessStat {
  readonly parent: number;
  readonly cpuMs: number;
}

function statsOfAll(): ReadonlyMap<number, ProcessStat> {
  const stats = new Map<number, ProcessStat>();
  for (const name of existsSync('/proc') ? readdirSync('/proc') : []) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (stat !== undefined) stats.set(Number(name), stat);
  }
  return stats;
}

/** Undefined when the process has ended meanwhile. */
function statOf(pid: string): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name, which may have spaces and is in parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
    return { parent: Number(fields[1]), cpuMs };
  } catch {
    return undefined;
  }
}
