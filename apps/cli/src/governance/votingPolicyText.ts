/**
 * Voting policies (GOV-4) as the command line writes them, and as people say them.
 *
 *   majority | unanimous | one-of-n | m-of-n:M     then, separated by commas, quorum=Q and expires=7d
 */
import type { VotingPolicy } from '@coco/governance';
import { UsageError } from '../command.js';
import { formatDuration, parseDuration } from './duration.js';

/** The policy that `text` says; a UsageError otherwise. */
export function parsePolicyText(text: string): VotingPolicy {
  const [kind = '', ...more] = text.split(',');
  const terms: { quorum?: number; expiresAfterSeconds?: number } = {};
  for (const term of more) {
    const [name, value = ''] = term.split('=');
    if (name === 'quorum') terms.quorum = countMembers(value, 'quorum');
    else if (name === 'expires') terms.expiresAfterSeconds = parseDuration(value, 'expires');
    else throw new UsageError(`a voting policy has quorum=Q and expires=7d behind its kind, not "${term}"`);
  }
  return { ...parseKind(kind), ...terms };
}

function parseKind(text: string): VotingPolicy {
  const [kind, m] = text.split(':');
  if (kind === 'm-of-n' && m !== undefined) return { kind: 'm_of_n', m: countMembers(m, 'm-of-n') };
  const kinds = { majority: 'majority', unanimous: 'unanimous', 'one-of-n': 'one_of_n' } as const;
  const found = m === undefined && Object.hasOwn(kinds, text) ? kinds[text as keyof typeof kinds] : undefined;
  if (found !== undefined) return { kind: found };
  throw new UsageError(`a voting policy is majority, unanimous, one-of-n or m-of-n:M, not "${text}"`);
}

/** A number of members, from 1; a UsageError that names `what` otherwise. */
export function countMembers(text: string, what: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw new UsageError(`${what} takes a number of members from 1, not "${text}"`);
}

/** A policy in words: "3 members in favour, at least 4 voting, within 7 days". */
export function describePolicy(policy: VotingPolicy): string {
  const m = policy.m ?? 0;
  const kinds = {
    unanimous: 'every member in favour',
    majority: 'more than half of the members in favour',
    m_of_n: `${m} member${m === 1 ? '' : 's'} in favour`,
    one_of_n: 'one member in favour',
  } as const;
  return [
    kinds[policy.kind],
    ...(policy.quorum === undefined ? [] : [`at least ${policy.quorum} voting`]),
    ...(policy.expiresAfterSeconds === undefined
      ? []
      : [`within ${formatDuration(policy.expiresAfterSeconds)}`]),
  ].join(', ');
}
