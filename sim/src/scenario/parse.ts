/**
 * The command language of scenarios: one command per line, `command,arg,arg`; `#` begins a comment; a line that
 * begins with four or more `=` ends the file.
 */
import { CocoError } from '@coco/primitives';

/** One line of a scenario. */
export interface Command {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly name: string;
  readonly args: readonly string[];
  /** The line without its comment. */
  readonly text: string;
}

/** A command that a scenario may use. */
export interface CommandForm {
  /** How it is written, for messages and help. */
  readonly usage: string;
  readonly argsMin: number;
  readonly argsMax: number;
}

/**
 * The commands of a scenario. Throws COCO_SIM_SCENARIO, with file and line, for an unknown command or a wrong number
 * of arguments.
 */
export function parseScenario(
  file: string,
  text: string,
  forms: Readonly<Record<string, CommandForm>>,
): Command[] {
  const commands: Command[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.startsWith('====')) break;
    const bare = raw.replace(/#.*$/s, '').trimEnd();
    if (bare.trim() === '') continue;
    const [name = '', ...args] = bare.split(',');
    const command = { file, line: index + 1, name, args, text: bare };
    checkForm(command, Object.hasOwn(forms, name) ? forms[name] : undefined);
    commands.push(command);
  }
  return commands;
}

/** A failure at a line of a scenario. */
export function scenarioError(command: Pick<Command, 'file' | 'line'>, reason: string): CocoError {
  const { file, line } = command;
  return new CocoError('COCO_SIM_SCENARIO', `${file}:${line}: ${reason}`, { file, line });
}

function checkForm(command: Command, form: CommandForm | undefined): void {
  if (form === undefined) throw scenarioError(command, `unknown command "${command.name}"`);
  const count = command.args.length;
  if (count < form.argsMin || count > form.argsMax) {
    throw scenarioError(command, `wrong number of arguments (${count}); the form is ${form.usage}`);
  }
}
