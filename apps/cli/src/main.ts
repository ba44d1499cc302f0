/**
 * The `coco` command: finds the command named, reads its options, runs it, and turns failures into one clear line.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { CocoError } from '@coco/primitives';
import { type Command, type OptionValues, parseArgsOptions, UsageError } from './command.js';
import { ledgerShow } from './commands/ledgerShow.js';
import { ledgerVerify } from './commands/ledgerVerify.js';
import { nodeStart } from './commands/nodeStart.js';
import { replay } from './commands/replay.js';
import { sandbox } from './commands/sandbox.js';
import { helpOf, overview } from './help.js';
import { red } from './terminal.js';

const commands: readonly Command[] = [sandbox, nodeStart, ledgerVerify, ledgerShow, replay];

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  if (words.length === 0 || words[0] === '--help' || words[0] === '-h') return say(overview(commands));
  if (words[0] === '--version' || words[0] === 'version') return say(version());
  if (words[0] === 'help') {
    const command = find(words.slice(1));
    return say(command === undefined ? overview(commands) : helpOf(command));
  }
  const command = find(words);
  if (command === undefined) {
    return complain(`there is no command "${words.slice(0, 2).join(' ')}"; coco help lists them`, 2);
  }
  try {
    const { operands, options } = parse(command, words.slice(command.name.split(' ').length));
    if (options['help'] === true) return say(helpOf(command));
    return await command.run(operands, options);
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}; see coco help ${command.name}`, 2);
    if (error instanceof CocoError) return complain(`${error.message} [${error.code}]`, 1);
    throw error;
  }
}

function find(words: readonly string[]): Command | undefined {
  return commands.find((command) => command.name.split(' ').every((word, index) => words[index] === word));
}

function parse(
  command: Command,
  args: readonly string[],
): { readonly operands: readonly string[]; readonly options: OptionValues } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parseArgsOptions(command),
      allowPositionals: command.operands !== '',
    });
    const options: Record<string, string | boolean | undefined> = {};
    for (const [name, spec] of Object.entries(command.options)) options[name] = spec.default;
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'string' || typeof value === 'boolean') options[name] = value;
    }
    return { operands: positionals, options };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. To specify')[0] : String(error));
  }
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
