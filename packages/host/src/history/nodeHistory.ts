/**
 * What a node tells of the past, put together: the files that it has, the other nodes that it can ask, its tree and secrets.
 */
import { type Certificate, parseCertificate } from '@coco/crypto';
import { type NetworkView, readEpochs, readFormerServices } from '@coco/governance';
import type { Reader } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import { parseAddress } from '../address.js';
import type { NodeConfig } from '../config.js';
import type { NodeCustody } from '../custody/custody.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { NodeParts } from '../nodeParts.js';
import { ChunkPlaces } from './chunkPlaces.js';
import { broughtBack } from './entrySecrets.js';
import { type ChunkPeer, LedgerHistory } from './ledgerHistory.js';
import { createPastQueries, type PastQueries } from './pastQueries.js';

export interface NodeHistoryOptions {
  readonly config: Pick<NodeConfig, 'directories' | 'ledger'>;
  readonly parts: Pick<NodeParts, 'identity' | 'ledger' | 'store'>;
  readonly replica: Pick<Replica, 'commit' | 'status'>;
  readonly keepers: { readonly custody: Pick<NodeCustody, 'gather'> };
  readonly serviceCertificate: Certificate;
  /** As committed, as those that follow. */
  readonly network: () => NetworkView;
  readonly tables: () => Reader;
  /** This node's own, as it is now. */
  readonly certificatePem: () => string;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface NodeHistory {
  readonly past: PastQueries;
  readonly history: LedgerHistory;
  readonly places: ChunkPlaces;
}

/** Of other nodes; a file comes in pieces, and each has so long. */
const peerTimeoutMs = 15_000;

export function nodeHistory(options: NodeHistoryOptions): NodeHistory {
  const { config, parts, replica, keepers, tables, serviceCertificate, log, metrics } = options;
  const { ledger, store, identity } = parts;
  const { fetchedBytesMax } = config.ledger;
  const former = () => readFormerServices(tables());
  const places = new ChunkPlaces({ directory: config.directories.ledger, fetchedBytesMax });
  const history = new LedgerHistory({
    places,
    serviceCertificate,
    formerServices: former,
    tree: () => ledger.tree,
    commit: () => replica.commit,
    peers: () => (fetchedBytesMax === 0 ? [] : peersOf(options)),
    fetchedBytesMax,
    pin: (signal) => ({
      serviceFingerprint: serviceCertificate.fingerprint,
      identity: { key: identity.key, certificate: parseCertificate(options.certificatePem()) },
      timeoutMs: peerTimeoutMs,
      nowMs: Date.now,
      signal,
    }),
    log,
    metrics,
  });
  const secrets = broughtBack({
    epochs: () => readEpochs(tables()),
    gather: (records) => keepers.custody.gather(records),
    nowMs: () => performance.now(),
  });
  return { history, places, past: createPastQueries({ ledger, store, history, secrets, former }) };
}

/** All other nodes that take part; the primary, which has enough to do, comes last. */
function peersOf({ parts, network, replica }: NodeHistoryOptions): readonly ChunkPeer[] {
  const { primary } = replica.status().consensus;
  const isPrimary = (nodeId: NodeId): number => Number(nodeId === primary);
  return network()
    .nodes.filter(({ nodeId, status }) => status === 'Trusted' && nodeId !== parts.identity.nodeId)
    .toSorted((a, b) => isPrimary(a.nodeId) - isPrimary(b.nodeId))
    .flatMap(({ nodeId, administrativeAddress }) => {
      const address = parseAddress(administrativeAddress);
      return address === undefined ? [] : [{ nodeId, address }];
    });
}
