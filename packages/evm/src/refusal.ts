/**
 * Why transactions may not be executed: an expected outcome, and its sentence in the words of geth, on which popular
 * clients match.
 */
import { assertNever, toHex } from '@coco/primitives';
import type { Address } from './types.js';

/**
 * Why a transaction cannot be executed in the state it met (nothing changed). `refusalText`
 * gives the sentence.
 */
export type Refusal =
  | {
      readonly reason: 'nonceTooLow';
      readonly address: Address;
      readonly expected: bigint;
      readonly got: bigint;
    }
  | {
      readonly reason: 'nonceTooHigh';
      readonly address: Address;
      readonly expected: bigint;
      readonly got: bigint;
    }
  /** EIP-2681. */
  | { readonly reason: 'nonceMax'; readonly address: Address }
  | {
      readonly reason: 'insufficientFunds';
      readonly address: Address;
      readonly balance: bigint;
      readonly needed: bigint;
    }
  | { readonly reason: 'intrinsicGasTooLow'; readonly gasLimit: bigint; readonly needed: bigint }
  /** EIP-7623. */
  | { readonly reason: 'floorGasTooLow'; readonly gasLimit: bigint; readonly needed: bigint }
  /** More gas than a whole block may use. */
  | { readonly reason: 'exceedsBlockGasLimit'; readonly gasLimit: bigint; readonly max: bigint }
  /** More gas than one transaction may ask for (EIP-7825). */
  | { readonly reason: 'exceedsTransactionGasLimit'; readonly gasLimit: bigint; readonly max: bigint }
  /** EIP-3860. */
  | { readonly reason: 'initcodeTooLarge'; readonly size: number; readonly max: number }
  | { readonly reason: 'feeCapTooLow'; readonly feeCap: bigint; readonly baseFee: bigint }
  | { readonly reason: 'tipAboveFeeCap'; readonly tip: bigint; readonly feeCap: bigint }
  /** EIP-3607: the sender has code. */
  | { readonly reason: 'senderHasCode'; readonly address: Address }
  | { readonly reason: 'wrongChainId'; readonly got: bigint; readonly expected: bigint }
  /** Before the fork that brought this type. */
  | { readonly reason: 'typeNotSupported'; readonly type: number }
  | { readonly reason: 'blobFeeCapTooLow'; readonly feeCap: bigint; readonly blobBaseFee: bigint }
  | { readonly reason: 'badBlobs' }
  /** EIP-7702. */
  | { readonly reason: 'emptyAuthorizationList' }
  /** `expired` said so, whatever its gas. */
  | { readonly reason: 'timeout' };

/** What to tell the sender. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'nonceTooLow':
      return `nonce too low: next nonce ${refusal.expected}, tx nonce ${refusal.got}`;
    case 'nonceTooHigh':
      return `nonce too high: address ${hex(refusal.address)}, tx: ${refusal.got} state: ${refusal.expected}`;
    case 'nonceMax':
      return `nonce has max value: address ${hex(refusal.address)}`;
    case 'insufficientFunds':
      return (
        'insufficient funds for gas * price + value: ' +
        `address ${hex(refusal.address)} have ${refusal.balance} want ${refusal.needed}`
      );
    case 'intrinsicGasTooLow':
      return `intrinsic gas too low: have ${refusal.gasLimit}, want ${refusal.needed}`;
    case 'floorGasTooLow':
      return `insufficient gas for floor data gas cost: have ${refusal.gasLimit}, want ${refusal.needed}`;
    case 'exceedsBlockGasLimit':
      return `exceeds block gas limit: have ${refusal.gasLimit}, max ${refusal.max}`;
    case 'exceedsTransactionGasLimit':
      return `transaction gas limit too high (cap: ${refusal.max}, tx: ${refusal.gasLimit})`;
    case 'initcodeTooLarge':
      return `max initcode size exceeded: code size ${refusal.size}, limit ${refusal.max}`;
    case 'feeCapTooLow':
      return `max fee per gas less than block base fee: maxFeePerGas: ${refusal.feeCap}, baseFee: ${refusal.baseFee}`;
    case 'tipAboveFeeCap':
      return (
        'max priority fee per gas higher than max fee per gas: ' +
        `maxPriorityFeePerGas: ${refusal.tip}, maxFeePerGas: ${refusal.feeCap}`
      );
    case 'senderHasCode':
      return `sender not an eoa: address ${hex(refusal.address)}`;
    case 'wrongChainId':
      return `invalid sender: invalid chain id for signer: have ${refusal.got} want ${refusal.expected}`;
    case 'typeNotSupported':
      return 'transaction type not supported';
    case 'blobFeeCapTooLow':
      return (
        'max fee per blob gas less than block blob gas fee: ' +
        `maxFeePerBlobGas: ${refusal.feeCap}, blobBaseFee: ${refusal.blobBaseFee}`
      );
    case 'badBlobs':
      return 'blob transaction with missing, too many or malformed blob hashes';
    case 'emptyAuthorizationList':
      return 'EIP-7702 transaction with empty auth list';
    case 'timeout':
      return 'execution aborted (timeout)';
    default:
      return assertNever(refusal, 'refusal');
  }
}

function hex(address: Address): string {
  return `0x${toHex(address)}`;
}
