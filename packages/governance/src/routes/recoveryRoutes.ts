/**
 * `/gov/recovery`: paths of CCF that Coco knows and does not serve. Its ledger secrets are under a threshold key of all
 * actors, which has no shares for members to submit.
 */
import { refuse } from '../requests/refusal.js';
import type { Route } from './router.js';

function handle(): never {
  refuse(501, 'NotImplemented', 'this network has no recovery by encrypted shares');
}

export const recoveryRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/recovery/encrypted-shares/{memberId}', handle },
  { method: 'POST', template: '/gov/recovery/members/{memberId}:recover', handle },
];
