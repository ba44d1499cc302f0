/**
 * Which logs a client wants: the filter object of eth_getLogs and eth_newFilter (execution-apis,
 * schemas/filter.yaml), and whether a log is one of them.
 */

import { mapKey } from '../codec/address.js';
import { mayContain } from '../codec/bloom.js';
import type { Address, Hash, Log } from '../types.js';
import { invalidParam } from './errors.js';
import { type BlockSelector, parseAddress, parseBlockNumber, parseHash, parseObject } from './params.js';
import type { RpcSettings } from './settings.js';

/** What a log must be like. Empty `addresses`, and an empty position of `topics`, mean any. */
export interface LogFilter {
  readonly addresses: readonly Address[];
  /** By position, at most 4; each is a list of alternatives. */
  readonly topics: readonly (readonly Hash[])[];
}

/** Where to look. */
export type LogRange =
  | { readonly kind: 'block'; readonly hash: Hash }
  | { readonly kind: 'range'; readonly from: BlockSelector; readonly to: BlockSelector };

/** The filter in argument `index`. */
export function parseLogFilter(
  value: unknown,
  index: number,
  settings: RpcSettings,
): { readonly filter: LogFilter; readonly range: LogRange } {
  const { address, topics, blockHash, fromBlock, toBlock } = parseObject(value, index, 'filter');
  const filter = {
    addresses: parseAddresses(address, index, settings),
    topics: parseTopics(topics, index, settings),
  };
  const isGiven = (given: unknown): boolean => given !== undefined && given !== null;
  if (!isGiven(blockHash)) {
    const from = parseBlockNumber(fromBlock, index, 'latest');
    const to = parseBlockNumber(toBlock, index, 'latest');
    return { filter, range: { kind: 'range', from, to } };
  }
  if (isGiven(fromBlock) || isGiven(toBlock)) {
    throw invalidParam(index, 'cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other');
  }
  return { filter, range: { kind: 'block', hash: parseHash(blockHash, index, 'blockHash') } };
}

function parseAddresses(value: unknown, index: number, settings: RpcSettings): readonly Address[] {
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  if (items.length > settings.logsAddressesMax) {
    throw invalidParam(index, `exceed max addresses: ${items.length} > ${settings.logsAddressesMax}`);
  }
  return items.map((item) => parseAddress(item, index));
}

const TOPICS_MAX = 4;

function parseTopics(value: unknown, index: number, settings: RpcSettings): readonly (readonly Hash[])[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidParam(index, 'topics: not an array');
  if (value.length > TOPICS_MAX)
    throw invalidParam(index, `exceed max topics: ${value.length} > ${TOPICS_MAX}`);
  return value.map((position: unknown) => {
    if (position === null) return [];
    const alternatives: readonly unknown[] = Array.isArray(position) ? position : [position];
    if (alternatives.length > settings.logsTopicsMax) {
      throw invalidParam(index, `exceed max topics: ${alternatives.length} > ${settings.logsTopicsMax}`);
    }
    if (alternatives.includes(null)) return [];
    return alternatives.map((topic) => parseHash(topic, index, 'topic'));
  });
}

/** A test for logs, with the work that is the same for all of them done once. */
export function logMatcher(filter: LogFilter): (log: Log) => boolean {
  const addresses = new Set(filter.addresses.map(mapKey));
  const positions = filter.topics.map((alternatives) => new Set(alternatives.map(mapKey)));
  return (log) => {
    if (addresses.size > 0 && !addresses.has(mapKey(log.address))) return false;
    if (positions.length > log.topics.length) return false;
    return positions.every((wanted, i) => wanted.size === 0 || wanted.has(mapKey(log.topics[i] as Hash)));
  };
}

/** False when no log of the block with this bloom filter can match. */
export function mayMatch(bloom: Uint8Array, filter: LogFilter): boolean {
  const wanted = [filter.addresses, ...filter.topics].filter((alternatives) => alternatives.length > 0);
  return wanted.every((alternatives) => alternatives.some((value) => mayContain(bloom, value)));
}
