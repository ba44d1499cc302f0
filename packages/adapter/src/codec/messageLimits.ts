/**
 * How large the parts of a boundary message may be, in bytes. Each is at least what the rooms on both sides let through, so
 * that only a bug or a worker that was taken over ever meets it.
 */
export interface MessageLimits {
  /** The body of a request: what the strictest door lets in at most. */
  readonly requestBytesMax: number;
  /** The body of an answer. */
  readonly responseBytesMax: number;
  /** One domain of an entry: the most that an entry may have. */
  readonly mapsBytesMax: number;
  /** A part of a snapshot, which is no smaller than its largest row. */
  readonly tablesBytesMax: number;
  /** The genesis of all adapters, as JSON. */
  readonly genesisBytesMax: number;
  /** Paths, queries, headers, names. */
  readonly textBytesMax: number;
  /** What is said for the log. */
  readonly reasonBytesMax: number;
  readonly headersMax: number;
}

export const messageLimits: MessageLimits = {
  requestBytesMax: 2 ** 28,
  responseBytesMax: 2 ** 26,
  mapsBytesMax: 2 ** 26,
  tablesBytesMax: 2 ** 26,
  genesisBytesMax: 2 ** 28,
  textBytesMax: 2 ** 16,
  reasonBytesMax: 4096,
  headersMax: 1000,
};

/** So many differing rows are named, with so much of each key. */
export const differingRowsMax = 16;
export const differingKeyBytesMax = 128;

/** No message to the worker is longer. */
export const toWorkerBytesMax = 2 ** 28 + 2 ** 22;
/** No message from the worker is longer. */
export const fromWorkerBytesMax = 2 ** 27 + 2 ** 22;
