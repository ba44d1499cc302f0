// All actions that a proposal can consist of, by name. An action has
//   check(args, proposedActions)   throws a sentence when it cannot be done; runs when it is proposed, and before it is applied
//   apply(args, proposalId)        does it

const actions = {
  ...actorActions,
  ...nodeActions,
  ...votingActions,
  ...serviceActions,
  ...codeActions,
  ...platformActions,
  ...auditActions,
  ...appActions,
};

/** Names of the actions that this constitution offers. */
export function listActions() {
  return Object.keys(actions);
}

function actionNamed(name) {
  if (!Object.hasOwn(actions, name)) throw new Error('there is no such action');
  return actions[name];
}

/** The actions of a proposal; throws when it has not the form {"actions": [{"name", "args"}]}. */
function actionsOf(proposal) {
  const parsed = JSON.parse(proposal);
  checkObject(parsed, 'the proposal');
  listOf(checkObject)(parsed.actions, 'actions');
  for (const [index, { name }] of parsed.actions.entries()) checkString(name, `actions[${index}].name`);
  return parsed.actions;
}
