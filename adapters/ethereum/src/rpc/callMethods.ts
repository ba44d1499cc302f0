/**
 * Methods that execute code without a transaction: eth_call, eth_estimateGas, eth_createAccessList. Nothing of it is
 * kept, and gas and time are limited whatever the client asks for.
 */
import { smaller } from '../codec/quantity.js';
import type { AccessListEntry, CallMessage, CallOutcome } from '../types.js';
import { createAccessRecorder } from './accessRecorder.js';
import { type CallRequest, parseCall } from './callParams.js';
import { type CallPlace, findCallPlace } from './callPlace.js';
import { chainOf, type Methods, type RpcContext, type RpcRequest } from './context.js';
import { invalidParam, serverError } from './errors.js';
import { estimateGas } from './estimateGas.js';
import { executionError } from './executionError.js';
import { formatData, formatQuantity } from './format.js';
import { formatAccessList } from './formatTransaction.js';
import { type BlockTag, parseBlock } from './params.js';
import { refusalError } from './refusalError.js';

/** State and block overrides are not supported. */
export const callMethods: Methods = {
  eth_call: {
    paramsMax: 4,
    run: async (context, params, request) => {
      const call = readCall(context, params, request, 'latest');
      const outcome = await call.execute(call.gasMax);
      if (outcome.outcome === 'refused') throw refusalError(outcome.refusal);
      if (outcome.execution.status === 0) throw executionError(outcome.execution);
      return formatData(outcome.execution.output);
    },
  },
  eth_estimateGas: {
    paramsMax: 4,
    run: async (context, params, request) => {
      const { execute, call, place, gasMax } = readCall(context, params, request, 'latest');
      const allowed = smaller(gasMax, context.settings.transactionGasMax);
      const target = call.to === undefined ? undefined : place.state.account(call.to);
      const isTransfer = call.to !== undefined && call.data.length === 0 && target?.codeHash === undefined;
      const gas = await estimateGas({ execute, gasMax: affordableGas(call, place, allowed), isTransfer });
      return formatQuantity(gas);
    },
  },
  eth_createAccessList: {
    paramsMax: 2,
    run: async (context, params, request) => createAccessList(readCall(context, params, request, 'latest')),
  },
};

/** A call that is ready to be executed with any gas limit. */
interface ReadyCall {
  readonly call: CallRequest;
  readonly place: CallPlace;
  /** What the client asked for, within our limits. */
  readonly gasMax: bigint;
  execute(gasLimit: bigint, changes?: Partial<CallMessage>, place?: CallPlace): Promise<CallOutcome>;
}

function readCall(
  context: RpcContext,
  params: readonly unknown[],
  request: RpcRequest,
  fallback: BlockTag,
): ReadyCall {
  const { calls, settings } = context;
  const call = parseCall(params[0], 0, chainOf(context).chainId);
  const selector = parseBlock(params[1], 1, fallback);
  refuseOverrides(params[2], 2);
  refuseOverrides(params[3], 3);
  const found = findCallPlace(context, selector);
  const gasPrice = priceOf(call, found.environment.baseFee);
  // As geth does: a call that pays nothing sees no base fee, which it could not pay.
  const environment = gasPrice === 0n ? { ...found.environment, baseFee: 0n } : found.environment;
  const place = { ...found, environment };
  const gasMax = call.gas === undefined || call.gas > settings.callGasMax ? settings.callGasMax : call.gas;
  const expired = (): boolean => performance.now() > request.deadlineMs;
  const execute: ReadyCall['execute'] = (gasLimit, changes = {}, { state, rules } = place) => {
    const { from, to, value, data, accessList, authorizationList } = call;
    const message = {
      from,
      ...(to === undefined ? {} : { to }),
      gasLimit,
      gasPrice,
      value,
      data,
      ...(accessList === undefined ? {} : { accessList }),
      ...(authorizationList === undefined ? {} : { authorizationList }),
      ...changes,
    };
    return calls.call(message, { state, environment, rules, expired });
  };
  return { call, place, gasMax, execute };
}

function refuseOverrides(value: unknown, index: number): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'object' && Object.keys(value).length === 0) return;
  throw invalidParam(index, 'state and block overrides are not supported');
}

function priceOf(call: CallRequest, baseFee: bigint): bigint {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas = 0n } = call;
  const cap = gasPrice ?? maxFeePerGas ?? baseFee + maxPriorityFeePerGas;
  if (gasPrice === undefined && maxFeePerGas === undefined && maxPriorityFeePerGas === 0n) return 0n;
  if (cap === 0n) return 0n;
  if (cap < baseFee) throw refusalError({ reason: 'feeCapTooLow', feeCap: cap, baseFee });
  const wanted = gasPrice ?? baseFee + maxPriorityFeePerGas;
  return smaller(wanted, cap);
}

/** No more gas than a block has, and than the caller can pay for. */
function affordableGas(call: CallRequest, { state, environment }: CallPlace, gasMax: bigint): bigint {
  const limit = smaller(environment.gasLimit, gasMax);
  const cap = call.gasPrice ?? call.maxFeePerGas ?? 0n;
  if (cap === 0n) return limit;
  const balance = state.account(call.from)?.balance ?? 0n;
  if (balance < call.value) throw serverError('insufficient funds for transfer');
  return smaller((balance - call.value) / cap, limit);
}

const ACCESS_ROUNDS_MAX = 8;

/** Executes until the list that a run was given is the list that it used: the list changes the gas. */
async function createAccessList({ call, place, gasMax, execute }: ReadyCall): Promise<unknown> {
  let given = call.accessList ?? [];
  for (let round = 1; ; round++) {
    const recorder = createAccessRecorder(place.state, given);
    const outcome = await execute(gasMax, { accessList: given }, { ...place, state: recorder.state });
    if (outcome.outcome === 'refused') throw refusalError(outcome.refusal);
    const { gasUsed, error, createdAddress } = outcome.execution;
    const used = recorder.accessList([call.from, place.environment.coinbase, call.to, createdAddress]);
    if (round < ACCESS_ROUNDS_MAX && countSlots(used) > countSlots(given)) {
      given = used;
      continue;
    }
    return {
      accessList: formatAccessList(used),
      ...(error === undefined ? {} : { error: error === 'revert' ? 'execution reverted' : error }),
      gasUsed: formatQuantity(gasUsed),
    };
  }
}

/** Lists only grow from run to run, so that counting is comparing. */
function countSlots(accessList: readonly AccessListEntry[]): number {
  return accessList.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0);
}
