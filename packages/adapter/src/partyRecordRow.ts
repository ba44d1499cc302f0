/**
 * A party-scoped record as it stands in a row of a private table (CONF-5), which the ledger seals like every private row:
 * whom it is for, what decides who may do what, and the body.
 *
 *     row    = u8 version (1) | u8 n | party[32]*n | rules read | rules share | rules remove | body
 *     rules  = u8 n | rule*n
 *     rule   = u8 kind (0 party, 1 member, 2 participant, 3 predicate), and of a predicate u8 length | name (ASCII)
 *
 * Parties ascend, each once. A row that is not exactly so is nobody's.
 */
import { ByteReader, ByteWriter, CocoError, fromHex, fromUtf8, toHex, utf8 } from '@coco/primitives';

/**
 * Whom a rule lets: the parties of the record, every member, every participant, or whom a predicate of the adapter's own code
 * lets (see `PartyPredicate`).
 */
export type PartyRule = 'party' | 'member' | 'participant' | { readonly predicate: string };

/** Who may do what with a record: whoever one of the rules lets. No rule lets nobody. */
export interface PartyPolicy {
  readonly read: readonly PartyRule[];
  /** Add parties. */
  readonly share: readonly PartyRule[];
  readonly remove: readonly PartyRule[];
}

export interface PartyRecordRow {
  /** Ids of members and participants: 64 lower-case hex digits. */
  readonly parties: readonly string[];
  readonly policy: PartyPolicy;
  readonly body: Uint8Array;
}

export const partiesMax = 64;
export const recordBodyBytesMax = 4 * 2 ** 20;

const rulesMax = 16;
const version = 1;
const idBytes = 32;
const kinds = ['party', 'member', 'participant'] as const;
const predicateKind = kinds.length;
const predicatePattern = /^[\x21-\x7e]{1,64}$/;

/** Throws COCO_ADAPTER_PARTIES when there are no parties, too many, or what is no id of one; or rules or body are over a limit. */
export function encodePartyRecord({ parties, policy, body }: PartyRecordRow): Uint8Array {
  const ids = [...new Set(parties)].toSorted();
  if (ids.length === 0 || ids.length > partiesMax) throw refused(`a record has 1 to ${partiesMax} parties`);
  if (body.length > recordBodyBytesMax) throw refused(`a record has at most ${recordBodyBytesMax} bytes`);
  const writer = new ByteWriter(body.length + 64 + idBytes * ids.length).u8(version).u8(ids.length);
  for (const id of ids) writer.raw(idOf(id));
  for (const rules of [policy.read, policy.share, policy.remove]) encodeRules(writer, rules);
  return writer.raw(body).finish();
}

function encodeRules(writer: ByteWriter, rules: readonly PartyRule[]): void {
  if (rules.length > rulesMax) throw refused(`a policy has at most ${rulesMax} rules of a kind`);
  writer.u8(rules.length);
  for (const rule of rules) {
    if (typeof rule === 'string') {
      writer.u8(kinds.indexOf(rule));
      continue;
    }
    if (!predicatePattern.test(rule.predicate)) throw refused('the name of a predicate has 1 to 64 letters');
    writer.u8(predicateKind).u8(rule.predicate.length).raw(utf8(rule.predicate));
  }
}

function idOf(id: string): Uint8Array {
  const bytes = /^[0-9a-f]{64}$/.test(id) ? fromHex(id) : undefined;
  if (bytes === undefined) throw refused('a party is named by its id, 64 lower-case hex digits');
  return bytes;
}

/** The record, whose body shares the memory of `row`; undefined when it is none. */
export function decodePartyRecord(row: Uint8Array): PartyRecordRow | undefined {
  try {
    return decode(new ByteReader(row));
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

function decode(reader: ByteReader): PartyRecordRow | undefined {
  if (reader.u8() !== version) return undefined;
  const count = reader.u8();
  if (count === 0 || count > partiesMax) return undefined;
  const parties = Array.from({ length: count }, () => toHex(reader.take(idBytes)));
  if (parties.some((id, at) => at > 0 && id <= (parties[at - 1] ?? ''))) return undefined;
  const [read, share, remove] = [decodeRules(reader), decodeRules(reader), decodeRules(reader)];
  if (read === undefined || share === undefined || remove === undefined) return undefined;
  const body = reader.take(reader.remaining);
  return body.length > recordBodyBytesMax ? undefined : { parties, policy: { read, share, remove }, body };
}

function decodeRules(reader: ByteReader): readonly PartyRule[] | undefined {
  const count = reader.u8();
  if (count > rulesMax) return undefined;
  const rules: PartyRule[] = [];
  for (let left = count; left > 0; left--) {
    const kind = reader.u8();
    const plain = kinds[kind];
    if (plain !== undefined) {
      rules.push(plain);
      continue;
    }
    const name = kind === predicateKind ? fromUtf8(reader.take(reader.u8())) : undefined;
    if (name === undefined || !predicatePattern.test(name)) return undefined;
    rules.push({ predicate: name });
  }
  return rules;
}

function refused(sentence: string): CocoError {
  return new CocoError('COCO_ADAPTER_PARTIES', sentence);
}
