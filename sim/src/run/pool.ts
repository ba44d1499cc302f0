/**
 * Runs tasks in several processes. Processes, not threads: each has a CPU clock of its own, and "found within 60
 * CPU-seconds" is to be measured, not guessed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runTask, type Task, type TaskReport } from './task.js';

/** Where tasks come from and where reports go. */
export interface PoolWork {
  /** How many processes; 1 runs in this one. */
  readonly jobs: number;
  /** The next task, or undefined when there is none; asked again after each report. */
  readonly next: () => Task | undefined;
  readonly done: (task: Task, report: TaskReport) => void;
}

/** Resolves when every task that `next` gave is done. Rejects if a process dies. */
export async function runPool(work: PoolWork): Promise<void> {
  if (work.jobs <= 1) {
    for (let task = work.next(); task !== undefined; task = work.next()) {
      work.done(task, runTask(task));
      // Lets a progress line out, and an interrupt in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return;
  }
  await Promise.all(Array.from({ length: work.jobs }, () => serve(work)));
}

/** One process, fed until nothing is left. */
function serve(work: PoolWork): Promise<void> {
  const first = work.next();
  if (first === undefined) return Promise.resolve();
  const child = fork(fileURLToPath(new URL('./job-process.js', import.meta.url)), [], { execArgv: [] });
  return new Promise((resolve, reject) => {
    let task = first;
    child.on('message', (report) => {
      work.done(task, report as TaskReport);
      const next = work.next();
      if (next === undefined) return void child.disconnect();
      task = next;
      child.send(task);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`${describe(child)} ended with ${code ?? signal} on seeds ${task.first}+${task.count}`),
        );
    });
    child.send(task);
  });
}

function describe(child: ChildProcess): string {
  return `simulator process ${child.pid ?? '(not started)'}`;
}
