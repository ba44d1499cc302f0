/**
 * What the protocol itself does at the start of a block: it tells two contracts about the past, where the genesis
 * put them (EIP-4788: the beacon block root, always zero here; EIP-2935: the parent's hash). It costs nobody gas.
 */

import { isActive } from '@coco/evm';
import { fromHex } from '@coco/primitives';
import { ZERO_HASH } from './codec/keccak.js';
import type { Address, EvmEngine, ExecutionContext, Hash, StateChanges } from './types.js';

const SYSTEM_ADDRESS = address('fffffffffffffffffffffffffffffffffffffffe');
const BEACON_ROOTS = address('000f3df6d732807ef1319fb7b8bb8522d0beac02');
const HISTORY = address('0000f90827f1c53a10cb7a02335b175320002935');
const GAS = 30_000_000n;

function address(hex: string): Address {
  return fromHex(hex) as Address;
}

/** Runs the system calls of the block's fork; their changes go to `state`. */
export async function startOfBlock(
  engine: EvmEngine,
  context: ExecutionContext,
  parentHash: Hash,
  state: { apply(changes: StateChanges): void },
  parentBeaconBlockRoot: Hash = ZERO_HASH,
): Promise<void> {
  const { rules } = context;
  const calls: (readonly [Address, Hash])[] = [];
  if (isActive(rules, 'cancun')) calls.push([BEACON_ROOTS, parentBeaconBlockRoot]);
  if (isActive(rules, 'prague')) calls.push([HISTORY, parentHash]);
  for (const [to, data] of calls) {
    if (context.state.account(to)?.codeHash === undefined) continue;
    const message = { from: SYSTEM_ADDRESS, to, gasLimit: GAS, gasPrice: 0n, value: 0n, data };
    const outcome = await engine.call(message, context);
    if (outcome.outcome === 'executed' && outcome.execution.status === 1) state.apply(outcome.changes);
  }
}
