/**
 * Collects the effects of one step, in the order of the contract.
 */
import type { AdapterResponse, ToWorker } from '@coco/adapter';
import type { HardState, Ready, TurnedBack } from '@coco/consensus';
import type { Reader } from '@coco/kv';
import type { LedgerSecret, SealedEntry } from '@coco/ledger';
import type { NodeId, Seqno } from '@coco/primitives';
import { encodeConsensusFrame } from './consensusFrames.js';
import type { PeerFrame, ReplicaEffects, SnapshotEffect } from './types.js';

export interface EffectsBuilder {
  readonly now: ToWorker[];
  rollbackTo?: Seqno;
  hardState?: HardState;
  readonly entries: SealedEntry[];
  readonly send: PeerFrame[];
  readonly apply: ToWorker[];
  committed?: { readonly seqno: Seqno; readonly items: number };
  readonly replies: { readonly token: number; readonly response: AdapterResponse }[];
  network?: ReplicaEffects['network'];
  governance?: Reader;
  ledgerSecrets?: readonly LedgerSecret[];
  readonly snapshots: SnapshotEffect[];
  readonly turnedBack: TurnedBack[];
}

export function createEffects(): EffectsBuilder {
  return { now: [], entries: [], send: [], apply: [], replies: [], snapshots: [], turnedBack: [] };
}

/**
 * Frames for messages of consensus, and what it found out about disks; an append message's entries are attached by whoever holds their bytes. A node that is
 * quarantined gets none, however its links stand: nothing that is written after that reaches it (MIT-2).
 */
export function sendMessages(
  effects: EffectsBuilder,
  { send, turnedBack = [] }: Ready,
  isOut: (nodeId: NodeId) => boolean,
): void {
  effects.turnedBack.push(...turnedBack);
  for (const { to, message } of send) {
    if (message.type === 'appendEntries' && isOut(to)) continue;
    const header = encodeConsensusFrame(message);
    const attached = message.type === 'appendEntries' && message.to > message.previous.seqno;
    effects.send.push(
      attached
        ? { to, header, entries: { from: message.previous.seqno + 1, to: message.to } }
        : { to, header },
    );
  }
}

/** A rollback in the middle of a step also drops what the same step appended above it. */
export function persistRollback(effects: EffectsBuilder, to: Seqno): void {
  effects.rollbackTo = Math.min(to, effects.rollbackTo ?? to);
  while ((effects.entries.at(-1)?.seqno ?? 0) > to) effects.entries.pop();
}

export function finishEffects(effects: EffectsBuilder): ReplicaEffects {
  const { now, rollbackTo, hardState, entries, send, apply, committed, replies, snapshots } = effects;
  const { network, governance, ledgerSecrets, turnedBack } = effects;
  const durable = rollbackTo !== undefined || hardState !== undefined || entries.length > 0;
  return {
    now,
    ...(durable && {
      persist: {
        ...(rollbackTo !== undefined && { rollbackTo }),
        ...(hardState !== undefined && { hardState }),
        entries,
      },
    }),
    send,
    apply,
    ...(committed !== undefined && { committed }),
    replies,
    ...(network !== undefined && { network }),
    ...(governance !== undefined && { governance }),
    ...(ledgerSecrets !== undefined && { ledgerSecrets }),
    snapshots,
    ...(turnedBack.length > 0 && { turnedBack }),
  };
}
