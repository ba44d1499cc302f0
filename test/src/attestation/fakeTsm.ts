/**
 * A directory that answers as Linux's configfs-tsm does (Documentation/ABI/testing/configfs-tsm-report), for processes that
 * take it for their machine's: who makes an entry and writes 64 bytes to its `inblob` finds a report in `outblob`.
 *
 * Files of an ordinary file system are in the way of rmdir, so entries go away by themselves after a while.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface TsmReport {
  readonly provider: 'sev_guest' | 'tdx_guest';
  readonly outblob: Uint8Array;
  readonly auxblob: Uint8Array;
}

/** Serves `directory` until the returned function is called. `report` gives undefined while the device is dead. */
export function serveTsm(
  directory: string,
  report: (reportData: Uint8Array) => TsmReport | undefined,
): () => void {
  mkdirSync(directory, { recursive: true });
  const entries = new Map<string, Entry>();
  const timer = setInterval(() => {
    for (const name of readdirSync(directory)) {
      const entry = entries.get(name) ?? begin(path.join(directory, name));
      entries.set(name, entry);
      if (performance.now() - entry.sinceMs > entryMs) {
        rmSync(entry.path, { recursive: true, force: true });
        entries.delete(name);
      } else if (!entry.isAnswered) answer(entry, report);
    }
  }, lookMs);
  return () => clearInterval(timer);
}

interface Entry {
  readonly path: string;
  readonly sinceMs: number;
  isAnswered: boolean;
}

const lookMs = 10;
/** Longer than any node waits for its device here. */
const entryMs = 20_000;

function begin(at: string): Entry {
  put(at, 'generation', '0\n');
  return { path: at, sinceMs: performance.now(), isAnswered: false };
}

function answer(entry: Entry, report: (reportData: Uint8Array) => TsmReport | undefined): void {
  const reportData = inblobOf(entry.path);
  const found = reportData === undefined ? undefined : report(reportData);
  if (found === undefined) return;
  entry.isAnswered = true;
  put(entry.path, 'generation', '1\n');
  put(entry.path, 'provider', `${found.provider}\n`);
  put(entry.path, 'auxblob', found.auxblob);
  // Last, since it is what is waited for.
  put(entry.path, 'outblob', found.outblob);
}

/** What was written, once it is whole. */
function inblobOf(entry: string): Uint8Array | undefined {
  try {
    const bytes = new Uint8Array(readFileSync(path.join(entry, 'inblob')));
    return bytes.length === 64 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Nobody sees half of a file. */
function put(entry: string, name: string, content: Uint8Array | string): void {
  const whole = path.join(entry, `.${name}`);
  writeFileSync(whole, content);
  renameSync(whole, path.join(entry, name));
}
