/**
 * What a proposal would change, in words (GOV-6): one line for each row, the constitution's scripts as a comparison.
 */

import { printable } from '../ledger/printable.js';
import { bold, dim, green, red, screenColumns, wrap, yellow } from '../terminal.js';
import { type JsonView, shortJson } from './jsonView.js';
import { automationText } from './policyRows.js';
import { describeTally } from './tallyText.js';
import { diffFigures, diffLines, formatDiff } from './textDiff.js';

const constitutionTable = 'public:ccf.gov.constitution';
const diffLinesMax = 24;
const valueCharsMax = 400;

export interface RehearsalTextOptions {
  /** Every value as it was and as it would be, and the whole comparison of scripts. */
  readonly full: boolean;
  /** Whether to say how the votes would stand: not for proposals that are open already. */
  readonly tally: boolean;
}

export function describeRehearsal(rehearsal: JsonView, { full, tally }: RehearsalTextOptions): string {
  if (!rehearsal.flag('valid')) {
    return [
      `${red('✗')} ${bold('It is not valid, and would be refused')}`,
      ...indented(rehearsal.text('description')),
    ].join('\n');
  }
  const failure = rehearsal.object('failure').text('reason');
  if (failure !== '') {
    return [
      `${red('✗')} ${bold('It is valid, but applying it would fail; nothing would change')}`,
      ...indented(failure),
    ].join('\n');
  }
  const changes = rehearsal.list('changes');
  const effects = rehearsal.list('effects');
  const head =
    changes.length + effects.length === 0
      ? `${yellow('●')} ${bold('It is valid, and would change no row of the constitution or the node list')}`
      : `${green('✓')} ${bold('It is valid. Accepted, it would change this:')}`;
  return [
    head,
    ...changes.flatMap((change) => changeLines(change, full)),
    ...effects.map((effect) => `  ${yellow('→')} ${effect.text('sentence')}`),
    ...(tally ? ['', outcomeOf(rehearsal), describeTally(rehearsal.object('tally'), true)] : []),
  ].join('\n');
}

function outcomeOf(rehearsal: JsonView): string {
  if (rehearsal.flag('acceptedAtOnce')) {
    return `${green('✓')} It would be accepted at once, without a ballot.`;
  }
  const state = rehearsal.text('stateAtOnce');
  return state === 'Open' || state === ''
    ? dim('It would be open until the members have voted.')
    : yellow(`Without any ballot it would be ${state}.`);
}

/** `+` for a row that comes, `-` for one that goes, `~` for one that changes. */
function changeLines(change: JsonView, full: boolean): readonly string[] {
  const { before, after } = change.value;
  const sign = before === null ? green('+') : after === null ? red('-') : yellow('~');
  const [first = '', ...rest] = wrap(sentenceOf(change), screenColumns - 4);
  const lines = [`  ${sign} ${first}`, ...rest.map((line) => `    ${line}`)];
  if (change.text('table') === constitutionTable) return [...lines, ...scriptLines(change, full)];
  if (!full) return lines;
  const row = `${change.text('table')}${change.text('key') === '' ? '' : ` ${change.text('key')}`}`;
  return [
    ...lines,
    dim(`    ${row}`),
    ...(before === null ? [] : [`    ${red(`- ${shortJson(before, valueCharsMax)}`)}`]),
    ...(after === null ? [] : [`    ${green(`+ ${shortJson(after, valueCharsMax)}`)}`]),
  ];
}

/** The network's own sentence, but for what is said better here. */
function sentenceOf(change: JsonView): string {
  const { before, after } = change.value;
  if (change.text('table') !== 'public:coco.automation' || after === null) return change.text('sentence');
  const does = before === null ? 'Adds' : 'Changes';
  return `${does} the automatic rule “${change.text('key')}”: ${automationText(change.object('after'))}.`;
}

function scriptLines(change: JsonView, full: boolean): readonly string[] {
  const compared = diffLines(printableLines(change.raw('before')), printableLines(change.raw('after')));
  const { added, removed } = diffFigures(compared);
  const shown = formatDiff(compared);
  const lines = full ? shown : shown.slice(0, diffLinesMax);
  const left = shown.length - lines.length;
  return [
    dim(`    ${added} lines come, ${removed} go`),
    ...lines.map((line) => `    ${line}`),
    ...(left > 0 ? [dim(`    … ${left} more lines; --full shows all`)] : []),
  ];
}

/** A script whose lines can be shown. */
export function printableLines(script: string): string {
  return script
    .split('\n')
    .map((line) => printable(line.replaceAll('\t', '  ')))
    .join('\n');
}

function indented(text: string): readonly string[] {
  return wrap(text, screenColumns - 2).map((line) => `  ${line}`);
}
