/**
 * The end of the story: nothing that was acknowledged is lost, all nodes have the same blocks, and every ledger that any
 * node ever wrote verifies.
 */
import path from 'node:path';
import { runCoco } from '../coco.js';
import type { GovernedNode } from '../governed/governedNode.js';
import { majority, must, type Stage } from './stage.js';

const batchCalls = 200;
const settledTimeoutMs = 60_000;

/** The clients end; adds to `faults` what is missing or different, on any node that takes part. Asks as `who`. */
export async function nothingIsLost(stage: Stage, who: string, faults: string[]): Promise<number> {
  const { network, narrator, load, nodes } = stage;
  await load.finish();
  await network.settled(nodes, settledTimeoutMs);
  const { replayed } = load;
  if (replayed !== undefined) {
    narrator.see(`replayed ${replayed.replayed} of ${replayed.of}, equal ${replayed.equal}`);
    must(replayed.equal === replayed.of, 'every recorded transaction did what it did where it comes from');
  }
  const lost = await lostTransactions(stage, who);
  faults.push(...lost.slice(0, 20));
  narrator.see(
    `${load.acknowledged.count} acknowledged, ${lost.length} lost, asked of ${nodes.length} nodes`,
  );
  const blocks = await compareBlocks(stage, who);
  faults.push(...blocks.faults);
  narrator.see(`${blocks.height} blocks with the same hashes and state roots on ${nodes.length} nodes`);
  const { healthy } = await majority(stage)[0].json('network', 'status');
  must(healthy === true, 'coco network status finds everything well');
  return lost.length;
}

/** All nodes stop; adds to `faults` which ledger does not verify, or does not begin as it should: with the genesis for `founders`. */
export async function ledgersAreSound(
  stage: Stage,
  founders: readonly GovernedNode[],
  faults: string[],
): Promise<void> {
  const { network, narrator } = stage;
  await network.stop();
  const first = new Set(founders.map(({ name }) => name));
  for (const ledger of await verifyLedgers(stage, network.nodes)) {
    if (!ledger.sound) faults.push(`the ledger of ${ledger.node} is not sound: ${ledger.told}`);
    const begins =
      ledger.snapshot === undefined ? 'from its genesis' : `from the snapshot ${ledger.snapshot}`;
    narrator.see(`${ledger.node}: ${ledger.sound ? 'sound' : 'NOT SOUND'}, ${begins} to ${ledger.last}`);
    if (ledger.sound && first.has(ledger.node) === (ledger.snapshot !== undefined)) {
      faults.push(`the ledger of ${ledger.node} begins ${begins}`);
    }
  }
}

/** Looks every acknowledged transaction up by its receipt on every node; what is missing or different. */
async function lostTransactions({ network, nodes, load }: Stage, who: string): Promise<readonly string[]> {
  const reader = network.member(who);
  return load.acknowledged.faults(nodes.map((node) => network.client(node.applicationUrl, reader)));
}

/** The blocks of all nodes from the first to the last, compared; how many there are, and where they differ. */
async function compareBlocks({ network, nodes }: Stage, who: string) {
  const reader = network.member(who);
  const clients = nodes.map((node) => network.client(node.applicationUrl, reader));
  const heights = await Promise.all(clients.map((client) => client.jsonRpc('eth_blockNumber')));
  const height = Number(heights[0]);
  const faults = heights.every((one) => Number(one) === height)
    ? []
    : [`the nodes' last blocks are ${heights}`];
  for (let from = 0; from <= height && faults.length === 0; from += batchCalls) {
    const calls = Array.from({ length: Math.min(batchCalls, height + 1 - from) }, (_, index) => ({
      method: 'eth_getBlockByNumber',
      params: [`0x${(from + index).toString(16)}`, false],
    }));
    const answers = await Promise.all(clients.map((client) => client.jsonRpcBatch(calls)));
    const [first = [], ...others] = answers.map((outcomes) => outcomes.map(stateOf));
    for (const [index, expected] of first.entries()) {
      const differs = others.findIndex((states) => states[index] !== expected);
      if (expected === undefined || differs >= 0)
        faults.push(`block ${from + index} is not the same on all nodes`);
    }
  }
  return { height, faults };
}

/** Hash and state root of a block. */
function stateOf(outcome: { readonly ok: boolean; readonly result?: unknown }): string | undefined {
  const block = outcome.ok ? (outcome.result as { hash?: unknown; stateRoot?: unknown } | null) : null;
  return typeof block?.stateRoot === 'string' ? `${String(block.hash)} ${block.stateRoot}` : undefined;
}

/** A ledger that was verified. */
interface VerifiedLedger {
  readonly node: string;
  readonly sound: boolean;
  /** The snapshot that it begins with, if it does. */
  readonly snapshot?: string;
  /** Its last entry. */
  readonly last: string;
  /** What was said of a ledger that is not sound. */
  readonly told: string;
}

/** `coco ledger verify` on the ledger of each of `nodes`. */
function verifyLedgers(stage: Stage, nodes: readonly GovernedNode[]): Promise<readonly VerifiedLedger[]> {
  const { network } = stage;
  const trusted = path.join(network.directory, network.serviceCertificateFile);
  return Promise.all(
    nodes.map(async (node) => {
      const how = ['--service-certificate', trusted, '--snapshots', node.snapshots, '--json'];
      const { status, stdout, stderr } = await runCoco('ledger', 'verify', node.ledger, ...how);
      if (status !== 0) return { node: node.name, sound: false, last: '', told: stdout + stderr };
      const { begins, last } = JSON.parse(stdout) as { begins?: { txId: string }; last: string };
      return { node: node.name, sound: true, ...(begins && { snapshot: begins.txId }), last, told: '' };
    }),
  );
}
