/**
 * What the parts of the manager must know of the node at the moment of a call, and may do to its log.
 */
import type { AdapterRequest } from '@coco/adapter';
import type { Consensus } from '@coco/consensus';
import type { GovernanceContext } from '@coco/governance';
import type { Ledger } from '@coco/ledger';
import type { NodeId, Seqno, TxId, View } from '@coco/primitives';
import type { EffectsBuilder } from './effects.js';
import type { Origin } from './requests.js';

export interface Circumstances {
  readonly effects: EffectsBuilder;
  /** This node acts as primary: it leads, and its log is in the worker. */
  readonly acting: boolean;
  /** This node leads; until it acts it may only make the genesis. */
  readonly leading: boolean;
  /** Another node that is primary, if one is known. */
  readonly primary: NodeId | undefined;
  readonly view: View;
  /** The last entry when the step began; `consensus.last` is it now. */
  readonly last: Seqno;
  readonly commit: Seqno;
  /** What consensus says when it is asked. */
  readonly consensus: Pick<Consensus, 'last' | 'mayLeaveOut' | 'mayRecord' | 'status'>;
  /** The wall clock, for convenience. */
  readonly nowMs: number;
  /** For answering a governance request. */
  context(): GovernanceContext;
  /** Answers a governance request here, now or once what it changed is committed. */
  govern(origin: Origin, request: AdapterRequest): void;
  /**
   * Appends an entry, and signs it where that is to be done at once. `placed` is told where it is before anything
   * follows from it. Returns its seqno.
   */
  append(contents: EntryContents, placed: (txId: TxId) => void): Seqno;
  /** Has another node campaign for being primary. */
  handOver(to: NodeId): void;
  /** Lets the next signature end its chunk. */
  endChunk(): void;
  /** Signs now; gives the signature's seqno. */
  sign(): Seqno;
}

export type EntryContents = Omit<Parameters<Ledger['append']>[0], 'view'>;
