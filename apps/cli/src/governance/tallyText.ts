/**
 * How a proposal stands, in words: who voted how, who has not, what is still missing.
 */
import { bold, dim, green, red, table, yellow } from '../terminal.js';
import { formatDuration } from './duration.js';
import type { JsonView } from './jsonView.js';
import { shortId } from './naming.js';

/** The votes, and the policies that they are counted by. */
export function describeTally(tally: JsonView, open: boolean): string {
  const voted = tally.list('voted');
  const missing = tally.list('missing');
  const rows = [
    ...voted.map((voter) => [...voteOf(voter), dim(shortId(voter.text('memberId')))]),
    ...(open
      ? missing.map((voter) => [
          dim('  ·'),
          voter.text('name'),
          'has not voted',
          dim(shortId(voter.text('memberId'))),
        ])
      : []),
  ];
  return [
    bold(headOf(tally, open)),
    ...(rows.length === 0 ? [dim('  nobody voted')] : [plainTable(rows)]),
    ...tally.list('policies').map((policy) => {
      const of = tally.list('policies').length === 1 ? '' : `${policy.text('action')}: `;
      return dim(`  ${of}${policy.text('sentence')}`);
    }),
  ].join('\n');
}

function voteOf(voter: JsonView): readonly string[] {
  const name = voter.text('name');
  const failure = voter.text('failure');
  if (failure !== '') return [red('  !'), name, `its script failed: ${failure}`];
  const inFavour = voter.value['inFavour'];
  if (inFavour === true) return [green('  ✓'), name, 'in favour'];
  return inFavour === false
    ? [red('  ✗'), name, 'against']
    : [yellow('  ?'), name, 'voted by a script that has not been run'];
}

function headOf(tally: JsonView, open: boolean): string {
  const [inFavour, against] = [tally.number('inFavour') ?? 0, tally.number('against') ?? 0];
  const counted = `Votes: ${inFavour} in favour, ${against} against`;
  if (!open) return counted;
  const missing = tally.number('inFavourMissing') ?? 0;
  const quorum = Math.max(0, ...tally.list('policies').map((policy) => policy.number('votedNeeded') ?? 0));
  const votedMissing = Math.max(0, quorum - tally.list('voted').length);
  const wanted = [
    ...(missing > 0 ? [`${missing} more in favour`] : []),
    ...(votedMissing > missing ? [`${votedMissing} more voting`] : []),
  ];
  return wanted.length === 0 ? counted : `${counted}; needed: ${wanted.join(', ')}`;
}

/** When it was made and when it ends, as `nowMs` sees it. */
export function describeTimes(tally: JsonView, open: boolean, nowMs: number): readonly string[] {
  const now = nowMs / 1000;
  const createdAt = tally.number('createdAt');
  const expiresAt = tally.number('expiresAt');
  return [
    ...(createdAt === undefined ? [] : [`made ${ago(now - createdAt)}`]),
    ...(open && expiresAt !== undefined ? [`ends in ${formatDuration(expiresAt - now)}`] : []),
  ];
}

/** "3 minutes ago". */
export function ago(seconds: number): string {
  return seconds < 5 ? 'just now' : `${formatDuration(seconds).split(' ').slice(0, 2).join(' ')} ago`;
}

/** A table without a head. */
function plainTable(rows: readonly (readonly string[])[]): string {
  return table([[], ...rows])
    .split('\n')
    .slice(1)
    .join('\n');
}
