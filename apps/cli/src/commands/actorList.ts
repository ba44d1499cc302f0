/**
 * `coco member list`, `coco participant list`: who is in the network.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { readCertificateChain } from '@coco/client';
import { type Command, type OptionValues, text } from '../command.js';
import { accessOptions, jsonOption, signingOptions, withClient } from '../governance/access.js';
import { shortId } from '../governance/naming.js';
import { type Actor, readActors } from '../governance/networkReader.js';
import { dim, green, red, table, yellow } from '../terminal.js';

export const memberList = actorList('member');
export const participantList = actorList('participant');

function actorList(kind: Actor['kind']): Command {
  return {
    name: `${kind} list`,
    summary: `show the ${kind}s of the network`,
    operands: '',
    options: { ...jsonOption, ...accessOptions, cert: { ...signingOptions.cert, group: 'Network' } },
    examples: [[`coco ${kind} list`, 'with COCO_URL and COCO_SERVICE in the environment']],
    async run(_operands, options) {
      const actors = (await withClient(options, readActors)).filter((actor) => actor.kind === kind);
      if (options['json'] === true) {
        process.stdout.write(`${JSON.stringify(actors.map(actorJson))}\n`);
        return 0;
      }
      if (actors.length === 0) process.stdout.write(`${dim(`there are no ${kind}s`)}\n`);
      else process.stdout.write(`${actorTable(actors, ownIds(options))}\n`);
      return 0;
    },
  };
}

function actorJson({ kind, id, name, status, subject, certificateEndsMs, isCa }: Actor): unknown {
  const validUntil = certificateEndsMs === 0 ? null : new Date(certificateEndsMs).toISOString();
  return { kind, id, name, status, subject, validUntil, isCa };
}

/** Actors in a table; those of `own` are marked. */
function actorTable(actors: readonly Actor[], own: ReadonlySet<string> = new Set()): string {
  const rows = actors.map((actor) => [
    `${actor.name || dim('no name')}${own.has(actor.id) ? green(' (you)') : ''}`,
    shortId(actor.id),
    actor.status === 'Active' ? actor.status : yellow(`${actor.status}: has not acknowledged yet`),
    validity(actor.certificateEndsMs),
  ]);
  return table([['name', 'id', 'status', 'certificate ends'], ...rows]);
}

function validity(endsMs: number): string {
  if (endsMs === 0) return red('cannot be read');
  const day = new Date(endsMs).toISOString().slice(0, 10);
  return endsMs < Date.now() ? red(`${day}: expired`) : day;
}

/** Fingerprints of the certificates that the options name as the user's; none when they cannot be read. */
function ownIds(options: OptionValues): ReadonlySet<string> {
  const file = text(options, 'cert');
  try {
    const chain = file === undefined ? [] : readCertificateChain(readFileSync(file, 'utf8'));
    return new Set(chain.map(({ fingerprint }) => fingerprint));
  } catch {
    return new Set();
  }
}
