/**
 * Proposals in words: one in full, several in a table.
 */
import { bold, dim, fields, green, red, screenColumns, table, wrap, yellow } from '../terminal.js';
import { describeAction } from './actionText.js';
import type { JsonView } from './jsonView.js';
import { type Namer, shortId } from './naming.js';
import { describeTally, describeTimes } from './tallyText.js';

/** The state in its colour. */
export function stateText(state: string): string {
  if (state === 'Open') return yellow(state);
  return state === 'Accepted' ? green(state) : red(state);
}

/** One proposal, as `GET /gov/coco/proposals/{id}` gives it. `changes` stands between actions and votes. */
export function describeProposal(proposal: JsonView, namer: Namer, nowMs: number, changes?: string): string {
  const id = proposal.text('proposalId');
  const state = proposal.text('proposalState');
  const open = state === 'Open';
  const tally = proposal.object('tally');
  const failure = proposal.object('failure').text('reason');
  const proposer = namer.nameAndId(proposal.text('proposerId'));
  return [
    `${bold('Proposal')} ${bold(shortId(id))} — ${stateText(state)}`,
    '',
    fields([
      ['  id', id],
      ['  proposed by', [proposer, ...describeTimes(tally, open, nowMs)].join(', ')],
      ...(failure === ''
        ? []
        : [['  why', wrap(failure, screenColumns - 17).join('\n                 ')] as const]),
    ]),
    '',
    bold('It asks to:'),
    ...actionLines(proposal, namer),
    ...(changes === undefined ? [] : ['', changes]),
    ...(proposal.has('tally') ? ['', describeTally(tally, open)] : []),
  ].join('\n');
}

/** What it asks for, in numbered lines. */
export function actionLines(proposal: JsonView, namer: Namer): readonly string[] {
  const actions = proposal.list('actions');
  if (actions.length === 0) return proposal.texts('actionNames').map((name) => `  ${name}`);
  return actions.flatMap((action, index) => {
    const [first = '', ...rest] = describeAction(action, namer);
    const number = actions.length === 1 ? '  ' : `  ${index + 1}. `;
    const indent = ' '.repeat(number.length);
    return [
      ...wrap(first, screenColumns - number.length).map((line, at) => `${at === 0 ? number : indent}${line}`),
      ...rest.flatMap((line) =>
        wrap(line, screenColumns - number.length - 2).map((one) => dim(`${indent}  ${one}`)),
      ),
    ];
  });
}

/** Proposals in a table: the open ones first, then the others. */
export function proposalTable(proposals: readonly JsonView[], namer: Namer): string {
  const rank = (proposal: JsonView): number => (proposal.text('proposalState') === 'Open' ? 0 : 1);
  const rows = proposals
    .toSorted((a, b) => rank(a) - rank(b) || (b.number('createdAt') ?? 0) - (a.number('createdAt') ?? 0))
    .map((proposal) => [
      shortId(proposal.text('proposalId')),
      stateText(proposal.text('proposalState')),
      namer.name(proposal.text('proposerId')),
      votesText(proposal),
      proposal.texts('actionNames').join(', '),
    ]);
  return table([['id', 'state', 'proposed by', 'votes', 'asks for'], ...rows]);
}

/** "2 yes, 1 no", or how many have voted when it is not known how. */
function votesText(proposal: JsonView): string {
  const tally = proposal.object('tally');
  const [inFavour, against] = [tally.number('inFavour'), tally.number('against')];
  if (inFavour === undefined || against === undefined) return String(proposal.number('ballotCount') ?? 0);
  return `${inFavour} yes, ${against} no`;
}
