/**
 * Whole ceremonies from a seed, for tests: the same seed makes the same bytes for ever.
 */
import { assert, concatBytes, seededRandom, utf8 } from '@coco/primitives';
import { sha256 } from '../../hash.js';
import { beginDealing, type Dealing, shareFor } from '../dealing.js';
import { finishShare } from '../finish.js';
import type { KeyShare } from '../key-share.js';
import type { Ceremony, RandomBytes, ThresholdKey } from '../types.js';

/** Bytes from a seed: no entropy at all. */
export function seededBytes(seed: string): RandomBytes {
  let count = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let have = 0; have < length; have += 32) blocks.push(sha256(utf8(`${seed} ${count++}`)));
    return concatBytes(...blocks).slice(0, length);
  };
}

export const network = sha256(utf8('a network'));

/** A ceremony of `threshold` of `count` actors. */
export function ceremonyOf(
  threshold: number,
  count: number,
  name: string,
  previous?: ThresholdKey,
): Ceremony {
  const actors = Array.from({ length: count }, (_, i) => `actor ${i + 1}`);
  const ceremony = { network, id: sha256(utf8(name)), threshold, actors };
  return previous === undefined ? ceremony : { ...ceremony, previous };
}

export interface Ran {
  readonly ceremony: Ceremony;
  readonly key: ThresholdKey;
  readonly shares: readonly KeyShare[];
  readonly dealings: readonly Dealing[];
}

/** All rounds, all honest. `old` are the shares that deal, when shares are made anew. */
export function runCeremony(ceremony: Ceremony, seed: string, old?: readonly KeyShare[]): Ran {
  const random = seededBytes(seed);
  const dealings =
    old === undefined
      ? ceremony.actors.map((_, i) => beginDealing({ ceremony, dealer: i + 1, random }))
      : old.map((share) => beginDealing({ ceremony, dealer: share.actor, random, share }));
  const deals = dealings.map(({ deal }) => deal);
  const finished = ceremony.actors.map((_, i) => {
    const result = finishShare({
      ceremony,
      deals,
      recipient: i + 1,
      shares: dealings.map((dealing) => shareFor(dealing, i + 1)),
    });
    assert(result.kind === 'made', 'an honest ceremony ends well');
    return result;
  });
  const [first] = finished;
  assert(first !== undefined, 'a ceremony has actors');
  return { ceremony, key: first.key, shares: finished.map(({ share }) => share), dealings };
}

/** `count` different ones of `from`, by seed. */
export function someOf<Item>(from: readonly Item[], count: number, seed: number): Item[] {
  const random = seededRandom(seed);
  const left = [...from];
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0] as Item);
}
