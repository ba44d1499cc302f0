/**
 * Sampling as a node has it: evidence from its ledger, and the way to the primary.
 */
import { alarmRow } from '@coco/governance';
import { askNetwork } from '../askNetwork.js';
import { type Asker, ownPin, whomToAsk } from '../attestation/whomToAsk.js';
import type { NodeConfig } from '../config.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { NodeParts } from '../nodeParts.js';
import { accusation } from './accusation.js';
import { createSampling, type Sampling } from './sampling.js';

export interface NodeSamplingOptions extends Asker {
  readonly config: Pick<NodeConfig, 'worker'>;
  readonly parts: Pick<NodeParts, 'worker' | 'ledger'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export function nodeSampling(options: NodeSamplingOptions): Sampling {
  const { config, parts, identity, network, status, log, metrics } = options;
  const { nodeId, key } = identity;
  const { ledger } = parts;
  const accuser = { nodeId, key, certificatePem: () => network.certificatePem, ledger, nowMs: Date.now };
  return createSampling({
    all: config.worker.reexecution.all,
    post: (message) => parts.worker.post(message),
    accuse: (txId, difference) => accusation(accuser, txId, difference),
    async write(alarm, signal) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(alarmRow(alarm));
      await askNetwork(
        { method: 'POST', path: '/node/alarm', headers, body },
        { pin: ownPin(options, signal), addresses: () => whomToAsk(options) },
      );
    },
    primary: () => {
      const { consensus } = status();
      return consensus.leadership === 'Leader' ? nodeId : consensus.primary;
    },
    log,
    metrics,
    clockMs: () => performance.now(),
  });
}
