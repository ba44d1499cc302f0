/**
 * The node that transactions are replayed on, over its JSON-RPC.
 */
import { type Client, createClient, type JsonRpcOutcome } from '@coco/client';
import type { ReplayTarget } from './orderedStream.js';

/** A target with connections to let go of. */
export interface RpcTarget extends ReplayTarget {
  close(): void;
}

/** The node at `url` of the service with this certificate. Connects on first use. COCO_CLIENT_URL. */
export function rpcTarget(url: string, serviceCertificatePem: string): RpcTarget {
  const waits = createClient({ url, serviceCertificatePem });
  const passesOn = createClient({ url, serviceCertificatePem, headers: { prefer: 'respond-async' } });
  return {
    accept: (raws) => call(passesOn, 'eth_sendRawTransaction', raws),
    commit: (raws) => call(waits, 'eth_sendRawTransaction', raws),
    receipts: (hashes) => call(waits, 'eth_getTransactionReceipt', hashes),
    close() {
      waits.close();
      passesOn.close();
    },
  };
}

function call(
  client: Client,
  method: string,
  operands: readonly string[],
): Promise<readonly JsonRpcOutcome[]> {
  return client.jsonRpcBatch(operands.map((operand) => ({ method, params: [operand] })));
}
