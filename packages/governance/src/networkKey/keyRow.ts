import type { Reader } from '@coco/kv';
import type { NetworkKey } from './types.js';

export function readNetworkKey(_reader: Reader): NetworkKey | undefined {
  throw new Error('not yet');
}
