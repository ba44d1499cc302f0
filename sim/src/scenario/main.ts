/**
 * `npm run scenario -- FILE…`.
 */
import { runCommandLine } from './command-line.js';

process.exitCode = runCommandLine(process.argv.slice(2));
