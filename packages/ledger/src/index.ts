export { nextConfiguration } from './configuration.js';
export { type DescribeOptions, describeEntry } from './describe.js';
export { createLedger, type LedgerStart } from './ledger.js';
export { type DecodeMapsOptions, decodeMaps, encodeMaps, splitDomains } from './maps.js';
export { type CoseReceiptVerdict, verifyCoseReceipt } from './receipt-cose.js';
export { type ReceiptVerdict, verifyReceipt } from './receipt-verify.js';
export type * from './types.js';
