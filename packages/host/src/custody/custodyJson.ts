/**
 * What a node tells of the keys of its network: the epoch, and the shared key with whether this node holds its actor's share.
 */
import { currentEpoch, keyTrouble, readNetworkKey } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { toHex } from '@coco/primitives';
import { objectOf, plain } from '../routes/schemas.js';
import type { NodeCustody } from './custody.js';

const { string, integer, boolean, listOf } = plain;

export const custodySchema = objectOf({
  epoch: integer,
  'network_key?': objectOf({
    public_key: string,
    generation: integer,
    threshold: integer,
    actors: listOf(string),
    share_held: boolean,
  }),
  /** Why shares of the key are not made anew although they should be. */
  'key_trouble?': string,
  'untold_from?': integer,
});

/** As `custodySchema` says, by the committed tables. */
export function custodyJson(
  tables: Reader,
  custody: Pick<NodeCustody, 'holdsShare'>,
  untoldFrom: number | undefined,
): unknown {
  const [key, trouble] = [readNetworkKey(tables), keyTrouble(tables)];
  return {
    epoch: currentEpoch(tables),
    ...(key !== undefined && {
      network_key: {
        public_key: toHex(key.key.publicKey),
        generation: key.generation,
        threshold: key.key.threshold,
        actors: key.key.actors,
        share_held: custody.holdsShare,
      },
    }),
    ...(trouble !== undefined && { key_trouble: trouble }),
    ...(untoldFrom !== undefined && { untold_from: untoldFrom }),
  };
}
