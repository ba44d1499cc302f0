/**
 * All methods by name, and which of them only the primary can answer.
 */
import { accountMethods } from './accountMethods.js';
import { blockMethods } from './blockMethods.js';
import { callMethods } from './callMethods.js';
import { cocoMethods } from './cocoMethods.js';
import type { Method } from './context.js';
import type { Call } from './envelope.js';
import { feeMethods } from './feeMethods.js';
import { filterMethods } from './filterMethods.js';
import { logMethods } from './logMethods.js';
import { nodeMethods } from './nodeMethods.js';
import { transactionMethods } from './transactionMethods.js';

/** Every method except `SEND_METHOD`. */
export const rpcMethods: ReadonlyMap<string, Method> = new Map(
  [
    nodeMethods,
    accountMethods,
    blockMethods,
    transactionMethods,
    callMethods,
    feeMethods,
    logMethods,
    filterMethods,
    cocoMethods,
  ].flatMap((methods) => Object.entries(methods)),
);

/** The one method that changes anything. */
export const SEND_METHOD = 'eth_sendRawTransaction';

/** Sends, and what only the pool and the memory of the executing node can tell. */
export function needsPrimary({ method, params }: Call & { kind: 'call' }): boolean {
  if (method === SEND_METHOD || method === 'coco_getTransactionId') return true;
  return method === 'eth_getTransactionCount' && params[1] === 'pending';
}
