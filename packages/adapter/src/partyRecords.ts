/**
 * Party-scoped records (CONF-5): rows of a private table that say themselves whom they are for. Every node stores them, sealed
 * as all private rows are; the worker decides who sees what, here. Who may not is answered as if there were nothing: a record
 * that is not for the caller and one that does not exist are the same. Nobody gets more for governing the network: a member
 * that is not a party is a stranger, unless the record's own policy lets members.
 *
 * The caller is that of the request (`AdapterRequest.caller`), as the manager authenticated it; only members and participants can
 * be let.
 */
import type { Reader, TableName, Transaction } from '@coco/kv';
import { assert } from '@coco/primitives';
import { decodePartyRecord, encodePartyRecord, type PartyPolicy, type PartyRule } from './partyRecordRow.js';
import type { Caller } from './types.js';

/** A record, for whom may read it. */
export interface PartyRecord {
  readonly key: Uint8Array;
  /** Belongs to the store: not to be written to. */
  readonly body: Uint8Array;
  /** Ids of the actors that it is for, ascending. */
  readonly parties: readonly string[];
}

/** A caller that is an actor. */
export interface ActorCaller {
  readonly kind: 'member' | 'participant';
  readonly id: string;
  /** Of the certificate beneath the actor's that was shown. */
  readonly subject?: string;
}

/** Whether the adapter's own code lets `caller`. It must be deterministic, and tell nobody what it saw. */
export type PartyPredicate = (caller: ActorCaller, record: PartyRecord) => boolean;

export interface PartyRecordsOptions {
  /** By the names that policies use. A rule whose predicate is not here lets nobody. */
  readonly predicates?: Readonly<Record<string, PartyPredicate>>;
}

/** Whom a record is for. */
export interface PartyAccess {
  readonly parties: readonly string[];
  /** What is absent is for the parties. */
  readonly policy?: Partial<PartyPolicy>;
}

/** Which keys to list; as in `RangeOptions`. */
export interface PartyRange {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly reverse?: boolean;
  /** The most records to give, of those that the caller may read. */
  readonly rowsMax?: number;
}

export interface PartyRecordsReader {
  /** The record, if it is there and `caller` may read it. */
  get(key: Uint8Array, caller: Caller): PartyRecord | undefined;
  /** Those that `caller` may read, in key order. What lies between them is passed over, which costs time all the same. */
  list(range: PartyRange, caller: Caller): readonly PartyRecord[];
}

export interface PartyRecords extends PartyRecordsReader {
  /**
   * Writes a record, whatever was there: that is the adapter's decision, not the caller's. Keys that callers choose should begin
   * with the caller's id, or two that choose the same would learn of each other. COCO_ADAPTER_PARTIES.
   */
  put(key: Uint8Array, body: Uint8Array, access: PartyAccess): void;
  /** Makes it for these as well; false when it is not there, or `caller` may not. COCO_ADAPTER_PARTIES. */
  addParties(key: Uint8Array, parties: readonly string[], caller: Caller): boolean;
  /** False when it is not there, or `caller` may not. What the ledger has of it stays there, sealed. */
  remove(key: Uint8Array, caller: Caller): boolean;
}

/** The records in `table`, which must be private, as `transaction` sees them. */
export function partyRecords(
  transaction: Transaction,
  table: TableName,
  options: PartyRecordsOptions = {},
): PartyRecords {
  const changeable = (key: Uint8Array, right: 'share' | 'remove', caller: Caller) => {
    const found = recordAt(transaction, table, key);
    return found !== undefined && lets(found, found.policy[right], caller, options) ? found : undefined;
  };
  return {
    ...partyRecordsReader(transaction, table, options),
    put(key, body, { parties, policy = {} }) {
      const whole = { ...forParties, ...policy };
      transaction.put(table, key, encodePartyRecord({ parties, policy: whole, body }));
    },
    addParties(key, parties, caller) {
      const found = changeable(key, 'share', caller);
      if (found === undefined) return false;
      transaction.put(table, key, encodePartyRecord({ ...found, parties: [...found.parties, ...parties] }));
      return true;
    },
    remove(key, caller) {
      const found = changeable(key, 'remove', caller);
      if (found !== undefined) transaction.remove(table, key);
      return found !== undefined;
    },
  };
}

/** The same, to read only: of what is committed, for example. */
export function partyRecordsReader(
  reader: Reader,
  table: TableName,
  options: PartyRecordsOptions = {},
): PartyRecordsReader {
  assert(!table.startsWith('public:'), 'party-scoped records are in a private table');
  const readable = (found: Found | undefined, caller: Caller): PartyRecord | undefined => {
    if (found === undefined || !lets(found, found.policy.read, caller, options)) return undefined;
    const { key, body, parties } = found;
    return { key, body, parties };
  };
  return {
    get: (key, caller) => readable(recordAt(reader, table, key), caller),
    list({ rowsMax = Number.POSITIVE_INFINITY, ...range }, caller) {
      const records: PartyRecord[] = [];
      for (const { key, value } of reader.range(table, range)) {
        if (records.length >= rowsMax) break;
        const record = readable(recordOf(key, value), caller);
        if (record !== undefined) records.push(record);
      }
      return records;
    },
  };
}

const forParties: PartyPolicy = { read: ['party'], share: ['party'], remove: ['party'] };

type Found = PartyRecord & { readonly policy: PartyPolicy };

function recordAt(reader: Reader, table: TableName, key: Uint8Array): Found | undefined {
  const row = reader.get(table, key);
  return row === undefined ? undefined : recordOf(key, row);
}

function recordOf(key: Uint8Array, row: Uint8Array): Found | undefined {
  const decoded = decodePartyRecord(row);
  return decoded === undefined ? undefined : { key, ...decoded };
}

function lets(
  { key, body, parties }: Found,
  rules: readonly PartyRule[],
  caller: Caller,
  { predicates = {} }: PartyRecordsOptions,
): boolean {
  if (!isActor(caller)) return false;
  return rules.some((rule) => {
    if (rule === 'party') return parties.includes(caller.id);
    if (typeof rule === 'string') return rule === caller.kind;
    const predicate = Object.hasOwn(predicates, rule.predicate) ? predicates[rule.predicate] : undefined;
    return predicate?.(caller, { key, body, parties }) === true;
  });
}

function isActor(caller: Caller): caller is Caller & ActorCaller {
  return caller.kind === 'member' || caller.kind === 'participant';
}
