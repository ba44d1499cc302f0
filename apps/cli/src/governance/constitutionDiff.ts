/**
 * Two constitutions compared, as their summaries say them: one line for everything that is new, gone or different.
 */
import { green, red, yellow } from '../terminal.js';
import { type JsonView, shortJson, viewOf } from './jsonView.js';
import { shortId } from './naming.js';

/** Lines that say what changed from `before` to `after`; none when nothing did. */
export function constitutionDiff(before: JsonView, after: JsonView): readonly string[] {
  const lists = [
    ['member', 'members'],
    ['participant', 'participants'],
  ] as const;
  return [
    ...lists.flatMap(([kind, name]) => compare(kind, actors(before, name), actors(after, name))),
    ...compare('decided', policies(before), policies(after)),
    ...(['automation', 'codeManifest', 'teeManifest', 'auditors', 'settings', 'service'] as const).flatMap(
      (name) => compare(titles[name], rows(before.object(name)), rows(after.object(name))),
    ),
    ...compare('scripts', scripts(before), scripts(after)),
  ];
}

const titles = {
  automation: 'automatic rule',
  codeManifest: 'approved code',
  teeManifest: 'approved platform',
  auditors: 'grant to an auditor',
  settings: 'setting',
  service: 'setting',
} as const;

type Rows = ReadonlyMap<string, string>;

function actors(summary: JsonView, list: string): Rows {
  return new Map(
    summary
      .list(list)
      .map((actor) => [
        `${actor.text('name')} ${shortId(actor.text('id'))}`.trim(),
        [actor.text('status'), actor.text('subject')].filter(Boolean).join(', '),
      ]),
  );
}

function policies(summary: JsonView): Rows {
  return new Map(
    summary
      .list('votingPolicies')
      .map((policy) => [
        policy.text('action') === 'default' ? 'everything else' : policy.text('action'),
        policy.text('sentence'),
      ]),
  );
}

function rows(table: JsonView): Rows {
  return new Map(table.entries().map(([name, value]) => [name, shortJson(value, 70)]));
}

function scripts(summary: JsonView): Rows {
  const { sha256 } = summary.object('scripts').value;
  return sha256 === undefined
    ? new Map()
    : new Map([['SHA-256', shortJson(viewOf({ sha256 }).text('sha256'), 64)]]);
}

function compare(what: string, before: Rows, after: Rows): readonly string[] {
  const lines: string[] = [];
  for (const [name, value] of before) {
    const now = after.get(name);
    if (now === undefined) lines.push(`${red('-')} ${what} ${name}: ${value}`);
    else if (now !== value) lines.push(`${yellow('~')} ${what} ${name}: ${now} (before: ${value})`);
  }
  for (const [name, value] of after) {
    if (!before.has(name)) lines.push(`${green('+')} ${what} ${name}: ${value}`);
  }
  return lines;
}
