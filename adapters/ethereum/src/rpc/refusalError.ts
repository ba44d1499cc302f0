/**
 * Why a transaction is not accepted, as an error of JSON-RPC: geth's sentence under geth's code, which is what
 * wallets and libraries recognise.
 */
import { refusalText } from '../refusal.js';
import type { Refusal } from '../types.js';
import { type RpcError, serverError } from './errors.js';

/** The error that tells `refusal` to a client. */
export function refusalError(refusal: Refusal): RpcError {
  return serverError(refusalText(refusal));
}
