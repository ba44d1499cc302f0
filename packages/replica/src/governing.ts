/**
 * Governance mounted in the manager: the store of the governance tables, which follows the log. What an entry writes
 * there takes effect when the entry is appended and is rolled back with it; questions are answered, and people let in,
 * by what is committed.
 */
import type { AdapterRequest, AdapterResponse } from '@coco/adapter';
import {
  concernsOutsiders,
  type Governance,
  type GovernanceAnswer,
  type GovernanceContext,
  isOver,
  isQuarantined,
  isRekeyDue,
  manifestTables,
  type NetworkView,
  readNetwork,
  snapshotSeqno,
  touchesNetwork,
} from '@coco/governance';
import type { Reader, Store, TableChanges, Transaction, VersionedRow } from '@coco/kv';
import { encodeSnapshotTables, type SnapshotTables } from '@coco/ledger';
import { assert, type NodeId, type Seqno } from '@coco/primitives';
import { isGovernanceTable } from './dividedMaps.js';
import type { RekeyAt, Rekeying } from './rekeying.js';
import { renewCertificates } from './renewal.js';
import { errorResponse } from './requests.js';
import type { EndorseNode, ReplicaEffects } from './types.js';

/** What became of a request that may write: `transaction` has what is to be appended, if anything is. */
export interface Governed {
  readonly response: AdapterResponse;
  readonly transaction?: Transaction;
  readonly triggers?: GovernanceAnswer['triggers'];
}

type Views = NonNullable<ReplicaEffects['network']>;

export class Governing {
  readonly #governance: Governance;
  readonly #store: Store;
  readonly #endorse: EndorseNode | undefined;
  readonly #rekeying: Rekeying;
  #commit: Seqno = 0;
  #signed: Seqno;
  #views: Views | undefined;
  #removed: readonly NodeId[] = [];
  #out: ReadonlySet<NodeId> = new Set();
  #viewsAreOld = true;
  #snapshotSeqno: Seqno | undefined;
  /** The host has not heard of the present views. */
  #untold = true;
  /** What the host was told last, without the versions at which it was read. */
  #told = '';
  /** Governance tables were committed since the host was last told. */
  #newlyCommitted = false;
  /** Versions above the commit that change who takes part, ascending. */
  #reforms: Seqno[] = [];
  #manifestChanges = 0;
  #changes = 0;
  /** Of the versions up to here it is not known whether they do. */
  readonly #unknownUpTo: Seqno;

  constructor(
    governance: Governance,
    store: Store,
    { commit, signed }: { readonly commit: Seqno; readonly signed: Seqno },
    means: { readonly endorse: EndorseNode | undefined; readonly rekeying: Rekeying },
  ) {
    this.#governance = governance;
    this.#endorse = means.endorse;
    this.#rekeying = means.rekeying;
    this.#store = store;
    this.#signed = signed;
    this.#unknownUpTo = store.head;
    this.committed(commit);
  }

  /** Answers from what is committed, which is what the answer then depends on. */
  read(request: AdapterRequest, context: GovernanceContext): AdapterResponse {
    if (this.#store.head === 0) return notOpen;
    const { response, writes } = this.#governance.handle(
      request,
      this.#store.begin(this.#committedVersion),
      context,
    );
    assert(!writes, 'what does not need the primary does not write');
    return response.status < 300 ? { ...response, txId: context.committed } : response;
  }

  /** Carries a request out upon the newest version, without changing it; `last` is the last entry. */
  write(request: AdapterRequest, context: GovernanceContext, last: Seqno): Governed {
    const transaction = this.begin();
    const { response, writes, triggers } = this.#governance.handle(request, transaction, context);
    if (writes && triggers?.nodeCertificates !== undefined) {
      const why = renewCertificates(transaction, triggers.nodeCertificates, this.#endorse);
      if (why !== undefined) return { response: notIssued(why) };
    }
    if (writes) {
      const why = this.#rekeyAsDecided(transaction, triggers, {
        nowMs: context.nowMs,
        last,
        signed: this.signedTables,
      });
      if (why !== undefined) return { response: notRekeyed(why) };
    }
    const writeSet = writes ? transaction.writeSet() : [];
    if (writeSet.length === 0) return { response };
    if (bytesOf(writeSet) > changeBytesMax) return { response: tooLarge };
    if (!writeSet.every(({ table }) => isGovernanceTable(table))) return { response: foreign };
    return { response, transaction, triggers };
  }

  /** Where somebody has left, the primary changes the secret of the ledger anyway, as soon as this is appended. */
  #rekeyAsDecided(
    transaction: Transaction,
    triggers: GovernanceAnswer['triggers'],
    at: RekeyAt,
  ): string | undefined {
    const isAsked = triggers?.rekey === true;
    if (!isAsked && !concernsOutsiders(this.newest(), transaction)) return undefined;
    if (isRekeyDue(transaction, at.nowMs, at.signed)) return undefined;
    const why = this.#rekeying.write(transaction, at);
    return isAsked ? why : undefined;
  }

  begin(): Transaction {
    return this.#store.begin();
  }

  /** The governance tables as the log says. */
  newest(): Reader {
    return this.at(this.#store.head);
  }

  /** The governance tables as committed. */
  get committedTables(): Reader {
    return this.at(this.#committedVersion);
  }

  /** The governance tables as the last signature in the log has them: of a primary that acts, one of its own view. */
  get signedTables(): Reader {
    return this.at(Math.max(this.#signed, this.#committedVersion));
  }

  /** How often they were changed or rolled back, as far as this node has seen. */
  get changes(): number {
    return this.#changes;
  }

  /** Makes the changes of `transaction`, which was begun at the newest version, the version `seqno`. */
  install(transaction: Transaction, seqno: Seqno): void {
    const { outcome } = this.#store.commit(transaction, seqno);
    assert(outcome === 'committed', 'nothing else writes between begin and install');
    this.#changed(transaction.writeSet(), seqno);
  }

  /** Takes over what the entry `seqno` wrote. */
  apply(tables: readonly TableChanges[], seqno: Seqno): void {
    if (tables.length === 0) return;
    this.#store.apply(tables, seqno);
    this.#changed(tables, seqno);
  }

  #changed(tables: readonly TableChanges[], seqno: Seqno): void {
    this.#changes += 1;
    if (tables.some(({ table }) => manifestTables.includes(table))) this.#manifestChanges += 1;
    if (!tables.some(({ table }) => touchesNetwork(table))) return;
    this.#reforms.push(seqno);
    this.#reform();
  }

  /** The log has a signature at `seqno`. */
  signed(seqno: Seqno): void {
    this.#signed = seqno;
  }

  rollback(to: Seqno): void {
    this.#signed = Math.min(this.#signed, to);
    if (to >= this.#store.head) return;
    this.#store.rollback(to);
    this.#changes += 1;
    this.#reforms = this.#reforms.filter((seqno) => seqno <= to);
    this.#reform();
  }

  committed(seqno: Seqno): void {
    const { head, compacted } = this.#store;
    const before = Math.min(this.#commit, head);
    const version = Math.min(seqno, head);
    this.#commit = seqno;
    if (version <= before) return;
    this.#newlyCommitted = true;
    this.#snapshotSeqno = undefined;
    if (before < this.#unknownUpTo || (this.#reforms[0] ?? Number.POSITIVE_INFINITY) <= version)
      this.#reform();
    this.#reforms = this.#reforms.filter((reform) => reform > version);
    if (version > compacted) this.#store.compact(version);
  }

  /** Who takes part may have changed. */
  #reform(): void {
    this.#viewsAreOld = true;
    this.#untold = true;
  }

  /** All tables as of `seqno`, which is not above the newest entry and not below the commit. */
  at(seqno: Seqno): Reader {
    return this.#store.read(Math.min(seqno, this.#store.head));
  }

  /** All rows as of `seqno`, which is not below the last commit that was told here: its part of a snapshot. */
  tables(seqno: Seqno): SnapshotTables {
    const snapshot = this.#store.snapshot(Math.min(seqno, this.#store.head));
    const rows: VersionedRow[] = [];
    for (let part = snapshot.next(Infinity); part !== undefined; part = snapshot.next(Infinity))
      rows.push(...part);
    return encodeSnapshotTables(rows);
  }

  /** Where the last snapshot was taken of which the ledger has the evidence, committed; 0 when there is none. */
  get snapshotSeqno(): Seqno {
    this.#snapshotSeqno ??= snapshotSeqno(this.at(this.#committedVersion));
    return this.#snapshotSeqno;
  }

  /** Nobody disputes the first entry of a network: every genesis node would write the same, but for its view. */
  get #committedVersion(): Seqno {
    const { head } = this.#store;
    return Math.min(Math.max(this.#commit, 1), head);
  }

  /** Nodes that were removed, all of them committed, of which no entry says so yet. */
  get removed(): readonly NodeId[] {
    if (this.#viewsAreOld) this.#readViews();
    return this.#removed;
  }

  get hasNews(): boolean {
    return this.#newlyCommitted || this.#untold;
  }

  /** What the host must hear of the step that ends. */
  news(): Pick<ReplicaEffects, 'network' | 'governance'> {
    const governance = this.#newlyCommitted ? this.at(this.#committedVersion) : undefined;
    this.#newlyCommitted = false;
    const network = this.#newNetwork();
    return {
      ...(network !== undefined && { network }),
      ...(governance !== undefined && { governance }),
    };
  }

  #newNetwork(): Views | undefined {
    if (!this.#untold) return undefined;
    this.#untold = false;
    if (this.#viewsAreOld) this.#readViews();
    const views = this.#views;
    if (views === undefined) return undefined;
    const text = JSON.stringify([views.head, views.committed].map((view) => ({ ...view, seqno: 0 })));
    if (text === this.#told) return undefined;
    this.#told = text;
    return views;
  }

  #readViews(): void {
    this.#viewsAreOld = false;
    this.#views = undefined;
    this.#removed = [];
    this.#out = new Set();
    const { head } = this.#store;
    if (head === 0) return;
    const version = this.#committedVersion;
    const committed = readNetwork(this.#store.read(version));
    const newest = version === head ? committed : readNetwork(this.#store.read(head));
    this.#views = { head: newest, committed };
    const removed = newest.nodes.filter(isUnrecorded).map(({ nodeId }) => nodeId);
    const settled = new Set(committed.nodes.filter(isUnrecorded).map(({ nodeId }) => nodeId));
    this.#removed = removed.filter((nodeId) => settled.has(nodeId));
    this.#out = new Set(newest.nodes.filter(isQuarantined).map(({ nodeId }) => nodeId));
  }

  /** Whether the log has the node quarantined, committed or not. */
  isOut(nodeId: NodeId): boolean {
    if (this.#viewsAreOld) this.#readViews();
    return this.#out.has(nodeId);
  }

  /** How often the manifests were changed, as far as this node has seen. */
  get manifestChanges(): number {
    return this.#manifestChanges;
  }

  /** The network as the log says, committed or not; undefined before the genesis. */
  get head(): NetworkView | undefined {
    if (this.#viewsAreOld) this.#readViews();
    return this.#views?.head;
  }

  /** Whether there is a node that takes part and that the members distrust. */
  get isAnyDistrusted(): boolean {
    const nodes = this.head?.nodes ?? [];
    return nodes.some(({ status, lease }) => status === 'Trusted' && lease?.state === 'distrusted');
  }

  /** Whether there is a node that takes part and has no lease at `nowMs`. */
  isAnyLeaseOver(nowMs: number): boolean {
    const nodes = this.head?.nodes ?? [];
    return nodes.some(({ status, lease }) => status === 'Trusted' && isOver(lease, nowMs));
  }

  /** Whether the node takes part, and that is committed. */
  isTrusted(nodeId: NodeId): boolean {
    if (this.#viewsAreOld) this.#readViews();
    const nodes = this.#views?.committed.nodes ?? [];
    return nodes.some((node) => node.nodeId === nodeId && node.status === 'Trusted');
  }

  /** Whether the node is on the VN list, as committed. */
  isListed(nodeId: NodeId): boolean {
    if (this.#viewsAreOld) this.#readViews();
    return this.#views?.committed.nodes.some((node) => node.nodeId === nodeId) === true;
  }
}

function isUnrecorded({ status, retiredCommitted }: NetworkView['nodes'][number]): boolean {
  return status === 'Retired' && !retiredCommitted;
}

function bytesOf(tables: readonly TableChanges[]): number {
  let bytes = 0;
  for (const { puts, removes } of tables) {
    for (const { key, value } of puts) bytes += key.length + value.length;
    for (const key of removes) bytes += key.length;
  }
  return bytes;
}

/** What one change of governance may write: far below what an entry may have. */
const changeBytesMax = 16 * 2 ** 20;

function notIssued(why: string): AdapterResponse {
  const sentence = `the certificates that this asks for cannot be issued: ${why}; nothing was changed`;
  return errorResponse(400, 'InvalidInput', sentence);
}

function notRekeyed(why: string): AdapterResponse {
  const sentence = `the key of the ledger cannot be changed: ${why}; nothing was changed`;
  return errorResponse(400, 'InvalidInput', sentence);
}

const tooLarge = errorResponse(
  413,
  'RequestBodyTooLarge',
  `this would write more than ${changeBytesMax} bytes; nothing was changed`,
);
const notOpen = errorResponse(503, 'FrontendNotOpen', 'the network has no genesis yet; try again');
const foreign = errorResponse(
  500,
  'InternalError',
  'the constitution wrote to tables that are not of governance; nothing was changed',
);
