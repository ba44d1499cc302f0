/**
 * Limits and choices of the JSON-RPC door: what a stranger may make the node hold, read or run with one request.
 */

/** Every limit is inclusive: a value equal to it is still allowed. */
export interface RpcSettings {
  /** The most bytes of a request's body. */
  readonly bodyBytesMax: number;
  /** The deepest nesting of arrays and objects in a request, before it is parsed. */
  readonly jsonDepthMax: number;
  /** The most calls in one batch. */
  readonly batchCallsMax: number;
  /** The most characters of a request's id as it stands in the body. */
  readonly idCharsMax: number;
  /** The most characters of all results of one request together. */
  readonly responseCharsMax: number;

  /** The most transactions in the pool, waiting and submitted together. */
  readonly poolItemsMax: number;
  /** The most transactions of one sender in the pool. */
  readonly poolPerSenderMax: number;
  /** How far a nonce may be ahead of the next one that can execute. */
  readonly nonceGapMax: number;
  /** How many blocks a transaction may wait behind a missing nonce before it is dropped. */
  readonly waitingBlocksMax: number;
  /** By how many percent both fees must rise to replace a waiting transaction of the same nonce. */
  readonly replacementPercent: number;
  /** Answer a send as soon as it is accepted, as `prefer: respond-async` asks for. Default: once it is committed. */
  readonly respondAsync: boolean;
  /** The longest that a send waits for the commit; then the answer is an error with code 4 (EIP-7966). */
  readonly commitWaitMs: number;
  /** The longest that a send waits for the nonces before its own; then it answers with the hash. */
  readonly gapWaitMs: number;

  /** The longest range of blocks of one query for logs. */
  readonly logsBlocksMax: number;
  /** The most logs in one answer. */
  readonly logsResultsMax: number;
  /** The most addresses of one log filter. */
  readonly logsAddressesMax: number;
  /** The most alternatives in one topic position of a log filter. */
  readonly logsTopicsMax: number;
  /** The most filters that are installed at the same time. */
  readonly filtersMax: number;
  /** A filter that nobody asked for during so many blocks is removed. */
  readonly filterIdleBlocksMax: number;
  /** How many hashes of recently accepted transactions are remembered for pending-transaction filters. */
  readonly pendingHashesMax: number;

  /** The longest that all calls (eth_call and the like) of one request may execute; blocks wait meanwhile. */
  readonly callMsMax: number;
  /** Calls that may wait for the engine. */
  readonly callsWaitingMax: number;
  /** The most blocks of one eth_feeHistory. */
  readonly feeHistoryBlocksMax: number;
  /** The most blocks of one eth_feeHistory with percentiles, for which receipts are read. */
  readonly feeHistoryRewardBlocksMax: number;
  /** The most percentiles of one eth_feeHistory. */
  readonly feeHistoryPercentilesMax: number;
  /** For how many recent blocks the ledger's transaction id is remembered. */
  readonly recentBlocksMax: number;
}

/** Limits that geth's defaults suggest where it has one. */
export const defaultRpcSettings: RpcSettings = {
  bodyBytesMax: 5 * 1024 * 1024,
  jsonDepthMax: 32,
  batchCallsMax: 1_000,
  idCharsMax: 256,
  responseCharsMax: 25_000_000,

  poolItemsMax: 50_000,
  poolPerSenderMax: 4_096,
  nonceGapMax: 1_024,
  waitingBlocksMax: 10_000,
  replacementPercent: 10,
  respondAsync: false,
  commitWaitMs: 8_000,
  gapWaitMs: 2_000,

  logsBlocksMax: 10_000,
  logsResultsMax: 10_000,
  logsAddressesMax: 1_000,
  logsTopicsMax: 1_000,
  filtersMax: 10_000,
  filterIdleBlocksMax: 100_000,
  pendingHashesMax: 10_000,

  callMsMax: 1_000,
  callsWaitingMax: 1_000,
  feeHistoryBlocksMax: 1_024,
  feeHistoryRewardBlocksMax: 128,
  feeHistoryPercentilesMax: 100,
  recentBlocksMax: 100_000,
};
