/**
 * Sentences for refusals, in the words of geth: popular clients match on them.
 */
import { assertNever, toHex } from '@coco/primitives';
import type { Address, Refusal } from './types.js';

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
    case 'unprotected':
      return 'only replay-protected (EIP-155) transactions allowed over RPC';
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
    case 'alreadyKnown':
      return 'already known';
    case 'timeout':
      return 'execution aborted (timeout)';
    case 'engineFailure':
      return 'execution failed';
    default:
      return assertNever(refusal, 'refusal');
  }
}

function hex(address: Address): string {
  return `0x${toHex(address)}`;
}
