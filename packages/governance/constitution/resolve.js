/**
 * Decides a proposal by the voting policies that were in force when it was made: each of its actions must have the votes
 * that its policy asks for. It is rejected as soon as it cannot pass any more.
 */
export function resolve(proposal, proposerId, votes, proposalId) {
  const proposedActions = actionsOf(proposal);
  if (isAutomatic(proposedActions, proposerId)) return 'Accepted';
  const names = proposedActions.length === 0 ? ['default'] : proposedActions.map(({ name }) => name);
  const members = new Set(activeMembers());
  const counted = votes.filter(({ member_id }) => members.has(member_id));
  const inFavour = counted.filter(({ vote }) => vote === true).length;
  const missing = members.size - counted.length;
  const policies = policiesOf(proposalId);
  let decision = 'Accepted';
  for (const policy of new Set(
    (names.length === 0 ? ['default'] : names).map((name) => policyFor(policies, name)),
  )) {
    const needed = votesNeeded(policy, members.size);
    const quorum = policy.quorum ?? 0;
    if (inFavour + missing < needed || members.size < quorum) return 'Rejected';
    if (inFavour < needed || counted.length < quorum) decision = 'Open';
  }
  return decision;
}

function policiesOf(proposalId) {
  return readRow('public:coco.proposals', proposalId)?.policies ?? votingPolicies();
}

const otherwise = { kind: 'majority' };

function policyFor(policies, name) {
  if (Object.hasOwn(policies, name)) return policies[name];
  return Object.hasOwn(policies, 'default') ? policies.default : otherwise;
}

/** Whether all that is proposed is what a rule lets this member do without a vote (GOV-5). */
function isAutomatic(proposedActions, proposerId) {
  const rules = allRows('public:coco.automation').map(([, rule]) => rule);
  if (rules.length === 0 || proposedActions.length === 0) return false;
  if (!activeMembers().includes(proposerId)) return false;
  const own = proposedActions.every(({ name, args }) => name === 'add_node' && args.actor === proposerId);
  if (!own) return false;
  const nodes = nodesOf(proposerId) + proposedActions.length;
  const approved = proposedActions.every(({ args }) => isApprovedCode(args.measurement));
  return rules.some(
    (rule) =>
      rule.action === 'add_node' &&
      nodes <= rule.max_per_member &&
      (rule.requires_approved_code === false || approved),
  );
}

/** How many nodes on the VN list an actor runs. */
function nodesOf(actor) {
  const retired = (id) => (readRow(nodeTable, id)?.status ?? 'Retired') === 'Retired';
  return allRows(tupleTable).filter(([id, tuple]) => tuple.actor === actor && !retired(id)).length;
}

function isApprovedCode(measurement) {
  return typeof measurement === 'string' && hasRow('public:coco.code_manifest', measurement);
}
