/**
 * Small text files that the user names on the command line.
 */
import { readFileSync, statSync } from 'node:fs';
import { CocoError } from '@coco/primitives';

const bytesMaxDefault = 65_536;

/** The text of `file`. COCO_CLI_FILE when it cannot be read or has more than `bytesMax` bytes (default 64 KiB). */
export function readText(file: string, bytesMax = bytesMaxDefault): string {
  try {
    if (statSync(file).size > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new CocoError('COCO_CLI_FILE', `cannot read ${file}: ${reason}`, { path: file });
  }
}
