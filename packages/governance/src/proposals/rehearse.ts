/**
 * Rehearsal (GOV-6): what a proposal would do, tried on a transaction that is then dropped. Whether it is valid, whether it
 * would be accepted at once, every row that applying it changes, and who must still vote.
 */
import { sha256 } from '@coco/crypto';
import type { Transaction, WriteSet } from '@coco/kv';
import { toHex, utf8 } from '@coco/primitives';
import { isRekeyDue } from '../ledgerSecret.js';
import { manifestTables } from '../manifests.js';
import { isSameSharing } from '../networkKey/holders.js';
import { readKeyBrief } from '../networkKey/keyRow.js';
import { wantedSharing } from '../networkKey/wantedSharing.js';
import { distrustedNodes } from '../reviewNodes.js';
import { governanceTables } from '../tables.js';
import { type RowChange, rowChange } from './change.js';
import { effectsOf, type ProposalEffect, quarantineEffect, rekeyEffect, resharingEffect } from './effect.js';
import { openProposal, validity } from './life.js';
import { type Failure, type ProposalState, writeInfo } from './proposal.js';
import { decide, tryApply } from './resolve.js';
import type { Scope } from './scope.js';
import { type Tally, tallyOf } from './tally.js';

export interface Rehearsal {
  readonly valid: boolean;
  /** What the constitution says to it. */
  readonly description: string;
  /** What would become of it without any ballot: Open, Accepted, Rejected or Failed. */
  readonly stateAtOnce?: ProposalState;
  readonly acceptedAtOnce: boolean;
  /** Why applying it would fail, whenever it is accepted. */
  readonly failure?: Failure;
  /** What applying it would change, in the order of tables and keys; empty when it fails. */
  readonly changes: readonly RowChange[];
  /** What it would set off besides; empty when it fails. */
  readonly effects: readonly ProposalEffect[];
  readonly tally?: Tally;
}

/** Tries `body` as a proposal of `proposerId`. What it leaves in the transaction must not be used. */
export function rehearse(scope: Scope, body: string, proposerId: string): Rehearsal {
  const { transaction, context } = scope;
  const checked = validity(scope, body);
  if (!checked.valid) return { ...checked, acceptedAtOnce: false, changes: [], effects: [] };
  const start = transaction.savepoint();
  // No signature has made an id yet: any one will do that no other proposal can have.
  const id = toHex(sha256(utf8('coco rehearsal'), context.root(), utf8(body)));
  const proposal = openProposal(scope, { id, body, proposerId });
  const decision = decide(scope, proposal, { votes: [], failures: {} });
  const tally = tallyOf(scope, id, { ...proposal.info, state: decision.state }, false);
  writeInfo(transaction, id, { ...proposal.info, state: 'Accepted', finalVotes: {} });
  const before = distrustedNodes(transaction);
  const sharing = wantedSharing(transaction);
  const wasDue = isRekeyDue(transaction, context.nowMs);
  const { failure, triggers = {} }: ReturnType<typeof tryApply> =
    decision.failure === undefined ? tryApply(scope, proposal) : { failure: decision.failure };
  const writeSet = transaction.writeSet();
  const leaving = writeSet.some(({ table }) => distrustTables.has(table))
    ? distrustedNodes(transaction).filter(({ nodeId }) => !before.some((one) => one.nodeId === nodeId))
    : [];
  const isRekeyed =
    triggers.rekey !== true && (leaving.length > 0 || (!wasDue && isRekeyDue(transaction, context.nowMs)));
  const then = wantedSharing(transaction);
  const isReshared =
    sharing !== undefined &&
    then !== undefined &&
    !isSameSharing(sharing, then) &&
    readKeyBrief(transaction) !== undefined;
  transaction.rollbackTo(start);
  return {
    ...checked,
    stateAtOnce: decision.state === 'Accepted' && failure !== undefined ? 'Failed' : decision.state,
    acceptedAtOnce: decision.state === 'Accepted' && failure === undefined,
    ...(failure !== undefined && { failure }),
    changes: failure === undefined ? changesOf(transaction, writeSet, id) : [],
    effects:
      failure === undefined
        ? [
            ...effectsOf(triggers),
            ...leaving.map(quarantineEffect),
            ...(isRekeyed ? [rekeyEffect] : []),
            ...(isReshared ? [resharingEffect] : []),
          ]
        : [],
    tally,
  };
}

/** A change of these can make that a node takes part no longer. */
const distrustTables: ReadonlySet<string> = new Set([...manifestTables, governanceTables.nodeLeases]);

const bookkeeping: ReadonlySet<string> = new Set([
  governanceTables.proposals,
  governanceTables.proposalInfo,
  governanceTables.proposalRecords,
]);

/** The rows that `writeSet` changes, against what `before` (already rolled back) says. */
function changesOf(before: Transaction, writeSet: WriteSet, id: string): readonly RowChange[] {
  const own = toHex(utf8(id));
  const changes: RowChange[] = [];
  for (const { table, puts, removes } of writeSet) {
    const rows = [
      ...puts.map(({ key, value }) => ({ key, value })),
      ...removes.map((key) => ({ key, value: undefined })),
    ];
    for (const { key, value } of rows.toSorted((a, b) => (toHex(a.key) < toHex(b.key) ? -1 : 1))) {
      if (bookkeeping.has(table) && toHex(key) === own) continue;
      const change = rowChange({ table, key, before: before.get(table, key), after: value });
      if (change !== undefined) changes.push(change);
    }
  }
  return changes;
}
