/**
 * Methods about fees. The base fee does not change and priority buys nothing here, so that the suggestion is the
 * base fee alone: 0 unless the genesis says otherwise.
 */
import { readBlock, readHead } from '../chain.js';
import { ZERO_HASH } from '../codec/keccak.js';
import { environmentOf, nextEnvironment } from '../environment.js';
import type { BlockEnvironment, EthereumBlock } from '../types.js';
import { chainOf, type Methods, type RpcContext } from './context.js';
import { invalidParam, serverError } from './errors.js';
import { formatQuantity } from './format.js';
import { parseBlockNumber, parseIndex } from './params.js';
import { loadReceipts } from './transactions.js';
import { blockNumberOf, headNumber } from './versions.js';

/** Quantities in wei per gas. */
export const feeMethods: Methods = {
  eth_gasPrice: { paramsMax: 0, run: (context) => formatQuantity(nextBlock(context).baseFee) },
  eth_baseFee: { paramsMax: 0, run: (context) => formatQuantity(nextBlock(context).baseFee) },
  eth_blobBaseFee: { paramsMax: 0, run: (context) => formatQuantity(nextBlock(context).blobBaseFee) },
  eth_maxPriorityFeePerGas: { paramsMax: 0, run: () => '0x0' },
  eth_feeHistory: { paramsMax: 3, run: feeHistory },
};

function nextBlock(context: RpcContext): BlockEnvironment {
  const { services } = context;
  const chain = chainOf(context);
  return nextEnvironment(chain, readHead(services.committed()).header, services.nowMs(), ZERO_HASH);
}

function feeHistory(context: RpcContext, [count, newest, percents]: readonly unknown[]): unknown {
  const { services, limits } = context;
  const percentiles = parsePercentiles(percents, limits.feeHistoryPercentilesMax);
  const { feeHistoryBlocksMax, feeHistoryRewardBlocksMax } = limits;
  const countMax = percentiles.length > 0 ? feeHistoryRewardBlocksMax : feeHistoryBlocksMax;
  const wanted = Math.min(parseCount(count), countMax);
  const reader = services.committed();
  const head = headNumber(reader);
  const last = blockNumberOf(reader, parseBlockNumber(newest, 1));
  if (last > head) throw serverError(`request beyond head block: requested ${last}, head ${head}`);
  const blocks: EthereumBlock[] = [];
  for (let number = last; blocks.length < wanted; number--) {
    const block = number < 0 ? undefined : readBlock(reader, number);
    if (block === undefined) break;
    blocks.unshift(block);
  }
  const environments = blocks.map(({ header }) => environmentOf(header));
  const following = readBlock(reader, last + 1);
  environments.push(following === undefined ? nextBlock(context) : environmentOf(following.header));
  return {
    oldestBlock: formatQuantity(blocks[0]?.header.number ?? 0),
    ...(percentiles.length === 0
      ? {}
      : { reward: blocks.map((block) => rewards(context, block, percentiles).map(formatQuantity)) }),
    baseFeePerGas: environments.map(({ baseFee }) => formatQuantity(baseFee)),
    gasUsedRatio: blocks.map(({ header }) => Number(header.gasUsed) / Number(header.gasLimit)),
    baseFeePerBlobGas: environments.map(({ blobBaseFee }) => formatQuantity(blobBaseFee)),
    blobGasUsedRatio: blocks.map(() => 0),
  };
}

/** A quantity, or a plain number as geth allows it. */
function parseCount(value: unknown): number {
  if (typeof value !== 'number') return parseIndex(value, 0, 'block count');
  if (!Number.isSafeInteger(value) || value < 0) throw invalidParam(0, 'block count: not a whole number');
  return value;
}

function parsePercentiles(value: unknown, max: number): readonly number[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidParam(2, 'reward percentiles: not an array');
  if (value.length > max) throw invalidParam(2, `over the query limit ${max}: ${value.length} percentiles`);
  value.forEach((percentile: unknown, i) => {
    const isOrdered = i === 0 || (value[i - 1] as number) <= (percentile as number);
    if (typeof percentile !== 'number' || !(percentile >= 0 && percentile <= 100) || !isOrdered) {
      throw invalidParam(2, `invalid reward percentile: ${JSON.stringify(percentile)}`);
    }
  });
  return value as number[];
}

/** What the transaction at each percentile of the block's gas, ordered by tip, paid above the base fee. */
function rewards({ services }: RpcContext, block: EthereumBlock, percentiles: readonly number[]): bigint[] {
  const { number, baseFeePerGas = 0n, gasUsed } = block.header;
  const paid = Array.from(loadReceipts(services.committed(), number), ({ receipt }) => ({
    tip: receipt.effectiveGasPrice - baseFeePerGas,
    gas: Number(receipt.gasUsed),
  }));
  if (paid.length === 0) return percentiles.map(() => 0n);
  paid.sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  let at = 0;
  let sum = paid[0]?.gas ?? 0;
  return percentiles.map((percentile) => {
    const threshold = (Number(gasUsed) * percentile) / 100;
    while (sum < threshold && at < paid.length - 1) sum += paid[++at]?.gas ?? 0;
    return paid[at]?.tip ?? 0n;
  });
}
