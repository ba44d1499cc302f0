/**
 * Which processes of a network are there, as the system sees it.
 */
import { spawnSync } from 'node:child_process';

/** Command lines that name `directory`: its nodes and their launcher. */
export function processesOf(directory: string): readonly string[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(directory) && !/^\d+ Z/.test(line));
}
