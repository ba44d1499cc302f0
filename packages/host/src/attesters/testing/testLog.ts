/**
 * A log whose warnings a test can look at.
 */
import { createLog, type Log } from '../../log.js';

export function testLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const now = () => new Date(0);
  return { log: createLog({ level: 'warn', format: 'text', write: (line) => lines.push(line), now }), lines };
}
