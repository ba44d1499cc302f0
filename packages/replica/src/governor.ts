/**
 * What the primary does for governance: carries out what members ask for, takes in nodes and records that others are
 * gone, and writes down snapshots. Every change is an entry of its own; whoever asked hears of it once it is committed.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import type { Consensus } from '@coco/consensus';
import {
  admitNode,
  alarmKey,
  contributeToKey,
  forgetNode,
  type Governance,
  governanceTables,
  leaseRow,
  raiseAlarm,
  renewLease,
  snapshotEvidence,
} from '@coco/governance';
import type { Transaction } from '@coco/kv';
import { splitDomains } from '@coco/ledger';
import { type NodeId, type Seqno, utf8 } from '@coco/primitives';
import { type Awaiting, createAwaiting } from './awaiting.js';
import type { Circumstances } from './circumstances.js';
import type { EffectsBuilder } from './effects.js';
import type { Forgetting } from './forgetting.js';
import type { Governing } from './governing.js';
import { KeyCeremonies } from './keyCeremonies.js';
import { Recording } from './recording.js';
import type { Rekeying } from './rekeying.js';
import { deliver, errorResponse, type Origin } from './requests.js';
import { Reviewing } from './reviewing.js';
import type { ScriptBudget } from './scriptBudget.js';
import type { FinishedSnapshot, Snapshotting } from './snapshotting.js';
import type { ReplicaEvent, ReplicaStart, ReplicaStatus } from './types.js';

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

/** The answer to a change that the host asks for, and whether it holds already where there was nothing to write. */
type NodeChange =
  | { readonly response: AdapterResponse; readonly isSettled: boolean }
  /** What was written besides is not to be used. */
  | { readonly refused: AdapterResponse };

type NodeEvent<Type extends ReplicaEvent['type']> = Extract<ReplicaEvent, { readonly type: Type }>;

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

  /** Carries out what the host asks of the primary for a node. */
  changeNode(
    event: NodeEvent<'admit' | 'renewLease' | 'forgetNode' | 'contributeKey' | 'raiseAlarm'>,
    now: Circumstances,
  ): void {
    if (event.type === 'admit') this.#admit(event, now);
    else if (event.type === 'renewLease') this.#renew(event, now);
    else if (event.type === 'forgetNode') this.#forget(event, now);
    else if (event.type === 'raiseAlarm') this.#alarm(event, now);
    else this.#contribute(event, now);
  }

  /** Takes what a node contributes to making the network's key. */
  #contribute({ token, nodeId, contribution }: NodeEvent<'contributeKey'>, now: Circumstances): void {
    this.#forNode(token, now, (transaction) => {
      const outcome = contributeToKey(transaction, { nodeId, contribution });
      if (outcome.outcome === 'refused') return { refused: errorResponse(403, outcome.code, outcome.reason) };
      return { response: answerOf({ node_id: nodeId }), isSettled: false };
    });
  }

  /** Makes a node Trusted that has caught up: the entry that says so is the reconfiguration. */
  #admit({ token, nodeId, last, ...node }: NodeEvent<'admit'>, now: Circumstances): void {
    this.#forNode(token, now, (transaction) => {
      if (last !== undefined && last + 1 < now.consensus.status().heldFrom) return { refused: tooOld };
      const outcome = admitNode(transaction, { nodeId, ...node });
      if (outcome.outcome === 'refused') {
        const [status, code] =
          outcome.why === 'evidence' ? ([403, outcome.code] as const) : refusals[outcome.why];
        return { refused: errorResponse(status, code, outcome.reason) };
      }
      const lease = outcome.outcome === 'admitted' && { lease: leaseRow(outcome.lease) };
      return {
        response: answerOf({ nodeId, status: 'Trusted', ...lease }),
        isSettled: this.#governing.isTrusted(nodeId),
      };
    });
  }

  /** Grants a lease; where the node was quarantined the entry that says so is a reconfiguration as well. */
  #renew({ token, nodeId, last, attestation }: NodeEvent<'renewLease'>, now: Circumstances): void {
    this.#forNode(token, now, (transaction) => {
      const outcome = renewLease(transaction, { nodeId, attestation });
      if (outcome.outcome === 'refused') {
        return { refused: errorResponse(403, outcome.code, outcome.reason) };
      }
      const isBehind = last !== undefined && last + 1 < now.consensus.status().heldFrom;
      if (outcome.returned && isBehind) return { refused: tooOld };
      return { response: answerOf({ node_id: nodeId, lease: leaseRow(outcome.lease) }), isSettled: false };
    });
  }

  /** Takes a node off the list that was removed and shut down. */
  #forget({ token, nodeId }: NodeEvent<'forgetNode'>, now: Circumstances): void {
    this.#forNode(token, now, (transaction) => {
      const outcome = forgetNode(transaction, nodeId);
      if (outcome.outcome === 'refused') {
        const [status, code] = forgetRefusals[outcome.why];
        return { refused: errorResponse(status, code, outcome.reason) };
      }
      return {
        response: answerOf({ nodeId, forgotten: true }),
        isSettled: !this.#governing.isListed(nodeId),
      };
    });
  }

  /** Writes down what a node says of a transaction, which may be one of this node's own making. */
  #alarm({ token, nodeId, alarm }: NodeEvent<'raiseAlarm'>, now: Circumstances): void {
    this.#forNode(token, now, (transaction) => {
      const outcome = raiseAlarm(transaction, nodeId, alarm);
      if (outcome.outcome === 'refused') {
        const [status, code] = alarmRefusals[outcome.why];
        return { refused: errorResponse(status, code, outcome.reason) };
      }
      const key = alarmKey(alarm);
      const isSettled = this.#governing.at(now.commit).has(governanceTables.alarms, utf8(key));
      return { response: answerOf({ alarm: key }), isSettled };
    });
  }

  /** On the primary: appends the change, and answers once it is committed. */
  #forNode(token: number, now: Circumstances, change: (transaction: Transaction) => NodeChange): void {
    const { effects, acting, primary } = now;
    const origin: Origin = { kind: 'client', token };
    if (!acting) {
      deliver(effects, origin, primary === undefined ? noPrimary : elsewhere(primary));
      return;
    }
    if (this.#isBusy(now)) {
      deliver(effects, origin, busy);
      return;
    }
    const transaction = this.#governing.begin();
    const changed = change(transaction);
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
      if (this.#rekeying.rekey(transaction, { nowMs: now.nowMs, last: now.consensus.last.seqno }))
        this.#append(transaction, now);
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

function answerOf(value: unknown): AdapterResponse {
  const body = utf8(JSON.stringify(value));
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

const refusals = {
  unknown: [403, 'AuthorizationFailed'],
  'no-tuple': [403, 'AuthorizationFailed'],
  retired: [403, 'InvalidNodeState'],
  certificate: [400, 'CSRPublicKeyInvalid'],
} as const;

const forgetRefusals = {
  unknown: [404, 'ResourceNotFound'],
  'not-retired': [400, 'NodeNotRetiredCommitted'],
} as const;

const alarmRefusals = {
  unknown: [403, 'COCO_ALARM_UNKNOWN'],
  evidence: [403, 'COCO_ALARM_EVIDENCE'],
  limit: [429, 'COCO_ALARM_LIMIT'],
} as const;

const tooOld = errorResponse(
  400,
  'StartupSeqnoIsOld',
  'the primary no longer holds the entries after those that the node has; start it from a later snapshot',
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
