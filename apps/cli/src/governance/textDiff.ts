/**
 * Two texts compared line by line, as `diff -u` shows them.
 */
import { green, red } from '../terminal.js';

/** One line of a comparison. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Beyond so many edits the rest is shown as replaced: nobody reads further, and it would take long. */
const editsMax = 4000;

/** The fewest lines to remove and to add to get from `before` to `after` (Myers 1986). */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const of = (kind: DiffLine['kind'], lines: readonly string[]): readonly DiffLine[] =>
    lines.map((text) => ({ kind, text }));
  const [from, to] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return [
    ...of('same', a.slice(0, start)),
    ...(shortest(from, to) ?? [...of('removed', from), ...of('added', to)]),
    ...of('same', a.slice(a.length - end)),
  ];
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Undefined when more than `editsMax` edits are needed. */
function shortest(a: readonly string[], b: readonly string[]): readonly DiffLine[] | undefined {
  const frontiers: Map<number, number>[] = [];
  let frontier = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(editsMax, a.length + b.length); edits++) {
    frontiers.push(new Map(frontier));
    const next = new Map(frontier);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = goesDown(frontier, diagonal, edits);
      let x = down ? (frontier.get(diagonal + 1) ?? 0) : (frontier.get(diagonal - 1) ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return traced(a, b, frontiers);
    }
    frontier = next;
  }
  return undefined;
}

function goesDown(frontier: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (frontier.get(diagonal - 1) ?? -1) < (frontier.get(diagonal + 1) ?? -1);
}

/** Back from the end to the beginning, along the furthest reaching path. */
function traced(
  a: readonly string[],
  b: readonly string[],
  frontiers: readonly ReadonlyMap<number, number>[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = frontiers.length - 1; edits >= 0; edits--) {
    const frontier = frontiers[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = goesDown(frontier, diagonal, edits);
    const previous = down ? diagonal + 1 : diagonal - 1;
    const previousX = frontier.get(previous) ?? 0;
    const previousY = previousX - previous;
    while (x > Math.max(0, previousX) && y > Math.max(0, previousY)) {
      if (a[x - 1] !== b[y - 1]) break;
      lines.push({ kind: 'same', text: a[x - 1] ?? '' });
      x--;
      y--;
    }
    if (edits === 0) break;
    if (down) lines.push({ kind: 'added', text: b[--y] ?? '' });
    else lines.push({ kind: 'removed', text: a[--x] ?? '' });
  }
  return lines.toReversed();
}

/** How many lines come and go. */
export function diffFigures(lines: readonly DiffLine[]): {
  readonly added: number;
  readonly removed: number;
} {
  const count = (kind: DiffLine['kind']): number => lines.filter((line) => line.kind === kind).length;
  return { added: count('added'), removed: count('removed') };
}

/** As `diff -u` shows it: changed lines with `context` lines around them, and where they are. */
export function formatDiff(lines: readonly DiffLine[], context = 3): readonly string[] {
  const shown = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind === 'same') continue;
    for (let near = index - context; near <= index + context; near++) shown.add(near);
  }
  const out: string[] = [];
  let [before, after, last] = [0, 0, -1];
  for (const [index, { kind, text }] of lines.entries()) {
    if (kind !== 'added') before++;
    if (kind !== 'removed') after++;
    if (!shown.has(index)) continue;
    if (index !== last + 1 || out.length === 0)
      out.push(`@@ line ${Math.max(1, kind === 'added' ? after : before)} @@`);
    last = index;
    if (kind === 'added') out.push(green(`+${text}`));
    else out.push(kind === 'removed' ? red(`-${text}`) : ` ${text}`);
  }
  return out;
}
