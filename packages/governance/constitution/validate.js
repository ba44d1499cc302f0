/** Whether a proposal can be voted on: every action is known, its arguments are well-formed, and it could be done now. */
export function validate(input) {
  const errors = [];
  try {
    const proposedActions = actionsOf(input);
    if (proposedActions.length === 0) errors.push('the proposal asks for nothing');
    for (const [index, { name, args }] of proposedActions.entries()) {
      const problem = actionProblem(name, args, proposedActions);
      if (problem !== undefined) errors.push(`${name} at position ${index}: ${problem}`);
    }
    if (errors.length === 0) checkVotesAfter(proposedActions);
  } catch (error) {
    errors.push(error.message);
  }
  return { valid: errors.length === 0, description: errors.join('; ') };
}

function actionProblem(name, args, proposedActions) {
  try {
    actionNamed(name).check(args, proposedActions);
    return undefined;
  } catch (error) {
    return error.message;
  }
}
