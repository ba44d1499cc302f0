/**
 * Puts together what a node's evidence is made of: the device of its platform, its keys, and the digest of the code that runs,
 * which is measured once in a process.
 */
import { signRaw } from '@coco/crypto';
import { fromHex } from '@coco/primitives';
import { openAttester } from '../attesters/attester.js';
import type { NodeConfig } from '../config.js';
import type { EpochKeys } from '../custody/epochKeys.js';
import type { Log } from '../log.js';
import { measureCode } from '../measure/measureCode.js';
import type { NodeIdentity } from '../nodeIdentity.js';
import { createOwnEvidence, type OwnEvidence } from './ownEvidence.js';

export interface OwnEvidenceSettings {
  readonly config: Pick<NodeConfig, 'attestation' | 'adapters'>;
  readonly identity: Pick<NodeIdentity, 'nodeId' | 'key' | 'shareKey'>;
  /** Without it, nothing can be sealed to this node. */
  readonly epochKeys?: Pick<EpochKeys, 'renew'>;
  readonly log: Log;
  /** Each time evidence was made: how long it took. */
  readonly onMade?: (ms: number) => void;
}

/** Touches neither device nor files before evidence is asked for. */
export function openOwnEvidence({
  config,
  identity,
  epochKeys,
  log,
  onMade,
}: OwnEvidenceSettings): OwnEvidence {
  const { nodeId, key, shareKey } = identity;
  const hash = key.curve === 'P-256' ? 'sha256' : 'sha384';
  const attester = openAttester(config.attestation, {
    publicKeyDer: key.publicKey.der,
    sign: (toBeSigned) => signRaw(key, toBeSigned, { hash }),
    log,
  });
  const modules = config.adapters.map(({ module }) => module);
  return createOwnEvidence({
    nodeId,
    attester,
    measureCode: () => measured(modules),
    shareKey: shareKey.publicKey,
    ...(epochKeys && { newEpochKey: () => epochKeys.renew() }),
    ...(onMade && { onMade }),
  });
}

/** By the modules that are measured with the installation. */
const measurements = new Map<string, Promise<Uint8Array>>();

function measured(modules: readonly string[]): Promise<Uint8Array> {
  const name = JSON.stringify(modules);
  let measuring = measurements.get(name);
  if (measuring === undefined) {
    measuring = measureCode({ modules }).then(({ tree }) => fromHex(tree) as Uint8Array);
    measurements.set(name, measuring);
    // Somebody may mend it while the process runs.
    measuring.catch(() => measurements.delete(name));
  }
  return measuring;
}
