/**
 * What somebody has who has read a node's sealed files: its key and its certificate, with which connections are its own to
 * everybody. That nodes are not believed by their keys alone is what evidence is for.
 */
import path from 'node:path';
import { privateKeyToPem } from '@coco/crypto';
import { loadMembership, loadNodeSecrets, openVirtualSealer } from '@coco/host';
import type { GovernedNode } from '../governed/governedNode.js';

export interface StolenKey {
  readonly nodeId: string;
  readonly key: string;
  /** Issued by the service. */
  readonly cert: string;
  /** The service's. */
  readonly ca: string;
}

export async function stealKey(node: GovernedNode): Promise<StolenKey> {
  const sealed = path.join(node.directory, 'sealed');
  const sealer = await openVirtualSealer(path.join(node.directory, 'virtual-platform.key'));
  const { nodeKey } = loadNodeSecrets(sealed, sealer);
  const membership = loadMembership(sealed, sealer);
  if (membership === undefined) throw new Error(`${node.name} is in no network`);
  return {
    nodeId: nodeKey.publicKey.fingerprint,
    key: privateKeyToPem(nodeKey),
    cert: membership.certificatePem,
    ca: membership.serviceCertificatePem,
  };
}
