/**
 * Certificates that members decided to renew: issued by the host, which holds the service's key, and written in the same
 * entry as the decision.
 */
import { type GovernanceTriggers, readNetwork, renewNodeCertificate } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import type { EndorseNode } from './types.js';

/**
 * Writes a new certificate for each node of `asked` that still takes part. Why that cannot be done, in words for people;
 * then nothing of `transaction` may be used.
 */
export function renewCertificates(
  transaction: Transaction,
  asked: NonNullable<GovernanceTriggers['nodeCertificates']>,
  endorse: EndorseNode | undefined,
): string | undefined {
  if (endorse === undefined) return 'this node does not issue certificates';
  const nodes = new Map(readNetwork(transaction).nodes.map((node) => [node.nodeId, node]));
  for (const { nodeId, ...validity } of asked) {
    const node = nodes.get(nodeId);
    // The same proposal may have removed it.
    if (node?.status !== 'Trusted') continue;
    try {
      const certificatePem = endorse(node, validity);
      const refusal = renewNodeCertificate(transaction, { nodeId, certificatePem });
      if (refusal !== undefined) return refusal;
    } catch (error) {
      if (error instanceof CocoError) return error.message;
      throw error;
    }
  }
  return undefined;
}
