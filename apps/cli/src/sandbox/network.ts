/**
 * The processes of a sandbox network, started and stopped together.
 */
import { CocoError } from '@coco/primitives';
import type { NodeReport } from '../nodeReport.js';
import type { SandboxPaths } from './files.js';
import { type NodeProcess, startNodeProcess } from './nodeProcess.js';

export interface Network {
  readonly nodes: readonly NodeProcess[];
  /** Resolves when every node runs and one is primary and has committed. COCO_CLI_NODE when one fails. */
  ready(timeoutMs: number): Promise<void>;
  /** The newest report of the primary, if there is one. */
  primary(): NodeReport | undefined;
  applicationUrl(index: number): string;
  administrativeUrl(index: number): string;
  /** Starts a node again that was killed. */
  restart(index: number): void;
  stop(): Promise<void>;
}

export function startNetwork(paths: SandboxPaths, count: number): Network {
  const start = (index: number): NodeProcess => startNodeProcess(`node${index}`, paths.node(index));
  const nodes = Array.from({ length: count }, (_, index) => start(index));
  const primary = (): NodeReport | undefined =>
    nodes
      .flatMap(({ running, report }) => (running && report?.role === 'primary' ? [report] : []))
      .toSorted((a, b) => b.view - a.view)[0];
  return {
    nodes,
    primary,
    async ready(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        for (const node of nodes) refuseFailed(node);
        const all = nodes.every(({ report }) => (report?.commit ?? 0) > 0);
        if (all && primary() !== undefined) return;
        if (Date.now() > deadline) {
          throw new CocoError('COCO_CLI_TIMEOUT', `the network was not ready within ${timeoutMs / 1000} s`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    applicationUrl: (index) => nodes[index]?.report?.applicationUrl ?? '',
    administrativeUrl: (index) => nodes[index]?.report?.administrativeUrl ?? '',
    restart(index) {
      nodes[index] = start(index);
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop(10_000)));
    },
  };
}

function refuseFailed({ name, running, failure }: NodeProcess): void {
  if (failure !== undefined) {
    throw new CocoError('COCO_CLI_NODE', `${name}: ${failure.message} [${failure.code}]`, {
      code: failure.code,
    });
  }
  if (!running) throw new CocoError('COCO_CLI_NODE', `${name} ended; its log says why`, { node: name });
}
