/**
 * Puts together what a node's custody of keys is made of: its own keys, its sealed files, and the other nodes.
 */
import { hpkeOpen, hpkeSeal, randomBytes, signRaw } from '@coco/crypto';
import { createKeyParticipant } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { LedgerSecret } from '@coco/ledger';
import { fromUtf8, toHex } from '@coco/primitives';
import { askNetwork } from '../askNetwork.js';
import { type Asker, ownPin, whomToAsk } from '../attestation/whomToAsk.js';
import type { NodeConfig } from '../config.js';
import type { Log } from '../log.js';
import type { NodeNetwork } from '../nodeNetwork.js';
import type { NodeParts } from '../nodeParts.js';
import type { Sealer } from '../sealer.js';
import { askPartials } from './askPartials.js';
import { NodeCustody } from './custody.js';
import { saveKeyShares } from './keyShares.js';

export interface NodeCustodyOptions extends Asker {
  readonly config: Pick<NodeConfig, 'directories'>;
  readonly sealer: Sealer;
  readonly parts: Pick<NodeParts, 'identity' | 'membership' | 'epochKeys' | 'evidence' | 'kept' | 'store'>;
  readonly network: Asker['network'] & Pick<NodeNetwork, 'head'>;
  /** Governance tables as committed, and as the log says. */
  readonly tables: () => Reader;
  readonly newest: () => Reader;
  readonly isDurable: () => boolean;
  readonly onSecrets: (secrets: readonly LedgerSecret[]) => void;
  readonly log: Log;
}

/** How long one node is waited for: there are others. */
const timeoutMs = 10_000;

export function nodeCustody(options: NodeCustodyOptions): NodeCustody {
  const { config, sealer, parts, network, status } = options;
  const { identity, evidence, kept } = parts;
  const startSeqno = parts.store.last;
  const { nodeId, key, shareKey } = identity;
  const { sealed } = config.directories;
  const hash = key.curve === 'P-256' ? 'sha256' : 'sha384';
  return new NodeCustody({
    ...options,
    nodeId,
    shareKey,
    epochKeys: parts.epochKeys,
    participant: createKeyParticipant({
      nodeId,
      signNode: (bytes) => signRaw(key, bytes, { hash }),
      sealShare: hpkeSeal,
      openShare: (bytes, aad, info) => hpkeOpen({ key: shareKey, sealed: bytes, aad, info }),
      shareKey: toHex(shareKey.publicKey),
      random: randomBytes,
      kept,
      keep: (shares) => saveKeyShares(sealed, sealer, shares),
    }),
    kept,
    committed: () => ({ view: network.committed, tables: options.tables() }),
    newest: () => ({ view: network.head, tables: options.newest() }),
    isCaughtUp: () => status().committed.seqno >= startSeqno,
    isDurable: options.isDurable,
    nowMs: () => performance.now(),
    untoldFrom: () => status().untoldFrom,
    ask: (node, epochs, signal) =>
      askPartials({ pin: { ...ownPin(options, signal), timeoutMs }, evidence }, node, epochs, signal),
    async tell(body, signal) {
      await askNetwork(
        { method: 'POST', path: '/node/network-key', body: fromUtf8(body) ?? '' },
        { pin: ownPin(options, signal), addresses: () => whomToAsk(options) },
      );
    },
  });
}
