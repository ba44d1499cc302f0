/**
 * Where the processor time of an ERC-20 transfer goes, on the primary and on the backups, from profiles of the nodes at
 * half of their full load: at full load, on few processors, threads wait for one another and samples would show that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { measure } from './measure.js';
import { type CategoryTimes, readProfiles, type Window } from './profile.js';
import { type BenchSettings, openStage, prepareTokens } from './rounds.js';
import { tokenTransfers } from './workload.js';

export async function profileNetwork(settings: BenchSettings, say: (what: string) => void): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-bench-profile-'));
  // A node inherits the options of the process that starts it.
  process.execArgv.push('--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=2000');
  try {
    say('starting a network');
    const stage = await openStage(settings);
    const { network, senders, signing } = stage;
    const token = await prepareTokens(stage);
    const load = () => tokenTransfers(signing, senders, token, settings.count);
    say('warming up');
    const { txPerSecond } = await measure(network, load(), settings);
    say('measuring');
    const raw = load();
    const fromUs = monotonicUs();
    const { cpuUs } = await measure(network, raw, settings, txPerSecond / 2);
    const window = { fromUs, toUs: monotonicUs() };
    const pids = network.pids();
    await network.stop();
    return describe(directory, pids, window, cpuUs, raw.length, txPerSecond / 2);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function describe(
  directory: string,
  pids: readonly number[],
  window: Window,
  cpuUs: readonly number[],
  count: number,
  rate: number,
): string {
  const [primary, ...backups] = pids.map((pid) => readProfiles(directory, pid, window));
  const names = new Set([primary, ...backups].flatMap((times) => [...(times?.keys() ?? [])]));
  const perTx = (times: CategoryTimes | undefined, name: string): number => (times?.get(name) ?? 0) / count;
  const rows = [...names]
    .map((name) => ({
      name,
      primary: perTx(primary, name),
      backup: backups.reduce((sum, times) => sum + perTx(times, name), 0) / Math.max(1, backups.length),
    }))
    .toSorted((a, b) => b.primary - a.primary);
  const total = (of: 'primary' | 'backup', counts: (name: string) => boolean): number =>
    rows.filter(({ name }) => counts(name)).reduce((sum, row) => sum + row[of], 0);
  const apart = (name: string): boolean => name !== 'EVM' && name !== 'signature recovery';
  const line = (name: string, left: number, right: number): string =>
    `${name.padEnd(48)}${left.toFixed(0).padStart(9)}${right.toFixed(0).padStart(9)}`;
  const backupCpuUs = cpuUs.slice(1).reduce((sum, us) => sum + us, 0) / Math.max(1, cpuUs.length - 1);
  return [
    `ERC-20 transfers at ${rate.toFixed(0)} per second, µs of each`,
    `${''.padEnd(48)}${'primary'.padStart(9)}${'backup'.padStart(9)}`,
    ...rows.map((row) => line(row.name, row.primary, row.backup)),
    line(
      'all',
      total('primary', () => true),
      total('backup', () => true),
    ),
    line('all but EVM and signature recovery', total('primary', apart), total('backup', apart)),
    line('processor time as the system counts it', cpuUs[0] ?? Number.NaN, backupCpuUs),
  ].join('\n');
}
