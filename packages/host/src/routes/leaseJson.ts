/**
 * A lease as built-in endpoints show it; times in milliseconds since 1970.
 */
import type { NodeLease } from '@coco/governance';

export function leaseJson({ state, grantedAtMs, expiresAtMs, reason }: NodeLease) {
  return {
    state,
    granted_at: grantedAtMs,
    expires_at: expiresAtMs,
    ...(reason !== undefined && { reason }),
  };
}
