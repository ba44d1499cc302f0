/**
 * What a node keeps up by itself besides its manager: its lease and its sessions, the keys of the network, and samples of what
 * others execute. Each looks several times a second whether there is something to do.
 */
import type { NetworkView } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { LedgerSecret } from '@coco/ledger';
import { type Attesting, type AttestingOptions, createAttesting } from './attestation/attesting.js';
import { nodeReadRecorder, type ReadRecorder } from './audits/readRecorder.js';
import type { NodeConfig } from './config.js';
import type { NodeCustody } from './custody/custody.js';
import { nodeCustody } from './custody/nodeCustody.js';
import { createSecretsOnDisk, type SecretsOnDisk } from './custody/secretsOnDisk.js';
import type { NodeNetwork } from './nodeNetwork.js';
import type { NodeParts } from './nodeParts.js';
import { saveLedgerSecrets } from './nodeSecrets.js';
import { nodeSampling } from './sampling/nodeSampling.js';
import type { Sampling } from './sampling/sampling.js';
import type { Sealer } from './sealer.js';

export interface NodeKeepersOptions
  extends Omit<
    AttestingOptions,
    'identity' | 'evidence' | 'isUntold' | 'hasEpochKey' | 'network' | 'joinPeer'
  > {
  readonly config: NodeConfig;
  readonly sealer: Sealer;
  readonly parts: NodeParts;
  readonly network: NodeNetwork;
  /** Whether everything that is committed is on this disk as well: only then may be erased what it makes superfluous. */
  readonly isDurable: () => boolean;
  /** Governance tables as committed, and as the log says. */
  readonly tables: () => Reader;
  readonly newest: () => Reader;
}

export interface NodeKeepers {
  readonly attesting: Attesting;
  readonly custody: NodeCustody;
  readonly secretsOnDisk: SecretsOnDisk;
  readonly sampling: Sampling;
  readonly recorder: ReadRecorder;
  /** To be called several times a second. */
  look(): void;
  /** More is committed. */
  governed(): void;
  networkChanged(committed: NetworkView): void;
  stop(): void;
}

export function nodeKeepers(given: NodeKeepersOptions): NodeKeepers {
  const { config, sealer, parts, status, tables, newest, log } = given;
  const { identity, evidence, ledger } = parts;
  const options = {
    ...given,
    identity,
    evidence,
    ...(config.join !== undefined && { joinPeer: config.join.peer }),
  };
  const custody = nodeCustody(options);
  const attesting = createAttesting({
    ...options,
    hasEpochKey: (publicKey) => parts.epochKeys.has(publicKey),
    isUntold: () => status().untoldFrom !== undefined && !custody.canBringBack,
  });
  const secretsOnDisk = createSecretsOnDisk({
    there: parts.secretsOnDisk,
    committed: tables,
    newest,
    save: (secrets: readonly LedgerSecret[]) => saveLedgerSecrets(config.directories.sealed, sealer, secrets),
    log,
  });
  const sampling = nodeSampling(options);
  sampling.follow(parts.network);
  return {
    attesting,
    custody,
    secretsOnDisk,
    sampling,
    recorder: nodeReadRecorder(options),
    look() {
      attesting.look();
      custody.look();
      sampling.look();
    },
    governed() {
      if (given.isDurable()) secretsOnDisk.governed(ledger.secrets);
    },
    networkChanged: (committed) => sampling.follow(committed),
    stop() {
      attesting.stop();
      custody.stop();
      sampling.stop();
    },
  };
}
