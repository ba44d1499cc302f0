/**
 * Keeps this node's lease (MIT-2): proves to the primary anew what it runs when a third of the lease is over, and at once when it
 * has none or is out of the network; again and again, ever more seldom, until it is granted. A node that is out says why, in its
 * log and its status, and comes back. One that was not told a secret of the ledger asks for it with its lease. One whose process is
 * another than when the lease was granted renews it at once: what is sealed for it goes to keys that nobody has any more.
 */
import { isQuarantined, type NodeLease, type NodeView } from '@coco/governance';
import { CocoError } from '@coco/primitives';
import type { Waiting } from '../askNetwork.js';
import type { GrantedLease } from '../joinProtocol.js';
import type { Log } from '../log.js';
import { createEarlyRenewal } from './earlyRenewal.js';

export interface LeaseKeeperOptions {
  /** This node on the VN list, as committed. */
  readonly own: () => NodeView | undefined;
  /**
   * Asks the primary for a lease, for as long as it takes to find one. Rejects with its refusal, or when nothing can be proved.
   */
  readonly ask: (onWaiting: (waiting: Waiting) => void, signal: AbortSignal) => Promise<GrantedLease>;
  readonly onGranted: (granted: GrantedLease) => void;
  /** Whether this node cannot open what follows, for it was not told the secret. Default: it can. */
  readonly isUntold?: () => boolean;
  /**
   * Whether what is on record of this node is of an earlier start: then secrets are sealed to a key that is gone, and each must be
   * brought back. Default: it is not.
   */
  readonly isOfEarlierStart?: () => boolean;
  readonly log: Pick<Log, 'info' | 'warn' | 'error' | 'debug'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** How this node's lease stands; it may know more than its ledger does. */
export interface LeaseStanding {
  readonly lease?: NodeLease;
  /** Why it was not renewed when that was tried last. */
  readonly trouble?: Waiting;
  /** The node is out of the network for now: its lease is over, or the others say so. */
  readonly isOut: boolean;
}

export interface LeaseKeeper {
  /** Looks whether there is something to do; to be called every second or so. */
  look(): void;
  /** Others say that this node is out, and why. */
  told(reason: Waiting): void;
  standing(): LeaseStanding;
  stop(): void;
}

const pauseMsMin = 1000;
const pauseMsMax = 60_000;
const freshMs = 10_000;

/** Whether a lease is to be renewed now. */
export function isLeaseDue(lease: NodeLease | undefined, nowMs: number): boolean {
  if (lease?.state !== 'held') return true;
  return nowMs >= lease.grantedAtMs + (lease.expiresAtMs - lease.grantedAtMs) / 3;
}

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { own, ask, onGranted, log, nowMs, isUntold = () => false, isOfEarlierStart = () => false } = options;
  const early = createEarlyRenewal({ isUntold, isOfEarlierStart, nowMs });
  const end = new AbortController();
  let asking = false;
  let failures = 0;
  let notBeforeMs = 0;
  /** Granted, and perhaps not yet seen in the ledger. */
  let granted: NodeLease | undefined;
  let trouble: Waiting | undefined;
  let removed = false;
  let saidHeld = false;
  let toldOut = false;

  const current = (): NodeLease | undefined => newerOf(own()?.lease, granted);

  function note(found: Waiting, say: 'info' | 'warn'): void {
    if (end.signal.aborted) return;
    saidHeld = false;
    if (found.code !== trouble?.code)
      log[say](`this node's lease is not renewed: ${found.message}`, { code: found.code });
    trouble = found;
  }

  function refused(error: unknown): void {
    if (end.signal.aborted) return;
    const found = troubleOf(error);
    if (found.code === 'COCO_ATTESTATION_RESTART' && !isLeaseDue(current(), nowMs())) {
      // The lease is good: it is soon enough when that is due.
      trouble = undefined;
      return;
    }
    removed = found.code === 'COCO_LEASE_REMOVED';
    note(found, 'warn');
    if (removed)
      log.error('this node was removed from the network: it can be shut down', { code: found.code });
    notBeforeMs = nowMs() + Math.min(pauseMsMax, pauseMsMin * 2 ** failures);
    failures = Math.min(failures + 1, 10);
  }

  function renewed(answer: GrantedLease): void {
    const { grantedAtMs, expiresAtMs } = answer;
    granted = { state: 'held', grantedAtMs, expiresAtMs };
    trouble = undefined;
    toldOut = false;
    failures = 0;
    const until = new Date(expiresAtMs).toISOString();
    log[saidHeld ? 'debug' : 'info'](`this node holds its lease until ${until}`, { until });
    saidHeld = true;
    onGranted(answer);
  }

  async function renew(): Promise<void> {
    asking = true;
    early.tried();
    try {
      renewed(await ask((waiting) => note(waiting, 'info'), end.signal));
    } catch (error) {
      refused(error);
    } finally {
      asking = false;
    }
  }

  return {
    look() {
      const node = own();
      if (asking || removed || end.signal.aborted || nowMs() < notBeforeMs) return;
      // Its first lease comes with its admission.
      if (node === undefined || node.status === 'Pending') return;
      const isOut = isQuarantined(node) || trouble !== undefined;
      if (node.status === 'Retired' && !isQuarantined(node) && granted === undefined) return;
      if (isOut || early.isDue(node.nodeId) || isLeaseDue(current(), nowMs())) void renew();
    },
    told(reason) {
      // Whoever says so may not have heard yet that this node has come back.
      const isFresh = granted !== undefined && nowMs() - granted.grantedAtMs < freshMs;
      // What the primary said itself is more exact.
      if (removed || isFresh) return;
      toldOut = true;
      if (trouble === undefined) note(reason, 'warn');
    },
    standing: () => {
      const lease = current();
      const isOver = lease !== undefined && (lease.state !== 'held' || lease.expiresAtMs <= nowMs());
      return {
        ...(lease !== undefined && { lease }),
        ...(trouble !== undefined && { trouble }),
        isOut: isOver || toldOut || removed,
      };
    },
    stop: () => end.abort(),
  };
}

/** Of what the ledger says and what was answered. */
function newerOf(seen: NodeLease | undefined, granted: NodeLease | undefined): NodeLease | undefined {
  if (granted === undefined) return seen;
  return seen === undefined || granted.grantedAtMs > seen.grantedAtMs ? granted : seen;
}

function troubleOf(error: unknown): Waiting {
  if (!(error instanceof CocoError)) return { code: 'COCO_LEASE_TROUBLE', message: String(error) };
  const { code, message } = error;
  return { code, message };
}
