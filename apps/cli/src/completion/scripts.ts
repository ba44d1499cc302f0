/**
 * Completion scripts for shells, made from the commands and their options.
 */
import type { Command } from '../command.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** The script for `shell`. */
export function completionScript(shell: (typeof shells)[number], commands: readonly Command[]): string {
  const described = commands.map(describe);
  if (shell === 'bash') return bash(described);
  return shell === 'zsh' ? zsh(described) : fish(described);
}

interface Described {
  /** One or two. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: readonly Option[];
  /** What an operand can be, when it is one of a few words. */
  readonly choices: readonly string[];
}

interface Option {
  readonly name: string;
  readonly help: string;
  readonly takesValue: boolean;
}

function describe(command: Command): Described {
  const options = Object.entries(command.options).map(([name, { type, help }]) => ({
    name,
    help: help.replace(/ \(.*$/, '').replaceAll("'", '’'),
    takesValue: type === 'string',
  }));
  return {
    words: command.name.split(' '),
    summary: command.summary.replaceAll("'", '’'),
    options: [...options, { name: 'help', help: 'show help', takesValue: false }],
    choices: command.choices ?? [],
  };
}

/** First words, and for each of them the second words; a command of one word has none. */
function groupsOf(commands: readonly Described[]): ReadonlyMap<string, readonly Described[]> {
  const groups = new Map<string, readonly Described[]>();
  for (const command of commands) {
    const [first = ''] = command.words;
    groups.set(first, [...(groups.get(first) ?? []), command]);
  }
  return groups;
}

function flags({ options }: Described): string {
  return options.map(({ name }) => `--${name}`).join(' ');
}

function bash(commands: readonly Described[]): string {
  const groups = groupsOf(commands);
  const seconds = [...groups].map(
    ([first, inGroup]) =>
      `    ${first}) words='${inGroup
        .map(({ words }) => words[1] ?? '')
        .join(' ')
        .trim()}' ;;`,
  );
  const options = commands.map(
    (command) =>
      `    '${command.words.join(' ')}') flags='${flags(command)}' choices='${command.choices.join(' ')}' ;;`,
  );
  return `# coco completion bash
_coco() {
  local current=\${COMP_WORDS[COMP_CWORD]} words= flags= choices=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...groups.keys(), 'help'].join(' ')}' -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${seconds.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ] && [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  local command=\${COMP_WORDS[1]}
  [ -n "$words" ] && command="$command \${COMP_WORDS[2]}"
  case "$command" in
${options.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$choices" -- "$current") $(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _coco coco`;
}

function zsh(commands: readonly Described[]): string {
  const groups = groupsOf(commands);
  const firsts = [...groups].map(([first, inGroup]) => {
    const [only] = inGroup;
    const summary = only?.words.length === 1 ? only.summary : inGroup.map(({ words }) => words[1]).join(', ');
    return `    '${first}:${summary}'`;
  });
  const seconds = [...groups]
    .filter(([, inGroup]) => inGroup.some(({ words }) => words.length > 1))
    .map(([first, inGroup]) => {
      const words = inGroup.map((command) => `'${command.words[1]}:${command.summary}'`);
      return `      ${first}) subcommands=(${words.join(' ')}) ;;`;
    });
  const options = commands.map(({ words, options: all, choices }) => {
    const specs = all.map(
      ({ name, help, takesValue }) =>
        `'--${name}[${help.replace(/[[\]:]/g, ' ')}]${takesValue ? ':value:_files' : ''}'`,
    );
    const operand =
      choices.length === 0 ? `'*:operand:_files'` : `'1:operand:(${choices.join(' ')})' '*:file:_files'`;
    return `    '${words.join(' ')}') _arguments ${specs.join(' ')} ${operand} ;;`;
  });
  return `#compdef coco
# coco completion zsh
_coco() {
  local -a commands subcommands
  commands=(
${firsts.join('\n')}
    'help:show help'
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${seconds.join('\n')}
  esac
  if (( CURRENT == 3 && $#subcommands )); then _describe command subcommands; return; fi
  local command=$words[2] skip=1
  if (( $#subcommands )); then command="$command $words[3]"; skip=2; fi
  shift $skip words; (( CURRENT -= skip ))
  case $command in
${options.join('\n')}
  esac
}
if [ "$funcstack[1]" = _coco ]; then _coco "$@"; else compdef _coco coco; fi`;
}

function fish(commands: readonly Described[]): string {
  const groups = groupsOf(commands);
  const lines = ['# coco completion fish', 'complete -c coco -f'];
  for (const [first, inGroup] of groups) {
    const [only] = inGroup;
    const summary = only?.words.length === 1 ? only.summary : inGroup.map(({ words }) => words[1]).join(', ');
    lines.push(`complete -c coco -n __fish_use_subcommand -a ${first} -d '${summary}'`);
    for (const command of inGroup) {
      const [, second] = command.words;
      const here = `__fish_seen_subcommand_from ${first}`;
      if (second !== undefined) {
        const others = inGroup.map(({ words }) => words[1]).join(' ');
        const none = `${here}; and not __fish_seen_subcommand_from ${others}`;
        lines.push(`complete -c coco -n '${none}' -a ${second} -d '${command.summary}'`);
      }
      const when = second === undefined ? here : `${here}; and __fish_seen_subcommand_from ${second}`;
      for (const { name, help, takesValue } of command.options) {
        lines.push(`complete -c coco -n '${when}' -l ${name} ${takesValue ? '-rF ' : ''}-d '${help}'`);
      }
      if (command.choices.length > 0) {
        lines.push(`complete -c coco -n '${when}' -a '${command.choices.join(' ')}'`);
      } else lines.push(`complete -c coco -n '${when}' -F`);
    }
  }
  return lines.join('\n');
}
