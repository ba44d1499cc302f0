/**
 * Why transactions are refused: what the EVM says, and what only a node that keeps blocks can know; and the sentences
 * of it in the words of geth, on which popular clients match.
 */
import { type Refusal as EvmRefusal, refusalText as evmRefusalText, type Hash } from '@coco/evm';

/**
 * Why a transaction cannot be executed in the state it met (nothing changed). `refusalText`
 * gives the sentence.
 */
export type Refusal =
  | EvmRefusal
  /** Pre-EIP-155, and a setting forbids that. */
  | { readonly reason: 'unprotected' }
  /** This very transaction is in a block already. */
  | { readonly reason: 'alreadyKnown'; readonly hash: Hash }
  /** The engine failed over it in a way that it should not have. */
  | { readonly reason: 'engineFailure'; readonly message: string };

/** What to tell the sender. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'unprotected':
      return 'only replay-protected (EIP-155) transactions allowed over RPC';
    case 'alreadyKnown':
      return 'already known';
    case 'engineFailure':
      return 'execution failed';
    default:
      return evmRefusalText(refusal);
  }
}
