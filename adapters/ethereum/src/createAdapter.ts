/**
 * The adapter as a node loads it: made from the settings in the node's configuration file, which are parsed here.
 */
import { CocoError } from '@coco/primitives';
import { createEthereumAdapter, type EthereumAdapter } from './adapter.js';
import type { RpcSettings } from './rpc/settings.js';
import type { EthereumSettings } from './types.js';

/** The adapter, and how to let go of its threads. */
export interface LoadedEthereumAdapter {
  readonly adapter: EthereumAdapter;
  readonly close: () => Promise<void>;
}

/** Settings that may be given, with their ranges; see docs/ethereum.md. */
const wholes = {
  recoveryThreads: [0, 64],
  transactionGasMax: [21_000, Number.MAX_SAFE_INTEGER],
  callGasMax: [21_000, Number.MAX_SAFE_INTEGER],
  executionMsMax: [1, 600_000],
  commitWaitMs: [1, 3_600_000],
  batchCallsMax: [1, 100_000],
  poolItemsMax: [1, 10_000_000],
  poolPerSenderMax: [1, 10_000_000],
} as const;
const flags = ['replayProtectedOnly', 'respondAsync'] as const;
const engines = ['coco', 'ethereumjs'] as const;

/** Makes the adapter. COCO_ETHEREUM_SETTINGS names the setting that is wrong. */
export function createAdapter(settings: unknown): LoadedEthereumAdapter {
  const given = readSettings(settings);
  const ethereum: { -readonly [Key in keyof EthereumSettings]?: EthereumSettings[Key] } = {};
  const rpc: { -readonly [Key in keyof RpcSettings]?: RpcSettings[Key] } = {};
  for (const [name, value] of given) {
    if (name === 'transactionGasMax' || name === 'callGasMax') ethereum[name] = BigInt(value);
    else if (name === 'recoveryThreads' || name === 'executionMsMax') ethereum[name] = Number(value);
    else if (name === 'replayProtectedOnly') ethereum[name] = value === true;
    else if (name === 'engine') ethereum[name] = value === 'coco' ? 'coco' : 'ethereumjs';
    else if (name === 'respondAsync') rpc[name] = value === true;
    else rpc[name] = Number(value);
  }
  const adapter = createEthereumAdapter({ settings: ethereum, rpc });
  return { adapter, close: () => adapter.close() };
}

type Name = keyof typeof wholes | (typeof flags)[number] | 'engine';

function readSettings(settings: unknown): readonly (readonly [Name, number | boolean | string])[] {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw refused('settings', 'an object');
  return Object.entries(settings).map(([name, value]: [string, unknown]) => {
    const flag = flags.find((one) => one === name);
    if (flag !== undefined) {
      if (typeof value !== 'boolean') throw refused(name, 'true or false');
      return [flag, value];
    }
    if (name === 'engine') {
      if (!engines.some((engine) => engine === value)) throw refused(name, engines.join(' or '));
      return [name, value as string];
    }
    if (!Object.hasOwn(wholes, name))
      throw refused(name, `one of ${[...Object.keys(wholes), ...flags, 'engine'].join(', ')}`);
    const whole = name as keyof typeof wholes;
    const [min, max] = wholes[whole];
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      throw refused(name, `a whole number from ${min} to ${max}`);
    }
    return [whole, value as number];
  });
}

function refused(name: string, wanted: string): CocoError {
  return new CocoError('COCO_ETHEREUM_SETTINGS', `Ethereum adapter: ${name} must be ${wanted}`, {
    setting: name,
  });
}
