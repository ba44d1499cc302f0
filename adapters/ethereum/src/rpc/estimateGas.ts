/**
 * How much gas a call needs: geth's search (eth/gasestimator). What a call used is not what it needs, as refunds are
 * given afterwards and a call passes on only 63/64 of its gas; so it is executed with less and less until it fails.
 */
import type { CallOutcome } from '../types.js';
import { serverError } from './errors.js';
import { executionError } from './executionError.js';
import { refusalError } from './refusalError.js';

/** What to estimate. */
export interface GasEstimation {
  /** Executes the call with this gas limit. */
  execute(gasLimit: bigint): Promise<CallOutcome>;
  /** The most gas that it may have. */
  readonly gasMax: bigint;
  /** A transfer of value to an account without code: costs exactly `TRANSFER_GAS`. */
  readonly isTransfer: boolean;
}

/** Gas of a transaction that does nothing (yellow paper, G_transaction). */
export const TRANSFER_GAS = 21_000n;
/** Gas that a call with value gives its callee (yellow paper, G_callstipend). */
const CALL_STIPEND = 2_300n;

/** The least gas limit found, at most 1.5 % too high; throws the RpcError of a call that cannot succeed. */
export async function estimateGas(estimation: GasEstimation): Promise<bigint> {
  const { execute, gasMax } = estimation;
  if (estimation.isTransfer && gasMax >= TRANSFER_GAS && succeeded(await execute(TRANSFER_GAS))) {
    return TRANSFER_GAS;
  }
  const most = await execute(gasMax);
  if (most.outcome === 'refused') throw refusalOf(most.refusal, gasMax);
  const { execution } = most;
  if (execution.status === 0) {
    if (execution.error === 'out of gas') throw exceedsAllowance(gasMax);
    throw executionError(execution);
  }
  let high = gasMax;
  let low = execution.gasUsed - 1n;
  const likely = ((execution.gasUsed + CALL_STIPEND) * 64n) / 63n;
  if (likely < high) {
    if (succeeded(await execute(likely))) high = likely;
    else low = likely;
  }
  while (low + 1n < high && (high - low) * 1000n > high * 15n) {
    const half = (high + low) / 2n;
    const middle = half > low * 2n ? low * 2n : half;
    if (succeeded(await execute(middle))) high = middle;
    else low = middle;
  }
  return high;
}

function succeeded(outcome: CallOutcome): boolean {
  if (outcome.outcome === 'executed') return outcome.execution.status === 1;
  const { reason } = outcome.refusal;
  if (reason === 'intrinsicGasTooLow' || reason === 'floorGasTooLow') return false;
  throw refusalError(outcome.refusal);
}

function refusalOf(refusal: Extract<CallOutcome, { outcome: 'refused' }>['refusal'], gasMax: bigint): Error {
  const { reason } = refusal;
  return reason === 'intrinsicGasTooLow' || reason === 'floorGasTooLow'
    ? exceedsAllowance(gasMax)
    : refusalError(refusal);
}

function exceedsAllowance(gasMax: bigint): Error {
  return serverError(`gas required exceeds allowance (${gasMax})`);
}
