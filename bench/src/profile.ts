/**
 * Reads the processor profiles that a node wrote (`--cpu-prof`) and sums the samples by what the code was there for.
 *
 * A sample counts for the innermost frame on its stack that belongs to one of the project's rooms; everything below an
 * engine is the EVM's, and everything in the recovery's threads is signature recovery, whatever library runs there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds by category, summed over all threads of one process. */
export type CategoryTimes = ReadonlyMap<string, number>;

/** A stretch of the monotonic clock, in microseconds. */
export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Sums the profiles of process `pid` in `directory` within `window`. */
export function readProfiles(directory: string, pid: number, window: Window): CategoryTimes {
  const times = new Map<string, number>();
  for (const file of readdirSync(directory).filter((name) => name.split('.')[3] === `${pid}`)) {
    addProfile(times, JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as Profile, window);
  }
  return times;
}

function addProfile(times: Map<string, number>, profile: Profile, { fromUs, toUs }: Window): void {
  const categories = categoriesOf(profile.nodes);
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const deltaUs = profile.timeDeltas[index] ?? 0;
    atUs += deltaUs;
    const category = categories.get(id);
    if (category === undefined || atUs < fromUs || atUs > toUs) continue;
    times.set(category, (times.get(category) ?? 0) + deltaUs);
  }
}

/** The category of each node of the call tree; none for time in which nothing ran. */
function categoriesOf(nodes: readonly ProfileNode[]): ReadonlyMap<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const categories = new Map<number, string>();
  const visit = (node: ProfileNode, inherited: string): void => {
    const category = settled.has(inherited) ? inherited : (categoryOf(node) ?? inherited);
    if (node.callFrame.functionName !== '(idle)') categories.set(node.id, category);
    for (const child of node.children ?? []) visit(byId.get(child) as ProfileNode, category);
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, other);
  return categories;
}

const evm = 'EVM';
const recovery = 'signature recovery';
const other = 'Node: event loop, TLS, sockets, files';
/** Whatever runs below these is theirs. */
const settled: ReadonlySet<string> = new Set([evm, recovery]);

const places: readonly (readonly [part: RegExp, category: string])[] = [
  [/adapters\/ethereum\/dist\/engine\//, evm],
  // Beyond an await, no frame of ours is left on the stack.
  [/packages\/evm\/dist\/|node_modules\/@ethereumjs\//, evm],
  [/adapters\/ethereum\/dist\/recovery\//, recovery],
  [/adapters\/ethereum\/dist\/rpc\//, 'Ethereum: JSON-RPC and pool'],
  [/adapters\/ethereum\/dist\//, 'Ethereum: transactions, blocks, rows'],
  [/packages\/(crypto|ledger)\/dist\//, 'ledger: encryption, hashes, signatures'],
  [/packages\/(consensus|replica)\/dist\//, 'consensus and replica'],
  [/packages\/(worker|kv|adapter)\/dist\//, 'worker and store'],
  [/packages\/host\/dist\/(http|body)/, 'host: HTTP'],
  [/packages\/host\/dist\//, 'host: loop, disk, peers'],
];

function categoryOf({ callFrame: { functionName, url } }: ProfileNode): string | undefined {
  if (functionName === '(garbage collector)') return 'garbage collection';
  return places.find(([part]) => part.test(url))?.[1];
}
