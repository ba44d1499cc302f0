/**
 * Passphrases of keys in files: from the environment, or asked of whoever sits at the terminal.
 */
import process from 'node:process';
import { CocoError } from '@coco/primitives';
import { UsageError } from '../command.js';
import { askHidden } from '../prompt.js';
import { interactive } from '../terminal.js';

/** Of the encrypted key in `file`. COCO_CLI_PASSPHRASE. */
export async function passphraseFor(file: string): Promise<string> {
  const given = process.env['COCO_PASSPHRASE'];
  if (given !== undefined) return given;
  if (interactive) return askHidden(`Passphrase of ${file}`);
  const sentence = `${file} is encrypted; give its passphrase in the environment as COCO_PASSPHRASE`;
  throw new CocoError('COCO_CLI_PASSPHRASE', sentence, { path: file });
}

/** For a key that is made. A UsageError when nobody can be asked. */
export async function newPassphrase(): Promise<string> {
  const given = process.env['COCO_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  if (!interactive) throw new UsageError('--encrypt needs a terminal to ask, or COCO_PASSPHRASE');
  for (;;) {
    const first = await askHidden('Passphrase for the new key');
    if (first.length >= 8 && first === (await askHidden('The same again'))) return first;
    process.stdout.write('  at least 8 characters, and twice the same; please try again\n');
  }
}

/** Whether the PEM text of a key is. */
export function isEncrypted(pem: string): boolean {
  return pem.includes('ENCRYPTED');
}
