/**
 * One node of the sandbox, as a process of its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isNodeMessage, type NodeFailure, type NodeReport } from '../nodeReport.js';

export interface NodeProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly running: boolean;
  readonly report: NodeReport | undefined;
  readonly failure: NodeFailure | undefined;
  /** Asks the node to stop, kills it after `timeoutMs`, and resolves when it is gone. */
  stop(timeoutMs: number): Promise<void>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
}

const coco = fileURLToPath(new URL('../../bin/coco.mjs', import.meta.url));
/** As in the first line of `coco`, which a fork does not read. */
const nodeOptions = ['--initial-old-space-size=256'];

/** Starts `coco node start` on the configuration in `directory`; its output goes to `node.log` there. */
export function startNodeProcess(name: string, directory: string): NodeProcess {
  const log = openSync(path.join(directory, 'node.log'), 'a', 0o600);
  const child = fork(coco, ['node', 'start', '--config', path.join(directory, 'node.json')], {
    execArgv: [...process.execArgv, ...nodeOptions],
    stdio: ['ignore', log, log, 'ipc'],
    // Ctrl-C reaches the whole group of the terminal; the launcher stops the nodes itself, in order.
    detached: true,
  });
  return new Running(name, child);
}

class Running implements NodeProcess {
  readonly name: string;
  report: NodeReport | undefined;
  failure: NodeFailure | undefined;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#gone = once(child, 'exit');
    child.on('message', (message) => {
      if (!isNodeMessage(message)) return;
      if (message.type === 'report') this.report = message;
      else this.failure = message;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(timeoutMs: number): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    await this.#gone;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
