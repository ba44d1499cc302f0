/**
 * The manager of a node: the order in which consensus, ledger, governance and worker are called, and nothing else
 * (ARC-3).
 *
 * On the primary a finished batch comes from the worker, or a change from governance; it gets its place, is sealed,
 * signed and appended. On a backup an entry comes from the primary, is opened and checked, appended, and given to the
 * worker once committed. What must be durable, sent, applied and answered leaves as effects, in that order.
 */
import type { Consensus, EntryInfo, Ready } from '@coco/consensus';
import type { Ledger, OpenedEntry, SealedEntry } from '@coco/ledger';
import {
  assert,
  assertNever,
  CocoError,
  type NodeId,
  type Seqno,
  type TxId,
  type TxStatus,
} from '@coco/primitives';
import { type AppendMessage, addOrStop, openAppendMessage } from './appendMessage.js';
import type { Circumstances, EntryContents } from './circumstances.js';
import { committedTxId } from './committedTxId.js';
import { divideMaps } from './dividedMaps.js';
import {
  createEffects,
  type EffectsBuilder,
  finishEffects,
  persistRollback,
  sendMessages,
} from './effects.js';
import { createForwarding, type Forwarding } from './forwarding.js';
import { decodeFrame } from './frames.js';
import type { Governing } from './governing.js';
import { Governor } from './governor.js';
import { Proposals } from './proposals.js';
import { applyMessage, infoOf } from './recovery.js';
import { createSigning, type Signing } from './signing.js';
import { Snapshotting } from './snapshotting.js';
import { startConsensus } from './startConsensus.js';
import { startGoverning } from './startGoverning.js';
import type {
  ForManager,
  Replica,
  ReplicaEffects,
  ReplicaEvent,
  ReplicaSettings,
  ReplicaStart,
  ReplicaStatus,
} from './types.js';
import { createWorkerLog, type WorkerLog } from './workerLog.js';

/** Makes the manager of one node, fresh or from what `createRecovery` loaded. */
export function createReplica(start: ReplicaStart): Replica {
  return new ReplicaMachine(start);
}

class ReplicaMachine implements Replica {
  readonly #settings: ReplicaSettings;
  readonly #ledger: Ledger;
  readonly #consensus: Consensus;
  readonly #forwarding: Forwarding;
  readonly #governing: Governing;
  readonly #governor: Governor;
  readonly #snapshots: Snapshotting;
  /** Bytes and contents of entries that consensus is about to accept, for the length of one step. */
  readonly #staged = new Map<Seqno, { readonly sealed: SealedEntry; readonly opened?: OpenedEntry }>();
  readonly #workerLog: WorkerLog;
  readonly #signing: Signing;
  readonly #proposals: Proposals;
  /** This node leads, its log is in the worker, and both may go on from there. */
  #acting = false;
  #nowMs = 0;
  /** The first entries of the secrets of the ledger that the host knows. */
  #told: string;

  constructor(start: ReplicaStart) {
    const { settings, genesis, ledger } = start;
    this.#settings = settings;
    this.#ledger = ledger;
    this.#consensus = startConsensus(start);
    const last = this.#consensus.last.seqno;
    assert(last === ledger.last.seqno, 'ledger and consensus begin at the same entry');
    this.#workerLog = createWorkerLog(last);
    this.#signing = createSigning(last);
    const { governance, budget, governing, ...keys } = startGoverning(start, this.#consensus);
    this.#governing = governing;
    this.#forwarding = createForwarding(settings, governance);
    this.#snapshots = new Snapshotting(settings.snapshotEntries, start.snapshot?.seqno ?? 0, ledger);
    this.#proposals = new Proposals(settings, genesis, this.#governing, this.#workerLog);
    this.#governor = new Governor(governance, budget, this.#governing, this.#snapshots, keys, start);
    this.#told = ledger.secrets.map(({ fromSeqno }) => fromSeqno).join();
  }

  get isPrimary(): boolean {
    return this.#consensus.isLeader;
  }

  get commit(): Seqno {
    return this.#consensus.commit;
  }

  status(): ReplicaStatus {
    const requests = this.#forwarding.size + this.#governor.awaiting;
    const status = {
      consensus: this.#consensus.status(),
      committed: committedTxId(this.#consensus),
      requests,
    };
    const { untoldFrom } = this.#ledger;
    return { ...status, ...this.#governor.troubles, ...(untoldFrom !== undefined && { untoldFrom }) };
  }

  txStatus(id: TxId): TxStatus {
    return this.#consensus.txStatus(id);
  }

  step(event: ReplicaEvent): ReplicaEffects {
    const effects = createEffects();
    this.#handle(event, effects);
    if (this.#maySign()) this.#appendOwn([this.#sign()], effects);
    if (this.#acting && this.#governor.hasChores(this.#consensus, this.#nowMs)) {
      this.#governor.housekeep(this.#circumstances(effects));
    }
    if (this.#governing.hasNews) Object.assign(effects, this.#governing.news());
    this.#tellSecrets(effects);
    return finishEffects(effects);
  }

  #handle(event: ReplicaEvent, effects: EffectsBuilder): void {
    switch (event.type) {
      case 'elapsed':
        this.#nowMs = event.nowMs;
        this.#passTime(event.ms, effects);
        break;
      case 'frame':
        this.#frame(event.from, event.bytes, effects);
        break;
      case 'request':
        this.#nowMs = event.nowMs;
        this.#forwarding.accept(
          { kind: 'client', token: event.token },
          event.request,
          this.#circumstances(effects),
        );
        break;
      case 'worker':
        this.#worker(event.message, effects);
        break;
      case 'persisted':
        this.#absorb(this.#consensus.step(event), effects);
        if (this.#consensus.viewAt(event.upTo.seqno) === event.upTo.view)
          this.#signing.persisted(event.upTo.seqno);
        break;
      case 'transferLeadership':
        this.#absorb(this.#consensus.step(event), effects);
        break;
      case 'admit':
      case 'renewLease':
      case 'forgetNode':
      case 'contributeKey':
      case 'raiseAlarm':
      case 'recordRead':
        this.#governor.changeNode(event, this.#circumstances(effects));
        break;
      case 'secrets':
        this.#ledger.addSecrets(event.secrets);
        break;
      case 'makeSnapshot':
        if (this.#acting) this.#snapshots.request();
        break;
      default:
        assertNever(event, 'replica event');
    }
  }

  #passTime(ms: number, effects: EffectsBuilder): void {
    this.#absorb(this.#consensus.step({ type: 'elapsed', ms }), effects);
    const now = this.#circumstances(effects);
    this.#forwarding.elapsed(ms, now);
    this.#governor.elapsed(ms, now);
  }

  /** What the parts of the manager must know of the node, and may do to its log, at this moment of this step. */
  #circumstances(effects: EffectsBuilder): Circumstances {
    const { last, commit, isLeader, primary, view } = this.#consensus;
    const now: Circumstances = {
      effects,
      acting: this.#acting,
      leading: isLeader,
      primary: isLeader ? undefined : primary,
      view,
      last: last.seqno,
      commit,
      consensus: this.#consensus,
      nowMs: this.#nowMs,
      context: () => ({
        nowMs: this.#nowMs,
        root: () => this.#ledger.root(),
        committed: committedTxId(this.#consensus),
        txStatus: (id) => this.#consensus.txStatus(id),
      }),
      govern: (origin, request) => this.#governor.govern(origin, request, now),
      append: (contents, placed) => this.#append(contents, placed, effects),
      handOver: (to) => this.#absorb(this.#consensus.step({ type: 'transferLeadership', to }), effects),
      endChunk: () => this.#signing.wantChunkEnd(),
      sign: () => {
        const signature = this.#sign();
        this.#appendOwn([signature], effects);
        return signature.seqno;
      },
    };
    return now;
  }

  // --- what comes from peers ---

  #frame(from: NodeId, bytes: Uint8Array, effects: EffectsBuilder): void {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'forward') {
      this.#forwarding.accept(
        { kind: 'peer', node: from, id: frame.id },
        frame.request,
        this.#circumstances(effects),
      );
    } else if (frame.kind === 'answer') {
      this.#forwarding.answered(from, frame.id, frame.response, this.#circumstances(effects));
    } else if (frame.message.type === 'appendEntries') {
      this.#appendFrame(from, frame.message, frame.entries, effects);
    } else {
      this.#absorb(this.#consensus.step({ type: 'receive', from, message: frame.message }), effects);
    }
  }

  #appendFrame(from: NodeId, message: AppendMessage, bytes: Uint8Array, effects: EffectsBuilder): void {
    const { appendEntriesMax } = this.#settings.consensus;
    const { infos, opened, to } = openAppendMessage(
      message,
      bytes,
      appendEntriesMax,
      this.#ledger,
      this.#consensus,
    );
    for (const entry of opened) this.#staged.set(entry.sealed.seqno, entry);
    this.#absorb(
      this.#consensus.step({ type: 'receive', from, message: { ...message, to, entries: infos } }),
      effects,
    );
    this.#staged.clear();
  }

  // --- what comes from the worker ---

  #worker(message: ForManager, effects: EffectsBuilder): void {
    switch (message.type) {
      case 'response':
        this.#forwarding.finished(message.id, message.response, this.#circumstances(effects));
        break;
      case 'forward':
        this.#forwarding.forward(message.id, this.#circumstances(effects));
        break;
      case 'propose':
        this.#propose(message, effects);
        break;
      case 'snapshotPart':
        this.#snapshots.part(message, effects);
        break;
      case 'snapshotFailed':
        this.#snapshots.failed(message.id, message.reason);
        break;
      case 'failed':
        throw new CocoError('COCO_REPLICA_WORKER', `the worker failed: ${message.message}`);
      default:
        assertNever(message, 'message from the worker');
    }
  }

  #propose(proposal: Extract<ForManager, { readonly type: 'propose' }>, effects: EffectsBuilder): void {
    if (this.#proposals.take(proposal, this.#circumstances(effects))) this.#takeRole(true, effects);
  }

  /**
   * Appends an entry, together with its signature where that is made now: one message to each peer, one synchronisation
   * on each node. `placed` is told where it is before anything follows from it.
   */
  #append(contents: EntryContents, placed: (txId: TxId) => void, effects: EffectsBuilder): Seqno {
    const { view } = this.#consensus;
    const sealed = this.#ledger.append({ ...contents, view });
    placed({ view, seqno: sealed.seqno });
    this.#signing.want();
    this.#appendOwn(this.#maySign() ? [sealed, this.#sign()] : [sealed], effects);
    return sealed.seqno;
  }

  #maySign(): boolean {
    return this.#signing.isDue && this.#consensus.isLeader;
  }

  #sign(): SealedEntry {
    const { endChunk } = this.#signing.take();
    return this.#ledger.sign(this.#consensus.view, Math.floor(this.#nowMs / 1000), endChunk);
  }

  #appendOwn(entries: readonly SealedEntry[], effects: EffectsBuilder): void {
    for (const sealed of entries) this.#staged.set(sealed.seqno, { sealed });
    this.#absorb(this.#consensus.step({ type: 'append', entries: entries.map(infoOf) }), effects);
    this.#staged.clear();
  }

  // --- what consensus decided ---

  #absorb(ready: Ready, effects: EffectsBuilder): void {
    if (ready.rollbackTo !== undefined) this.#rollback(ready.rollbackTo, effects);
    if (ready.hardState !== undefined) effects.hardState = ready.hardState;
    for (const info of ready.append ?? []) this.#accept(info, effects);
    sendMessages(effects, ready, (nodeId) => this.#governing.isOut(nodeId));
    if (ready.commit !== undefined) this.#committed(ready.commit, effects);
    if (ready.role !== undefined) this.#role(effects);
    if (ready.sign === true && this.#acting) this.#signing.want();
  }

  #rollback(to: Seqno, effects: EffectsBuilder): void {
    persistRollback(effects, to);
    this.#ledger.rollback(to);
    this.#governor.rollback(to, effects);
    this.#signing.rollback(to);
    if (this.#workerLog.rollback(to)) effects.apply.push({ type: 'rollback', seqno: to });
  }

  #accept(info: EntryInfo, effects: EffectsBuilder): void {
    const staged = this.#staged.get(info.seqno);
    assert(staged !== undefined, 'consensus accepts only entries that it was just given');
    if (staged.opened !== undefined) {
      addOrStop(this.#ledger, staged.opened);
      if (!info.signature) this.#takeOver(staged.opened);
    }
    if (info.signature) {
      this.#signing.signed(info.seqno);
      this.#governing.signed(info.seqno);
    }
    effects.entries.push(staged.sealed);
  }

  /** What another primary's entry wrote: governance now, the worker's part when it is committed. */
  #takeOver(opened: OpenedEntry): void {
    const { governance, application } = divideMaps(opened);
    this.#governing.apply(governance, opened.seqno);
    const message = applyMessage(opened, application);
    if (message !== undefined) this.#workerLog.keep(opened.seqno, message);
  }

  #committed(seqno: Seqno, effects: EffectsBuilder): void {
    effects.apply.push(...this.#workerLog.takeUpTo(seqno), { type: 'committed', seqno });
    this.#governor.reached(seqno, effects);
    this.#ledger.compact(seqno);
    this.#governor.committed(seqno, effects);
    const items = (effects.committed?.items ?? 0) + this.#workerLog.takeItems(seqno);
    effects.committed = { seqno, items };
    this.#forwarding.committed(seqno, effects);
    this.#proposals.moved(this.#circumstances(effects));
  }

  #tellSecrets(effects: EffectsBuilder): void {
    const { secrets } = this.#ledger;
    const known = secrets.map(({ fromSeqno }) => fromSeqno).join();
    if (known !== this.#told) effects.ledgerSecrets = secrets;
    this.#told = known;
  }

  /**
   * A new primary first signs what it has, in its own view, so that it can be committed; the first of all makes the
   * genesis instead, which the worker executes.
   */
  #role(effects: EffectsBuilder): void {
    const { isLeader, last } = this.#consensus;
    if (!isLeader) {
      this.#takeRole(false, effects);
    } else if (last.seqno === 0) {
      this.#proposals.askForGenesis(this.#nowMs, effects);
    } else {
      effects.apply.push(...this.#workerLog.takeUpTo(last.seqno));
      this.#appendOwn([this.#sign()], effects);
      this.#takeRole(true, effects);
    }
    this.#forwarding.primaryChanged(this.#circumstances(effects));
  }

  #takeRole(primary: boolean, effects: EffectsBuilder): void {
    if (primary || this.#acting) {
      effects.apply.push({ type: 'role', primary, view: this.#consensus.view });
    }
    if (!primary) {
      this.#proposals.stop(effects);
      this.#snapshots.stop(effects);
    }
    this.#acting = primary;
  }
}
