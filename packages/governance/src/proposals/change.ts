/**
 * One row that a proposal changes, as data and as a sentence for people.
 */
import { parseCertificate } from '@coco/crypto';
import { singletonKey } from '@coco/ledger';
import { equalBytes, fromUtf8, toBase64, toHex } from '@coco/primitives';
import { isJsonObject, type JsonObject, parseJson, textOf } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { parseVotingPolicy, policySentence } from '../votingPolicy.js';

export interface RowChange {
  readonly table: string;
  /** Text; empty in a table of one row; "0x…" when it is not text. */
  readonly key: string;
  /** JSON, else text, else {"base64"}; null when there is no row. */
  readonly before: unknown;
  readonly after: unknown;
  readonly sentence: string;
}

/** A row as bytes. */
export interface RowBytes {
  readonly table: string;
  readonly key: Uint8Array;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/** The change of a row; undefined when it stays as it is. */
export function rowChange({ table, key, before, after }: RowBytes): RowChange | undefined {
  const same = before === undefined || after === undefined ? before === after : equalBytes(before, after);
  if (same) return undefined;
  const change = { table, key: keyText(key), before: shown(before), after: shown(after) };
  return { ...change, sentence: sentenceOf(change) };
}

function keyText(key: Uint8Array): string {
  if (equalBytes(key, singletonKey)) return '';
  return fromUtf8(key) ?? `0x${toHex(key)}`;
}

function shown(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return null;
  const text = fromUtf8(bytes);
  if (text === undefined) return { base64: toBase64(bytes) };
  return parseJson(bytes) ?? text;
}

type Change = Omit<RowChange, 'sentence'>;

function sentenceOf(change: Change): string {
  const special = Object.hasOwn(sentences, change.table) ? sentences[change.table] : undefined;
  return special?.(change) ?? plainSentence(change);
}

function plainSentence({ table, key, before, after }: Change): string {
  const name = table.replace(/^public:(ccf\.gov\.|ccf\.internal\.|coco\.)?/, '').replaceAll(/[._]/g, ' ');
  const row = key === '' ? name : `${name} "${short(key)}"`;
  if (before === null) return `Adds ${row}.`;
  return after === null ? `Removes ${row}.` : `Changes ${row}${changedFields(before, after)}.`;
}

/** ": a from 1 to 2, b from …" for the fields of an object that differ and are simple. */
function changedFields(before: unknown, after: unknown): string {
  if (!isJsonObject(before) || !isJsonObject(after)) return '';
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const parts = names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${name.replaceAll('_', ' ')} from ${simple(before[name])} to ${simple(after[name])}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function simple(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `${id.slice(0, 8)}…` : id;
}

/** Sentences of the tables that people ask about; undefined where the plain one says it. */
const sentences: Readonly<Record<string, (change: Change) => string | undefined>> = {
  [tables.constitution]: ({ before, after }) =>
    `Replaces the scripts of the constitution (${lines(before)} lines before, ${lines(after)} after).`,
  [tables.memberCertificates]: (change) => certificateSentence('member', change),
  [tables.participantCertificates]: (change) => certificateSentence('participant', change),
  [tables.userCertificates]: (change) => certificateSentence('user', change),
  [tables.memberInfo]: (change) => actorSentence('member', change),
  [tables.participantInfo]: (change) => actorSentence('participant', change),
  [tables.memberAcks]: ({ key, after }) =>
    after === null
      ? `Forgets the acknowledgement of member ${short(key)}.`
      : `Gives member ${short(key)} a state digest to acknowledge.`,
  [tables.actorShareKeys]: ({ key, after }) =>
    after === null
      ? `Seals shares of the network's key to the own key of actor ${short(key)} no more.`
      : `Seals shares of the network's key to the own key of actor ${short(key)} as well.`,
  [tables.memberEncryptionKeys]: ({ key, after }) =>
    `${after === null ? 'Removes' : 'Sets'} the encryption key of member ${short(key)}.`,
  [tables.nodeInfo]: nodeSentence,
  [tables.nodeTuples]: ({ key, before, after }) => {
    if (before === null)
      return `Records who runs node ${short(key)}, signed by ${short(field(after, 'actor'))}.`;
    return after === null ? `Forgets who ran node ${short(key)}.` : undefined;
  },
  [tables.votingPolicies]: ({ key, before, after }) => {
    const what = key === 'default' ? 'everything without a policy of its own' : `"${key}"`;
    if (after === null) return `From the next proposal on, ${what} is decided as everything else is.`;
    const was = before === null ? '' : ` (before: ${policyText(before)})`;
    return `From the next proposal on, for ${what}: ${policyText(after)}${was}.`;
  },
  [tables.automation]: ({ key, before, after }) => {
    if (after === null) return `Ends the automatic rule "${key}".`;
    return `${before === null ? 'Adds' : 'Changes'} the automatic rule "${key}": ${simple(after)}.`;
  },
  [tables.codeManifest]: ({ key, after }) =>
    after === null
      ? `The code ${key.slice(0, 16)}… may no longer run.`
      : `The code ${key.slice(0, 16)}… may run: ${simple(field(after, 'description') || field(after, 'component'))}.`,
  [tables.teeManifest]: ({ key, before, after }) => {
    if (after === null) return `Nodes on the platform "${key}" may no longer take part.`;
    if (before !== null)
      return `Changes what is asked of nodes on the platform "${key}"${changedFields(before, after)}.`;
    return `Admits nodes on the platform "${key}"${key === 'virtual' ? ', which proves nothing' : ''}.`;
  },
  [tables.nodeLeases]: ({ key, after }) => {
    if (after === null) return `Ends the lease of node ${short(key)}.`;
    const state = field(after, 'state');
    if (state === 'lapsed') return `Lets node ${short(key)} come back when it renews its lease.`;
    if (state !== 'distrusted') return undefined;
    const reason = isJsonObject(after) ? field(after['reason'], 'sentence') : '';
    return `Distrusts node ${short(key)}, whatever it proves: ${simple(reason)}.`;
  },
  [tables.proposalInfo]: ({ key, after }) =>
    after === null ? undefined : `Proposal ${short(key)} becomes ${field(after, 'state')}.`,
};

function certificateSentence(kind: string, { key, before, after }: Change): string {
  if (after === null) return `Removes the certificate of ${kind} ${short(key)}.`;
  return `${before === null ? 'Adds' : 'Replaces'} the certificate of ${kind} ${short(key)}${subject(after)}.`;
}

function actorSentence(kind: string, { key, before, after }: Change): string | undefined {
  if (after === null) return `Removes the ${kind} ${nameOf(before)}${short(key)}: it has access no more.`;
  if (before !== null) return undefined;
  const then = kind === 'member' ? ', which can vote once it has acknowledged the state' : '';
  return `Adds the ${kind} ${nameOf(after)}${short(key)}${then}.`;
}

function nodeSentence({ key, before, after }: Change): string | undefined {
  const address = (row: unknown): string => {
    const published = isJsonObject(row) ? field(row['node_to_node_interface'], 'published_address') : '';
    return published === '' ? '' : ` at ${published}`;
  };
  if (before === null) return `Puts node ${short(key)}${address(after)} on the list of nodes that may join.`;
  if (after === null) return `Takes node ${short(key)}${address(before)} off the list.`;
  const status = field(after, 'status');
  if (status === field(before, 'status')) return undefined;
  return status === 'Retired'
    ? `Retires node ${short(key)}${address(after)}: it takes part no more.`
    : `Node ${short(key)}${address(after)} becomes ${status}.`;
}

function nameOf(row: unknown): string {
  const data: JsonObject = isJsonObject(row) ? row : {};
  const name = textOf(data['name']) ?? field(data['member_data'], 'name');
  return name === '' ? '' : `"${name}" `;
}

function subject(pem: unknown): string {
  try {
    return ` (${parseCertificate(String(pem)).subject.replaceAll('\n', ', ')})`;
  } catch {
    return '';
  }
}

function field(row: unknown, name: string): string {
  return (isJsonObject(row) ? textOf(row[name]) : undefined) ?? '';
}

function lines(source: unknown): number {
  return typeof source === 'string' ? source.split('\n').length : 0;
}

function policyText(row: unknown): string {
  const policy = parseVotingPolicy(row);
  return policy === undefined ? simple(row) : policySentence(policy);
}
