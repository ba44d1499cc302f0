/**
 * What a recovery says to people.
 */
import type { ActorView, RecoveryRequest } from '@coco/governance';
import type { RecoveredContents } from '@coco/host';
import { formatTxId } from '@coco/primitives';
import { printable } from '../ledger/printable.js';
import { bold, dim, fields, green, liveLine, yellow } from '../terminal.js';
import type { Recovery } from './recoveryFiles.js';

/** An actor by name and id; the name is whatever the ledger says. */
export function actorText({ name, id }: Pick<ActorView, 'name' | 'id'>): string {
  return name === '' ? id : `${printable(name)} ${dim(id)}`;
}

/** For whoever is asked to answer. */
export function describeRequest(request: RecoveryRequest): string {
  const { actor, createdAt, serviceCertificate, last, epochs, key, nodeId, isDrill } = request;
  const head = isDrill ? 'a rehearsal of a recovery' : 'a recovery';
  const first = epochs[0]?.epoch ?? 0;
  return [
    `${yellow('●')} ${bold(printable(serviceCertificate.subject))} ${dim(`— ${head} is asked for`)}`,
    '',
    fields([
      ['  by', actorText(actor)],
      ['  at', createdAt === 0 ? 'unknown' : new Date(createdAt * 1000).toISOString()],
      ['  network', serviceCertificate.fingerprint],
      ['  ledger up to', formatTxId(last)],
      [
        '  epochs',
        `${epochs.length} (${first} to ${epochs.at(-1)?.epoch ?? 0}): all that was private in them`,
      ],
      ['  new node', nodeId],
      ['  answers needed', `${key.key.threshold} of ${key.key.actors.length} actors`],
      ['  request', request.digest],
    ]),
    '',
    dim(
      'Whoever has that many answers reads everything. Make sure, by another way than this file, that the others want this too.',
    ),
  ].join('\n');
}

/** How far a recovery is. */
export interface Standing {
  readonly have: readonly ActorView[];
  readonly threshold: number;
  readonly holders: number;
  readonly isOpened: boolean;
}

export function standingText({ have, threshold, holders, isOpened }: Standing): string {
  const missing = Math.max(0, threshold - have.length);
  const who = have.map((actor) => `  ${green('✓')} ${actorText(actor)}`);
  const verdict = isOpened
    ? 'The service goes on already.'
    : missing === 0
      ? 'That is enough.'
      : `${missing} more ${missing === 1 ? 'is' : 'are'} needed; until then nothing can be recovered.`;
  return [
    `${bold(`${have.length} of ${threshold}`)} answers ${dim(`(of ${holders} holders)`)}. ${verdict}`,
    ...who,
  ].join('\n');
}

export function describeBegun({ paths, request, state, directory }: Recovery, unsigned: number): string {
  const { key, epochs } = request;
  return [
    `${green('●')} ${bold(directory)} ${dim(state.isDrill ? '— a rehearsal was begun' : '— a recovery was begun')}`,
    '',
    fields([
      ['  ledger', state.ledger],
      [
        '  up to',
        `${state.last}${unsigned === 0 ? '' : ` (${unsigned} entries after it are signed by nobody)`}`,
      ],
      ['  epochs', String(epochs.length)],
      ['  request', paths.request],
      ['  its digest', request.digest],
      ['  answers needed', `${key.key.threshold} of ${key.key.actors.length}`],
    ]),
    '',
    `${bold('Next:')} send the request to the actors, who answer where their keys are:`,
    '  coco share answer request.json --share-key KEY --actor-cert CERT --actor-key KEY --out answer.json',
    'and add what comes back, in any order:',
    `  coco recover add ${directory} answer.json`,
  ].join('\n');
}

export function contentsText({
  entries,
  privateEntries,
  privateRows,
  privateTables,
}: RecoveredContents): string {
  const tables = privateTables.length === 0 ? 'none' : privateTables.slice(0, 12).map(printable).join(', ');
  return fields([
    ['  entries', String(entries)],
    ['  with private values', `${privateEntries}, ${privateRows} rows`],
    ['  in tables', `${tables}${privateTables.length > 12 ? ', …' : ''}`],
  ]);
}

export interface Opened {
  readonly found: RecoveredContents;
  /** Absent after a rehearsal. */
  readonly at?: string;
}

export function describeOpened({ directory, paths }: Recovery, { found, at }: Opened): string {
  if (at === undefined) {
    return [
      `${green('●')} ${bold('Everything would have come back')} ${dim('— the rehearsal is over; nothing of it is left')}`,
      '',
      contentsText(found),
    ].join('\n');
  }
  return [
    `${green('●')} ${bold(directory)} ${dim(`— the service goes on with ${at}`)}`,
    '',
    contentsText(found),
    '',
    `${bold('Next:')} start its first node:`,
    `  coco node start --config ${paths.config}`,
    'let other nodes join it (coco node join), and let the members open it by vote:',
    `  coco proposal create open-service ${paths.service} ${paths.formerService} --service ${paths.service}`,
  ].join('\n');
}

/** One line for each step, with how far it is. */
export function progressOf(json: boolean): {
  step(what: string): (done: number, of: number) => void;
  said(text: string): void;
  end(): void;
} {
  const line = liveLine();
  return {
    step: (what) => (done, of) => {
      if (!json)
        line.show(`${what}  ${of === 0 ? '' : `${Math.floor((100 * done) / of)} %`}  ${done} of ${of}`);
    },
    said: (text) => {
      if (!json) line.show(text);
    },
    end: () => {
      if (!json) line.end();
    },
  };
}
