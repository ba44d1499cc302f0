/**
 * The engine that Coco runs on: its own EVM, with native code where there is some. It answers at once.
 */
import { createEvm } from '@coco/evm';
import type { EvmEngine } from '../types.js';
import { verifyKzgProof } from './kzg.js';
import { recoverPublicKey } from './recoverPublicKey.js';

/** An engine over `@coco/evm`. */
export function createCocoEvmEngine(): EvmEngine {
  const evm = createEvm({ recoverPublicKey, verifyKzgProof });
  return {
    name: 'coco',
    execute: (item, context) => evm.execute(item, context),
    call: (message, context) => evm.call(message, context),
  };
}
