/**
 * A constitution without an interpreter, for tests of what surrounds scripts. Actions: `put` {table, key?, value}, `remove`
 * {table, key}, `text` {table, key, text}, `fail`, `trigger`. Decided by a majority of the active members; "dictator" in the
 * source accepts everything at once, "broken" throws.
 */
import { utf8 } from '@coco/primitives';
import { actionsOf } from '../proposals/proposal.js';
import type { ConstitutionScripts, ScriptResult } from '../proposals/scriptPort.js';
import { isJsonObject, objectRows, putRow, rowKey, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';

const known: ReadonlySet<string> = new Set(['put', 'remove', 'text', 'fail', 'trigger']);

/** Ballots in tests: by their text. */
const ballots: Readonly<Record<string, ScriptResult>> = {
  yes: { outcome: 'returned', value: true },
  throws: { outcome: 'failed', reason: 'thrown by the ballot', trace: 'at line 1' },
  'for ever': { outcome: 'failed', reason: 'too many steps' },
};

export const toyScripts: ConstitutionScripts = {
  validate(_transaction, { constitution, proposal }) {
    if (constitution.includes('broken')) return { outcome: 'failed', reason: 'broken constitution' };
    const unknown = actionsOf(proposal).find(({ name }) => !known.has(name));
    return {
      outcome: 'returned',
      value: { valid: unknown === undefined, description: unknown === undefined ? '' : `no ${unknown.name}` },
    };
  },
  resolve(transaction, { constitution, votes }) {
    if (constitution.includes('undecided')) return { outcome: 'returned', value: 'Perhaps' };
    if (constitution.includes('dictator')) return { outcome: 'returned', value: 'Accepted' };
    const active = [...objectRows(transaction, governanceTables.memberInfo)].filter(
      ([, row]) => row['status'] === 'Active',
    ).length;
    const inFavour = votes.filter((vote) => vote.inFavour).length;
    if (2 * inFavour > active) return { outcome: 'returned', value: 'Accepted' };
    const rejected = 2 * (votes.length - inFavour) >= active;
    return { outcome: 'returned', value: rejected ? 'Rejected' : 'Open' };
  },
  apply(transaction, { proposal }) {
    let triggers = {};
    for (const { name, args } of actionsOf(proposal)) {
      const { table, key, value, text } = (isJsonObject(args) ? args : {}) as Record<string, unknown>;
      const at = textOf(key);
      if (name === 'put') putRow(transaction, String(table), at, value);
      if (name === 'text') transaction.put(String(table), rowKey(at), utf8(String(text)));
      if (name === 'remove') transaction.remove(String(table), rowKey(at));
      if (name === 'trigger') triggers = { snapshot: true };
      if (name === 'fail') return { outcome: 'failed', reason: 'half-way', trace: 'at apply' };
    }
    return { outcome: 'returned', value: undefined, triggers };
  },
  ballot: (_transaction, { ballot }) =>
    (Object.hasOwn(ballots, ballot) ? ballots[ballot] : undefined) ?? { outcome: 'returned', value: false },
  actions: () => [...known],
};
