/**
 * What an applied proposal sets off besides the rows that it changes, as data and as a sentence for people.
 */
import type { NodeId } from '@coco/primitives';
import type { Lapse } from '../reviewNodes.js';
import type { GovernanceTriggers } from '../types.js';

export interface ProposalEffect {
  readonly kind:
    | 'snapshot'
    | 'ledger_chunk'
    | 'ledger_rekey'
    | 'network_key'
    | 'node_certificate'
    | 'quarantine';
  /** Of a node's certificate, and of a quarantine. */
  readonly nodeId?: NodeId;
  readonly sentence: string;
}

/** In words, in the order in which it is done. */
export function effectsOf({
  chunk,
  snapshot,
  rekey,
  nodeCertificates,
}: GovernanceTriggers): readonly ProposalEffect[] {
  const certificates = (nodeCertificates ?? []).map(({ nodeId, validFrom, validityDays }) => ({
    kind: 'node_certificate' as const,
    nodeId,
    sentence: `Gives node ${nodeId.slice(0, 8)}… a new certificate, for ${validityDays} days from ${validFrom.slice(0, 40)}.`,
  }));
  return [
    ...certificates,
    ...(rekey === true ? [rekeyEffect] : []),
    ...(chunk === true ? [{ kind: 'ledger_chunk' as const, sentence: 'Ends the chunk of the ledger.' }] : []),
    ...(snapshot === true ? [{ kind: 'snapshot' as const, sentence: 'Makes a snapshot.' }] : []),
  ];
}

/** What follows is sealed with a key that those who left do not know. */
export const rekeyEffect: ProposalEffect = {
  kind: 'ledger_rekey',
  sentence: 'Changes the key of the ledger: only nodes that take part then can read what follows.',
};

/** The shares of who had one before, and of who has one then, do not go together. */
export const resharingEffect: ProposalEffect = {
  kind: 'network_key',
  sentence: "Has shares of the network's key made anew, for those who hold it then; the key stays.",
};

/** A node that would take part no longer. */
export function quarantineEffect({ nodeId, reason }: Lapse): ProposalEffect {
  const sentence = `Quarantines node ${nodeId.slice(0, 8)}…: ${reason.sentence}.`;
  return { kind: 'quarantine', nodeId, sentence };
}
