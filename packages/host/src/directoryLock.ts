/**
 * Keeps two processes from writing to one directory: two nodes over one ledger would destroy it.
 *
 * The lock is a file that names its holder: `boot | pid | start`, the machine's boot id, the process id, and when
 * that process started in clock ticks since boot. Ids are reused (in a container every node is process 1), the
 * three together are not. A lock whose holder is gone is taken over; that needs no clean-up after a crash.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from '@coco/crypto';
import { CocoError, toHex } from '@coco/primitives';
import { onDiskSync } from './disk.js';

export interface DirectoryLock {
  release(): void;
}

const fileName = 'lock';

/** Locks `directory` for this process; COCO_HOST_LOCKED when a living process (also this one) holds it. */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, fileName);
  const unique = `${path}.${process.pid}.${toHex(randomBytes(8))}`;
  const mine = holderOf(process.pid);
  return onDiskSync('lock a directory', directory, () => {
    writeFileSync(unique, mine, { mode: 0o600, flag: 'wx' });
    try {
      // A link, unlike a rename, fails when the name is taken: of two contenders one wins.
      while (!tryLink(unique, path)) removeStale(path, unique, directory);
    } finally {
      rmSync(unique, { force: true });
    }
    return { release: () => rmSync(path, { force: true }) };
  });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead holder's lock out of the way, or throws COCO_HOST_LOCKED. */
function removeStale(path: string, unique: string, directory: string): void {
  const found = readText(path);
  if (found === undefined) return;
  if (isAlive(found)) throw locked(directory, found);
  const aside = `${unique}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readText(aside) ?? '';
  if (moved !== found) {
    // Another process took over between our look and our move: give it its lock back.
    tryLink(aside, path);
    rmSync(aside, { force: true });
    throw locked(directory, moved);
  }
  rmSync(aside, { force: true });
}

function locked(directory: string, holder: string): CocoError {
  const pid = Number(holder.split(' ')[1]);
  return new CocoError('COCO_HOST_LOCKED', `process ${pid} is using ${directory}; stop it first`, {
    directory,
    pid,
  });
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(' ')[1]);
  return Number.isSafeInteger(pid) && pid > 0 && exists(pid) && holderOf(pid) === holder;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** "boot pid start"; the parts that this system does not tell are "-". */
function holderOf(pid: number): string {
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '-';
  // The command's name is in parentheses and may hold anything; the state follows it, and 19 fields on the start.
  const fields = readText(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ') ?? [];
  // A zombie has let go of its files; it only waits for its parent.
  return `${boot} ${pid} ${fields[0] === 'Z' ? 'ended' : (fields[19] ?? '-')}`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
