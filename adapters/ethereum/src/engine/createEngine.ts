/**
 * Engines by the names that the setting knows them by.
 */
import type { EthereumSettings, EvmEngine } from '../types.js';
import { createCocoEvmEngine } from './coco.js';
import { createEthereumjsEngine } from './ethereumjs.js';

/** The engine with this name. */
export function createEngine(name: EthereumSettings['engine']): EvmEngine {
  return name === 'coco' ? createCocoEvmEngine() : createEthereumjsEngine();
}
