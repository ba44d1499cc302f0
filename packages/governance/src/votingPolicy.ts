/**
 * Voting policies (GOV-4) as rows of `public:coco.voting_policies`:
 *
 *     { "kind": "unanimous" | "majority" | "m_of_n" | "one_of_n", "m"?, "quorum"?, "expires_after_seconds"? }
 */
import type { Reader } from '@coco/kv';
import { countOf, isJsonObject, type JsonObject, objectRows } from './rows.js';
import { governanceTables } from './tables.js';
import type { VotingPolicy } from './types.js';

/** The policy that `row` is, or undefined when it is not one. */
export function parseVotingPolicy(row: unknown): VotingPolicy | undefined {
  if (!isJsonObject(row)) return undefined;
  const { kind } = row;
  if (kind !== 'unanimous' && kind !== 'majority' && kind !== 'm_of_n' && kind !== 'one_of_n')
    return undefined;
  const numbers = { m: row['m'], quorum: row['quorum'], expiresAfterSeconds: row['expires_after_seconds'] };
  const given: { m?: number; quorum?: number; expiresAfterSeconds?: number } = {};
  for (const [name, value] of Object.entries(numbers) as [keyof typeof numbers, unknown][]) {
    if (value === undefined) continue;
    const number = countOf(value);
    if (number === undefined) return undefined;
    given[name] = number;
  }
  if ((kind === 'm_of_n') !== (given.m !== undefined) || given.m === 0) return undefined;
  return { kind, ...given };
}

/** `policy` as a row. */
export function votingPolicyRow(policy: VotingPolicy): JsonObject {
  return {
    kind: policy.kind,
    ...(policy.m !== undefined && { m: policy.m }),
    ...(policy.quorum !== undefined && { quorum: policy.quorum }),
    ...(policy.expiresAfterSeconds !== undefined && { expires_after_seconds: policy.expiresAfterSeconds }),
  };
}

/** All policies in force, by the name of the action, or "default". */
export function readVotingPolicies(reader: Reader): Readonly<Record<string, VotingPolicy>> {
  return policiesOf(Object.fromEntries(objectRows(reader, governanceTables.votingPolicies)));
}

/** The policies among `rows`, by name. */
export function policiesOf(rows: unknown): Readonly<Record<string, VotingPolicy>> {
  const policies: [string, VotingPolicy][] = [];
  for (const [name, row] of Object.entries(isJsonObject(rows) ? rows : {})) {
    const policy = parseVotingPolicy(row);
    if (policy !== undefined) policies.push([name, policy]);
  }
  return Object.fromEntries(policies);
}

/** The policy for `action` among `policies`. */
export function policyFor(
  policies: Readonly<Record<string, VotingPolicy>>,
  action: string,
): { readonly name: string; readonly policy: VotingPolicy } {
  const own = Object.hasOwn(policies, action) ? policies[action] : undefined;
  if (own !== undefined) return { name: action, policy: own };
  return { name: 'default', policy: policies['default'] ?? { kind: 'majority' } };
}

/** How many of `members` must be in favour, and how many must have voted. */
export function votesNeeded(
  policy: VotingPolicy,
  members: number,
): { readonly inFavour: number; readonly voted: number } {
  const voted = policy.quorum ?? 0;
  if (policy.kind === 'unanimous') return { inFavour: members, voted };
  if (policy.kind === 'majority') return { inFavour: Math.floor(members / 2) + 1, voted };
  return { inFavour: policy.kind === 'one_of_n' ? 1 : (policy.m ?? members), voted };
}

/** `policy` in words. */
export function policySentence(policy: VotingPolicy): string {
  const parts = [rules[policy.kind](policy.m ?? 0)];
  if (policy.quorum !== undefined && policy.quorum > 0) {
    parts.push(`and ${policy.quorum} must have voted`);
  }
  if (policy.expiresAfterSeconds !== undefined) parts.push(`within ${duration(policy.expiresAfterSeconds)}`);
  return parts.join(', ');
}

const rules: Readonly<Record<VotingPolicy['kind'], (m: number) => string>> = {
  unanimous: () => 'every member must be in favour',
  majority: () => 'more than half of the members must be in favour',
  m_of_n: (m) => `${m} ${m === 1 ? 'member' : 'members'} must be in favour`,
  one_of_n: () => 'one member in favour is enough',
};

function duration(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const;
  const [size, name] = units.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
