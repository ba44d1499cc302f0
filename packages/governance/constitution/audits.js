// Auditors: who reads private data without being an actor, what of it, and until when. What they read, the nodes write down.

const grantTable = 'public:coco.audit.grants';
const grantsMax = 256;
const grantEpochsMax = 1000;

/** From `from` to `to`, both included. */
function rangeUpTo(most) {
  return (value, name) => {
    checkFields(value, { from: wholeNumber(1), to: wholeNumber(1) }, name);
    if (value.to < value.from) throw new Error(`${name}.to must not be before ${name}.from`);
    if (value.to - value.from >= most) throw new Error(`${name} must not be longer than ${most}`);
  };
}

const checkTables = (value, name) => {
  listOf(textUpTo(256), 1)(value, name);
  if (value.length > 64 || new Set(value).size !== value.length) {
    throw new Error(`${name} must be at most 64 names of tables, none of them twice`);
  }
};

/** The proposal's id; where it grants more than once, with a number behind it. */
function newGrantId(proposalId) {
  let id = proposalId;
  for (let count = 2; hasRow(grantTable, id); count++) id = `${proposalId}.${count}`;
  return id;
}

const auditActions = {
  grant_audit: {
    check(args) {
      checkFields(args, {
        auditor: checkActorCertificate,
        name: textUpTo(100),
        tables: optional(checkTables),
        epochs: optional(rangeUpTo(grantEpochsMax)),
        seqnos: optional(rangeUpTo(Number.MAX_SAFE_INTEGER)),
        expires_at: wholeNumber(1),
      });
      const { tables, epochs, seqnos } = given(args);
      if ((epochs === undefined) === (seqnos === undefined)) {
        throw new Error('either epochs or seqnos must say what is granted');
      }
      // The secret of an epoch opens all of it.
      if (seqnos !== undefined && tables === undefined) {
        throw new Error('seqnos must come with tables: without them whole epochs are granted');
      }
      if (allRows(grantTable).length >= grantsMax) {
        throw new Error(`there are ${grantsMax} grants already: revoke some first`);
      }
    },
    apply(args, proposalId) {
      const { auditor: cert, ...rest } = given(args);
      const { id: auditor } = coco.readCertificate(cert);
      writeRow(grantTable, newGrantId(proposalId), { ...rest, auditor, cert });
    },
  },
  revoke_audit: {
    check(args) {
      checkFields(args, { grant_id: textUpTo(100) });
      if (!hasRow(grantTable, args.grant_id)) throw new Error(`grant_id: there is no grant ${args.grant_id}`);
    },
    apply: ({ grant_id }) => removeRow(grantTable, grant_id),
  },
};
