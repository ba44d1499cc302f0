export type { ReceiptVerdict } from '@coco/ledger';
export { createClient } from './client.js';
export {
  type CommandSignerOptions,
  commandSigner,
  type SigningCommand,
  signByCommand,
} from './commandSigner.js';
export type { ServerEvent } from './events.js';
export {
  ackPayload,
  apiVersion,
  completeRequest,
  type GovernanceRequest,
  type GovernanceRequestType,
  isId,
  type PreparedRequest,
  plainBallot,
  prepareRequest,
  proposalFault,
  readRequest,
  requestPath,
  scriptBallot,
  signRequest,
} from './governanceRequest.js';
export { isRecord } from './json-rpc.js';
export type { NodeCheck, NodeVerdict } from './nodeVerdict.js';
export { formatPrepared, parsePrepared } from './preparedFile.js';
export { verifyReceipt } from './receipt.js';
export { verifyReceiptFile } from './receiptFile.js';
export {
  type ExpectedReceipt,
  type ProvenReceipt,
  type ReceiptFinding,
  type ReceiptFormat,
  type RefusedReceipt,
  receiptBytesMax,
} from './receiptFinding.js';
export { createSession, type Session } from './session.js';
export {
  algorithmOf,
  type KeySignerOptions,
  keySigner,
  readCertificateChain,
  type SignatureAlgorithm,
  type Signer,
} from './signer.js';
export type * from './types.js';
export { type VerifyNodeOptions, verifyNode } from './verifyNode.js';
