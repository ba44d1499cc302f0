/**
 * A member or participant at the command line: its key and certificate are files beside those of the others, and its
 * environment says which node it asks and who it is.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCertificate } from '@coco/crypto';
import { type CocoResult, startCocoAt } from '../coco.js';

/** Where people sit. */
export interface Desk {
  /** Theirs: files of theirs are named relative to it. */
  readonly directory: string;
  /** What they found in their environment: whom they ask, and whom they trust. */
  environment(): Readonly<Record<string, string>>;
  /** Told of every command that was run. */
  onRun?(run: CommandRun): void;
}

export interface CommandRun {
  readonly who: string;
  readonly words: readonly string[];
  readonly result: CocoResult;
}

export class Person {
  readonly name: string;
  readonly kind: 'member' | 'participant';
  readonly #desk: Desk;

  constructor(name: string, kind: 'member' | 'participant', desk: Desk) {
    this.name = name;
    this.kind = kind;
    this.#desk = desk;
  }

  get certificateFile(): string {
    return `${this.name}.cert.pem`;
  }

  get keyFile(): string {
    return `${this.name}.key.pem`;
  }

  /** Certificate and key, for connections. */
  identity(): { readonly certificatePem: string; readonly privateKeyPem: string } {
    const read = (file: string): string => readFileSync(path.join(this.#desk.directory, file), 'utf8');
    return { certificatePem: read(this.certificateFile), privateKeyPem: read(this.keyFile) };
  }

  get id(): string {
    return parseCertificate(this.identity().certificatePem).fingerprint;
  }

  /** Runs `coco` with `words` to its end. */
  async run(...words: readonly string[]): Promise<CocoResult> {
    const own = { COCO_CERT: this.certificateFile, COCO_KEY: this.keyFile };
    const environment = { ...this.#desk.environment(), ...own };
    const result = await startCocoAt({ directory: this.#desk.directory, environment }, words).ended;
    this.#desk.onRun?.({ who: this.name, words, result });
    return result;
  }

  /** The same, and it must go well; what was printed. */
  async ok(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words);
    if (status === 0) return stdout;
    throw new Error(`${this.name}: coco ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  }

  /** The same with `--json`, read. */
  async json(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse(await this.ok(...words, '--json')) as Readonly<Record<string, unknown>>;
  }

  /** Makes the key and the certificate. */
  async keygen(): Promise<void> {
    await this.ok(this.kind, 'keygen', this.name);
  }

  /** Proposes and votes for it; its id and how it stands. */
  async propose(...what: readonly string[]): Promise<Stand> {
    return standOf(await this.json('proposal', 'create', ...what, '--vote'));
  }

  async vote(proposalId: string, how: 'yes' | 'no' = 'yes'): Promise<Stand> {
    return standOf(await this.json('proposal', 'vote', proposalId, how));
  }
}

/** How a proposal stands. */
export interface Stand {
  readonly proposalId: string;
  readonly state: string;
}

function standOf({ proposalId, proposalState }: Readonly<Record<string, unknown>>): Stand {
  return { proposalId: String(proposalId), state: String(proposalState) };
}

/** `proposer` proposes, it and `others` vote for it, and that must be enough; the id of the proposal. */
export async function decide(
  proposer: Person,
  others: readonly Person[],
  ...what: readonly string[]
): Promise<string> {
  const { proposalId, state } = await proposer.propose(...what);
  let last = state;
  for (const other of others) last = (await other.vote(proposalId)).state;
  if (last !== 'Accepted') throw new Error(`${what.join(' ')} is ${last} after ${others.length + 1} votes`);
  return proposalId;
}
