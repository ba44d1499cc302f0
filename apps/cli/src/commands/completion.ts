/**
 * `coco completion`: a script that lets the shell complete commands and options.
 */
import process from 'node:process';
import { type Command, UsageError } from '../command.js';
import { completionScript, shells } from '../completion/scripts.js';
import { onlyOperand } from './operands.js';

/** The command that completes `commands()`, itself among them. */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    operands: 'bash|zsh|fish',
    choices: shells,
    options: {},
    examples: [
      ['source <(coco completion bash)', 'in ~/.bashrc; likewise with zsh in ~/.zshrc, after compinit'],
      ['coco completion fish > ~/.config/fish/completions/coco.fish', 'once'],
    ],
    async run(operands) {
      const name = onlyOperand(operands, 'the name of a shell');
      const shell = shells.find((one) => one === name);
      if (shell === undefined)
        throw new UsageError(`there is completion for ${shells.join(', ')}, not "${name}"`);
      process.stdout.write(`${completionScript(shell, commands())}\n`);
      return 0;
    },
  };
}
