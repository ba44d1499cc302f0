/**
 * The configuration of a node that joins a network: made when there is none, and given the network that it is to join.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig, type NodeConfig } from '@coco/host';
import { type OptionSpec, type OptionValues, text, UsageError } from '../command.js';
import { parseNodeAddresses } from '../genesis/nodeAddresses.js';
import { objectIn } from '../governance/actionArguments.js';

/** For commands about the node on this machine. */
export const nodeFileOptions = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    default: 'node.json',
    help: 'configuration of the node; made when there is none',
  },
  address: {
    type: 'string',
    value: 'HOST:PORT',
    help: 'where a new node listens: applications here, administration 100 and peers 200 higher, or HOST:PORT,PORT,PORT',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Which network to join: as in the setting `join` of a configuration. */
export interface JoinTarget {
  readonly peer: string;
  readonly serviceFingerprint: string;
  readonly constitutionDigest?: string;
}

/** The configuration that the options name; a new one when there is none and `--address` says where it listens. */
export function ensureConfig(options: OptionValues): string {
  const file = path.resolve(text(options, 'config') ?? 'node.json');
  const address = text(options, 'address');
  if (existsSync(file)) {
    if (address === undefined) return file;
    throw new UsageError(`${file} is there already: change addresses in it instead of giving --address`);
  }
  if (address === undefined) {
    throw new UsageError(`there is no ${file}; give --address HOST:PORT to have it made`);
  }
  const { application, administrative, peer } = parseNodeAddresses(address);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  write(file, {
    platform: 'virtual',
    virtualKey: 'virtual-platform.key',
    directories: { ledger: 'ledger', sealed: 'sealed', snapshots: 'snapshots' },
    addresses: { application, administrative, peer },
    adapters: [{ module: '@coco/ethereum', settings: {} }],
  });
  return file;
}

/** Reads `file`, and writes `target` into it when it names another network or none. A UsageError, COCO_HOST_CONFIG. */
export function loadJoiningConfig(file: string, target: Partial<JoinTarget>): NodeConfig {
  const config = objectIn(file);
  if (config['genesis'] !== undefined) {
    throw new UsageError(
      `${file} is the configuration of a node of a genesis: start it with coco node start`,
    );
  }
  const before = (config['join'] ?? {}) as Partial<JoinTarget>;
  const join = { ...before, ...target };
  if (join.peer === undefined || join.serviceFingerprint === undefined) {
    throw new UsageError('--peer and --service-fingerprint are needed (or join in the configuration)');
  }
  if (JSON.stringify(join) !== JSON.stringify(before)) write(file, { ...config, join });
  return loadConfig(file);
}

function write(file: string, config: unknown): void {
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
