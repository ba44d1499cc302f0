/**
 * Keeps this process from leaving its memory, which has keys and secrets, on a disk when it crashes: what a core dump has of memory
 * is nothing from now on, wherever the system sends it and however large it may be (Linux, core(5): /proc/self/coredump_filter).
 * That needs no right and no tool, as a limit of the system does that somebody else has set.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Log } from './log.js';

/** Options of Node.js by which somebody can have the memory of the process written down, or look at it. */
const telling = ['--heapsnapshot-', '--heap-prof', '--inspect', '--report-', '--abort-on-uncaught-exception'];

/** Also says which of its options ask for the contrary: whoever starts a node decides that. */
export function preventDumps(
  log: Pick<Log, 'warn'>,
  options: readonly string[] = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)],
  filter = '/proc/self/coredump_filter',
): void {
  try {
    writeFileSync(filter, '0');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('core dumps of this process would have its keys: see to it that the system makes none', {
      reason,
    });
  }
  const asked = options.filter((option) => telling.some((one) => option.startsWith(one)));
  if (asked.length === 0) return;
  const sentence =
    'options of Node.js let the memory of this node, with its keys, be written down or looked at';
  log.warn(sentence, { options: asked.join(' ') });
}
