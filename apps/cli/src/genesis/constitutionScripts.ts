/**
 * The scripts of a constitution: one ES module, put together of files. The default ones come with the governance room.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultConstitution } from '@coco/governance';
import { readText } from '../ledger/textFile.js';

const scriptBytesMax = 4 * 1024 * 1024;

/** Source of the constitution that a new network gets unless its members want another. */
export function builtinConstitution(): string {
  return defaultConstitution((file) => {
    const url = import.meta.resolve(`@coco/governance/constitution/${file}`);
    return readFileSync(fileURLToPath(url), 'utf8');
  });
}

/** Source of the constitution that these files are together. COCO_CLI_FILE. */
export function constitutionOf(files: readonly string[]): string {
  return files.map((file) => `${readText(file, scriptBytesMax).trimEnd()}\n`).join('\n');
}
