/** Does what was proposed. When it throws nothing of it stays. */
export function apply(proposal, proposalId) {
  const proposedActions = actionsOf(proposal);
  for (const { name, args } of proposedActions) {
    const action = actionNamed(name);
    action.check(args, proposedActions);
    action.apply(args, proposalId);
  }
  checkVotes(activeMembers().length, votingPolicies());
}
