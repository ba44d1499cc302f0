/**
 * The services that this node's ledger had before disasters (CONF-4), by what is known of the network: by their certificates
 * entries are verified that the present service did not sign.
 */
import { parseCertificate } from '@coco/crypto';
import type { FormerService } from '@coco/ledger';
import type { NodeMembership } from './nodeSecrets.js';

/** For what verifies the ledger. COCO_CRYPTO_CERTIFICATE. */
export function formerServicesOf({ formerServices = [] }: Pick<NodeMembership, 'formerServices'>): {
  readonly formerServices: readonly FormerService[];
} {
  return {
    formerServices: formerServices.map(({ certificatePem, upTo }) => ({
      certificate: parseCertificate(certificatePem),
      upTo,
    })),
  };
}
