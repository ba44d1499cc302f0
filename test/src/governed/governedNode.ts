/**
 * A node of a governed network: its directory, and the process that a person started for it.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCocoNode } from '../coco.js';

/** The three addresses of a node, `host:port` each. */
export interface Addresses {
  readonly application: string;
  readonly administrative: string;
  readonly peer: string;
}

/** Settings of a node.json that replace what is there. */
export type Settings = Readonly<Record<string, unknown>>;

export class GovernedNode {
  readonly name: string;
  readonly directory: string;
  /** Name of the actor whose node it is. */
  readonly actor: string;
  readonly addresses: Addresses;
  /** Once it has a key. */
  nodeId = '';
  /** Of its processes, besides what the test itself has. */
  environment: Readonly<Record<string, string>> = {};
  readonly #home: string;
  #child: ChildProcess | undefined;

  /** `directory` is beneath `home`, where its people are. */
  constructor(
    name: string,
    place: { readonly home: string; readonly directory: string },
    actor: string,
    addresses: Addresses,
  ) {
    this.name = name;
    this.#home = place.home;
    this.directory = place.directory;
    this.actor = actor;
    this.addresses = addresses;
  }

  get configFile(): string {
    return path.join(this.directory, 'node.json');
  }

  get ledger(): string {
    return path.join(this.directory, 'ledger');
  }

  get snapshots(): string {
    return path.join(this.directory, 'snapshots');
  }

  get logFile(): string {
    return path.join(this.directory, 'node.log');
  }

  get applicationUrl(): string {
    return `https://${this.addresses.application}`;
  }

  get administrativeUrl(): string {
    return `https://${this.addresses.administrative}`;
  }

  /** Makes the configuration of a node that is to join, or changes settings of one that is there. */
  configure(settings: Settings): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const before: object = existsSync(this.configFile)
      ? JSON.parse(readFileSync(this.configFile, 'utf8'))
      : {
          platform: 'virtual',
          virtualKey: 'virtual-platform.key',
          directories: { ledger: 'ledger', sealed: 'sealed', snapshots: 'snapshots' },
          addresses: this.addresses,
          adapters: [{ module: '@coco/ethereum', settings: {} }],
        };
    writeFileSync(this.configFile, `${JSON.stringify({ ...before, ...settings }, null, 2)}\n`, {
      mode: 0o600,
    });
  }

  /** Learns the id of a first node, whose configuration says it. */
  readId(): void {
    const { nodeId } = JSON.parse(readFileSync(this.configFile, 'utf8')) as { nodeId: string };
    this.nodeId = nodeId;
  }

  /** Runs `coco` with `words` as the node's process; what it prints is in `logFile`. */
  start(...words: readonly string[]): void {
    if (this.running) throw new Error(`${this.name} runs already`);
    const place = { directory: this.#home, environment: this.environment };
    this.#child = startCocoNode(place, this.logFile, words);
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The exit status of the last process, or null while there is none. */
  get status(): number | null {
    return this.#child?.exitCode ?? null;
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /** Resolves with the exit status when the process has ended. */
  async ended(): Promise<number | null> {
    if (this.running && this.#child !== undefined) await once(this.#child, 'exit');
    return this.status;
  }

  /** Sends it as it is. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGUSR2'): void {
    this.#child?.kill(name);
  }

  /** SIGTERM, and SIGKILL when that is not heard. */
  async stop(timeoutMs = 15_000): Promise<void> {
    if (!this.running) return;
    const gone = this.ended();
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), timeoutMs);
    await gone;
    clearTimeout(timer);
  }
}
