/**
 * The configuration of a node: one JSON file, parsed once, strictly. docs/reference/configuration.md says what each
 * setting means. It holds no secrets.
 */
import path from 'node:path';
import { defaultGovernanceSettings, type GovernanceSettings } from '@coco/governance';
import { CocoError, type NodeId } from '@coco/primitives';
import type { ReplicaSettings } from '@coco/replica';
import type { WorkerSettings } from '@coco/worker';
import { type Address, parseAddress } from './address.js';
import { type AttestationSettings, readAttestationSettings } from './attesters/attestationSettings.js';
import { Fields, readJsonFile } from './fields.js';
import type { FreshnessSettings } from './freshness.js';
import { defaultHttpLimits, type HttpLimits } from './http.js';
import type { WorkerPlacement, WorkerUser } from './workerPlacement.js';

/** Where a joining node begins, and what it trusts. */
export interface JoinSettings {
  /** Administrative address of any node of the network. */
  readonly peer: Address;
  /** Lower-case hex SHA-256 of the service's certificate (DER): 64 characters. */
  readonly serviceFingerprint: string;
  /** Digest of the constitution that the operator has approved (GOV-8), so that nobody is asked again. */
  readonly constitutionDigest?: string;
}

/** An adapter and its settings, which the adapter parses. */
export interface AdapterChoice {
  /** Module that exports `createAdapter(settings)`. */
  readonly module: string;
  readonly settings: unknown;
}

export interface NodeConfig {
  /** When given, the sealed node key must be this node's. */
  readonly nodeId?: NodeId;
  /** Absolute paths; relative ones in the file are relative to the file. */
  readonly directories: {
    readonly ledger: string;
    readonly sealed: string;
    readonly snapshots: string;
    readonly data: string;
  };
  /** What seals the node's secrets. */
  readonly platform: 'virtual';
  /** What proves what the node runs. */
  readonly attestation: AttestationSettings;
  /** The file that stands for the sealing key of hardware on the `virtual` platform. */
  readonly virtualKeyPath: string;
  readonly addresses: {
    readonly application: Address;
    readonly administrative: Address;
    readonly peer: Address;
  };
  /** On a node of a network's genesis: the file with its constitution. Not together with `join`. */
  readonly genesisPath?: string;
  /** On a node that joins a network. */
  readonly join?: JoinSettings;
  readonly admitAnonymous: boolean;
  readonly worker: WorkerSettings & WorkerPlacement;
  readonly adapters: readonly AdapterChoice[];
  readonly replica: ReplicaSettings;
  readonly ledger: {
    readonly chunkBytesMax: number;
    readonly entryCacheBytesMax: number;
    readonly receiptLeavesMax: number;
    /** Bytes of older parts of the ledger, fetched from other nodes, that are kept. 0: none are fetched. */
    readonly fetchedBytesMax: number;
  };
  readonly snapshot: {
    /** How many snapshots to keep on disk. */
    readonly keep: number;
  };
  /** Data that goes point to point: what all of it may take on the disk. */
  readonly data: { readonly bytesMax: number };
  readonly limits: HttpLimits;
  readonly reads: FreshnessSettings;
  /** Origins whose pages may use the application endpoint from a browser; "*" for all. */
  readonly corsOrigins: readonly string[];
  readonly tickMs: number;
}

const configBytesMax = 1024 * 1024;
const adaptersMax = 16;
const corsOriginsMax = 100;

/** Reads and checks the file at `file`. COCO_HOST_CONFIG names the setting that is wrong. */
export function loadConfig(file: string): NodeConfig {
  const parsed = readJsonFile(file, configBytesMax);
  const folder = path.dirname(path.resolve(file));
  const fields = new Fields(parsed);
  const config = readConfig(fields, (relative) => path.resolve(folder, relative));
  fields.end();
  if (config.genesisPath !== undefined && config.join !== undefined) {
    throw fields.refused('join', 'cannot be given together with genesis');
  }
  return config;
}

function readConfig(fields: Fields, resolve: (relative: string) => string): NodeConfig {
  const directories = fields.inner('directories');
  const addresses = fields.inner('addresses');
  const limits = fields.inner('limits');
  const ledger = fields.inner('ledger');
  const snapshot = fields.inner('snapshot');
  const data = fields.inner('data');
  const nodeId = fields.optionalHex('nodeId', 64);
  const genesis = fields.optionalText('genesis');
  const join = readJoin(fields);
  const config: NodeConfig = {
    ...(nodeId !== undefined && { nodeId }),
    ...(genesis !== undefined && { genesisPath: resolve(genesis) }),
    ...(join !== undefined && { join }),
    platform: fields.choice('platform', ['virtual'], 'virtual'),
    attestation: readAttestationSettings(fields.inner('attestation'), resolve),
    virtualKeyPath: resolve(fields.text('virtualKey')),
    directories: {
      ledger: resolve(directories.text('ledger')),
      sealed: resolve(directories.text('sealed')),
      snapshots: resolve(directories.text('snapshots', 'snapshots')),
      data: resolve(directories.text('data', 'data')),
    },
    addresses: {
      application: address(addresses, 'application'),
      administrative: address(addresses, 'administrative'),
      peer: address(addresses, 'peer'),
    },
    admitAnonymous: fields.flag('admitAnonymous', false),
    worker: readWorker(fields.inner('worker')),
    adapters: fields.list('adapters', adaptersMax, adapterChoice),
    replica: readReplica(fields.inner('replica'), fields.inner('governance'), {
      snapshotEntries: snapshot.whole('entries', { min: 0, max: 2 ** 40, fallback: 100_000 }),
    }),
    ledger: {
      chunkBytesMax: ledger.whole('chunkBytesMax', { min: 4096, max: 2 ** 31, fallback: 5_000_000 }),
      entryCacheBytesMax: ledger.whole('entryCacheBytesMax', { min: 0, max: 2 ** 34, fallback: 2 ** 26 }),
      receiptLeavesMax: ledger.whole('receiptLeavesMax', { min: 2, max: 2 ** 24, fallback: 65_536 }),
      fetchedBytesMax: ledger.whole('fetchedBytesMax', { min: 0, max: 2 ** 44, fallback: 2 ** 30 }),
    },
    snapshot: { keep: snapshot.whole('keep', { min: 1, max: 1000, fallback: 2 }) },
    data: { bytesMax: data.whole('bytesMax', { min: 2 ** 20, max: 2 ** 44, fallback: 2 ** 30 }) },
    limits: readLimits(limits),
    reads: readReads(fields.inner('reads')),
    corsOrigins: fields.list('corsOrigins', corsOriginsMax, origin),
    tickMs: fields.whole('tickMs', { min: 1, max: 1000, fallback: 20 }),
  };
  for (const inner of [directories, addresses, limits, ledger, snapshot, data]) inner.end();
  return config;
}

function readLimits(fields: Fields): HttpLimits {
  const limit = (key: keyof HttpLimits, min: number, max: number): number =>
    fields.whole(key, { min, max, fallback: defaultHttpLimits[key] });
  return {
    bodyBytesMax: limit('bodyBytesMax', 1024, 2 ** 28),
    bodiesBytesMax: limit('bodiesBytesMax', 2 ** 20, 2 ** 36),
    urlBytesMax: limit('urlBytesMax', 256, 65_536),
    headersMax: limit('headersMax', 16, 1000),
    headerBytesMax: limit('headerBytesMax', 1024, 65_536),
    connectionsMax: limit('connectionsMax', 1, 100_000),
    requestsMax: limit('requestsMax', 1, 1_000_000),
    headersTimeoutMs: limit('headersTimeoutMs', 100, 600_000),
    requestTimeoutMs: limit('requestTimeoutMs', 100, 600_000),
    idleTimeoutMs: limit('idleTimeoutMs', 100, 3_600_000),
    handshakeTimeoutMs: limit('handshakeTimeoutMs', 100, 600_000),
  };
}

function origin(value: unknown, at: string): string {
  if (typeof value === 'string' && (value === '*' || /^https?:\/\/[a-z0-9.:[\]-]+$/.test(value)))
    return value;
  const reason = 'must be an origin such as https://app.example, or *';
  throw new CocoError('COCO_HOST_CONFIG', `configuration: ${at} ${reason}`, { path: at });
}

function readWorker(fields: Fields): NodeConfig['worker'] {
  const isolation = fields.choice('isolation', ['none', 'thread', 'process'], 'thread');
  for (const key of ['user', 'network']) {
    if (isolation !== 'process' && fields.has(key))
      throw fields.refused(key, 'only means something where worker.isolation is process');
  }
  const user = readUser(fields);
  const worker = {
    isolation,
    ...(user !== undefined && { user }),
    network: fields.flag('network', false),
    batch: {
      itemsMax: fields.whole('batchItemsMax', { min: 1, max: 100_000, fallback: 1000 }),
      executeMs: fields.whole('batchExecuteMs', { min: 1, max: 10_000, fallback: 50 }),
    },
    eagerItems: fields.whole('eagerItems', { min: 1, max: 100_000, fallback: 256 }),
    uncommittedBatchesMax: fields.whole('uncommittedBatchesMax', { min: 1, max: 1000, fallback: 8 }),
    queueItemsMax: fields.whole('queueItemsMax', { min: 1, max: 10_000_000, fallback: 50_000 }),
    historySeqnos: fields.whole('historySeqnos', { min: 0, max: 1_000_000, fallback: 256 }),
    reexecution: readReexecution(fields),
  };
  fields.end();
  return worker;
}

function readReexecution(fields: Fields): NodeConfig['worker']['reexecution'] {
  const all = fields.flag('reexecuteAll', false);
  const waitingMax = fields.whole('reexecutionsMax', { min: 1, max: 65_536, fallback: all ? 4096 : 16 });
  return { all, waitingMax };
}

function readUser(fields: Fields): WorkerUser | undefined {
  const text = fields.optionalText('user');
  if (text === undefined) return undefined;
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(text) ?? [];
  if (uid !== undefined && Number(uid) < 2 ** 32 - 1 && Number(gid) < 2 ** 32 - 1)
    return { uid: Number(uid), gid: Number(gid) };
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(text)) return { name: text };
  throw fields.refused('user', 'must be the name of a user, or uid:gid');
}

function readJoin(parent: Fields): JoinSettings | undefined {
  if (!parent.has('join')) return undefined;
  const fields = parent.inner('join');
  const constitutionDigest = fields.optionalHex('constitutionDigest', 64);
  const join = {
    peer: address(fields, 'peer'),
    serviceFingerprint: fields.hex('serviceFingerprint', 64),
    ...(constitutionDigest !== undefined && { constitutionDigest }),
  };
  fields.end();
  return join;
}

function readReplica(
  fields: Fields,
  governance: Fields,
  others: Pick<ReplicaSettings, 'snapshotEntries'>,
): ReplicaSettings {
  const consensus = fields.inner('consensus');
  const electionTimeoutMs = consensus.whole('electionTimeoutMs', { min: 50, max: 600_000, fallback: 1000 });
  const settings: ReplicaSettings = {
    consensus: {
      electionTimeoutMs,
      heartbeatMs: consensus.whole('heartbeatMs', { min: 5, max: 60_000, fallback: 100 }),
      appendEntriesMax: consensus.whole('appendEntriesMax', { min: 1, max: 1000, fallback: 64 }),
      inFlightEntriesMax: consensus.whole('inFlightEntriesMax', { min: 1, max: 100_000, fallback: 512 }),
      preVote: consensus.flag('preVote', true),
      standstillMs: Math.ceil(electionTimeoutMs / 4),
      ...readTrust(consensus),
    },
    uncommittedEntriesMax: fields.whole('uncommittedEntriesMax', { min: 2, max: 100_000, fallback: 256 }),
    requestsMax: fields.whole('requestsMax', { min: 1, max: 1_000_000, fallback: 20_000 }),
    forwardTimeoutMs: fields.whole('forwardTimeoutMs', { min: 100, max: 600_000, fallback: 10_000 }),
    governance: readGovernance(governance),
    ...others,
  };
  if (2 * settings.consensus.heartbeatMs > electionTimeoutMs) {
    throw fields.refused('consensus.heartbeatMs', 'must be at most half of electionTimeoutMs');
  }
  consensus.end();
  fields.end();
  return settings;
}

function readReads(fields: Fields): FreshnessSettings {
  const reads = {
    staleAfterMs: fields.whole('staleAfterMs', { min: 100, max: 86_400_000, fallback: 5000 }),
    refuseStale: fields.flag('refuseStale', false),
  };
  fields.end();
  return reads;
}

/** 0 stands for never. */
function readTrust(fields: Fields): Pick<ReplicaSettings['consensus'], 'trustDiskAfterMs'> {
  const trustDiskAfterMs = fields.whole('trustDiskAfterMs', { min: 0, max: 3_600_000, fallback: 10_000 });
  return trustDiskAfterMs === 0 ? {} : { trustDiskAfterMs };
}

function readGovernance(fields: Fields): GovernanceSettings {
  const scripts = fields.inner('scripts');
  const { scripts: script, ...others } = defaultGovernanceSettings;
  const ofScripts = (key: keyof typeof script, min: number, max: number): number =>
    scripts.whole(key, { min, max, fallback: script[key] });
  const limit = (key: keyof typeof others, min: number, max: number): number =>
    fields.whole(key, { min, max, fallback: others[key] });
  const settings: GovernanceSettings = {
    scripts: {
      sourceBytesMax: ofScripts('sourceBytesMax', 4096, 2 ** 26),
      heapBytesMax: ofScripts('heapBytesMax', 2 ** 20, 2 ** 30),
      stackBytesMax: ofScripts('stackBytesMax', 2 ** 16, 2 ** 24),
      stepsMax: ofScripts('stepsMax', 10, 1_000_000),
      valueBytesMax: ofScripts('valueBytesMax', 4096, 2 ** 26),
    },
    requestStepsMax: limit('requestStepsMax', 10, 10_000_000),
    proposalBytesMax: limit('proposalBytesMax', 1024, 2 ** 26),
    ballotBytesMax: limit('ballotBytesMax', 256, 2 ** 20),
    openProposalsMax: limit('openProposalsMax', 1, 10_000),
  };
  scripts.end();
  fields.end();
  return settings;
}

function adapterChoice(value: unknown, at: string): AdapterChoice {
  const fields = new Fields(value, at);
  const choice = { module: fields.text('module'), settings: fields.raw('settings') ?? {} };
  fields.end();
  return choice;
}

function address(fields: Fields, key: string): Address {
  const found = parseAddress(fields.text(key));
  if (found === undefined) throw fields.refused(key, 'must be host:port or [IPv6]:port');
  return found;
}
