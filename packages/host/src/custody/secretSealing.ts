/**
 * New secrets of the ledger (CONF-2): 32 random bytes, sealed to the epoch key of each node (RFC 9180) for this network and this
 * node, and encrypted to the network's key for the time when no node knows them any more (CONF-3); then forgotten at once.
 *
 * It takes the epoch key and the secret before (mode PSK) to open a node's copy. So a secret that was forgotten stays so, however
 * long the epoch key is kept, which opens the copies of later epochs too: nobody has the secret before it any more.
 *
 *     pre-shared key = HMAC-SHA256(secret of the entry that tells it, "Coco next epoch")
 */
import { hmacSha256, hpkeSeal, type PreSharedKey, randomBytes } from '@coco/crypto';
import { sealSecret } from '@coco/governance';
import { secretDigest } from '@coco/ledger';
import { CocoError, concatBytes, fromHex, type NodeId, utf8 } from '@coco/primitives';
import type { Custody } from '@coco/replica';
import type { EpochKeys } from './epochKeys.js';

export interface SecretSealing extends Custody {
  /** The secret that an entry, which is sealed under `present`, has for this node; undefined when it cannot be opened. */
  readonly openSecret: (sealed: Uint8Array, present: Uint8Array) => Uint8Array | undefined;
}

export interface SecretSealingOptions {
  readonly nodeId: NodeId;
  readonly epochKeys: Pick<EpochKeys, 'current' | 'open'>;
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
}

const info = utf8('coco ledger secret');

export function secretSealing({
  nodeId: self,
  epochKeys,
  serviceFingerprint,
}: SecretSealingOptions): SecretSealing {
  const about = (nodeId: NodeId) => ({
    info,
    aad: concatBytes(fromHex(serviceFingerprint) ?? utf8(serviceFingerprint), utf8(nodeId)),
  });
  return {
    openSecret: (sealed, present) =>
      withPsk(present, (psk) => epochKeys.open({ ...about(self), psk, sealed })),
    newId: () => randomBytes(32),
    makeSecret({ recipients, networkKey, present, ...place }) {
      const plaintext = randomBytes(32);
      const nodes: Record<NodeId, Uint8Array> = {};
      try {
        withPsk(present, (psk) => {
          for (const { nodeId, epochKey } of recipients) {
            // The key on record may be an older one than this node has now.
            const recipient = nodeId === self ? epochKeys.current() : epochKey;
            const bytes = sealedTo({ recipient, ...about(nodeId), psk, plaintext });
            if (bytes !== undefined) nodes[nodeId] = bytes;
          }
        });
        const kept =
          networkKey === undefined
            ? { digest: secretDigest(plaintext) }
            : sealSecret(plaintext, networkKey, { ...place, network: networkKey.network });
        return { ...kept, nodes };
      } finally {
        plaintext.fill(0);
      }
    },
  };
}

/** What `use` makes of the pre-shared key that follows from the secret before, and is wiped then. */
function withPsk<Value>(present: Uint8Array, use: (psk: PreSharedKey) => Value): Value {
  const key = hmacSha256(present, pskId);
  try {
    return use({ key, id: pskId });
  } finally {
    key.fill(0);
  }
}

const pskId = utf8('Coco next epoch');

/** Undefined when the recipient's key is none (RFC 9180, 7.1.4): it alone goes without, and must not keep the others from theirs. */
function sealedTo(input: Parameters<typeof hpkeSeal>[0]): Uint8Array | undefined {
  try {
    return hpkeSeal(input);
  } catch (error) {
    if (error instanceof CocoError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
