/**
 * Whether what one node gave is what the network has: the nodes of M actors must have committed the signature that it ends with, over
 * the very same Merkle root. One node alone could show a history of its own, which was never committed.
 */
import type { Client } from '@coco/client';
import type { Certificate } from '@coco/crypto';
import { pastEntry, verifyReceipt } from '@coco/ledger';
import { CocoError, equalBytes, formatTxId, type TxId } from '@coco/primitives';
import { shortId } from '../governance/naming.js';
import type { NetworkNode } from '../governance/networkReader.js';
import type { FetchClock } from '../receipt/askAgain.js';
import { fetchReceipt } from '../receipt/fetchReceipt.js';
import { auditFailure } from './grantedAudit.js';
import type { Piece } from './sealedPieces.js';

export interface ConfirmationOptions {
  readonly nodes: readonly NetworkNode[];
  readonly clientAt: (url: string) => Pick<Client, 'get' | 'getJson'>;
  readonly serviceCertificate: Certificate;
  /** How many actors' nodes must say so. */
  readonly actors: number;
  readonly clock: FetchClock;
}

export interface Confirmation {
  readonly txId: TxId;
  /** Ids of the actors whose nodes have it. */
  readonly actors: readonly string[];
}

const timeoutMs = 10_000;

/** COCO_CLI_AUDIT when too few of them say so. */
export async function confirmed(
  { index, source }: Piece,
  options: ConfirmationOptions,
): Promise<Confirmation> {
  const { last: seqno, tree } = index;
  const { view } = pastEntry(index, source, seqno).layout;
  const txId = { view, seqno };
  const actors = new Set<string>();
  const troubles: string[] = [];
  const holders = options.nodes.filter(({ status, actorId }) => status === 'Trusted' && actorId !== '');
  await Promise.all(
    holders.map(async (node) => {
      const trouble = await troubleWith(node, txId, tree.root(seqno), options);
      if (trouble === undefined) actors.add(node.actorId);
      else troubles.push(`node ${shortId(node.id)}: ${trouble}`);
    }),
  );
  if (actors.size >= options.actors) return { txId, actors: [...actors].toSorted() };
  const sentence = `nodes of ${options.actors} actors must have committed its end, the signature ${formatTxId(txId)}, and those of ${actors.size} say so`;
  throw auditFailure([sentence, ...troubles].join('; '));
}

/** Why the node does not confirm it; undefined when it does. */
async function troubleWith(
  node: NetworkNode,
  txId: TxId,
  root: Uint8Array,
  { clientAt, clock, serviceCertificate }: ConfirmationOptions,
): Promise<string | undefined> {
  try {
    const client = clientAt(`https://${node.administrative}`);
    const bytes = await fetchReceipt({ client, txId, format: 'json', timeoutMs, clock });
    const verdict = verifyReceipt(JSON.parse(new TextDecoder().decode(bytes)), serviceCertificate);
    if (!verdict.valid) return `its receipt does not hold: ${verdict.reason}`;
    return equalBytes(verdict.root, root) ? undefined : 'it has something else there';
  } catch (error) {
    if (error instanceof CocoError || error instanceof SyntaxError) return error.message;
    throw error;
  }
}
