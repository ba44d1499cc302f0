/**
 * The manager of a node: the order in which consensus, ledger and worker are called, and nothing else (ARC-3).
 *
 * On the primary a finished batch comes from the worker, gets its place, is sealed, signed and appended. On a
 * backup an entry comes from the primary, is opened and checked, appended, and given to the worker once committed.
 * What must be durable, sent, applied and answered leaves as effects, in that order.
 */
import type { FromWorker, ToWorker } from '@coco/adapter';
import { type Consensus, createRaft, type EntryInfo, type Ready } from '@coco/consensus';
import { decodeMaps, encodeMaps, type Ledger, type OpenedEntry, type SealedEntry } from '@coco/ledger';
import {
  assert,
  assertNever,
  CocoError,
  type NodeId,
  type Seqno,
  type TxId,
  type TxStatus,
} from '@coco/primitives';
import { type AppendMessage, openAppendMessage } from './appendMessage.js';
import { createEffects, type EffectsBuilder, finishEffects, persistRollback } from './effects.js';
import { createForwarding, type Forwarding } from './forwarding.js';
import { decodeFrame, encodeConsensusFrame } from './frames.js';
import { genesisTables } from './genesis.js';
import { applyMessage, infoOf } from './recovery.js';
import type {
  Replica,
  ReplicaEffects,
  ReplicaEvent,
  ReplicaSettings,
  ReplicaStart,
  ReplicaStatus,
} from './types.js';

/** The proposal number of the genesis; the worker counts its own from 1. */
const genesisProposal = 0;

type Proposal = Extract<FromWorker, { readonly type: 'propose' }>;

/** Makes the manager of one node, fresh or from what `createRecovery` loaded. */
export function createReplica(start: ReplicaStart): Replica {
  return new ReplicaMachine(start);
}

class ReplicaMachine implements Replica {
  readonly #settings: ReplicaSettings;
  readonly #genesis: ReplicaStart['genesis'];
  readonly #ledger: Ledger;
  readonly #consensus: Consensus;
  readonly #forwarding: Forwarding;
  /** Bytes and contents of entries that consensus is about to accept, for the length of one step. */
  readonly #staged = new Map<Seqno, { readonly sealed: SealedEntry; readonly opened?: OpenedEntry }>();
  /** Opened entries of other primaries, from append until the worker has them. */
  readonly #unapplied = new Map<Seqno, OpenedEntry>();
  /** How many client transactions this node executed in each uncommitted entry. */
  readonly #items = new Map<Seqno, number>();
  /** The last version that the worker's store has, committed or not. */
  #workerSeqno: Seqno;
  #workerIsPrimary = false;
  #lastSignature: Seqno;
  #persisted: Seqno;
  #signatureDue = false;
  /** A proposal put off until there is room; the worker waits for it, so there is never a second. */
  #deferred: Proposal | undefined;
  #nowMs = 0;

  constructor(start: ReplicaStart) {
    this.#settings = start.settings;
    this.#genesis = start.genesis;
    this.#ledger = start.ledger;
    this.#consensus = createRaft({
      nodeId: start.nodeId,
      settings: start.settings.consensus,
      random: start.random,
      initialNodes: start.genesis.nodes.map((node) => node.nodeId),
      entries: start.entries ?? [],
      ...(start.hardState !== undefined && { hardState: start.hardState }),
      ...(start.commit !== undefined && { commit: start.commit }),
      ...(start.startAsLeader !== undefined && { startAsLeader: start.startAsLeader }),
      ...(start.trace !== undefined && { trace: start.trace }),
    });
    const last = this.#consensus.last.seqno;
    assert(last === this.#ledger.last.seqno, 'ledger and consensus begin at the same entry');
    this.#workerSeqno = last;
    this.#lastSignature = last;
    this.#persisted = last;
    this.#forwarding = createForwarding(start.settings);
  }

  get isPrimary(): boolean {
    return this.#consensus.isLeader;
  }

  get commit(): Seqno {
    return this.#consensus.commit;
  }

  status(): ReplicaStatus {
    const commit = this.#consensus.commit;
    return {
      consensus: this.#consensus.status(),
      committed: { view: this.#consensus.viewAt(commit) ?? 0, seqno: commit },
      requests: this.#forwarding.size,
    };
  }

  txStatus(id: TxId): TxStatus {
    return this.#consensus.txStatus(id);
  }

  receipt(seqno: Seqno): ReturnType<Ledger['receipt']> {
    return seqno <= this.#consensus.commit ? this.#ledger.receipt(seqno) : undefined;
  }

  step(event: ReplicaEvent): ReplicaEffects {
    const effects = createEffects();
    switch (event.type) {
      case 'elapsed':
        this.#nowMs = event.nowMs;
        this.#absorb(this.#consensus.step({ type: 'elapsed', ms: event.ms }), effects);
        this.#forwarding.elapsed(event.ms, this.#routing(effects));
        break;
      case 'frame':
        this.#frame(event.from, event.bytes, effects);
        break;
      case 'request':
        this.#nowMs = event.nowMs;
        this.#forwarding.accept(
          { kind: 'client', token: event.token },
          event.request,
          this.#routing(effects),
        );
        break;
      case 'worker':
        this.#worker(event.message, effects);
        break;
      case 'persisted':
        this.#absorb(this.#consensus.step({ type: 'persisted', upTo: event.upTo }), effects);
        if (this.#consensus.viewAt(event.upTo.seqno) === event.upTo.view) this.#persisted = event.upTo.seqno;
        if (this.#maySign()) this.#appendOwn([this.#sign()], effects);
        break;
      case 'transferLeadership':
        this.#absorb(this.#consensus.step(event), effects);
        break;
      default:
        assertNever(event, 'replica event');
    }
    return finishEffects(effects);
  }

  #routing(effects: EffectsBuilder): Parameters<Forwarding['accept']>[2] {
    return {
      isPrimary: this.#workerIsPrimary,
      primary: this.#consensus.isLeader ? undefined : this.#consensus.primary,
      commit: this.#consensus.commit,
      nowMs: this.#nowMs,
      effects,
    };
  }

  // --- what comes from peers ---

  #frame(from: NodeId, bytes: Uint8Array, effects: EffectsBuilder): void {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'forward') {
      this.#forwarding.accept(
        { kind: 'peer', node: from, id: frame.id },
        frame.request,
        this.#routing(effects),
      );
    } else if (frame.kind === 'answer') {
      this.#forwarding.answered(frame.id, frame.response, this.#routing(effects));
    } else if (frame.message.type === 'appendEntries') {
      this.#appendFrame(from, frame.message, frame.entries, effects);
    } else {
      this.#absorb(this.#consensus.step({ type: 'receive', from, message: frame.message }), effects);
    }
  }

  #appendFrame(from: NodeId, message: AppendMessage, bytes: Uint8Array, effects: EffectsBuilder): void {
    const { appendEntriesMax } = this.#settings.consensus;
    const { infos, opened } = openAppendMessage(
      message,
      bytes,
      appendEntriesMax,
      this.#ledger,
      this.#consensus,
    );
    for (const entry of opened) this.#staged.set(entry.sealed.seqno, entry);
    this.#absorb(
      this.#consensus.step({ type: 'receive', from, message: { ...message, entries: infos } }),
      effects,
    );
    this.#staged.clear();
  }

  // --- what comes from the worker ---

  #worker(message: FromWorker, effects: EffectsBuilder): void {
    switch (message.type) {
      case 'response':
        this.#forwarding.finished(message.id, message.response, this.#routing(effects));
        break;
      case 'forward':
        this.#forwarding.forward(message.id, this.#routing(effects));
        break;
      case 'propose':
        this.#propose(message, effects);
        break;
      case 'trouble':
        break;
      case 'failed':
        throw new CocoError('COCO_REPLICA_WORKER', `the worker failed: ${message.message}`);
      default:
        assertNever(message, 'message from the worker');
    }
  }

  #propose(proposal: Proposal, effects: EffectsBuilder): void {
    const { last, commit, view } = this.#consensus;
    if (proposal.proposal === genesisProposal) {
      this.#proposeGenesis(proposal, effects);
    } else if (!this.#workerIsPrimary || proposal.view !== view) {
      effects.now.push({ type: 'refused', proposal: proposal.proposal, retry: false });
    } else if (last.seqno - commit >= this.#settings.uncommittedEntriesMax) {
      this.#deferred = proposal;
    } else {
      this.#appendBatch(proposal, proposal.publicMaps, effects);
    }
  }

  #proposeGenesis(proposal: Proposal, effects: EffectsBuilder): void {
    if (!this.#consensus.isLeader || this.#consensus.last.seqno !== 0) {
      effects.now.push({ type: 'refused', proposal: proposal.proposal, retry: false });
      return;
    }
    const tables = [...genesisTables(this.#genesis), ...decodeMaps(proposal.publicMaps)];
    const publicMaps = encodeMaps(tables.toSorted((a, b) => (a.table < b.table ? -1 : 1)));
    this.#appendBatch(proposal, publicMaps, effects);
    this.#takeRole(true, effects);
  }

  #appendBatch(proposal: Proposal, publicMaps: Uint8Array, effects: EffectsBuilder): void {
    const { privateMaps, claimsDigest, items } = proposal;
    const view = this.#consensus.view;
    const sealed = this.#ledger.append({
      view,
      publicMaps,
      privateMaps,
      ...(claimsDigest !== undefined && { claimsDigest }),
    });
    effects.now.push({ type: 'assigned', proposal: proposal.proposal, txId: { view, seqno: sealed.seqno } });
    this.#workerSeqno = sealed.seqno;
    this.#items.set(sealed.seqno, items);
    this.#signatureDue = true;
    // Together with its signature where that is made now: one message to each peer, one synchronisation on each node.
    this.#appendOwn(this.#maySign() ? [sealed, this.#sign()] : [sealed], effects);
  }

  /**
   * Signs at once when nothing is being made durable, else with the next batch that will be: one signature and one
   * fdatasync for everything that gathered meanwhile.
   */
  #maySign(): boolean {
    return this.#signatureDue && this.#consensus.isLeader && this.#persisted >= this.#lastSignature;
  }

  #sign(): SealedEntry {
    this.#signatureDue = false;
    return this.#ledger.sign(this.#consensus.view, Math.floor(this.#nowMs / 1000));
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
    for (const { to, message } of ready.send) {
      const header = encodeConsensusFrame(message);
      const attached = message.type === 'appendEntries' && message.to > message.previous.seqno;
      effects.send.push(
        attached
          ? { to, header, entries: { from: message.previous.seqno + 1, to: message.to } }
          : { to, header },
      );
    }
    if (ready.commit !== undefined) this.#committed(ready.commit, effects);
    if (ready.role !== undefined) this.#role(effects);
  }

  #rollback(to: Seqno, effects: EffectsBuilder): void {
    persistRollback(effects, to);
    this.#ledger.rollback(to);
    for (const seqno of this.#unapplied.keys()) if (seqno > to) this.#unapplied.delete(seqno);
    for (const seqno of this.#items.keys()) if (seqno > to) this.#items.delete(seqno);
    this.#persisted = Math.min(this.#persisted, to);
    this.#lastSignature = Math.min(this.#lastSignature, to);
    this.#signatureDue = false;
    if (this.#workerSeqno > to) {
      this.#workerSeqno = to;
      effects.apply.push({ type: 'rollback', seqno: to });
    }
  }

  #accept(info: EntryInfo, effects: EffectsBuilder): void {
    const staged = this.#staged.get(info.seqno);
    assert(staged !== undefined, 'consensus accepts only entries that it was just given');
    if (staged.opened !== undefined) {
      this.#addOrStop(staged.opened);
      if (!info.signature) this.#unapplied.set(info.seqno, staged.opened);
    }
    if (info.signature) this.#lastSignature = info.seqno;
    effects.entries.push(staged.sealed);
  }

  /** Consensus has accepted the entry: a signature that does not hold now means an unsound primary, or ledger. */
  #addOrStop(opened: OpenedEntry): void {
    try {
      this.#ledger.add(opened);
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      const message = `the primary's ledger does not verify: ${error.message}`;
      throw new CocoError('COCO_REPLICA_UNSOUND', message, { ...error.facts, cause: error.code });
    }
  }

  #committed(seqno: Seqno, effects: EffectsBuilder): void {
    this.#applyUpTo(seqno, effects);
    effects.apply.push({ type: 'committed', seqno });
    this.#ledger.compact(seqno);
    let items = effects.committed?.items ?? 0;
    for (const [at, count] of this.#items) {
      if (at > seqno) break;
      items += count;
      this.#items.delete(at);
    }
    effects.committed = { seqno, items };
    this.#forwarding.committed(seqno, effects);
    const deferred = this.#deferred;
    if (deferred !== undefined) {
      this.#deferred = undefined;
      this.#propose(deferred, effects);
    }
  }

  /** Gives the worker the entries of other primaries that it does not have yet, up to `seqno`. */
  #applyUpTo(seqno: Seqno, effects: EffectsBuilder): void {
    for (let at = this.#workerSeqno + 1; at <= seqno; at++) {
      const opened = this.#unapplied.get(at);
      if (opened === undefined) continue;
      this.#unapplied.delete(at);
      const message = applyMessage(opened);
      if (message !== undefined) effects.apply.push(message);
    }
    this.#workerSeqno = Math.max(this.#workerSeqno, seqno);
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
      const genesis: ToWorker = {
        type: 'genesis',
        proposal: genesisProposal,
        genesis: this.#genesis.adapters,
        nowMs: this.#nowMs,
      };
      effects.apply.push(genesis);
    } else {
      this.#applyUpTo(last.seqno, effects);
      this.#appendOwn([this.#sign()], effects);
      this.#takeRole(true, effects);
    }
    this.#forwarding.primaryChanged(this.#routing(effects));
  }

  #takeRole(primary: boolean, effects: EffectsBuilder): void {
    if (!primary && this.#deferred !== undefined) {
      effects.now.push({ type: 'refused', proposal: this.#deferred.proposal, retry: false });
      this.#deferred = undefined;
    }
    if (primary || this.#workerIsPrimary) {
      effects.apply.push({ type: 'role', primary, view: this.#consensus.view });
    }
    this.#workerIsPrimary = primary;
  }
}
