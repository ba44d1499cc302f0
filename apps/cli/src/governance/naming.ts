/**
 * Ids as people use them: by a name, or by as many first digits as tell one from the others.
 */
import { CocoError } from '@coco/primitives';
import { dim } from '../terminal.js';
import type { Actor } from './networkReader.js';

/** Something that has an id, and may have a name. */
export interface Named {
  readonly id: string;
  readonly name?: string;
}

const prefixMin = 4;

/** The one of `things` that `given` means: its name, its id, or the beginning of it. COCO_CLI_NAME otherwise. */
export function findNamed<Thing extends Named>(given: string, things: readonly Thing[], what: string): Thing {
  const named = things.filter((thing) => thing.name === given);
  const prefix = given.toLowerCase().replace(/…$/, '');
  const isPrefix = /^[0-9a-f]+$/.test(prefix) && prefix.length >= prefixMin;
  const found = named.length > 0 || !isPrefix ? named : things.filter(({ id }) => id.startsWith(prefix));
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  const known = things.map((thing) => thing.name || shortId(thing.id)).slice(0, 12);
  const list = known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`;
  const sentence =
    found.length > 1
      ? `${found.length} ${what}s are meant by "${given}": give more digits of the id (${found.map(({ id }) => shortId(id)).join(', ')})`
      : `there is no ${what} "${given}"; ${list}`;
  throw new CocoError('COCO_CLI_NAME', sentence, { given });
}

/** As many digits of an id as a person compares. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

/** How actors are called in texts: by name, and by id where they have none. */
export interface Namer {
  /** The name, or the short id. */
  name(id: string): string;
  /** The name with the short id beside it. */
  nameAndId(id: string): string;
}

export function namerOf(actors: readonly Pick<Actor, 'id' | 'name'>[]): Namer {
  const names = new Map(actors.map(({ id, name }) => [id, name]));
  const name = (id: string): string => names.get(id) || shortId(id);
  return {
    name,
    nameAndId: (id) => ((names.get(id) ?? '') === '' ? shortId(id) : `${name(id)} ${dim(shortId(id))}`),
  };
}
