/**
 * The constitution on one screen (GOV-8): what somebody approves who joins, in the words of people who are not engineers.
 */
import { bold, dim, fields, screenColumns, table, thousands, wrap, yellow } from '../terminal.js';
import { type JsonView, viewOf } from './jsonView.js';
import { shortId } from './naming.js';
import { auditorText, automationText, codeText, settingsText, teeText } from './policyRows.js';

/** The summary that `GET /gov/coco/constitution` gives. */
export function describeConstitution(summary: JsonView): string {
  const scripts = summary.object('scripts');
  const service = summary.object('service');
  return [
    `${bold('Constitution')} ${summary.text('digest')}`,
    '',
    actorsText('Members', summary.list('members'), 'each has one vote'),
    '',
    actorsText('Participants', summary.list('participants'), 'they transact, without a vote'),
    '',
    policiesText(summary.list('votingPolicies')),
    '',
    rulesText('Automatic rules', summary.object('automation'), automationText),
    rulesText('Approved code', summary.object('codeManifest'), codeText),
    rulesText('Approved platforms', summary.object('teeManifest'), teeText),
    ...assuranceText(summary.object('assurance')),
    auditorsText(summary.object('auditors')),
    '',
    bold('Settings'),
    fields([
      ...settingsText(summary.object('settings')).map(([name, value]) => [`  ${name}`, value] as const),
      ['  node certificates', `${service.number('nodeCertificateDays') ?? '?'} days`],
      ['  scripts', `${thousands(scripts.number('bytes') ?? 0)} bytes`],
      ['  their SHA-256', scripts.text('sha256')],
    ]),
    ...actionsText(scripts.texts('actions')),
  ].join('\n');
}

function actorsText(title: string, actors: readonly JsonView[], note: string): string {
  if (actors.length === 0) return `${bold(title)}: ${dim('none')}`;
  const byName = actors.toSorted((a, b) => a.text('name').localeCompare(b.text('name')));
  const rows = byName.map((actor) => {
    const ends = actor.number('certificateEndsMs') ?? 0;
    return [
      `  ${actor.text('name') || dim('no name')}`,
      shortId(actor.text('id')),
      actor.text('status') === 'Active' ? 'active' : yellow('not active yet'),
      dim([actor.text('subject'), ends === 0 ? '' : `until ${dayOf(ends)}`].filter(Boolean).join(', ')),
    ];
  });
  return `${bold(title)} ${dim(`— ${note}`)}\n${headless(rows)}`;
}

function policiesText(policies: readonly JsonView[]): string {
  const others = policies.length > 1 ? 'everything else' : 'everything';
  const isDefault = (policy: JsonView): boolean => policy.text('action') === 'default';
  const rows = policies
    .toSorted((a, b) => Number(isDefault(a)) - Number(isDefault(b)))
    .map((policy) => [`  ${isDefault(policy) ? others : policy.text('action')}`, policy.text('sentence')]);
  if (rows.length === 0) rows.push(['  everything', 'more than half of the members must be in favour']);
  return `${bold('How proposals are decided')}\n${headless(rows)}`;
}

function rulesText(title: string, rules: JsonView, describe: (rule: JsonView) => string): string {
  const entries = rules.entries();
  if (entries.length === 0) return `${bold(title)}: ${dim('none')}`;
  const rows = entries.map(([name, rule]) => [`  ${name.slice(0, 24)}`, describe(viewOf(rule))]);
  return `${bold(title)}\n${headless(rows)}`;
}

/** Who reads private data without being one of the actors. */
function auditorsText(grants: JsonView): string {
  const rows = grants.entries().map(([, row]) => {
    const grant = viewOf(row);
    return [`  ${grant.text('name')}`, auditorText(grant)];
  });
  return rows.length === 0 ? `${bold('Auditors')}: ${dim('none')}` : `${bold('Auditors')}\n${headless(rows)}`;
}

/** What the attestation of the network is worth. */
function assuranceText(assurance: JsonView): readonly string[] {
  const level = assurance.text('level');
  if (level === '') return [];
  const said = { none: 'nothing is proved', reduced: 'hardware, with exceptions', full: 'hardware' };
  const words = Object.hasOwn(said, level) ? said[level as keyof typeof said] : level;
  const reasons = assurance.texts('reasons').flatMap((reason) => wrap(reason, screenColumns - 4));
  return [
    `${bold('What nodes prove')}: ${level === 'full' ? words : yellow(words)}`,
    ...reasons.map((line) => dim(`  ${line}`)),
  ];
}

function actionsText(actions: readonly string[]): readonly string[] {
  if (actions.length === 0) return [];
  const lines = wrap(actions.join(', '), screenColumns - 2);
  return [
    '',
    `${bold('What can be proposed')} ${dim(`— ${actions.length} kinds of action`)}`,
    ...lines.map((line) => `  ${line}`),
  ];
}

function headless(rows: readonly (readonly string[])[]): string {
  return table([[], ...rows])
    .split('\n')
    .slice(1)
    .join('\n');
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
