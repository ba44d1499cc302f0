/**
 * What the primary does for governance: carries out what members ask for, takes in nodes and records that others are
 * gone, and writes down snapshots. Every change is an entry of its own; whoever asked hears of it once it is committed.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import { admitNode, forgetNode, type Governance, recordRetired, snapshotEvidence } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import { encodeMaps } from '@coco/ledger';
import { type NodeId, type Seqno, utf8 } from '@coco/primitives';
import { type Awaiting, createAwaiting } from './awaiting.js';
import type { Circumstances } from './circumstances.js';
import type { EffectsBuilder } from './effects.js';
import type { Governing } from './governing.js';
import { deliver, errorResponse, type Origin } from './requests.js';
import type { ScriptBudget } from './scriptBudget.js';
import type { FinishedSnapshot, Snapshotting } from './snapshotting.js';
import type { ReplicaEvent, ReplicaSettings } from './types.js';

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
interface NodeChange {
  readonly response: AdapterResponse;
  readonly isSettled: boolean;
}

export class Governor {
  readonly #governance: Governance;
  readonly #budget: ScriptBudget;
  readonly #governing: Governing;
  readonly #snapshots: Snapshotting;
  readonly #uncommittedMax: number;
  readonly #awaiting: Awaiting;

  constructor(
    governance: Governance,
    budget: ScriptBudget,
    governing: Governing,
    snapshots: Snapshotting,
    settings: Pick<ReplicaSettings, 'uncommittedEntriesMax' | 'forwardTimeoutMs'>,
  ) {
    this.#governance = governance;
    this.#budget = budget;
    this.#governing = governing;
    this.#snapshots = snapshots;
    this.#uncommittedMax = settings.uncommittedEntriesMax;
    this.#awaiting = createAwaiting(settings.forwardTimeoutMs);
  }

  /** How many wait for their change to be committed. */
  get awaiting(): number {
    return this.#awaiting.size;
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
    const { response, transaction, triggers } = this.#governing.write(request, context);
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
    const publicMaps = encodeMaps(transaction.writeSet());
    const contents = { publicMaps, privateMaps: noMaps, ...(claimsDigest !== undefined && { claimsDigest }) };
    return now.append(contents, (txId) => {
      this.#governing.install(transaction, txId.seqno);
      if (answer !== undefined) this.#awaiting.hold(answer.origin, txId, answer.response);
    });
  }

  /** Carries out what the host asks of the primary for a node. */
  changeNode(
    event: Extract<ReplicaEvent, { readonly type: 'admit' | 'forgetNode' }>,
    now: Circumstances,
  ): void {
    if (event.type === 'admit') this.#admit(event, now);
    else this.#forget(event, now);
  }

  /** Makes a node Trusted that has caught up: the entry that says so is the reconfiguration. */
  #admit(event: Extract<ReplicaEvent, { readonly type: 'admit' }>, now: Circumstances): void {
    const { token, nodeId, certificatePem, last } = event;
    this.#forNode(token, now, (transaction) => {
      if (last !== undefined && last + 1 < now.heldFrom()) return { response: tooOld, isSettled: true };
      const outcome = admitNode(transaction, { nodeId, certificatePem });
      if (outcome.outcome === 'refused') {
        const [status, code] = refusals[outcome.why];
        return { response: errorResponse(status, code, outcome.reason), isSettled: true };
      }
      return {
        response: answerOf({ nodeId, status: 'Trusted' }),
        isSettled: this.#governing.isTrusted(nodeId),
      };
    });
  }

  /** Takes a node off the list that was removed and shut down. */
  #forget(event: Extract<ReplicaEvent, { readonly type: 'forgetNode' }>, now: Circumstances): void {
    const { token, nodeId } = event;
    this.#forNode(token, now, (transaction) => {
      const outcome = forgetNode(transaction, nodeId);
      if (outcome.outcome === 'refused') {
        const [status, code] = forgetRefusals[outcome.why];
        return { response: errorResponse(status, code, outcome.reason), isSettled: true };
      }
      return {
        response: answerOf({ nodeId, forgotten: true }),
        isSettled: !this.#governing.isListed(nodeId),
      };
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
    const { response, isSettled } = change(transaction);
    if (transaction.writeSet().length > 0) this.#append(transaction, now, { answer: { origin, response } });
    else if (isSettled) deliver(effects, origin, response);
    // Done before, but perhaps not committed yet: then it is with all there is now.
    else this.#awaiting.hold(origin, { view: now.view, seqno: now.last }, response);
  }

  /** Whether there is anything that the primary must do by itself. */
  hasChores(commit: Seqno): boolean {
    return this.#governing.isRemovalCommitted || this.#isSnapshotDue(commit);
  }

  #isSnapshotDue(commit: Seqno): boolean {
    return this.#snapshots.isDue(commit, this.#governing.snapshotSeqno);
  }

  /** What the primary does by itself, at the end of a step. */
  housekeep(now: Circumstances): void {
    if (this.#governing.isRemovalCommitted) {
      const transaction = this.#governing.begin();
      recordRetired(transaction);
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

const noMaps = new Uint8Array(0);

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
