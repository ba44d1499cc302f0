/**
 * Everything about a transaction that can be refused before its sender is known and whatever the sender's account
 * says: cheap checks first, so that nobody makes the node recover signatures of nonsense.
 */
import type { AdapterServices } from '@coco/adapter';
import { forkRules, precheck } from '@coco/evm';
import { readChainConfig, readHead, readHeadNumber } from '../chain.js';
import { ZERO_ADDRESS, ZERO_HASH } from '../codec/keccak.js';
import { nextEnvironment } from '../environment.js';
import { admit } from '../settings.js';
import type {
  BlockEnvironment,
  EthereumItem,
  EthereumResult,
  EthereumSettings,
  EthereumTransaction,
  ForkRules,
  Refusal,
} from '../types.js';

/** Why this transaction can never be executed here, or undefined. */
export type Validator = (transaction: EthereumTransaction) => Refusal | undefined;

interface NextBlock {
  readonly parent: number;
  readonly second: number;
  readonly environment: BlockEnvironment;
  readonly rules: ForkRules;
}

/** A validator against the rules of the next block, which are worked out once per block and second. */
export function createValidator(
  services: AdapterServices<EthereumItem, EthereumResult>,
  settings: EthereumSettings,
): Validator {
  let next: NextBlock | undefined;
  return (transaction) => {
    const reader = services.head();
    const parent = readHeadNumber(reader) ?? -1;
    const nowMs = services.nowMs();
    const second = Math.floor(nowMs / 1000);
    if (next === undefined || next.parent !== parent || next.second !== second) {
      const chain = readChainConfig(reader);
      const environment = nextEnvironment(chain, readHead(reader).header, nowMs, ZERO_HASH);
      const rules = forkRules(chain, environment.number, environment.timestamp);
      next = { parent, second, environment, rules };
    }
    const { environment, rules } = next;
    return admit(transaction, settings) ?? checkAlone(transaction, environment, rules);
  };
}

const RICH = 2n ** 600n;

/** The checks of execution, as if it were the transaction's turn and its sender could pay for anything. */
function checkAlone(
  transaction: EthereumTransaction,
  environment: BlockEnvironment,
  rules: ForkRules,
): Refusal | undefined {
  const item = { transaction, sender: ZERO_ADDRESS };
  const account = { nonce: transaction.nonce, balance: RICH };
  const code = (): Uint8Array => new Uint8Array(0);
  return precheck(item, { account, code }, environment, rules);
}
