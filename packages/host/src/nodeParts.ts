/**
 * Opens what a node is made of, in order: secrets, ledger, hard state, snapshots, worker; then replays the ledger, from
 * its beginning or from a snapshot.
 */
import type { FromWorker } from '@coco/adapter';
import { parseCertificate } from '@coco/crypto';
import { genesisTables, type KeptShare, type NetworkView, readNetwork } from '@coco/governance';
import { createStore, type Store } from '@coco/kv';
import { createLedger, type Ledger, type LedgerSecret, openSnapshot, type SnapshotBase } from '@coco/ledger';
import { CocoError, type NodeId, type Seqno } from '@coco/primitives';
import type { Genesis } from '@coco/replica';
import { loadSandbox } from '@coco/sandbox';
import { openOwnEvidence } from './attestation/openOwnEvidence.js';
import type { OwnEvidence } from './attestation/ownEvidence.js';
import type { NodeConfig } from './config.js';
import { createEpochKeys, type EpochKeys } from './custody/epochKeys.js';
import { loadKeyShares } from './custody/keyShares.js';
import { readPublicState } from './custody/publicState.js';
import { type SecretSealing, secretSealing } from './custody/secretSealing.js';
import { unlock } from './custody/unlock.js';
import { checkDiskClaims } from './diskClaims.js';
import { formerServicesOf } from './formerServices.js';
import { loadGenesis } from './genesisFile.js';
import { type HardStateStore, openHardStateStore } from './hardStateStore.js';
import { type LedgerStore, openLedgerStore } from './ledgerStore.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { createNodeIdentityFiles, type NodeIdentity } from './nodeIdentity.js';
import {
  loadMembership,
  loadNodeSecrets,
  type NodeMembership,
  type NodeSecrets,
  saveMembership,
  wipeLedgerSecrets,
} from './nodeSecrets.js';
import { type BodyFiles, openBodyFiles } from './pointToPoint/bodyFiles.js';
import { type ReplayedLedger, replayLedger } from './replayLedger.js';
import type { Sealer } from './sealer.js';
import { openSnapshotFiles, type SnapshotFiles } from './snapshotFiles.js';
import { chooseStartSnapshot } from './startSnapshot.js';
import { openWorkerChannel, type WorkerChannel } from './workerChannel.js';
import { devicesOfThePlatform } from './workerPlacement.js';

/** What a node is made of, open and ready. */
export interface NodeParts {
  readonly identity: NodeIdentity;
  readonly secrets: Omit<NodeSecrets, 'ledgerSecrets'>;
  readonly epochKeys: EpochKeys;
  readonly evidence: OwnEvidence;
  /** Shares of the network's key that are on this disk. */
  readonly kept: readonly KeptShare[];
  /** The first entries of the secrets of the ledger that are on this disk. */
  readonly secretsOnDisk: readonly Seqno[];
  readonly sealing: SecretSealing;
  readonly membership: NodeMembership;
  readonly genesis?: Genesis;
  readonly sandbox: Awaited<ReturnType<typeof loadSandbox>>;
  readonly store: LedgerStore;
  readonly hardStates: HardStateStore;
  readonly snapshots: SnapshotFiles;
  /** Of data that goes point to point. */
  readonly bodies: BodyFiles;
  readonly worker: WorkerChannel;
  readonly ledger: Ledger;
  readonly replayed: ReplayedLedger;
  /** Who takes part, before the manager says so. */
  readonly network: NetworkView;
}

export interface NodePartsOptions {
  readonly config: NodeConfig;
  readonly sealer: Sealer;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'observe'>;
  readonly onMessage: (message: FromWorker) => void;
}

/** COCO_HOST_*, COCO_LEDGER_*: what in configuration or on disk is wrong. */
export async function openNodeParts(options: NodePartsOptions): Promise<NodeParts> {
  const { config, sealer, log } = options;
  const who = loadWho(options);
  const { ledgerSecrets: onDisk, membership, genesis } = who;
  const { ledger: directory, sealed } = config.directories;
  const store = await openLedgerStore({ directory, ...config.ledger });
  const hardStates = await openHardStateStore({
    path: `${sealed}/hard-state`,
    sealer,
    nodeId: who.identity.nodeId,
  });
  const isEmpty = store.last < store.first;
  if (hardStates.state === undefined && !isEmpty) throw forgottenVotes(directory);
  await checkDiskClaims(store, hardStates, log);
  const snapshots = openSnapshotFiles({
    directory: config.directories.snapshots,
    keep: config.snapshot.keep,
    needed: () => store.first - 1,
    log,
  });
  const serviceCertificate = parseCertificate(membership.serviceCertificatePem);
  const start = { snapshots, store, serviceCertificate, ...formerServicesOf(membership), log };
  const publicState = readPublicState(start);
  const secrets =
    publicState === undefined ? onDisk : await unlock({ ...options, ...who, publicState, held: onDisk });
  const snapshot = chooseStartSnapshot({ ...start, open: (bytes) => openSnapshot(bytes, { secrets }) });
  if (isEmpty && snapshot === undefined && genesis === undefined) throw noNetwork();
  if (isEmpty && snapshot !== undefined) await beginAfter(snapshot.base, store, hardStates);
  const bodies = await openBodyFiles({
    directory: config.directories.data,
    sealer,
    bytesMax: config.data.bytesMax,
    nowMs: Date.now,
  });
  const worker = await openWorker(options);
  const ledger = openLedger(config, who, secrets, snapshot?.base);
  // The ledger has copies, which it forgets in time.
  wipeLedgerSecrets(secrets);
  const progress = progressLog(log);
  const replayed = await replayLedger({ store, ledger, worker, progress, ...(snapshot && { snapshot }) });
  const network = firstView(replayed, genesis);
  const sandbox = await loadSandbox();
  const { ledgerSecrets: _, ...identified } = who;
  return {
    ...identified,
    secretsOnDisk: onDisk.map(({ fromSeqno }) => fromSeqno),
    sandbox,
    store,
    hardStates,
    snapshots,
    bodies,
    worker,
    ledger,
    replayed,
    network,
  };
}

function openWorker({ config, log, onMessage }: NodePartsOptions): Promise<WorkerChannel> {
  const { isolation, user, network, ...settings } = config.worker;
  return openWorkerChannel({
    settings,
    adapters: config.adapters,
    placement: { isolation, network, ...(user !== undefined && { user }) },
    hidden: [...Object.values(config.directories), config.virtualKeyPath, ...devicesOfThePlatform],
    log,
    onMessage,
  });
}

type Who = Pick<
  NodeParts,
  'identity' | 'secrets' | 'epochKeys' | 'evidence' | 'kept' | 'sealing' | 'membership' | 'genesis'
> &
  Pick<NodeSecrets, 'ledgerSecrets'>;

/** Who this node is, and to which network it belongs. */
function loadWho({ config, sealer, log, metrics }: NodePartsOptions): Who {
  const { sealed } = config.directories;
  const genesis = config.genesisPath === undefined ? undefined : loadGenesis(config.genesisPath);
  const known = loadMembership(sealed, sealer);
  if (known === undefined && genesis === undefined) throw noNetwork();
  const { ledgerSecrets, ...secrets } = loadNodeSecrets(sealed, sealer);
  const nodeId = secrets.nodeKey.publicKey.fingerprint;
  if (config.nodeId !== undefined && config.nodeId !== nodeId) {
    throw new CocoError('COCO_HOST_SECRETS', 'the sealed node key is not the one of the configured nodeId');
  }
  const membership = known ?? membershipOf(genesis as Genesis, nodeId);
  if (known === undefined) saveMembership(sealed, sealer, membership);
  else if (
    genesis !== undefined &&
    genesis.serviceCertificatePem.trim() !== known.serviceCertificatePem.trim()
  ) {
    const sentence = 'configuration: genesis is that of another network than this node belongs to';
    throw new CocoError('COCO_HOST_CONFIG', sentence, { path: 'genesis' });
  }
  const identity = createNodeIdentityFiles({ directory: sealed, sealer, nowMs: Date.now() });
  const serviceFingerprint = parseCertificate(membership.serviceCertificatePem).fingerprint;
  const epochKeys = createEpochKeys(() => performance.now());
  const sealing = secretSealing({ nodeId: identity.nodeId, epochKeys, serviceFingerprint });
  const evidence = openOwnEvidence({
    config,
    identity,
    epochKeys,
    log,
    onMade: (ms) => metrics.observe('evidence_made', ms),
  });
  return {
    identity,
    secrets,
    ledgerSecrets,
    epochKeys,
    evidence,
    kept: loadKeyShares(sealed, sealer),
    sealing,
    membership,
    ...(genesis !== undefined && { genesis }),
  };
}

function membershipOf({ serviceCertificatePem, nodes }: Genesis, nodeId: NodeId): NodeMembership {
  const own = nodes.find((node) => node.nodeId === nodeId);
  if (own !== undefined) return { serviceCertificatePem, certificatePem: own.certificatePem };
  const sentence = `configuration: genesis names no node with this node's key (${nodeId})`;
  throw new CocoError('COCO_HOST_CONFIG', sentence, { path: 'genesis' });
}

function noNetwork(): CocoError {
  const sentence = 'this node belongs to no network yet: it needs a genesis, or must join one first';
  return new CocoError('COCO_HOST_NO_NETWORK', sentence);
}

function forgottenVotes(directory: string): CocoError {
  const why = `${directory} has entries, but the node's hard state is gone: it could vote twice`;
  return new CocoError('COCO_HOST_HARD_STATE', `${why}, so it must join again as a new node`, { directory });
}

/**
 * An empty ledger goes on after a snapshot. The view is made durable before there are entries: with entries and no hard
 * state a node could not tell that it never voted.
 */
async function beginAfter(base: SnapshotBase, store: LedgerStore, hardStates: HardStateStore): Promise<void> {
  store.beginAfter(base.seqno);
  if (hardStates.state === undefined) await hardStates.save({ view: base.view });
  await hardStates.saveCommitted(base.seqno);
}

function openLedger(
  config: NodeConfig,
  { secrets, sealing, membership }: Who,
  ledgerSecrets: readonly LedgerSecret[],
  base: SnapshotBase | undefined,
): Ledger {
  const serviceCertificate = parseCertificate(membership.serviceCertificatePem);
  const { nodeKey, serviceKey } = secrets;
  return createLedger({
    identity: {
      nodeId: nodeKey.publicKey.fingerprint,
      nodeKey,
      nodeCertificate: parseCertificate(membership.certificatePem),
      serviceKey,
      serviceCertificate,
    },
    serviceCertificate,
    ...formerServicesOf(membership),
    secrets: ledgerSecrets,
    openSecret: sealing.openSecret,
    receiptLeavesMax: config.ledger.receiptLeavesMax,
    chunkBytes: config.ledger.chunkBytesMax,
    ...(base !== undefined && { base }),
  });
}

/** By the ledger; before there is one, by the genesis. */
function firstView({ governanceStore, commit }: ReplayedLedger, genesis: Genesis | undefined): NetworkView {
  if (governanceStore.head > 0 || genesis === undefined)
    return readNetwork(committedTables(governanceStore, commit));
  const store = createStore();
  store.apply(genesisTables(genesis), 1);
  return readNetwork(store.read(1));
}

/** The governance tables as committed, where `commit` is known to be. */
export function committedTables(store: Store, commit: Seqno): ReturnType<Store['read']> {
  return store.read(Math.min(Math.max(commit, store.compacted), store.head));
}

/** Says how far a long replay is, every few seconds. */
function progressLog(log: Log): (done: Seqno, of: Seqno) => void {
  let saidMs = performance.now();
  return (done, of) => {
    if (performance.now() - saidMs < 3000) return;
    saidMs = performance.now();
    log.info('replaying the ledger', { done, of });
  };
}
