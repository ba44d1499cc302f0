/**
 * State, block and rules that a call is executed with. A call at "latest" runs as if it were one more transaction of
 * the newest block, as geth does; at "pending", as if it were in the next.
 */

import { forkRules } from '@coco/evm';
import { BlockState } from '../blockState.js';
import { readHead } from '../chain.js';
import { ZERO_HASH } from '../codec/keccak.js';
import { environmentOf, nextEnvironment } from '../environment.js';
import type { BlockEnvironment, ForkRules, StateReader } from '../types.js';
import { chainOf, type RpcContext } from './context.js';
import type { BlockSelector } from './params.js';
import { findVersion } from './versions.js';

/** Everything about a call but the call. */
export interface CallPlace {
  readonly state: StateReader;
  readonly environment: BlockEnvironment;
  readonly rules: ForkRules;
}

/** Where to execute a call at the block that `selector` names; throws RpcError when that cannot be. */
export function findCallPlace(context: RpcContext, selector: BlockSelector): CallPlace {
  const { services, codes } = context;
  const chain = chainOf(context);
  const reader = findVersion(services, selector);
  const { header } = readHead(reader);
  const isPending = selector.kind === 'tag' && selector.tag === 'pending';
  const environment = isPending
    ? nextEnvironment(chain, header, services.nowMs(), ZERO_HASH)
    : environmentOf(header);
  const rules = forkRules(chain, environment.number, environment.timestamp);
  return { state: new BlockState(reader, codes), environment, rules };
}
