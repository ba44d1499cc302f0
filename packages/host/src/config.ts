/**
 * The configuration of a node: one JSON file, parsed once, strictly. docs/reference/configuration.md says what each
 * setting means. It holds no secrets.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseCertificate } from '@coco/crypto';
import { CocoError, type NodeId } from '@coco/primitives';
import type { Genesis, ReplicaSettings } from '@coco/replica';
import type { WorkerSettings } from '@coco/worker';
import { Fields } from './fields.js';
import { defaultHttpLimits, type HttpLimits } from './http.js';

/** An address to listen on or to connect to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A node of the network, this one included. */
export interface NodeEntry {
  readonly nodeId: NodeId;
  readonly peer: Address;
  readonly application: Address;
  readonly certificatePem: string;
}

/** An adapter and its settings, which the adapter parses. */
export interface AdapterChoice {
  /** Module that exports `createAdapter(settings)`. */
  readonly module: string;
  readonly settings: unknown;
}

export interface NodeConfig {
  readonly nodeId: NodeId;
  /** Absolute paths; relative ones in the file are relative to the file. */
  readonly directories: { readonly ledger: string; readonly sealed: string };
  readonly platform: 'virtual';
  /** The file that stands for the sealing key of hardware on the `virtual` platform. */
  readonly virtualKeyPath: string;
  readonly addresses: {
    readonly application: Address;
    readonly administrative: Address;
    readonly peer: Address;
  };
  readonly nodes: readonly NodeEntry[];
  readonly serviceCertificatePem: string;
  readonly genesisPath: string;
  readonly admitAnonymous: boolean;
  readonly worker: WorkerSettings & { readonly thread: boolean };
  readonly adapters: readonly AdapterChoice[];
  readonly replica: ReplicaSettings;
  readonly ledger: {
    readonly chunkBytesMax: number;
    readonly entryCacheBytesMax: number;
    readonly receiptLeavesMax: number;
  };
  readonly limits: HttpLimits;
  /** Origins whose pages may use the application endpoint from a browser; "*" for all. */
  readonly corsOrigins: readonly string[];
  readonly tickMs: number;
}

const configBytesMax = 1024 * 1024;
const nodesMax = 100;
const adaptersMax = 16;
const corsOriginsMax = 100;

/** Reads and checks the file at `file`. COCO_HOST_CONFIG names the setting that is wrong. */
export function loadConfig(file: string): NodeConfig {
  const parsed = readJson(file, configBytesMax);
  const folder = path.dirname(path.resolve(file));
  const fields = new Fields(parsed);
  const config = readConfig(fields, (relative) => path.resolve(folder, relative));
  fields.end();
  const ids = new Set(config.nodes.map(({ nodeId }) => nodeId));
  const peers = new Set(config.nodes.map(({ peer }) => `${peer.host}:${peer.port}`));
  if (!ids.has(config.nodeId)) throw fields.refused('nodes', 'must name this node too');
  if (Math.min(ids.size, peers.size) < config.nodes.length) {
    throw fields.refused('nodes', 'must not name an id or a peer address twice');
  }
  return config;
}

/** The genesis constitution in the file at `file`. COCO_HOST_CONFIG when it is not one. */
export function loadGenesis(file: string): Genesis {
  const genesisBytesMax = 256 * 1024 * 1024;
  const fields = new Fields(readJson(file, genesisBytesMax), '');
  const actor = (value: unknown, at: string): Genesis['members'][number] => {
    const inner = new Fields(value, at);
    const read = { certificatePem: certificate(inner, 'certificatePem'), name: inner.text('name') };
    inner.end();
    return read;
  };
  const genesis: Genesis = {
    serviceCertificatePem: certificate(fields, 'serviceCertificatePem'),
    constitution: fields.text('constitution'),
    members: fields.list('members', 1000, actor),
    participants: fields.list('participants', 10_000, actor),
    nodes: fields.list('nodes', nodesMax, (value, at) => {
      const inner = new Fields(value, at);
      const read = {
        nodeId: inner.text('nodeId'),
        certificatePem: certificate(inner, 'certificatePem'),
        peerAddress: inner.text('peerAddress'),
        applicationAddress: inner.text('applicationAddress'),
      };
      inner.end();
      return read;
    }),
    adapters: fields.raw('adapters') ?? {},
  };
  fields.end();
  return genesis;
}

function readConfig(fields: Fields, resolve: (relative: string) => string): NodeConfig {
  const directories = fields.inner('directories');
  const addresses = fields.inner('addresses');
  const limits = fields.inner('limits');
  const ledger = fields.inner('ledger');
  const config: NodeConfig = {
    nodeId: fields.text('nodeId'),
    platform: fields.choice('platform', ['virtual'], 'virtual'),
    virtualKeyPath: resolve(fields.text('virtualKey')),
    directories: { ledger: resolve(directories.text('ledger')), sealed: resolve(directories.text('sealed')) },
    addresses: {
      application: address(addresses, 'application'),
      administrative: address(addresses, 'administrative'),
      peer: address(addresses, 'peer'),
    },
    nodes: fields.list('nodes', nodesMax, nodeEntry),
    serviceCertificatePem: readCertificate(fields, 'serviceCertificate', resolve),
    genesisPath: resolve(fields.text('genesis')),
    admitAnonymous: fields.flag('admitAnonymous', false),
    worker: readWorker(fields.inner('worker')),
    adapters: fields.list('adapters', adaptersMax, adapterChoice),
    replica: readReplica(fields.inner('replica')),
    ledger: {
      chunkBytesMax: ledger.whole('chunkBytesMax', { min: 4096, max: 2 ** 31, fallback: 5_000_000 }),
      entryCacheBytesMax: ledger.whole('entryCacheBytesMax', { min: 0, max: 2 ** 34, fallback: 2 ** 26 }),
      receiptLeavesMax: ledger.whole('receiptLeavesMax', { min: 2, max: 2 ** 24, fallback: 65_536 }),
    },
    limits: readLimits(limits),
    corsOrigins: fields.list('corsOrigins', corsOriginsMax, origin),
    tickMs: fields.whole('tickMs', { min: 1, max: 1000, fallback: 20 }),
  };
  for (const inner of [directories, addresses, limits, ledger]) inner.end();
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
  const worker = {
    thread: fields.flag('thread', true),
    batch: {
      itemsMax: fields.whole('batchItemsMax', { min: 1, max: 100_000, fallback: 1000 }),
      executeMs: fields.whole('batchExecuteMs', { min: 1, max: 10_000, fallback: 50 }),
    },
    eagerItems: fields.whole('eagerItems', { min: 1, max: 100_000, fallback: 256 }),
    uncommittedBatchesMax: fields.whole('uncommittedBatchesMax', { min: 1, max: 1000, fallback: 8 }),
    queueItemsMax: fields.whole('queueItemsMax', { min: 1, max: 10_000_000, fallback: 50_000 }),
    historySeqnos: fields.whole('historySeqnos', { min: 0, max: 1_000_000, fallback: 256 }),
  };
  fields.end();
  return worker;
}

function readReplica(fields: Fields): ReplicaSettings {
  const consensus = fields.inner('consensus');
  const settings: ReplicaSettings = {
    consensus: {
      electionTimeoutMs: consensus.whole('electionTimeoutMs', { min: 50, max: 600_000, fallback: 1000 }),
      heartbeatMs: consensus.whole('heartbeatMs', { min: 5, max: 60_000, fallback: 100 }),
      appendEntriesMax: consensus.whole('appendEntriesMax', { min: 1, max: 1000, fallback: 64 }),
      inFlightEntriesMax: consensus.whole('inFlightEntriesMax', { min: 1, max: 100_000, fallback: 512 }),
      preVote: consensus.flag('preVote', true),
    },
    uncommittedEntriesMax: fields.whole('uncommittedEntriesMax', { min: 2, max: 100_000, fallback: 256 }),
    requestsMax: fields.whole('requestsMax', { min: 1, max: 1_000_000, fallback: 20_000 }),
    forwardTimeoutMs: fields.whole('forwardTimeoutMs', { min: 100, max: 600_000, fallback: 10_000 }),
  };
  const { electionTimeoutMs, heartbeatMs } = settings.consensus;
  if (2 * heartbeatMs > electionTimeoutMs) {
    throw fields.refused('consensus.heartbeatMs', 'must be at most half of electionTimeoutMs');
  }
  consensus.end();
  fields.end();
  return settings;
}

function nodeEntry(value: unknown, at: string): NodeEntry {
  const fields = new Fields(value, at);
  const entry = {
    nodeId: fields.text('nodeId'),
    peer: address(fields, 'peer'),
    application: address(fields, 'application'),
    certificatePem: certificate(fields, 'certificatePem'),
  };
  fields.end();
  if (parseCertificate(entry.certificatePem).publicKey.fingerprint !== entry.nodeId) {
    throw fields.refused('nodeId', 'is not the id of the key in its certificate');
  }
  return entry;
}

function adapterChoice(value: unknown, at: string): AdapterChoice {
  const fields = new Fields(value, at);
  const choice = { module: fields.text('module'), settings: fields.raw('settings') ?? {} };
  fields.end();
  return choice;
}

function address(fields: Fields, key: string): Address {
  const text = fields.text(key);
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535) throw fields.refused(key, 'must be host:port or [IPv6]:port');
  return { host, port };
}

function readCertificate(fields: Fields, key: string, resolve: (relative: string) => string): string {
  const pem = readText(resolve(fields.text(key)));
  try {
    parseCertificate(pem);
  } catch {
    throw fields.refused(key, 'must name a file with one certificate in PEM');
  }
  return pem;
}

function certificate(fields: Fields, key: string): string {
  const pem = fields.text(key);
  try {
    parseCertificate(pem);
  } catch {
    throw fields.refused(key, 'must be one certificate in PEM');
  }
  return pem;
}

function readJson(file: string, bytesMax: number): unknown {
  const text = readText(file, bytesMax);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CocoError('COCO_HOST_CONFIG', `${file} is not JSON: ${String(error)}`, { path: file });
  }
}

function readText(file: string, bytesMax = 64 * 1024): string {
  try {
    if (statSync(file).size > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CocoError('COCO_HOST_CONFIG', `cannot read ${file}: ${reason}`, { path: file });
  }
}
