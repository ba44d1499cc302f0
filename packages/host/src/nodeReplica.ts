/**
 * The manager of a node, with what only the host can give it: randomness, certificates of the service, secrets of the ledger.
 */
import { parseCertificate, randomBytes } from '@coco/crypto';
import { seededRandom } from '@coco/primitives';
import { createReplica, type Replica } from '@coco/replica';
import type { NodeConfig } from './config.js';
import type { NodeParts } from './nodeParts.js';
import { certificateRenewal } from './renewNode.js';

export function nodeReplica(config: NodeConfig, parts: NodeParts): Replica {
  const { identity, secrets, sealing, membership, ledger, sandbox, genesis, replayed, hardStates } = parts;
  return createReplica({
    nodeId: identity.nodeId,
    settings: config.replica,
    random: seededRandom(randomSeed()),
    ledger,
    sandbox,
    custody: sealing,
    endorseNode: certificateRenewal({
      service: { key: secrets.serviceKey, certificate: parseCertificate(membership.serviceCertificatePem) },
      nowMs: Date.now,
    }),
    ...(genesis !== undefined && replayed.snapshot === undefined && { genesis }),
    ...replayed,
    // Nothing on a disk can prove that it is the latest.
    inDoubt: true,
    ...(hardStates.state !== undefined && { hardState: hardStates.state }),
  });
}

export function randomSeed(): number {
  return new DataView(randomBytes(4).buffer).getUint32(0);
}
