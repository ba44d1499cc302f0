/**
 * The engine that Coco runs on: its own EVM, with native code where there is some. It answers at once.
 */
import { createEvm } from '@coco/evm';
import { AssertionError } from '@coco/primitives';
import type { EvmEngine, Refusal } from '../types.js';
import { verifyKzgProof } from './kzg.js';
import { recoverPublicKey } from './recoverPublicKey.js';

/** An engine over `@coco/evm`. */
export function createCocoEvmEngine(): EvmEngine {
  const evm = createEvm({ recoverPublicKey, verifyKzgProof });
  return {
    name: 'coco',
    execute: (item, context) => guarded(() => evm.execute(item, context)),
    call: (message, context) => guarded(() => evm.call(message, context)),
  };
}

type Failed = { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What should not be thrown while code runs becomes a refusal: a curious contract does not stop the node. */
function guarded<T>(act: () => T): T | Failed {
  try {
    return act();
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    return { outcome: 'refused', refusal: { reason: 'engineFailure', message: String(error) } };
  }
}
