/**
 * What the primary does for governance: carries out what members ask for, takes in nodes and records that others are
 * gone, and writes down snapshots. Every change is an entry of its own; whoever asked hears of it once it is committed.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import type { Consensus } from '@coco/consensus';
import { type Governance, snapshotEvidence } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import { splitDomains } from '@coco/ledger';
import { type NodeId, type Seqno, utf8 } from '@coco/primitives';
import { type Awaiting, createAwaiting } from './awaiting.js';
import type { Circumstances } from './circumstances.js';
import type { EffectsBuilder } from './effects.js';
import type { Forgetting } from './forgetting.js';
import type { Governing } from './governing.js';
import { KeyCeremonies } from './keyCeremonies.js';
import { type NodeChangeEvent, nodeChange } from './nodeChanges.js';
import { Recording } from './recording.js';
import type { Rekeying } from './rekeying.js';
import { deliver, errorResponse, type Origin } from './requests.js';
import { Reviewing } from './reviewing.js';
import type { ScriptBudget } from './scriptBudget.js';
import type { FinishedSnapshot, Snapshotting } from './snapshotting.js';
import type { ReplicaStart, ReplicaStatus } from './types.js';

/**
 * Changes of governance in progress, beyond which no more are taken: scripts run in the manager, and a member that sends
 * many must not keep transactions waiting.
 */
const changesMax = 16;

/** Who is to be told what. */
interface Answer {
  readonly origin: Origin;
  readonly response: AdapterResponse;
}

export class Governor {
  readonly #governance: Governance;
  readonly #budget: ScriptBudget;
  readonly #governing: Governing;
  readonly #snapshots: Snapshotting;
  readonly #uncommittedMax: number;
  readonly #awaiting: Awaiting;
  readonly #recording: Recording;
  readonly #reviewing: Reviewing;
  readonly #rekeying: Rekeying;
  readonly #ceremonies: KeyCeremonies;
  readonly #forgetting: Forgetting;

  constructor(
    governance: Governance,
    budget: ScriptBudget,
    governing: Governing,
    snapshots: Snapshotting,
    { rekeying, forgetting }: { readonly rekeying: Rekeying; readonly forgetting: Forgetting },
    { nodeId, settings, custody }: Pick<ReplicaStart, 'nodeId' | 'settings' | 'custody'>,
  ) {
    this.#governance = governance;
    this.#budget = budget;
    this.#governing = governing;
    this.#snapshots = snapshots;
    this.#uncommittedMax = settings.uncommittedEntriesMax;
    this.#awaiting = createAwaiting(settings.forwardTimeoutMs);
    this.#rekeying = rekeying;
    this.#ceremonies = new KeyCeremonies(custody);
    this.#forgetting = forgetting;
    this.#recording = new Recording(governing);
    this.#reviewing = new Reviewing(nodeId, governing);
  }

  /** How many wait for their change to be committed. */
  get awaiting(): number {
    return this.#awaiting.size;
  }

  /** What could not be done, for people. */
  get troubles(): Pick<ReplicaStatus, 'snapshotTrouble' | 'leaseTrouble' | 'rekeyTrouble'> {
    const { trouble: snapshotTrouble } = this.#snapshots;
    const { trouble: leaseTrouble } = this.#reviewing;
    const rekeyTrouble = this.#rekeying.trouble ?? this.#forgetting.trouble;
    return {
      ...(snapshotTrouble !== undefined && { snapshotTrouble }),
      ...(leaseTrouble !== undefined && { leaseTrouble }),
      ...(rekeyTrouble !== undefined && { rekeyTrouble }),
    };
  }

  /** Answers a request: at once, or once what it changed is committed. What needs the primary comes here only there. */
  govern(origin: Origin, request: AdapterRequest, now: Circumstances): void {
    const { effects } = now;
    const context = now.context();
    const writes = this.#governance.needsPrimary(request);
    // No GET runs a script.
    if ((writes && this.#isBusy(now)) || (request.method !== 'GET' && this.#budget.isSpent)) {
      deliver(effects, origin, busy);
      return;
    }
    if (!writes) {
      deliver(effects, origin, this.#governing.read(request, context));
      return;
    }
    const { response, transaction, triggers } = this.#governing.write(
      request,
      context,
      now.consensus.last.seqno,
    );
    if (transaction === undefined) {
      deliver(effects, origin, response);
      return;
    }
    if (triggers?.chunk === true) now.endChunk();
    if (triggers?.snapshot === true) this.#snapshots.request();
    this.#append(transaction, now, { answer: { origin, response } });
  }

  #isBusy({ last, commit }: Circumstances): boolean {
    return this.#awaiting.size >= changesMax || last - commit >= this.#uncommittedMax + changesMax;
  }

  /** Appends what `transaction` changed; `answer` is given once that is committed. Returns the entry's seqno. */
  #append(
    transaction: Transaction,
    now: Circumstances,
    { answer, claimsDigest }: { readonly answer?: Answer; readonly claimsDigest?: Uint8Array } = {},
  ): Seqno {
    const maps = splitDomains(transaction.writeSet());
    const contents = { ...maps, ...(claimsDigest !== undefined && { claimsDigest }) };
    return now.append(contents, (txId) => {
      this.#governing.install(transaction, txId.seqno);
      if (answer !== undefined) this.#awaiting.hold(answer.origin, txId, answer.response);
    });
  }

  /** Carries out what the host asks of the primary for a node: appends the change, and answers once it is committed. */
  changeNode(event: NodeChangeEvent, now: Circumstances): void {
    const { effects, acting, primary } = now;
    const origin: Origin = { kind: 'client', token: event.token };
    if (!acting) {
      deliver(effects, origin, primary === undefined ? noPrimary : elsewhere(primary));
      return;
    }
    if (this.#isBusy(now)) {
      deliver(effects, origin, busy);
      return;
    }
    const transaction = this.#governing.begin();
    const changed = nodeChange(event, { transaction, governing: this.#governing, now });
    if ('refused' in changed) {
      deliver(effects, origin, changed.refused);
      return;
    }
    const { response, isSettled } = changed;
    if (transaction.writeSet().length > 0) this.#append(transaction, now, { answer: { origin, response } });
    else if (isSettled) deliver(effects, origin, response);
    // Done before, but perhaps not committed yet: then it is with all there is now.
    else this.#awaiting.hold(origin, { view: now.view, seqno: now.last }, response);
  }

  /** Whether there is anything that the primary must do by itself. */
  hasChores(consensus: Pick<Consensus, 'commit' | 'view' | 'mayRecord'>, nowMs: number): boolean {
    return (
      this.#recording.isDue(consensus) ||
      this.#reviewing.isDue(consensus) ||
      this.#ceremonies.isDue(this.#governing, nowMs) ||
      this.#rekeying.isDue(this.#governing, nowMs) ||
      this.#isSnapshotDue(consensus.commit)
    );
  }

  #isSnapshotDue(commit: Seqno): boolean {
    return this.#snapshots.isDue(commit, this.#governing.snapshotSeqno);
  }

  /** What the primary does by itself, at the end of a step. */
  housekeep(now: Circumstances): void {
    if (this.#recording.isDue(now.consensus)) {
      const transaction = this.#governing.begin();
      this.#recording.record(transaction, now.consensus);
      this.#append(transaction, now);
    }
    if (this.#reviewing.isDue(now)) {
      const transaction = this.#governing.begin();
      if (this.#reviewing.review(transaction, now).quarantined.length > 0) {
        this.#reviewing.appended(this.#append(transaction, now));
      }
    }
    if (this.#ceremonies.isDue(this.#governing, now.nowMs)) {
      const transaction = this.#governing.begin();
      if (this.#ceremonies.advance(transaction, now.nowMs)) this.#append(transaction, now);
    }
    // In the same step as what made it due: nothing that the worker writes comes between.
    if (this.#rekeying.isDue(this.#governing, now.nowMs)) {
      const transaction = this.#governing.begin();
      const { signedTables: signed } = this.#governing;
      const at = { nowMs: now.nowMs, last: now.consensus.last.seqno, signed };
      if (this.#rekeying.rekey(transaction, at)) this.#append(transaction, now);
    }
    if (this.#isSnapshotDue(now.commit)) {
      now.endChunk();
      this.#snapshots.begin(now.sign());
    }
  }

  elapsed(ms: number, now: Circumstances): void {
    this.#budget.elapsed(ms);
    this.#awaiting.elapsed(ms, now.effects);
    this.#reviewing.elapsed(ms, now);
    if (!now.acting) this.#rekeying.rest();
    this.#forgetting.elapsed(ms, now.nowMs, () => this.#governing.committedTables);
    const finished = this.#snapshots.elapsed(now.effects);
    if (finished !== undefined) this.#record(finished, now);
  }

  /** Writes down a finished snapshot: the receipt of this entry is what proves it. */
  #record({ seqno, digest }: FinishedSnapshot, now: Circumstances): void {
    const transaction = this.#governing.begin();
    snapshotEvidence(transaction, { seqno, digest });
    const evidence = this.#append(transaction, now, { claimsDigest: digest });
    this.#snapshots.recorded(seqno, evidence);
  }

  rollback(to: Seqno, effects: EffectsBuilder): void {
    this.#governing.rollback(to);
    this.#snapshots.rollback(to, effects);
    this.#awaiting.rollback(to, effects);
  }

  /** Everything up to `seqno` is committed, and ledger and store still hold what they need not hold any longer. */
  reached(seqno: Seqno, effects: EffectsBuilder): void {
    const at = this.#snapshots.reached(seqno);
    if (at !== undefined) this.#snapshots.gather(at, this.#governing.tables(at), effects);
  }

  /** After the ledger has taken notice of the commit. */
  committed(seqno: Seqno, effects: EffectsBuilder): void {
    this.#governing.committed(seqno);
    this.#snapshots.committed(seqno, effects);
    this.#awaiting.committed(seqno, effects);
  }
}

const busy = errorResponse(
  503,
  'TooManyPendingTransactions',
  'governance is busy: too many changes are in progress, or scripts have taken their share of time; try again',
);

const noPrimary = errorResponse(
  503,
  'COCO_REPLICA_NO_PRIMARY',
  'the network has no primary at the moment; try again',
);

function elsewhere(primary: NodeId): AdapterResponse {
  const message = 'this node is not the primary; ask that one';
  const error = { code: 'COCO_REPLICA_NOT_PRIMARY', message, primary };
  return {
    status: 307,
    headers: { 'content-type': 'application/json' },
    body: utf8(JSON.stringify({ error })),
  };
}
