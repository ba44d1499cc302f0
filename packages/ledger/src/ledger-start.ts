/**
 * What a ledger begins with.
 */
import { type Certificate, isIssuedBy } from '@coco/crypto';
import { assert } from '@coco/primitives';
import type { FormerService } from './service-checkers.js';
import type { LedgerIdentity, LedgerSecret, SnapshotBase } from './types.js';

/** How a ledger begins. */
export interface LedgerStart {
  /** Who signs. Absent on a verifier, which can open and add but not append. */
  readonly identity?: LedgerIdentity;
  readonly serviceCertificate: Certificate;
  /** Services that signed earlier entries of it, before disasters. Default none. */
  readonly formerServices?: readonly FormerService[];
  /** In any order; the first holds from seqno 1. */
  readonly secrets: readonly LedgerSecret[];
  /**
   * Opens what an entry sealed to this node (rekey.ts): the secret of the entries after it; undefined when it does not open.
   * `present` is the secret of that entry itself.
   */
  readonly openSecret?: (sealed: Uint8Array, present: Uint8Array) => Uint8Array | undefined;
  /** The most bytes that an entry may have, header included. Default 64 MiB. */
  readonly entryBytesMax?: number;
  /** How many of the last entries receipts can be made for. Default 65,536, for about 30 MB. */
  readonly receiptLeavesMax?: number;
  /**
   * A chunk file ends with the first signature that makes it at least this long: in the same place on every node.
   * Default 5 MB, as CCF.
   */
  readonly chunkBytes?: number;
  /** The largest snapshot that is made. Default 1 GiB. */
  readonly snapshotBytesMax?: number;
  /** Go on after this snapshot, as `openSnapshot` gave it. Default: from the beginning. */
  readonly base?: SnapshotBase;
}

/** An identity whose parts do not belong together is a mistake of the caller's. */
export function assertIdentity(identity: LedgerIdentity, serviceCertificate: Certificate): void {
  const { nodeId, nodeKey, nodeCertificate, serviceKey } = identity;
  const { fingerprint } = nodeKey.publicKey;
  assert(fingerprint === nodeId, "a node's id is that of its key");
  assert(fingerprint === nodeCertificate.publicKey.fingerprint, "the node's certificate is for its key");
  const service = serviceCertificate.publicKey.fingerprint;
  assert(serviceKey.publicKey.fingerprint === service, "the service's certificate is for its key");
  assert(identity.serviceCertificate.publicKey.fingerprint === service, 'there is one service');
  assert(isIssuedBy(nodeCertificate, serviceCertificate), "the service issued the node's certificate");
}
