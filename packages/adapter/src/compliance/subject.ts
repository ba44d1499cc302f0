/**
 * What an adapter brings to its examination: itself, and samples of its protocol.
 */
import type { Adapter, AdapterRequest, Caller } from '../types.js';

/** A fresh adapter with samples. Given the same context, the samples must execute the same way each time. */
export interface ComplianceSubject<Item, Result> {
  readonly adapter: Adapter<Item, Result>;
  /** The adapter's part of a network's genesis. */
  readonly genesis: unknown;
  /** Three or more items that each change the state, valid in this order after the genesis. */
  readonly items: readonly Item[];
  /** Items that cannot be executed, wherever in a batch they stand: they have a result, and change nothing. */
  readonly failing: readonly Item[];
  /** A request that submits at least one item and changes the state; valid after the genesis. */
  readonly write: AdapterRequest;
  /** A request that reads committed state; its answer is another one once `items` are committed. */
  readonly read: AdapterRequest;
  /** Of an adapter that keeps records for some actors only (CONF-5). */
  readonly confidential?: ConfidentialSamples;
  /** Frees what the adapter holds. */
  close?(): Promise<void>;
}

/** A record that is for some actors only. */
export interface ConfidentialSamples {
  /** Makes it; valid after the genesis. */
  readonly write: AdapterRequest;
  /** One of those that it is for. */
  readonly party: Caller;
  /** Reads it, whoever calls. */
  readonly read: Omit<AdapterRequest, 'caller'>;
  /** The same for one that there is not. */
  readonly readMissing: Omit<AdapterRequest, 'caller'>;
  /** Text that is in the record, and in nothing else. */
  readonly contents: string;
}

/** Makes a fresh subject for each check. */
export type MakeSubject<Item, Result> = () =>
  | ComplianceSubject<Item, Result>
  | Promise<ComplianceSubject<Item, Result>>;
