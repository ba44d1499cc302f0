/**
 * Help texts: all commands on one screen, one command on another. Lines fit the terminal, and have at most 100 columns.
 */
import type { Command, OptionSpec } from './command.js';
import { bold, dim, screenColumns, visibleWidth, wrap } from './terminal.js';

const columns = screenColumns;
/** Names of options longer than this stand on a line of their own. */
const optionWidthMax = 30;

/** Parts of the list of commands, by the first word of their names. */
const topics: readonly (readonly [title: string, firstWords: readonly string[]])[] = [
  ['Networks', ['sandbox', 'network', 'replay']],
  ['Governing', ['member', 'participant', 'proposal', 'request', 'constitution']],
  ['Nodes', ['node', 'alarm']],
  ['Attestation', ['measure', 'verify', 'evidence']],
  ['Ledgers', ['ledger', 'receipt', 'data']],
  ['Recovery', ['share', 'recover']],
  ['Shell', ['completion']],
];

/** All commands, or those whose name begins with `group`. */
export function overview(commands: readonly Command[], group?: string): string {
  const shown = commands.filter(({ name }) => group === undefined || name.startsWith(`${group} `));
  const width = Math.max(...shown.map((command) => command.name.length)) + 4;
  const parts = topics.flatMap(([title, firstWords]) => {
    const inTopic = shown.filter(({ name }) => firstWords.includes(name.split(' ')[0] ?? ''));
    if (inTopic.length === 0) return [];
    const lines = inTopic.flatMap(({ name, summary }) => optionLines(`  ${name}`, summary, width));
    return ['', group === undefined ? `${title}:` : 'Commands:', ...lines];
  });
  return [
    ...(group === undefined
      ? [`${bold('coco')} — one shared, confidential ledger for a consortium`, '']
      : []),
    `Usage: coco ${group === undefined ? '' : `${group} `}COMMAND [OPTIONS]`,
    ...parts,
    '',
    dim(`coco help ${group === undefined ? '' : `${group} `}COMMAND shows its options and examples.`),
  ].join('\n');
}

export function helpOf(command: Command): string {
  const operands = command.operands === '' ? '' : ` ${command.operands}`;
  const help: OptionSpec = { type: 'boolean', short: 'h', help: 'show this help' };
  const specs = Object.entries({ ...command.options, help });
  const groups = ['Options', ...new Set(specs.flatMap(([, { group }]) => group ?? []))];
  const rows = specs.map(([name, spec]) => ({
    group: spec.group ?? 'Options',
    left: leftOf(name, spec),
    right: rightOf(spec),
  }));
  const width = Math.max(...rows.map(({ left }) => left.length).filter((one) => one <= optionWidthMax)) + 2;
  return [
    `${bold(`coco ${command.name}`)} — ${command.summary}`,
    '',
    `Usage: coco ${command.name}${operands} [OPTIONS]`,
    ...(command.about ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, columns)]),
    ...listLines(command.list ?? []),
    ...groups.flatMap((group) => {
      const inGroup = rows.filter((row) => row.group === group);
      return ['', `${group}:`, ...inGroup.flatMap(({ left, right }) => optionLines(left, right, width))];
    }),
    ...(command.examples.length === 0 ? [] : ['', 'Examples:']),
    ...command.examples.flatMap(([line, what]) => [
      `  ${line}`,
      ...wrap(what, columns - 6).map((one) => `      ${dim(one)}`),
    ]),
  ].join('\n');
}

function listLines(list: NonNullable<Command['list']>): readonly string[] {
  const width = Math.max(...list.map(([words]) => words.length)) + 4;
  return list.flatMap(([words, what]) => optionLines(`  ${words}`, what, width));
}

function leftOf(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  return `  ${short}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`;
}

function rightOf({ help, env, multiple, default: fallback }: OptionSpec): string {
  const notes = [
    ...(multiple === true ? ['repeatable'] : []),
    ...(fallback !== undefined && fallback !== false ? [`default ${String(fallback)}`] : []),
    ...(env === undefined ? [] : [`env ${env}`]),
  ];
  return notes.length === 0 ? help : `${help} (${notes.join('; ')})`;
}

function optionLines(left: string, right: string, width: number): readonly string[] {
  const lines = wrap(right, columns - width).map((line) => dimNotes(line));
  const indent = ' '.repeat(width);
  const [first = '', ...rest] = lines;
  if (left.length > width - 2) return [left, ...lines.map((line) => indent + line)];
  return [left + ' '.repeat(width - visibleWidth(left)) + first, ...rest.map((line) => indent + line)];
}

/** Defaults and variables stand back behind what the option means. */
function dimNotes(line: string): string {
  return line.replace(/\((?:repeatable|default [^()]*|env [A-Z_]+)(?:; [^()]*)?\)$/, (notes) => dim(notes));
}
