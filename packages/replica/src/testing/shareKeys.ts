/**
 * Share keys of the nodes of a test, and secrets of the ledger that are sealed to them as hosts do it.
 */
import { generateShareKey, hpkeOpen, hpkeSeal, type ShareKey } from '@coco/crypto';
import { secretDigest } from '@coco/ledger';
import { type NodeId, utf8 } from '@coco/primitives';
import type { Custody } from '../types.js';

export interface TestShareKeys {
  of(nodeId: NodeId): ShareKey;
  /** What was sealed to this node; undefined when it was not. */
  open(nodeId: NodeId, sealed: Uint8Array): Uint8Array | undefined;
  readonly custody: Custody;
}

export function createShareKeys(): TestShareKeys {
  const keys = new Map<NodeId, ShareKey>();
  const about = (nodeId: NodeId) => ({ info: utf8('test'), aad: utf8(nodeId) });
  let made = 0;
  const of = (nodeId: NodeId): ShareKey => {
    const key = keys.get(nodeId) ?? generateShareKey();
    keys.set(nodeId, key);
    return key;
  };
  return {
    of,
    open: (nodeId, sealed) => hpkeOpen({ key: of(nodeId), ...about(nodeId), sealed }),
    custody: {
      makeSecret({ recipients }) {
        made += 1;
        const plaintext = new Uint8Array(32).fill(100 + made);
        const sealed = recipients.map(
          ({ nodeId, epochKey }) =>
            [nodeId, hpkeSeal({ recipient: epochKey, ...about(nodeId), plaintext })] as const,
        );
        return { digest: secretDigest(plaintext), nodes: Object.fromEntries(sealed) };
      },
      newId: () => new Uint8Array(32).fill(200 + made),
    },
  };
}
