/**
 * Help texts: all commands on one screen, one command on another.
 */
import type { Command } from './command.js';
import { bold, dim } from './terminal.js';

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  return [
    `${bold('coco')} — one shared, confidential ledger for a consortium`,
    '',
    'Usage: coco COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
    '',
    `${dim('coco help COMMAND shows its options and examples; coco --version the version.')}`,
  ].join('\n');
}

export function helpOf(command: Command): string {
  const operands = command.operands === '' ? '' : ` ${command.operands}`;
  const options = Object.entries({
    ...command.options,
    help: { type: 'boolean', short: 'h', help: 'show this help' } as const,
  }).map(([name, spec]) => {
    const value = 'value' in spec && spec.value !== undefined ? ` ${spec.value}` : '';
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
    const fallback = 'default' in spec && spec.default !== undefined && spec.default !== false;
    return [
      `  ${short}--${name}${value}`,
      `${spec.help}${fallback ? dim(` (default ${String(spec.default)})`) : ''}`,
    ];
  });
  const width = Math.max(...options.map(([left]) => (left ?? '').length)) + 2;
  return [
    `${bold(`coco ${command.name}`)} — ${command.summary}`,
    '',
    `Usage: coco ${command.name}${operands} [OPTIONS]`,
    '',
    'Options:',
    ...options.map(([left, right]) => `${(left ?? '').padEnd(width)}${right}`),
    ...(command.examples.length === 0 ? [] : ['', 'Examples:']),
    ...command.examples.flatMap(([line, what]) => [`  ${line}`, `      ${dim(what)}`]),
  ].join('\n');
}
