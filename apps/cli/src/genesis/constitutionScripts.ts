/**
 * The scripts of a constitution: one ES module, put together of files. The default ones come with the governance room.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readText } from '../ledger/textFile.js';

const scriptBytesMax = 4 * 1024 * 1024;
/** In the order in which CCF's own samples are put together. */
const defaultFiles = ['actions.js', 'validate.js', 'resolve.js', 'apply.js'];

/** Source of the constitution that a new network gets unless its members want another. */
export function defaultConstitution(): string {
  const locate = (file: string): string =>
    fileURLToPath(import.meta.resolve(`@coco/governance/constitution/${file}`));
  return joined(defaultFiles.map((file) => readFileSync(locate(file), 'utf8')));
}

/** Source of the constitution that these files are together. COCO_CLI_FILE. */
export function constitutionOf(files: readonly string[]): string {
  return joined(files.map((file) => readText(file, scriptBytesMax)));
}

function joined(sources: readonly string[]): string {
  return sources.map((source) => `${source.trimEnd()}\n`).join('\n');
}
