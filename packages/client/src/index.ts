export type { ReceiptVerdict } from '@coco/ledger';
export { createClient } from './client.js';
export { verifyReceipt } from './receipt.js';
export type * from './types.js';
