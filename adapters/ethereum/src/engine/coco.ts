/**
 * The engine that Coco runs on: its own EVM, with native code where there is some. It answers at once.
 */
import { createEvm } from '@coco/evm';
import { recoverPublicKey } from '../codec/recoverPublicKey.js';
import type { EvmEngine } from '../types.js';
import { type EngineFailure, engineFailure } from './engineFailure.js';
import { verifyKzgProof } from './kzg.js';

/** An engine over `@coco/evm`. */
export function createCocoEvmEngine(): EvmEngine {
  const evm = createEvm({ recoverPublicKey, verifyKzgProof });
  return {
    name: 'coco',
    execute: (item, context) => guarded(() => evm.execute(item, context)),
    call: (message, context) => guarded(() => evm.call(message, context)),
  };
}

function guarded<T>(act: () => T): T | EngineFailure {
  try {
    return act();
  } catch (error) {
    return engineFailure(error);
  }
}
