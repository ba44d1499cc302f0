/**
 * What a node holds of the network's key: the shares that are kept on its disk, and that of the present key made again
 * from the deals that its ledger has, where the file was lost or the node was stopped before it kept it. The share key is on its
 * disk, so a share that was dealt to this node cannot be lost by itself.
 */
import { hpkeOpen, type KeyShare } from '@coco/crypto';
import { finishOwnShare, type KeptShare, keysIn, type NetworkKey, readNetworkKey } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { equalBytes, toHex } from '@coco/primitives';
import type { NodeIdentity } from '../nodeIdentity.js';
import { heldShares } from './heldShares.js';
import type { HeldShare } from './partials.js';

export interface OwnSharesOptions {
  readonly tables: Reader;
  /** Whose node this is. */
  readonly actorId: string | undefined;
  readonly kept: readonly KeptShare[];
  readonly shareKey: NodeIdentity['shareKey'];
  /** Shares that are ready for use. */
  readonly shares?: readonly KeyShare[];
}

export function ownShares(options: OwnSharesOptions): readonly HeldShare[] {
  const { tables, actorId, kept, shares = [] } = options;
  const present = readNetworkKey(tables);
  if (present === undefined) return [];
  const { key, network } = present;
  const held = heldShares({ keys: keysIn(tables), network, actorId, kept, shares });
  if (held.some((one) => equalBytes(one.key.ceremony, key.ceremony))) return held;
  const made = madeAgain(present, options);
  return made === undefined ? held : [made, ...held];
}

function madeAgain(
  { key, network, ceremonyRecord, ceremony, counted }: NetworkKey,
  { tables, actorId, shareKey }: OwnSharesOptions,
): HeldShare | undefined {
  if (actorId === undefined || !key.actors.includes(actorId)) return undefined;
  const finished = finishOwnShare(tables, {
    ceremony: ceremonyRecord,
    digest: ceremony,
    counted,
    actorId,
    shareKey: toHex(shareKey.publicKey),
    openShare: (sealed, aad, info) => hpkeOpen({ key: shareKey, sealed, aad, info }),
  });
  return finished.kind === 'made' ? { key, network, share: finished.share } : undefined;
}
