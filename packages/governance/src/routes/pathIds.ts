/**
 * Ids in paths: 64 lower-case hexadecimal digits, of proposals, members, users and nodes alike.
 */
import { refuse } from '../requests/refusal.js';
import type { RouteRequest } from './router.js';

const idPattern = /^[0-9a-f]{64}$/;

/** The id that stands in the path as `name`. */
export function pathId(
  { path }: RouteRequest,
  name: 'proposalId' | 'memberId' | 'userId' | 'nodeId',
): string {
  const id = path[name] ?? '';
  if (!idPattern.test(id)) {
    refuse(400, 'InvalidResourceName', `${name} must be 64 lower-case hexadecimal digits`);
  }
  return id;
}
