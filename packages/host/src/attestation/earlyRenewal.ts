/**
 * Whether a lease is to be renewed before it is due, for the sake of secrets (CONF-2): since this node was not told one, or since
 * those of new epochs are sealed to the key on record, which went with the process that made it, and each would have to be brought
 * back.
 */
import type { NodeId } from '@coco/primitives';

export interface EarlyRenewalOptions {
  /** Whether this node cannot open what follows, and only the primary can tell it the secret. */
  readonly isUntold: () => boolean;
  /** Whether what is on record of this node is of an earlier start. */
  readonly isOfEarlierStart: () => boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export interface EarlyRenewal {
  isDue(nodeId: NodeId): boolean;
  /** The lease is being renewed, early or not. */
  tried(): void;
}

/** Between two attempts to be told a secret. */
const pauseMs = 1000;

/** Nodes that start together come to the primary spread over this time. */
const spreadMs = 5000;

export function createEarlyRenewal({ isUntold, isOfEarlierStart, nowMs }: EarlyRenewalOptions): EarlyRenewal {
  let dueMs: number | undefined;
  let triedMs: number | undefined;
  return {
    isDue(nodeId) {
      if (isUntold()) return nowMs() >= (triedMs ?? Number.NEGATIVE_INFINITY) + pauseMs;
      // The lease is good: once is enough.
      if (triedMs !== undefined || !isOfEarlierStart()) return false;
      dueMs ??= nowMs() + spreadOf(nodeId);
      return nowMs() >= dueMs;
    },
    tried() {
      triedMs = nowMs();
    },
  };
}

/** From 0 to `spreadMs`, by the node's id: that is a digest, so they are spread evenly. */
function spreadOf(nodeId: NodeId): number {
  return (Number.parseInt(nodeId.slice(0, 8), 16) / 2 ** 32) * spreadMs;
}
