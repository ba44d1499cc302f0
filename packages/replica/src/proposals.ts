/**
 * What becomes of the worker's batches: each gets its place in the log, is put off until there is room, or is refused.
 */
import type { FromWorker } from '@coco/adapter';
import { genesisTables } from '@coco/governance';
import type { TableChanges } from '@coco/kv';
import { assert, CocoError } from '@coco/primitives';
import type { Circumstances } from './circumstances.js';
import { governanceMaps, mergeMaps } from './dividedMaps.js';
import type { EffectsBuilder } from './effects.js';
import type { Governing } from './governing.js';
import type { Genesis, ReplicaSettings } from './types.js';
import type { WorkerLog } from './workerLog.js';

/** The proposal number of the genesis; the worker counts its own from 1. */
export const genesisProposal = 0;

type Proposal = Extract<FromWorker, { readonly type: 'propose' }>;

export class Proposals {
  readonly #settings: Pick<ReplicaSettings, 'uncommittedEntriesMax'>;
  readonly #genesis: Genesis | undefined;
  readonly #governing: Governing;
  readonly #workerLog: WorkerLog;
  /** A proposal put off until there is room; the worker waits for it, so there is never a second. */
  #deferred: Proposal | undefined;

  constructor(
    settings: Pick<ReplicaSettings, 'uncommittedEntriesMax'>,
    genesis: Genesis | undefined,
    governing: Governing,
    workerLog: WorkerLog,
  ) {
    this.#settings = settings;
    this.#genesis = genesis;
    this.#governing = governing;
    this.#workerLog = workerLog;
  }

  /** Deals with a proposal; true when it was the genesis, and has got its place. */
  take(proposal: Proposal, now: Circumstances): boolean {
    const { acting, leading, view, last, commit, effects } = now;
    const isGenesis = proposal.proposal === genesisProposal;
    const isPossible = isGenesis ? leading && last === 0 : acting && proposal.view === view;
    if (!isPossible) {
      refuse(proposal, effects);
    } else if (!isGenesis && last - commit >= this.#settings.uncommittedEntriesMax) {
      this.#deferred = proposal;
    } else {
      this.#append(proposal, isGenesis ? this.#genesisTables() : [], now);
      return isGenesis;
    }
    return false;
  }

  #genesisTables(): readonly TableChanges[] {
    assert(this.#genesis !== undefined, 'only a node of the genesis asks for it');
    return genesisTables(this.#genesis);
  }

  /** With `governance` tables of the manager's own; the worker may not write such. */
  #append(proposal: Proposal, governance: readonly TableChanges[], now: Circumstances): void {
    const { publicMaps, privateMaps, claimsDigest, items } = proposal;
    if (governanceMaps(publicMaps).length > 0) {
      const sentence = 'the worker wrote to tables of governance, which are not its own';
      throw new CocoError('COCO_REPLICA_WORKER', sentence);
    }
    const contents = {
      publicMaps: mergeMaps(governance, publicMaps),
      privateMaps,
      ...(claimsDigest !== undefined && { claimsDigest }),
    };
    now.append(contents, (txId) => {
      now.effects.now.push({ type: 'assigned', proposal: proposal.proposal, txId });
      this.#workerLog.made(txId.seqno, items);
      this.#governing.apply(governance, txId.seqno);
    });
  }

  /** Something was committed: what was put off may have its place now. */
  moved(now: Circumstances): void {
    const deferred = this.#deferred;
    this.#deferred = undefined;
    if (deferred !== undefined) this.take(deferred, now);
  }

  /** This node is no longer primary. */
  stop(effects: EffectsBuilder): void {
    if (this.#deferred !== undefined) refuse(this.#deferred, effects);
    this.#deferred = undefined;
  }
}

function refuse({ proposal }: Proposal, effects: EffectsBuilder): void {
  effects.now.push({ type: 'refused', proposal, retry: false });
}
