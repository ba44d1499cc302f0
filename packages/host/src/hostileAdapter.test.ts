/**
 * An adapter that was taken over, for the tests of this room: POST /try does what the body says, with all that Node.js
 * has, and answers with what came of it.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { createConnection } from 'node:net';
import process from 'node:process';
import type { Adapter } from '@coco/adapter';
import { fromUtf8, utf8 } from '@coco/primitives';

/** What it can be made to try. */
export type Attempt =
  | { readonly what: 'read' | 'write' | 'list'; readonly path: string }
  | { readonly what: 'signal'; readonly pid: number; readonly signal: string | 0 }
  | {
      readonly what: 'connect';
      readonly to: { readonly path: string } | { readonly host: string; readonly port: number };
    }
  | { readonly what: 'becomeRoot' | 'evaluate' | 'execute' | 'spin' | 'self' }
  /** Writes bytes to the channel to the manager, past the code that frames messages. */
  | { readonly what: 'forge'; readonly bytes: readonly number[] };

/** What came of it: what was got, or the code of the error. */
export interface Outcome {
  readonly got?: unknown;
  readonly refused?: string;
}

/** How the worker sees itself. */
export interface Self {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly umask: number;
  /** Of /proc/self/status: capabilities in effect and within reach, whether it may gain privileges. */
  readonly status: Readonly<Record<string, string>>;
  readonly coreLimit: string;
  readonly processes: readonly string[];
  readonly interfaces: readonly string[];
  /** Descriptors that are open, and what they lead to. */
  readonly descriptors: Readonly<Record<string, string>>;
}

export function createAdapter(): { adapter: Adapter<never, never>; close: () => Promise<void> } {
  const adapter: Adapter<never, never> = {
    name: 'hostile',
    routes: [{ method: 'POST', path: '/try' }],
    tablePrefixes: ['public:hostile.'],
    async genesis() {},
    start() {},
    async handle({ body }) {
      const outcome = await outcomeOf(JSON.parse(fromUtf8(body) ?? '') as Attempt);
      return {
        kind: 'response',
        response: { status: 200, headers: {}, body: utf8(JSON.stringify(outcome)) },
      };
    },
    async execute() {
      return { results: [] };
    },
    rolledBack() {},
    committed() {},
  };
  return { adapter, close: async () => undefined };
}

async function outcomeOf(attempt: Attempt): Promise<Outcome> {
  try {
    return { got: (await carryOut(attempt)) ?? null };
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return { refused: code ?? message };
  }
}

async function carryOut(attempt: Attempt): Promise<unknown> {
  switch (attempt.what) {
    case 'read':
      return readSome(attempt.path);
    case 'write':
      return closeSync(openSync(attempt.path, 'r+'));
    case 'list':
      return readdirSync(attempt.path);
    case 'signal':
      return process.kill(attempt.pid, attempt.signal as NodeJS.Signals | 0);
    case 'connect':
      return connect(attempt.to);
    case 'becomeRoot':
      process.setuid?.(0);
      return process.getuid?.();
    case 'evaluate':
      // biome-ignore lint/security/noGlobalEval: whether it works is the question
      return globalThis.eval('1 + 1');
    case 'execute':
      return execute();
    case 'spin':
      for (;;);
    case 'self':
      return self();
    case 'forge':
      return writeSync(3, Uint8Array.from(attempt.bytes));
  }
}

/** The first bytes; memory of processes has none at 0, but it is opened. */
function readSome(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(64);
    return bytes.subarray(0, readSync(file, bytes, 0, 64, null)).toString('latin1');
  } finally {
    closeSync(file);
  }
}

function connect(to: Extract<Attempt, { what: 'connect' }>['to']): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ ...to, timeout: 3000 }, () => {
      socket.destroy();
      resolve('connected');
    });
    socket.on('timeout', () => {
      socket.destroy();
      reject(new Error('no answer'));
    });
    socket.on('error', reject);
  });
}

function execute(): unknown {
  const { error, stdout } = spawnSync('/bin/sh', ['-c', 'id -u'], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return stdout;
}

function self(): Self {
  const status = readFileSync('/proc/self/status', 'utf8');
  const lines = status.split('\n').map((line) => line.split(':\t') as [string, string]);
  const wanted = new Set(['CapEff', 'CapPrm', 'CapBnd', 'CapInh', 'CapAmb', 'NoNewPrivs', 'Groups']);
  return {
    pid: process.pid,
    uid: process.getuid?.() ?? -1,
    gid: process.getgid?.() ?? -1,
    groups: process.getgroups?.() ?? [],
    cwd: process.cwd(),
    environment: process.env as Record<string, string>,
    umask: process.umask(),
    status: Object.fromEntries(lines.filter(([name]) => wanted.has(name))),
    coreLimit: /Max core file size +(\S+ +\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '',
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
    interfaces: [...readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^ *(\w+):/gm)].map(
      ([, name = '']) => name,
    ),
    descriptors: descriptors(),
  };
}

function descriptors(): Record<string, string> {
  const open: Record<string, string> = {};
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      open[name] = readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // The one by which the directory was read.
    }
  }
  return open;
}
