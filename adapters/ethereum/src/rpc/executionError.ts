/**
 * How code that failed is told to a client: the data of a revert under geth's code 3, where viem and ethers look for
 * it, with the reason in the message for humans.
 */
import { fromUtf8 } from '@coco/primitives';
import { unsignedValue } from '../codec/quantity.js';
import type { Execution } from '../types.js';
import { RPC_CODES, RpcError, serverError } from './errors.js';
import { formatData } from './format.js';

/** The error that an unsuccessful `execution` is answered with. */
export function executionError(execution: Execution): RpcError {
  if (execution.error !== 'revert') return serverError(execution.error ?? 'execution failed');
  const reason = revertReason(execution.output);
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
  return new RpcError(RPC_CODES.reverted, message, formatData(execution.output));
}

/** Solidity's panic codes, in geth's words. */
const PANICS: Readonly<Record<string, string>> = {
  '0': 'generic panic',
  '1': 'assert(false)',
  '17': 'arithmetic underflow or overflow',
  '18': 'division or modulo by zero',
  '33': 'enum overflow',
  '34': 'invalid encoded storage byte array accessed',
  '49': 'out-of-bounds array access; popping on an empty array',
  '50': 'out-of-bounds access of an array or bytesN',
  '65': 'out of memory',
  '81': 'uninitialized function',
};

/** The reason in `Error(string)` or `Panic(uint256)` (Solidity ABI), if `output` is one of them. */
export function revertReason(output: Uint8Array): string | undefined {
  const selector = formatData(output.subarray(0, 4));
  if (selector === '0x08c379a0') return abiString(output.subarray(4));
  if (selector !== '0x4e487b71' || output.length < 36) return undefined;
  const code = unsignedValue(output.subarray(4, 36));
  return PANICS[code.toString()] ?? `unknown panic code: 0x${code.toString(16)}`;
}

/** A single ABI-encoded string: offset 32, length, bytes. */
function abiString(data: Uint8Array): string | undefined {
  if (data.length < 64 || unsignedValue(data.subarray(0, 32)) !== 32n) return undefined;
  const length = unsignedValue(data.subarray(32, 64));
  if (length > BigInt(data.length - 64)) return undefined;
  return fromUtf8(data.subarray(64, 64 + Number(length)));
}
