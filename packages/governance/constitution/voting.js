// Voting policies (who must be in favour of what), and whether a network with them can still decide anything.

/** The ids of the members that have a vote. */
function activeMembers() {
  return allRows('public:ccf.gov.members.info')
    .filter(([, info]) => info.status === 'Active')
    .map(([id]) => id);
}

const checkPolicyName = (value, name) => {
  if (value !== 'default' && !Object.hasOwn(actions, value)) {
    throw new Error(`${name} must be the name of an action, or "default"`);
  }
};

/** A policy as a row: {kind, m?, quorum?, expires_after_seconds?}. */
function checkPolicy(value, name) {
  checkFields(
    value,
    {
      kind: oneOf('unanimous', 'majority', 'm_of_n', 'one_of_n'),
      m: optional(wholeNumber(1, 1_000_000)),
      quorum: optional(wholeNumber(0, 1_000_000)),
      expires_after_seconds: optional(wholeNumber(1, 3_153_600_000)),
    },
    name,
  );
  if ((value.kind === 'm_of_n') !== (value.m !== undefined && value.m !== null)) {
    throw new Error(`${name}.m must be given for m_of_n, and only then`);
  }
}

/** How many members must be in favour, of `members`. */
function votesNeeded(policy, members) {
  if (policy.kind === 'unanimous') return members;
  if (policy.kind === 'one_of_n') return 1;
  return policy.kind === 'm_of_n' ? policy.m : Math.floor(members / 2) + 1;
}

/** Throws when a network with so many active members and these policies could not decide everything any more. */
function checkVotes(members, policies) {
  if (members === 0) throw new Error('no active member would be left');
  for (const [name, policy] of Object.entries(policies)) {
    const asked = Math.max(votesNeeded(policy, members), policy.quorum ?? 0);
    if (asked > members) {
      throw new Error(
        `the voting policy "${name}" would ask for ${asked} votes of ${members} active members: nothing could pass`,
      );
    }
  }
}

/** Policies by the name of the action, and "default". */
function votingPolicies() {
  return Object.fromEntries(allRows('public:coco.voting_policies'));
}

/** Throws when the actions of a proposal, all together, would leave a network that cannot decide. */
function checkVotesAfter(proposedActions) {
  const members = new Set(activeMembers());
  const policies = votingPolicies();
  let touched = false;
  for (const { name, args } of proposedActions) {
    if (name === 'remove_member') members.delete(args.member_id);
    else if (name === 'set_voting_policy') policies[args.action] = args.policy;
    else if (name === 'remove_voting_policy') delete policies[args.action];
    else continue;
    touched = true;
  }
  if (touched) checkVotes(members.size, policies);
}

const votingActions = {
  set_voting_policy: {
    check: (args) => checkFields(args, { action: checkPolicyName, policy: checkPolicy }),
    // Proposals that are open go on under the policies of the time when they were made.
    apply({ action, policy }) {
      const { kind, m, quorum, expires_after_seconds } = policy;
      const row = { kind };
      for (const [name, value] of Object.entries({ m, quorum, expires_after_seconds })) {
        if (value !== undefined && value !== null) row[name] = value;
      }
      writeRow('public:coco.voting_policies', action, row);
    },
  },
  remove_voting_policy: {
    check(args) {
      checkFields(args, { action: textUpTo(200) });
      if (!hasRow('public:coco.voting_policies', args.action)) {
        throw new Error(`action: "${args.action}" has no voting policy of its own`);
      }
    },
    apply: ({ action }) => removeRow('public:coco.voting_policies', action),
  },
  set_automation_rule: {
    check: (args) =>
      checkFields(args, {
        rule: textUpTo(100),
        action: oneOf('add_node'),
        max_per_member: wholeNumber(1, 1000),
        requires_approved_code: checkBoolean,
      }),
    apply: ({ rule, ...row }) => writeRow('public:coco.automation', rule, row),
  },
  remove_automation_rule: {
    check(args) {
      checkFields(args, { rule: textUpTo(100) });
      if (!hasRow('public:coco.automation', args.rule)) {
        throw new Error(`rule: there is no automation rule "${args.rule}"`);
      }
    },
    apply: ({ rule }) => removeRow('public:coco.automation', rule),
  },
};
