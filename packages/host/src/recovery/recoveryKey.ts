/**
 * The key to which answers to a recovery are sealed: on the machine that asks, sealed, until the recovery is over.
 */
import { existsSync, rmSync } from 'node:fs';
import { generateShareKey, keepShareKey, type ShareKey, shareKeyFrom } from '@coco/crypto';
import { CocoError } from '@coco/primitives';
import { loadSealed, saveSealed, sealedFile } from '../nodeSecrets.js';
import type { Sealer } from '../sealer.js';

/** A new one. COCO_HOST_DISK. */
export function makeRecoveryKey(directory: string, sealer: Sealer): ShareKey {
  const key = generateShareKey();
  keepShareKey(key, (material) => saveSealed(directory, sealer, 'recoveryKey', material));
  return key;
}

/** COCO_HOST_SECRETS when there is none, COCO_HOST_SEALED when it does not open. */
export function loadRecoveryKey(directory: string, sealer: Sealer): ShareKey {
  const key = loadSealed(directory, sealer, 'recoveryKey', shareKeyFrom);
  if (key !== undefined) return key;
  throw new CocoError('COCO_HOST_SECRETS', `the key of the recovery is missing in ${directory}`);
}

/** When nobody is to answer any more: what was answered opens no longer. */
export function removeRecoveryKey(directory: string): void {
  const file = sealedFile(directory, 'recoveryKey');
  if (existsSync(file)) rmSync(file);
}
