/**
 * The `coco` command: finds the command named, reads its options, runs it, and turns failures into one clear line.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { CocoError } from '@coco/primitives';
import { type Command, parseCommandLine, UsageError } from './command.js';
import { commands } from './commands/all.js';
import { failureText } from './failureText.js';
import { helpOf, overview } from './help.js';
import { Cancelled } from './prompt.js';
import { closest } from './spelling.js';
import { red } from './terminal.js';

// Node.js would open its inspector, and whoever reaches that can read the keys in memory.
process.on('SIGUSR1', () => undefined);
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const [first] = words;
  if (first === undefined || first === '--help' || first === '-h') return say(overview(commands));
  if (first === '--version' || first === 'version') return say(version());
  if (first === 'help') return explain(words.slice(1));
  const command = find(words);
  if (command === undefined) return explain(words.filter((word) => word !== '--help' && word !== '-h'));
  const json = words.includes('--json');
  try {
    const { operands, options } = parseCommandLine(command, words.slice(command.name.split(' ').length));
    if (options['help'] === true) return say(helpOf(command));
    return await command.run(operands, options);
  } catch (error) {
    if (error instanceof Cancelled) return complain(error.message, 130);
    if (error instanceof UsageError) return complain(`${error.message}; see coco help ${command.name}`, 2);
    if (!(error instanceof CocoError)) throw error;
    if (json) process.stderr.write(`${JSON.stringify({ error })}\n`);
    else complain(failureText(error), 1);
    return 1;
  }
}

/** Help for a command, or for all whose names begin with `words`; a complaint when there are none. */
function explain(words: readonly string[]): number {
  const command = find(words);
  if (command !== undefined) return say(helpOf(command));
  if (words.length === 0) return say(overview(commands));
  const [group = ''] = words;
  const names = commands.map(({ name }) => name);
  const inGroup = names.some((name) => name.startsWith(`${group} `));
  if (inGroup && words.length === 1) return say(overview(commands, group));
  const wanted = words.slice(0, 2).join(' ');
  const guess =
    closest(wanted, names) ?? closest(group, [...new Set(names.map((name) => name.split(' ')[0] ?? ''))]);
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
  return complain(
    `there is no command "${wanted}"${hint}; coco help${inGroup ? ` ${group}` : ''} lists them`,
    2,
  );
}

function find(words: readonly string[]): Command | undefined {
  return commands.find((command) => command.name.split(' ').every((word, index) => words[index] === word));
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function complain(text: string, status: number): number {
  process.stderr.write(`${red('coco:')} ${text}\n`);
  return status;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return `coco ${String((manifest as { version: unknown }).version)}`;
}
