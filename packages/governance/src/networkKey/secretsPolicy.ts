import type { Reader } from '@coco/kv';
import type { SecretsPolicy } from './types.js';

export function secretsPolicy(_reader: Reader): SecretsPolicy {
  throw new Error('not yet');
}
