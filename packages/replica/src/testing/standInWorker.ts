/**
 * A worker without adapters: it keeps what it is told, and a store of what the entries wrote, out of which it makes
 * snapshots. What it proposes is up to the test.
 */
import type { ToWorker } from '@coco/adapter';
import { createStore, restoreStore, type Store, type StoreSnapshot } from '@coco/kv';
import { decodeMaps, decodeSnapshotTables, encodeSnapshotTables } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import type { ForManager } from '../types.js';

type Proposal = Extract<ForManager, { readonly type: 'propose' }>;

export class StandInWorker {
  /** Everything that it was told, in order. */
  readonly told: ToWorker[] = [];
  store: Store = createStore();
  committed: Seqno = 0;
  readonly #proposals = new Map<number, Proposal>();
  readonly #snapshots = new Map<number, StoreSnapshot>();
  readonly #restoring = restoreStore();

  /** It is about to propose this. */
  proposes(proposal: Proposal): void {
    this.#proposals.set(proposal.proposal, proposal);
  }

  /** Takes a message; gives the answer, if there is one at once. */
  receive(message: ToWorker): ForManager | undefined {
    this.told.push(message);
    switch (message.type) {
      case 'genesis':
        return propose(message.proposal);
      case 'assigned': {
        const proposal = this.#proposals.get(message.proposal);
        if (proposal !== undefined) this.#write(proposal, message.txId.seqno);
        return undefined;
      }
      case 'apply':
        this.#write(message, message.txId.seqno);
        return undefined;
      case 'rollback':
        this.store.rollback(message.seqno);
        return undefined;
      case 'committed':
        this.committed = message.seqno;
        return undefined;
      case 'snapshot':
        this.#snapshots.set(message.id, this.store.snapshot(Math.min(message.seqno, this.store.head)));
        return this.#part(message.id);
      case 'snapshotNext':
        return this.#part(message.id);
      case 'snapshotEnd':
        this.#snapshots.get(message.id)?.end();
        return undefined;
      case 'restore':
        this.#restoring.add(decodeSnapshotTables(message.tables));
        if (message.last) this.store = this.#restoring.finish(message.seqno);
        return undefined;
      default:
        return undefined;
    }
  }

  #write({ publicMaps, privateMaps }: Pick<Proposal, 'publicMaps' | 'privateMaps'>, seqno: Seqno): void {
    this.store.apply([...decodeMaps(publicMaps), ...decodeMaps(privateMaps)], seqno);
  }

  /** Two rows at a time. */
  #part(id: number): ForManager {
    const rows = this.#snapshots.get(id)?.next(2);
    return { type: 'snapshotPart', id, ...encodeSnapshotTables(rows ?? []), last: rows === undefined };
  }
}

function propose(proposal: number): ForManager {
  const none = new Uint8Array(0);
  return { type: 'propose', proposal, view: 0, publicMaps: none, privateMaps: none, items: 0 };
}
