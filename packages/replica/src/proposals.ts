/**
 * What becomes of the worker's batches: each gets its place in the log, is put off until there is room, or is refused.
 */
import type { FromWorker } from '@coco/adapter';
import { genesisTables } from '@coco/governance';
import type { TableChanges } from '@coco/kv';
import type { View } from '@coco/primitives';
import type { Circumstances } from './circumstances.js';
import { mergeMaps } from './dividedMaps.js';
import type { EffectsBuilder } from './effects.js';
import type { Governing } from './governing.js';
import type { Genesis, ReplicaSettings } from './types.js';
import { workerFault } from './workerFault.js';
import type { WorkerLog } from './workerLog.js';
import { checkItems, checkWrites } from './workerWrites.js';

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
  /** How often a genesis was asked for that was not proposed yet. */
  #genesisAsked = 0;

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

  /** Has the worker make the genesis. */
  askForGenesis(nowMs: number, effects: EffectsBuilder): void {
    this.#genesisAsked++;
    const genesis = this.#genesis?.adapters;
    effects.apply.push({ type: 'genesis', proposal: genesisProposal, genesis, nowMs });
  }

  /**
   * Deals with a proposal; true when it was the genesis, and has got its place. COCO_REPLICA_WORKER when the worker may not
   * make it. All of it is checked now: when there is room for it later, that may be in a step that a peer caused.
   */
  take(proposal: Proposal, now: Circumstances): boolean {
    const isGenesis = proposal.proposal === genesisProposal;
    if (this.#deferred !== undefined) throw workerFault('it proposed while another proposal waited');
    if (isGenesis && this.#genesisAsked === 0)
      throw workerFault('it proposed a genesis for which nobody had asked');
    if (isGenesis) this.#genesisAsked--;
    checkItems(proposal.items, isGenesis);
    checkWrites(proposal);
    return this.#place(proposal, now);
  }

  #place(proposal: Proposal, now: Circumstances): boolean {
    const { acting, leading, view, last, commit, effects } = now;
    const isGenesis = proposal.proposal === genesisProposal;
    const isPossible = isGenesis ? leading && last === 0 : acting && proposal.view === view;
    if (!isPossible) {
      refuse(proposal, effects);
    } else if (!isGenesis && last - commit >= this.#settings.uncommittedEntriesMax) {
      this.#deferred = proposal;
    } else {
      this.#append(proposal, isGenesis ? this.#genesisTables(view) : [], now);
      return isGenesis;
    }
    return false;
  }

  #genesisTables(view: View): readonly TableChanges[] {
    if (this.#genesis === undefined) throw workerFault('it proposed a genesis, and this node has none');
    return genesisTables(this.#genesis, view);
  }

  /** With `governance` tables of the manager's own; the worker may not write such. */
  #append(proposal: Proposal, governance: readonly TableChanges[], now: Circumstances): void {
    const { publicMaps, privateMaps, claimsDigest, items } = proposal;
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
    if (deferred !== undefined) this.#place(deferred, now);
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
