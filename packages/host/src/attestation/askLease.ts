/**
 * Asks the network for a lease (MIT-2), and proves what this node runs.
 */
import type { Seqno } from '@coco/primitives';
import { type AskOptions, askNetwork } from '../askNetwork.js';
import { decodeLeaseAnswer, encodeLeaseAsk, type GrantedLease } from '../joinProtocol.js';
import type { OwnEvidence } from './ownEvidence.js';
import { askProving } from './proveOverHttps.js';

export interface AskLeaseOptions extends AskOptions {
  readonly evidence: OwnEvidence;
  /** What the node has and lacks, looked at again before every try. */
  readonly standing: () => { readonly lastSeqno: Seqno; readonly secrets: boolean };
}

/** Until there is an answer, or a refusal, which is thrown with the code that the network gave. */
export async function askLease({ evidence, standing, ...options }: AskLeaseOptions): Promise<GrantedLease> {
  const request = {
    path: '/node/lease',
    body: (proof?: string) => encodeLeaseAsk(standing(), proof),
    evidence,
    purpose: 'lease',
  } as const;
  const { body } = await askNetwork((session) => askProving(session, request), options);
  return decodeLeaseAnswer(body);
}
