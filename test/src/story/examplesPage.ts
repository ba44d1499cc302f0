/**
 * The page with the examples: each stands in a block behind a line that names it, `<!-- example: NAME -->`.
 */
import path from 'node:path';
import { checkout } from '../coco.js';
import type { Example } from './examples.js';

export const governancePage = path.join(checkout, 'docs/governance.md');

const block = /<!-- example: (\w+) -->\n```console\n([\s\S]*?)```/g;

/** The examples that stand in `page`. */
export function examplesIn(page: string): readonly Example[] {
  return [...page.matchAll(block)].map(([, name = '', text = '']) => ({ name, text }));
}

/** `page` with `examples` in place of those that it has. */
export function withExamples(page: string, examples: readonly Example[]): string {
  return page.replaceAll(block, (whole, name: string) => {
    const example = examples.find((one) => one.name === name);
    return example === undefined ? whole : `<!-- example: ${name} -->\n\`\`\`console\n${example.text}\`\`\``;
  });
}

/**
 * The lines of an example without what is different each time: ids, numbers, times, how wide columns are, and whose row
 * comes first, which follows from ids.
 */
export function lastingLines({ text }: Example): readonly string[] {
  const lines = text
    .replaceAll(/ \\\n */g, ' ')
    .replaceAll(/\b[0-9a-f]{8,64}\b/g, '#')
    .replaceAll(/\b(acme|bolt|cora|dora)\b/g, 'somebody')
    .replaceAll(/\b(primary|backup)\b/g, 'role')
    .replaceAll(/, made [^,\n]*/g, ', made then')
    .replaceAll(/\d+/g, '0')
    .replaceAll(/[ \t]+/g, ' ')
    .split('\n')
    .map((line) => line.trim());
  return [...new Set(lines)].toSorted();
}
