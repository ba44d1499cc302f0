/**
 * Who shares the network's key (CONF-3): every actor that has a key to which a share can be sealed. Those are the share keys that
 * its nodes proved, on the list and trusted or only late with their leases, and one that it keeps elsewhere, from its row of
 * `public:coco.actors.share_keys`: {"share_key": hex}. Whether a node can be reached counts for nothing.
 *
 * Sixty-four actors can share a key, the first by id; of an actor's keys sixteen count, its own and those of the first nodes.
 */
import { thresholdActorsMax } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import { readEvidence } from '../evidenceRow.js';
import { isQuarantined, readLease } from '../leases.js';
import { objectRows, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import { isShareKey } from './shareKey.js';
import type { Holders } from './types.js';

/** How the key is to be shared. */
export interface Sharing {
  readonly holders: Holders;
  /** 1 to the number of holders. */
  readonly threshold: number;
}

export function isSameSharing(a: Sharing, b: Sharing): boolean {
  return a.threshold === b.threshold && JSON.stringify(a.holders) === JSON.stringify(b.holders);
}

/** A node that takes part, and whose it is. */
export interface ActorNode {
  readonly nodeId: NodeId;
  readonly actorId: string;
  /** Hex; absent when it has none on record that a share could be sealed to. */
  readonly shareKey?: string;
}

/** The nodes that take part and are somebody's, ascending. */
export function trustedActorNodes(reader: Reader): readonly ActorNode[] {
  return actorNodes(reader, (status) => status === 'Trusted');
}

/** A node on the list, whatever its status is; undefined when it is not there, or nobody's. */
export function actorNode(reader: Reader, nodeId: NodeId): ActorNode | undefined {
  const row = readObject(reader, governanceTables.nodeInfo, nodeId);
  return row === undefined ? undefined : actorNodeOf(reader, nodeId);
}

/** Actors one of whose nodes takes part and has a key to open that actor's share with: these can say whether it is good. */
export function reachableHolders(reader: Reader, holders: Holders): ReadonlySet<string> {
  return new Set(
    trustedActorNodes(reader)
      .filter((node) => holdsShare(holders, node))
      .map(({ actorId }) => actorId),
  );
}

/** Holders that have a node on the list which takes part, or may come back. */
export function listedHolders(reader: Reader, holders: Holders): readonly string[] {
  const mayReturn = (status: string, nodeId: NodeId): boolean =>
    status === 'Trusted' ||
    (status === 'Retired' && isQuarantined({ status, lease: readLease(reader, nodeId) }));
  const running = new Set(actorNodes(reader, mayReturn).map(({ actorId }) => actorId));
  return Object.keys(holders).filter((id) => running.has(id));
}

/** Whether shares for its actor are sealed to the node's key. */
export function holdsShare(holders: Holders, { actorId, shareKey }: Omit<ActorNode, 'nodeId'>): boolean {
  if (shareKey === undefined || !Object.hasOwn(holders, actorId)) return false;
  return holders[actorId]?.includes(shareKey) === true;
}

/** Holders as a row says them; undefined when it says none. */
export function parseHolders(value: unknown): Holders | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const isRead = entries.every(([, keys]) => Array.isArray(keys) && keys.every((key) => isShareKey(key)));
  return isRead ? Object.fromEntries(entries) : undefined;
}

/** Who is to have a share, by what keys. */
export function wantedHolders(reader: Reader): Holders {
  const keysOf = new Map<string, string[]>(actorIds(reader).map((id) => [id, ownKey(reader, id)]));
  const isHolding = (status: string, nodeId: NodeId): boolean =>
    status === 'Trusted' || (status === 'Retired' && readLease(reader, nodeId)?.state === 'lapsed');
  for (const { actorId, shareKey } of actorNodes(reader, isHolding)) {
    const keys = keysOf.get(actorId);
    if (shareKey === undefined || keys === undefined || keys.length >= actorKeysMax) continue;
    if (!keys.includes(shareKey)) keys.push(shareKey);
  }
  const holding = [...keysOf].filter(([, keys]) => keys.length > 0).slice(0, thresholdActorsMax);
  return Object.fromEntries(holding.map(([id, keys]) => [id, keys.toSorted()]));
}

const actorKeysMax = 16;

/** Members and participants, ascending. */
export function actorIds(reader: Reader): readonly string[] {
  const tables = [governanceTables.memberInfo, governanceTables.participantInfo];
  const ids = tables.flatMap((table) => [...objectRows(reader, table)].map(([id]) => id));
  return ids.filter((id) => /^[0-9a-f]{64}$/.test(id)).toSorted();
}

function ownKey(reader: Reader, actorId: string): string[] {
  const key = textOf(readObject(reader, governanceTables.actorShareKeys, actorId)?.['share_key']);
  return isShareKey(key) ? [key] : [];
}

function actorNodes(
  reader: Reader,
  isWanted: (status: string, nodeId: NodeId) => boolean,
): readonly ActorNode[] {
  return [...objectRows(reader, governanceTables.nodeInfo)].flatMap(([nodeId, row]) => {
    const node = isWanted(textOf(row['status']) ?? '', nodeId) ? actorNodeOf(reader, nodeId) : undefined;
    return node === undefined ? [] : [node];
  });
}

function actorNodeOf(reader: Reader, nodeId: NodeId): ActorNode | undefined {
  const actorId = textOf(readObject(reader, governanceTables.nodeTuples, nodeId)?.['actor']);
  if (actorId === undefined) return undefined;
  const shareKey = readEvidence(reader, nodeId)?.shareKey;
  return { nodeId, actorId, ...(isShareKey(shareKey) && { shareKey }) };
}
