/**
 * The nodes of a network in a table, each with what it says of itself.
 */
import { type Client, createClient } from '@coco/client';
import { bold, dim, green, red, table, yellow } from '../terminal.js';
import { formatDuration } from './duration.js';
import { type JsonView, viewOf } from './jsonView.js';
import { type Namer, shortId } from './naming.js';
import type { NetworkNode, NodeLease } from './networkReader.js';

/** What a node on the list says of itself; undefined when it does not answer. */
export interface SeenNode {
  readonly node: NetworkNode;
  readonly state: JsonView | undefined;
}

const answerMs = 3000;

/** Asks every node at its own administrative address how it is. */
export function seeNodes(
  nodes: readonly NetworkNode[],
  serviceCertificatePem: string,
): Promise<readonly SeenNode[]> {
  return Promise.all(
    nodes.map(async (node) => {
      if (node.administrative === '') return { node, state: undefined };
      const client: Client = createClient({
        url: `https://${node.administrative}`,
        serviceCertificatePem,
        timeoutMs: answerMs,
      });
      try {
        return { node, state: viewOf(await client.getJson('/node/state')) };
      } catch {
        return { node, state: undefined };
      } finally {
        client.close();
      }
    }),
  );
}

export function nodeTable(seen: readonly SeenNode[], namer: Namer, nowMs: number): string {
  const rows = seen.map(({ node, state }) => [
    shortId(node.id),
    node.actorId === '' ? dim('nobody') : namer.name(node.actorId),
    statusText(node),
    state === undefined ? red('no answer') : state.text('last_committed'),
    node.platform === '' ? dim('not proved yet') : node.platform,
    leaseText(node.lease, nowMs),
    node.application,
    node.administrative,
  ]);
  return table([
    ['node', 'of', 'status', 'committed', 'platform', 'lease', 'application', 'administration'],
    ...rows,
  ]);
}

/** Status as people say it: a node that is retired and committed can be shut down; one that is quarantined can come back. */
export function statusText(node: NetworkNode): string {
  if (node.status === 'Retired' && node.lease !== undefined && node.lease.state !== 'held') {
    return red(node.lease.state === 'distrusted' ? 'out: distrusted' : 'out: lease over');
  }
  if (node.status === 'Trusted') return node.primary ? bold(green('primary')) : green('backup');
  if (node.status === 'Pending') return yellow('may join');
  return node.retiredCommitted ? dim('removed: can be shut down') : yellow('leaving');
}

/** For how long a node's proof holds, in few words. */
export function leaseText(lease: NodeLease | undefined, nowMs: number): string {
  if (lease === undefined) return dim('none yet');
  if (lease.state !== 'held') return red(lease.state);
  const left = Math.floor((lease.expiresAtMs - nowMs) / 1000);
  if (left <= 0) return red('over');
  return formatDuration(left < 120 ? left : left - (left % 60));
}
