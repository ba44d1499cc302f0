/**
 * The figures as a table of medians.
 */
import type { Measured } from './measure.js';
import type { BenchFigures, BenchSettings, LoadFigures } from './rounds.js';
import { median } from './statistics.js';

/** Everything but the machine, as text. */
export function describeFigures(figures: BenchFigures, settings: BenchSettings): string {
  const rows = [head, ...figures.loads.map(row), ...baselineRow(figures)];
  const lines = align(rows);
  const ratio = ratioOf(figures);
  if (ratio !== undefined) {
    const name = figures.baselineName.split(',')[0];
    lines.push('', `Coco ÷ ${name}, ERC-20 transfers per second: ${ratio.toFixed(2)}`);
  } else if (settings.baseline) {
    lines.push('', 'no baseline: anvil is not installed (an optional dependency, for Linux on x64)');
  }
  return lines.join('\n');
}

/** Transactions per second on Coco for each on the baseline; undefined without one. */
export function ratioOf({ loads, baseline }: BenchFigures): number | undefined {
  const token = loads.find(({ name }) => name === 'ERC-20 transfer');
  if (token === undefined || baseline.length === 0) return undefined;
  return median(token.full.map(({ txPerSecond }) => txPerSecond)) / median(baseline);
}

const head = [
  '',
  'tx/s',
  '(range)',
  'full p50',
  'p99 ms',
  'half p50',
  'p99 ms',
  'CPU µs/tx: primary',
  'backups',
];

function row({ name, full, half }: LoadFigures): readonly string[] {
  const rates = full.map(({ txPerSecond }) => txPerSecond);
  const middle = (all: readonly Measured[], of: (one: Measured) => number): string =>
    all.length === 0 ? '' : whole(median(all.map(of)));
  return [
    name,
    whole(median(rates)),
    range(rates),
    middle(full, ({ p50Ms }) => p50Ms),
    middle(full, ({ p99Ms }) => p99Ms),
    middle(half, ({ p50Ms }) => p50Ms),
    middle(half, ({ p99Ms }) => p99Ms),
    middle(full, ({ cpuUs }) => cpuUs[0] ?? Number.NaN),
    middle(full, ({ cpuUs }) => median(cpuUs.slice(1))),
  ];
}

function baselineRow({ baseline, baselineName }: BenchFigures): readonly (readonly string[])[] {
  return baseline.length === 0 ? [] : [[baselineName, whole(median(baseline)), range(baseline)]];
}

function range(values: readonly number[]): string {
  return `(${whole(Math.min(...values))}–${whole(Math.max(...values))})`;
}

function whole(value: number): string {
  if (Number.isNaN(value)) return '–';
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] as number;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
