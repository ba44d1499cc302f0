/**
 * What a person sees of a replay.
 */
import { formatTxId } from '@coco/primitives';
import { printable } from '../ledger/printable.js';
import { bold, dim, green, red, thousands } from '../terminal.js';
import type { Deviation, ReplayProgress } from './progress.js';
import type { NodeVerdict } from './replayNetwork.js';

const barChars = 30;

/** The live line. */
export function describeProgress(progress: ReplayProgress, total: number): string {
  const { replayed, equal } = progress;
  const filled = Math.floor((barChars * replayed) / total);
  const bar = `${'█'.repeat(filled)}${dim('░'.repeat(barChars - filled))}`;
  const count = `${thousands(replayed)} of ${thousands(total)}`;
  const judged = equal === replayed ? green('all equal') : red(`${thousands(replayed - equal)} different`);
  return `  ${bar}  ${count}  ${bold(`${thousands(progress.rate())} tx/s`)}  ${judged}`;
}

const fieldsMax = 8;
const valueCharsMax = 140;

/** One transaction that is different, with its fields. */
export function describeDeviation({ index, hash, differences }: Deviation): string {
  const width = Math.max(...differences.slice(0, fieldsMax).map(({ field }) => field.length));
  const lines = differences
    .slice(0, fieldsMax)
    .flatMap(({ field, expected, got }) => [
      `    ${field.padEnd(width)}  expected  ${green(shorten(expected, got))}`,
      `    ${' '.repeat(width)}  got       ${red(shorten(got, expected))}`,
    ]);
  const more = differences.length - fieldsMax;
  return [
    `  ${bold(`transaction ${index}`)}  ${dim(hash)}`,
    ...lines,
    ...(more > 0 ? [dim(`    and ${more} more fields`)] : []),
  ].join('\n');
}

/** The part of a long value in which it begins to differ from the other. */
function shorten(value: string, other: string): string {
  if (value.length <= valueCharsMax) return printable(value);
  let same = 0;
  while (same < value.length && value[same] === other[same]) same++;
  const from = Math.max(0, Math.min(same - 20, value.length - valueCharsMax));
  const cut = value.slice(from, from + valueCharsMax);
  const after = from + valueCharsMax < value.length ? '…' : '';
  return `${from > 0 ? '…' : ''}${printable(cut)}${after}${from > 0 ? dim(` (from character ${from})`) : ''}`;
}

/** A line for each node. */
export function describeNodes(verdicts: readonly NodeVerdict[]): string {
  return verdicts
    .map(({ name, commit, verification }) => {
      const { report, sound } = verification;
      const { failure } = report;
      const figures = `${thousands(report.entries)} entries, ${thousands(report.signatures)} signatures`;
      const verdict = sound
        ? `${green('✔')} ledger sound: ${figures}, signed up to ${formatTxId(report.lastSigned)}`
        : `${red('✘')} ledger not sound: ${printable(failure?.reason ?? 'nothing in it is signed')}`;
      return `  ${name}  commit ${bold(commit)}  ${verdict}`;
    })
    .join('\n');
}
