/**
 * The nodes of a network in a table, each with what it says of itself.
 */
import { type Client, createClient } from '@coco/client';
import { bold, dim, green, red, table, yellow } from '../terminal.js';
import { type JsonView, viewOf } from './jsonView.js';
import { type Namer, shortId } from './naming.js';
import type { NetworkNode } from './networkReader.js';

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

export function nodeTable(seen: readonly SeenNode[], namer: Namer): string {
  const rows = seen.map(({ node, state }) => [
    shortId(node.id),
    node.actorId === '' ? dim('nobody') : namer.name(node.actorId),
    statusText(node),
    state === undefined ? red('no answer') : state.text('last_committed'),
    node.application,
    node.administrative,
  ]);
  return table([['node', 'of', 'status', 'committed', 'application', 'administration'], ...rows]);
}

/** Status as people say it: a node that is retired and committed can be shut down. */
export function statusText(node: NetworkNode): string {
  if (node.status === 'Trusted') return node.primary ? bold(green('primary')) : green('backup');
  if (node.status === 'Pending') return yellow('may join');
  return node.retiredCommitted ? dim('removed: can be shut down') : yellow('leaving');
}
