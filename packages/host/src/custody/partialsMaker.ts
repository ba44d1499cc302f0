/**
 * Makes partial decryptions for many who ask, and goes on with all else (CONF-3): one request after the other, one of each node at a
 * time, and what was made for one is there for the next, for nodes that start together ask for the same.
 */
import { encodePartial } from '@coco/crypto';
import { type NodeId, toBase64, toHex } from '@coco/primitives';
import { type HeldShare, partialsOf, type SealedEpoch } from './partials.js';

export interface PartialsMaker {
  /** Whether nothing is being made for this node, and not too much for others. */
  isFree(nodeId: NodeId): boolean;
  /** By epoch: `encodePartial` in base64, for each of the shares. To be called when it `isFree`. */
  make(
    nodeId: NodeId,
    shares: readonly HeldShare[],
    epochs: readonly SealedEpoch[],
  ): Promise<readonly ReadonlyMap<number, string>[]>;
}

/** Whoever comes later would have given up before its turn. */
const waitingMax = 16;

/** Some 300 bytes each: all epochs of a request, for a few shares. */
const keptMax = 1024;

export function createPartialsMaker(make: typeof partialsOf = partialsOf): PartialsMaker {
  const busy = new Set<NodeId>();
  let last: Promise<unknown> = Promise.resolve();
  /** By share and epoch as asked; the oldest first. */
  const kept = new Map<string, string>();

  async function madeBy(held: HeldShare, epochs: readonly SealedEpoch[]): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for (const epoch of epochs) {
      const name = nameOf(held, epoch);
      const made = kept.get(name) ?? (await fresh(held, epoch));
      if (made === undefined) continue;
      found.set(epoch.epoch, made);
      kept.delete(name);
      kept.set(name, made);
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    }
    return found;
  }

  async function madeByAll(shares: readonly HeldShare[], epochs: readonly SealedEpoch[]) {
    const all: Map<number, string>[] = [];
    for (const held of shares) all.push(await madeBy(held, epochs));
    return all;
  }

  async function fresh(held: HeldShare, epoch: SealedEpoch): Promise<string | undefined> {
    const partial = (await make(held, [epoch])).get(epoch.epoch);
    return partial === undefined ? undefined : toBase64(encodePartial(partial));
  }

  return {
    isFree: (nodeId) => !busy.has(nodeId) && busy.size < waitingMax,
    make(nodeId, shares, epochs) {
      busy.add(nodeId);
      const made = last.then(() => madeByAll(shares, epochs)).finally(() => void busy.delete(nodeId));
      last = made.catch(() => undefined);
      return made;
    },
  };
}

function nameOf({ network, share }: HeldShare, { epoch, from, digest, sealed }: SealedEpoch): string {
  return [toHex(share.ceremony), share.actor, network, epoch, from, digest, toBase64(sealed)].join(' ');
}
