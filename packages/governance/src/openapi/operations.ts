/**
 * What each path of `/gov` takes and gives: one line per route, which the document is made of and tests hold the routes to.
 */
import { pageOf, ref, type Schema } from './schemas.js';

export interface Operation {
  readonly method: 'GET' | 'POST';
  /** As in routes; `{name*}` is a rest of several segments. */
  readonly template: string;
  readonly summary: string;
  /** What is signed, or "json" for a plain body as well. */
  readonly body?: string;
  /** Of the answer 200; a string names a content type other than JSON. */
  readonly answer?: Schema | 'text/javascript';
  /** It can answer 204: nothing to say. */
  readonly nothing?: true;
  /** Coco's own, where api-version may be left out. */
  readonly unversioned?: true;
  readonly query?: readonly string[];
}

const proposals = '/gov/members/proposals';
const digests = '/gov/members/state-digests/{memberId}';
const service = '/gov/service';
const coco = '/gov/coco';

const members: readonly Operation[] = [
  {
    method: 'GET',
    template: proposals,
    summary: 'Proposals, open and recently closed',
    answer: pageOf('Proposal'),
  },
  {
    method: 'POST',
    template: `${proposals}:create`,
    summary: 'Makes a proposal',
    body: 'proposal',
    answer: ref('Proposal'),
  },
  { method: 'GET', template: `${proposals}/{proposalId}`, summary: 'One proposal', answer: ref('Proposal') },
  {
    method: 'POST',
    template: `${proposals}/{proposalId}:withdraw`,
    summary: 'Withdraws a proposal of one’s own',
    body: 'withdrawal',
    answer: ref('Proposal'),
    nothing: true,
  },
  {
    method: 'GET',
    template: `${proposals}/{proposalId}/actions`,
    summary: 'The body of a proposal, as it was signed',
    answer: ref('ProposalActions'),
  },
  {
    method: 'GET',
    template: `${proposals}/{proposalId}/ballots/{memberId}`,
    summary: 'The ballot of a member',
    answer: 'text/javascript',
  },
  {
    method: 'POST',
    template: `${proposals}/{proposalId}/ballots/{memberId}:submit`,
    summary: 'Votes: {"ballot": a script, true, false, "yes" or "no"}',
    body: 'ballot',
    answer: ref('Proposal'),
  },
  {
    method: 'GET',
    template: digests,
    summary: 'The state digest that a member is to sign',
    answer: ref('StateDigest'),
  },
  {
    method: 'POST',
    template: `${digests}:update`,
    summary: 'Asks for a fresh state digest',
    body: 'state_digest',
    answer: ref('StateDigest'),
  },
  {
    method: 'POST',
    template: `${digests}:ack`,
    summary: 'Acknowledges the state: {"stateDigest": hex}; the member is active from then on',
    body: 'ack',
    nothing: true,
  },
];

const state: readonly Operation[] = [
  {
    method: 'GET',
    template: `${service}/constitution`,
    summary: 'Source of the constitution',
    answer: 'text/javascript',
  },
  { method: 'GET', template: `${service}/info`, summary: 'The service', answer: ref('ServiceInfo') },
  {
    method: 'GET',
    template: `${service}/jwk`,
    summary: 'Issuers of tokens, and their keys',
    answer: ref('JwkInfo'),
  },
  {
    method: 'GET',
    template: `${service}/transactions/commit`,
    summary: 'The last committed transaction',
    answer: ref('TransactionStatus'),
  },
  {
    method: 'GET',
    template: `${service}/transactions/{transactionId}`,
    summary: 'The status of a transaction',
    answer: ref('TransactionStatus'),
  },
  { method: 'GET', template: `${service}/members`, summary: 'Members', answer: pageOf('Member') },
  { method: 'GET', template: `${service}/members/{memberId}`, summary: 'One member', answer: ref('Member') },
  { method: 'GET', template: `${service}/users`, summary: 'Users', answer: pageOf('User') },
  { method: 'GET', template: `${service}/users/{userId}`, summary: 'One user', answer: ref('User') },
  { method: 'GET', template: `${service}/nodes`, summary: 'The VN list', answer: pageOf('Node') },
  { method: 'GET', template: `${service}/nodes/{nodeId}`, summary: 'One node', answer: ref('Node') },
  {
    method: 'GET',
    template: `${service}/javascript-app`,
    summary: 'Endpoints of the JavaScript app',
    answer: ref('JavascriptApp'),
    query: ['case'],
  },
  {
    method: 'GET',
    template: `${service}/javascript-modules`,
    summary: 'Modules',
    answer: pageOf('ModuleName'),
  },
  {
    method: 'GET',
    template: `${service}/javascript-modules/{moduleName*}`,
    summary: 'Source of a module',
    answer: 'text/javascript',
  },
  { method: 'GET', template: `${service}/js-modules`, summary: 'Modules', answer: pageOf('ModuleName') },
  {
    method: 'GET',
    template: `${service}/js-modules/{moduleName*}`,
    summary: 'Source of a module',
    answer: 'text/javascript',
  },
  { method: 'GET', template: `${service}/join-policy`, summary: 'What may join', answer: ref('JoinPolicy') },
  {
    method: 'GET',
    template: '/gov/recovery/encrypted-shares/{memberId}',
    summary: 'Not implemented: the network has no encrypted shares',
  },
  {
    method: 'POST',
    template: '/gov/recovery/members/{memberId}:recover',
    summary: 'Not implemented: the network has no encrypted shares',
    body: 'recovery_share',
  },
];

const own: readonly Operation[] = [
  {
    method: 'GET',
    template: `${coco}/constitution`,
    summary: 'Digest and summary of the constitution',
    answer: ref('Constitution'),
    unversioned: true,
  },
  {
    method: 'GET',
    template: `${coco}/history`,
    summary: 'Accepted proposals, the oldest first',
    answer: pageOf('AcceptedProposal'),
    unversioned: true,
  },
  {
    method: 'GET',
    template: `${coco}/alarms`,
    summary:
      'Transactions that came out otherwise when nodes executed them again, as these nodes have signed it',
    answer: pageOf('Alarm'),
    unversioned: true,
  },
  {
    method: 'GET',
    template: `${coco}/proposals/{proposalId}`,
    summary: 'How a proposal stands: who voted how, who has not, what is needed',
    answer: ref('ProposalStanding'),
    unversioned: true,
  },
  {
    method: 'POST',
    template: `${coco}/proposals:rehearse`,
    summary:
      'What a proposal would do, without making it; a plain body on the connection of a member, else signed',
    body: 'json',
    answer: ref('Rehearsal'),
    unversioned: true,
  },
  ...['record', 'purge', 'find'].map(
    (what): Operation => ({
      method: 'POST',
      template: `${coco}/data:${what}`,
      summary: `For nodes alone, of the parties of data that goes point to point: ${what}`,
      unversioned: true,
    }),
  ),
];

export const operations: readonly Operation[] = [...members, ...state, ...own];
