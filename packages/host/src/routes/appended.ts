/**
 * A node that takes part from now on may be needed for committing just that, and cannot follow before it knows the secrets of the
 * ledger. So it is told them as soon as its part is decided and appended, where commit does not follow at once.
 */
import type { NodeId } from '@coco/primitives';
import type { HttpResponse } from '../http.js';
import type { NetworkFacts } from './networkRoutes.js';

/** How long commit may take before a node is told the secrets without it. */
const commitMs = 1000;

export interface AppendedFacts {
  /** Who takes part as the log says, committed or not. */
  readonly head: NetworkFacts['network'];
}

/**
 * The answer to a change by which `nodeId` takes part: given when it is committed, or refused. Undefined when it is accepted and
 * appended, and commit waits.
 */
export async function committedOrAppended(
  change: Promise<HttpResponse>,
  nodeId: NodeId,
  { head }: AppendedFacts,
): Promise<HttpResponse | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), commitMs);
  });
  const answer = await Promise.race([change, late]);
  clearTimeout(timer);
  // What is refused is refused at once.
  const isAppended = head().nodes.some((node) => node.nodeId === nodeId && node.status === 'Trusted');
  return answer ?? (isAppended ? undefined : change);
}
