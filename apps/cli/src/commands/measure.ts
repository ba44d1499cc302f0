/**
 * `coco measure`: the digest of the code that runs here, for members to compare and to approve (GOV-1).
 */
import process from 'node:process';
import { codeId, platforms } from '@coco/attestation';
import { type CodeMeasurement, measureCode } from '@coco/host';
import { type Command, list, type OptionValues, text, UsageError } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { formatBytes } from '../ledger/printable.js';
import { bold, dim, fields, table, thousands } from '../terminal.js';

export const measure: Command = {
  name: 'measure',
  summary: 'print the digest of the code that runs here',
  operands: '',
  options: {
    app: {
      type: 'string',
      value: 'PATH',
      multiple: true,
      help: 'measure this app bundle too, a file or a folder',
    },
    module: {
      type: 'string',
      value: 'URL',
      multiple: true,
      help: 'an adapter from outside of the installation, as adapters[].module of the configuration names it',
    },
    platform: {
      type: 'string',
      value: 'PLATFORM',
      help: 'measure nothing, and print the code id of registers on this platform',
    },
    register: {
      type: 'string',
      value: 'NAME=HEX',
      multiple: true,
      help: 'with --platform: a register as docs/attestation-recipes.md names it, and what it has to be',
    },
    digest: { type: 'boolean', help: 'the tree digest alone' },
    files: { type: 'boolean', help: 'every file with its length and SHA-256' },
    ...jsonOption,
  },
  about: [
    'The tree digest is the same wherever the same sources are built and installed, with the same version of Node.js: ' +
      'build the release yourself, compare, and propose what you got. On the platform virtual it is what nodes report. It ' +
      'proves nothing there; on hardware it counts when the launch measurement covers it, see docs/attestation-recipes.md.',
    'Measured are the framework, its adapters, the scripts of the standard constitution, the engine that runs scripts, ' +
      'the dependencies for production, the lockfile and the version of Node.js. Packages that the lockfile does not know are ' +
      'refused, as are links.',
  ],
  examples: [
    ['coco measure', 'to compare with others, and the line that proposes it'],
    ['coco measure --app cards.json', 'together with an app'],
    ['coco measure --digest', 'for scripts: what an image extends a register with before it starts the node'],
    ['coco measure --platform sgx --register mrenclave=5f2c…', 'the code id of an enclave'],
    ['coco measure --files > here.txt', 'to find with diff what two installations differ in'],
  ],
  async run(_operands, options) {
    const platform = text(options, 'platform');
    if (platform !== undefined) return printCodeId(platform, options);
    if (list(options, 'register').length > 0) throw new UsageError('--register goes with --platform');
    const [apps, modules] = [list(options, 'app'), list(options, 'module')];
    const measured = await measureCode({ apps, modules, binary: true });
    const files = options['files'] === true;
    const shown =
      options['digest'] === true
        ? measured.tree
        : options['json'] === true
          ? JSON.stringify(jsonOf(measured, files))
          : textOf(measured, files);
    process.stdout.write(`${shown}\n`);
    return 0;
  },
};

/** The code id that a launch measurement, calculated or taken from a report, makes. */
function printCodeId(name: string, options: OptionValues): number {
  const platform = platforms.find((known) => known === name);
  if (platform === undefined) throw new UsageError(`--platform is one of ${platforms.join(', ')}`);
  const registers = list(options, 'register').map((given) => {
    const [, register, value] = /^([a-z0-9_]+)=([\w.-]+)$/.exec(given) ?? [];
    if (register !== undefined && value !== undefined) return [register, value] as const;
    throw new UsageError(`--register takes NAME=HEX, not "${given}"`);
  });
  if (registers.length === 0)
    throw new UsageError('--platform needs --register, once for each of its registers');
  const id = codeId(platform, Object.fromEntries(registers));
  const shown = options['json'] === true ? JSON.stringify({ codeIds: { [platform]: id } }) : id;
  process.stdout.write(`${shown}\n`);
  return 0;
}

function virtualCodeId({ tree }: CodeMeasurement): string {
  return codeId('virtual', { tree });
}

function jsonOf(measured: CodeMeasurement, files: boolean): unknown {
  const components = measured.components.map(({ name, digest, bytes, files: all }) => ({
    name,
    digest,
    bytes,
    files: files ? all : all.length,
  }));
  return { ...measured, codeIds: { virtual: virtualCodeId(measured) }, components };
}

function textOf(measured: CodeMeasurement, files: boolean): string {
  const { tree, treeAndNode, components, node } = measured;
  const id = virtualCodeId(measured);
  const head = fields([
    ['tree', bold(tree)],
    ['code id', `${id} ${dim('on the platform virtual')}`],
    ['with Node.js', `${treeAndNode ?? ''} ${dim('the tree and the binary')}`],
    [
      'Node.js',
      `${node.version}, ${formatBytes(node.binary?.length ?? 0)}, SHA-256 ${node.binary?.sha256 ?? ''}`,
    ],
  ]);
  const rows = components.map(({ name, files: all, bytes, digest }) => [
    name,
    thousands(all.length).padStart(6),
    formatBytes(bytes).padStart(9),
    digest,
  ]);
  const parts = table([['component', ' files', '     size', 'digest'], ...rows]);
  const proposal = `coco proposal create add-code ${id}`;
  return [
    head,
    '',
    parts,
    ...(files ? ['', ...fileLines(measured)] : []),
    '',
    dim('To approve it for nodes on the platform virtual:'),
    `  ${proposal} \\`,
    `    --component coco-node --description 'tree ${tree.slice(0, 16)}…, Node.js ${node.version}'`,
  ].join('\n');
}

function fileLines({ components }: CodeMeasurement): readonly string[] {
  return components.flatMap(({ name, files }) => [
    bold(name),
    ...files.map(({ sha256, length, path }) => `${sha256}  ${String(length).padStart(9)}  ${path}`),
  ]);
}
