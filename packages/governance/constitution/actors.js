// Members (who vote), participants (who do not), and users.

const recoveryRoles = ['NonParticipant', 'Participant', 'Owner'];

/** Members that take part in a recovery: active, with a key for their share. */
function activeRecoveryMembers() {
  return activeMembers().filter((id) => hasRow('public:ccf.gov.members.encryption_public_keys', id));
}

/** One organisation has one identity of each kind, and one certificate is one identity. */
function checkNewActor(cert, otherTable, other) {
  const { id } = coco.readCertificate(cert);
  if (hasRow(otherTable, id)) throw new Error(`cert: ${id} is a ${other} already`);
}

function checkKnown(table, id, name, what) {
  if (!hasRow(table, id)) throw new Error(`${name}: there is no ${what} ${id}`);
}

/** Without this nobody could recover the service any more. */
function checkRecoveryWithout(memberId) {
  const remaining = activeRecoveryMembers();
  if (!remaining.includes(memberId)) return;
  const threshold = readRequired(
    'public:ccf.gov.service.config',
    'the service configuration',
  ).recovery_threshold;
  if (remaining.length - 1 < threshold) {
    throw new Error(
      `member_id: ${remaining.length - 1} members with a recovery key would be left, fewer than the recovery threshold of ${threshold}`,
    );
  }
}

const actorActions = {
  set_member: {
    check(args) {
      checkFields(args, {
        cert: checkActorCertificate,
        encryption_pub_key: optional(checkPublicKey),
        member_data: optional(checkObject),
        recovery_role: optional(oneOf(...recoveryRoles)),
      });
      const hasKey = args.encryption_pub_key !== undefined && args.encryption_pub_key !== null;
      if (!hasKey && args.recovery_role !== undefined && args.recovery_role !== null) {
        throw new Error('recovery_role can only be given together with encryption_pub_key');
      }
      checkNewActor(args.cert, 'public:coco.participants.info', 'participant');
    },
    // A new member has a vote once it has acknowledged the state; one that is known keeps what it has.
    apply({ cert, encryption_pub_key, member_data, recovery_role }, proposalId) {
      const { id } = coco.readCertificate(cert);
      const known = readRow('public:ccf.gov.members.info', id);
      writeText('public:ccf.gov.members.certs', id, cert);
      if (encryption_pub_key === undefined || encryption_pub_key === null) {
        removeRow('public:ccf.gov.members.encryption_public_keys', id);
      } else {
        writeText('public:ccf.gov.members.encryption_public_keys', id, encryption_pub_key);
      }
      const row = { status: known?.status ?? 'Accepted' };
      if (member_data !== undefined && member_data !== null) row.member_data = member_data;
      if (recovery_role !== undefined && recovery_role !== null) row.recovery_role = recovery_role;
      writeRow('public:ccf.gov.members.info', id, row);
      if (known !== undefined) return;
      const signature = readRow('public:ccf.internal.signatures');
      writeRow('public:ccf.gov.members.acks', id, { state_digest: signature?.root ?? '' });
      dropOtherProposals(proposalId);
    },
  },
  remove_member: {
    check(args) {
      checkFields(args, { member_id: checkId });
      checkKnown('public:ccf.gov.members.info', args.member_id, 'member_id', 'member');
      checkRecoveryWithout(args.member_id);
    },
    apply({ member_id }, proposalId) {
      checkRecoveryWithout(member_id);
      for (const table of ['certs', 'encryption_public_keys', 'info', 'acks']) {
        removeRow(`public:ccf.gov.members.${table}`, member_id);
      }
      removeRow('public:ccf.gov.cose_history', member_id);
      removeRow('public:coco.actors.share_keys', member_id);
      dropOtherProposals(proposalId);
    },
  },
  set_member_data: {
    check(args) {
      checkFields(args, { member_id: checkId, member_data: checkObject });
      checkKnown('public:ccf.gov.members.info', args.member_id, 'member_id', 'member');
    },
    apply({ member_id, member_data }) {
      const info = readRow('public:ccf.gov.members.info', member_id);
      writeRow('public:ccf.gov.members.info', member_id, { ...info, member_data });
    },
  },
  set_participant: {
    check(args) {
      checkFields(args, { cert: checkActorCertificate, name: textUpTo(100) });
      checkNewActor(args.cert, 'public:ccf.gov.members.info', 'member');
    },
    apply({ cert, name }) {
      const { id } = coco.readCertificate(cert);
      writeText('public:coco.participants.certs', id, cert);
      writeRow('public:coco.participants.info', id, { name, status: 'Active' });
    },
  },
  remove_participant: {
    check(args) {
      checkFields(args, { participant_id: checkId });
      checkKnown('public:coco.participants.info', args.participant_id, 'participant_id', 'participant');
    },
    apply({ participant_id }) {
      removeRow('public:coco.participants.certs', participant_id);
      removeRow('public:coco.participants.info', participant_id);
      removeRow('public:coco.actors.share_keys', participant_id);
    },
  },
  // A key of the actor's own, to which shares of the network's key are sealed besides those of its nodes.
  set_share_key: {
    check(args, proposedActions) {
      checkFields(args, { actor_id: checkId, share_key: orNull(hexOf(32)) });
      const isKnown = ['public:ccf.gov.members.info', 'public:coco.participants.info'].some((table) =>
        hasRow(table, args.actor_id),
      );
      if (!isKnown && !admitsActor(proposedActions, args.actor_id)) {
        throw new Error(`actor_id: there is no member or participant ${args.actor_id}`);
      }
    },
    apply({ actor_id, share_key }) {
      if (share_key === null) removeRow('public:coco.actors.share_keys', actor_id);
      else writeRow('public:coco.actors.share_keys', actor_id, { share_key });
    },
  },
  set_user: {
    check: (args) => checkFields(args, { cert: checkCertificates, user_data: optional(checkObject) }),
    apply({ cert, user_data }) {
      const id = ccf.pemToId(cert);
      writeText('public:ccf.gov.users.certs', id, cert);
      setUserData(id, user_data);
    },
  },
  remove_user: {
    check: (args) => checkFields(args, { user_id: checkId }),
    apply({ user_id }) {
      removeRow('public:ccf.gov.users.certs', user_id);
      removeRow('public:ccf.gov.users.info', user_id);
    },
  },
  set_user_data: {
    check: (args) => checkFields(args, { user_id: checkId, user_data: optional(checkObject) }),
    apply: ({ user_id, user_data }) => setUserData(user_id, user_data),
  },
};

function setUserData(id, user_data) {
  if (user_data === undefined || user_data === null) removeRow('public:ccf.gov.users.info', id);
  else writeRow('public:ccf.gov.users.info', id, { user_data });
}
