/**
 * A node that starts has no secret of its ledger, if that has them all sealed to the network's key (CONF-4): it knows from what
 * is public there whom to ask, proves what it runs, and goes on when M actors' nodes have answered. Until then it answers others
 * that are in the same place: a network whose nodes have all stopped comes back by itself once M actors' nodes are there again.
 */
import { type Certificate, eraseKeyShare, parseCertificate } from '@coco/crypto';
import {
  type EpochRecord,
  type KeptShare,
  keysIn,
  type NetworkView,
  readEpochs,
  readNetwork,
  readNetworkKey,
} from '@coco/governance';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import { parseAddress } from '../address.js';
import { distinctAddresses } from '../askNetwork.js';
import { askLease } from '../attestation/askLease.js';
import type { OwnEvidence } from '../attestation/ownEvidence.js';
import type { NodeConfig } from '../config.js';
import type { Log } from '../log.js';
import type { NodeIdentity } from '../nodeIdentity.js';
import type { NodeMembership } from '../nodeSecrets.js';
import type { Pin } from '../pinnedRequest.js';
import { askPartials } from './askPartials.js';
import { type Askable, type GatherWaiting, gatherSecrets } from './gatherSecrets.js';
import { holdersOf } from './holdersOf.js';
import { openLockedDoor } from './lockedDoor.js';
import { ownShares } from './ownShares.js';
import type { SealedEpoch } from './partials.js';
import type { PublicState } from './publicState.js';

export interface UnlockOptions {
  readonly config: Pick<NodeConfig, 'addresses' | 'limits'>;
  readonly identity: NodeIdentity;
  readonly membership: NodeMembership;
  readonly evidence: OwnEvidence;
  readonly publicState: PublicState;
  /** Those that are on this disk. */
  readonly held: readonly LedgerSecret[];
  readonly kept: readonly KeptShare[];
  readonly log: Log;
}

/** How long one node is waited for. */
const timeoutMs = 15_000;
const leasePauseMs = 3000;

/** All secrets that it takes to read the ledger; waits for as long as it takes to get them. COCO_HOST_SECRETS, COCO_HOST_LISTEN. */
export async function unlock(options: UnlockOptions): Promise<readonly LedgerSecret[]> {
  const { publicState, held, kept, identity, membership, log } = options;
  const { tables } = publicState;
  const records = missing(publicState, held);
  const key = readNetworkKey(tables);
  if (records.length === 0) return held;
  const lost = records.find(({ sealed }) => sealed === undefined);
  if (lost !== undefined || key === undefined) {
    const sentence = `the secret of epoch ${lost?.epoch} is not on this disk, and the ledger has it sealed to nobody: this node must join again as a new node`;
    throw new CocoError('COCO_HOST_SECRETS', sentence, { epoch: lost?.epoch ?? 0 });
  }
  const view = readNetwork(tables);
  const actorId = view.nodes.find(({ nodeId }) => nodeId === identity.nodeId)?.actorId;
  const own = ownShares({ tables, actorId, kept, shareKey: identity.shareKey });
  log.info("asks the actors' nodes for the secrets of its ledger", {
    epochs: records.length,
    actors: key.key.threshold,
    of: key.key.actors.length,
    share: own.length > 0,
  });
  const locked = new Locked(options, view);
  const door = await openLockedDoor({ ...options, view, shares: own, why: locked.why });
  try {
    const secrets = await gatherSecrets({
      keys: [key.key, ...keysIn(tables).slice(1)],
      records,
      own,
      nodes: () => holdersOf(view, identity.nodeId, membership.joined?.nodes),
      ask: (node, epochs, signal) => locked.ask(node, epochs, signal),
      onWaiting: (waiting) => locked.waits(waiting),
      signal: new AbortController().signal,
    });
    log.info('has the secrets of its ledger again', { epochs: records.length });
    return [...held, ...secrets];
  } finally {
    await door.close();
    for (const { share } of own) eraseKeyShare(share);
  }
}

/** The epochs from that of the snapshot on, or from the first, of which the secret is not here. */
function missing({ tables, after }: PublicState, held: readonly LedgerSecret[]): readonly EpochRecord[] {
  const records = readEpochs(tables).toSorted((a, b) => a.from - b.from);
  const known = new Set(held.map(({ fromSeqno }) => fromSeqno));
  return records.filter(
    ({ from }, index) => (records[index + 1]?.from ?? Number.POSITIVE_INFINITY) > after && !known.has(from),
  );
}

class Locked {
  readonly #options: UnlockOptions;
  readonly #view: NetworkView;
  readonly #pin: Pin;
  #waiting: GatherWaiting | undefined;
  #askedForLeaseMs = Number.NEGATIVE_INFINITY;

  constructor(options: UnlockOptions, view: NetworkView) {
    const { identity, membership } = options;
    this.#options = options;
    this.#view = view;
    const service: Certificate = parseCertificate(membership.serviceCertificatePem);
    this.#pin = {
      serviceFingerprint: service.fingerprint,
      identity: { key: identity.key, certificate: parseCertificate(membership.certificatePem) },
      timeoutMs,
      nowMs: Date.now,
    };
  }

  /** Strangers are not told what other nodes say, nor who they are. */
  readonly why = (isListed: boolean): string =>
    (isListed ? this.#waiting?.message : this.#waiting?.brief) ?? 'it has just begun to ask';

  waits(waiting: GatherWaiting): void {
    const { log } = this.#options;
    if (waiting.message !== this.#waiting?.message) log.warn(waiting.message, { code: waiting.code });
    this.#waiting = waiting;
  }

  async ask(node: Askable, epochs: readonly SealedEpoch[], signal: AbortSignal) {
    const { evidence } = this.#options;
    try {
      return await askPartials({ pin: this.#pin, evidence }, node, epochs, signal);
    } catch (error) {
      if (error instanceof CocoError && error.code === 'COCO_SECRETS_LEASE') void this.#renewLease();
      throw error;
    }
  }

  /** The network has this node out since its lease was over: it must prove itself before it gets anything. */
  async #renewLease(): Promise<void> {
    if (performance.now() < this.#askedForLeaseMs + leasePauseMs) return;
    this.#askedForLeaseMs = performance.now();
    const { evidence, membership, publicState, log } = this.#options;
    const told = membership.joined?.nodes ?? [];
    try {
      await askLease({
        pin: { ...this.#pin, signal: AbortSignal.timeout(timeoutMs) },
        evidence,
        addresses: () =>
          distinctAddresses(
            [...this.#view.nodes, ...told].map(({ administrativeAddress }) =>
              parseAddress(administrativeAddress),
            ),
          ),
        standing: () => ({ lastSeqno: publicState.last, secrets: false }),
      });
      log.info('this node holds a lease again');
    } catch (error) {
      log.warn(`this node's lease is not renewed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
