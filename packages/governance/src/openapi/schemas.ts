/**
 * Shapes of what `/gov` answers, as JSON Schema (2020-12), which is what OpenAPI 3.1 takes.
 */
export type Schema = { readonly [key: string]: unknown };

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
const id: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const pem: Schema = { type: 'string', description: 'PEM' };
const anything: Schema = {};
const seconds: Schema = { type: 'integer', minimum: 0, description: 'Seconds since 1970' };
const transactionId: Schema = { type: 'string', pattern: '^[0-9]+\\.[0-9]+$' };

function object(
  required: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return { type: 'object', properties: { ...required, ...optional }, required: Object.keys(required) };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

export function ref(name: keyof typeof schemas): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** `{"value": [...]}`. */
export function pageOf(name: keyof typeof schemas): Schema {
  return object({ value: list(ref(name)) });
}

const failure = object({ reason: text }, { trace: text });
const proposalState = oneOf('Open', 'Accepted', 'Withdrawn', 'Rejected', 'Failed', 'Dropped');
const proposal = {
  required: { proposalId: id, proposerId: id, proposalState, ballotCount: count },
  optional: { finalVotes: map(flag), voteFailures: map(failure), failure },
};
const action = object({ name: text }, { args: anything });
const policy = object(
  { kind: oneOf('unanimous', 'majority', 'm_of_n', 'one_of_n') },
  { m: count, quorum: count, expiresAfterSeconds: count },
);
const summaryActor = object({
  id,
  name: text,
  status: oneOf('Accepted', 'Active'),
  subject: text,
  certificateEndsMs: { type: 'number', description: 'Milliseconds since 1970' },
  isCa: flag,
});
const uvm = list(object({ did: text, feed: text, minimumSvn: count }));
const floors = map(map(count));
const teeEntry = object({
  description: text,
  code: oneOf('listed', 'any'),
  roots: list(id),
  machines: list(text),
  minimumTcb: floors,
  signers: list(oneOf('vcek', 'vlek')),
  cspIds: list(text),
  minimumReportVersion: count,
  vmplMax: count,
  uvm,
  acceptedStatuses: list(text),
  allowedAdvisories: list(text),
  minimumTcbEvaluation: count,
  collateralDaysMax: count,
});
const manifests = object({
  tee: map(teeEntry),
  code: object({
    codes: map(object({ component: text, description: text })),
    snp: object({ measurements: list(text), hostData: list(text), uvm, tcb: floors }),
    virtual: object({ measurements: list(text) }),
  }),
});
const assurance = object(
  { level: oneOf('none', 'reduced', 'full'), reasons: list(text) },
  { weakest: oneOf('sev-snp', 'tdx', 'sgx', 'az-snp-vtpm', 'az-tdx-vtpm', 'virtual') },
);
const receipt = object({
  signature: text,
  cert: pem,
  node_id: id,
  leaf_components: object({ write_set_digest: id, commit_evidence: text }, { claims_digest: id }),
  proof: list(map(text)),
});
const tally = object(
  {
    voted: list(
      object({ memberId: id, name: text, inFavour: { type: ['boolean', 'null'] } }, { failure: text }),
    ),
    missing: list(object({ memberId: id, name: text })),
    inFavour: count,
    against: count,
    policies: list(
      object({
        action: text,
        decidedBy: text,
        policy,
        sentence: text,
        inFavourNeeded: count,
        votedNeeded: count,
      }),
    ),
    inFavourMissing: count,
  },
  { createdAt: seconds, expiresAt: seconds },
);

const serviceState = {
  ServiceInfo: object({
    status: oneOf('Opening', 'Open', 'WaitingForRecoveryShares', 'Recovering'),
    certificate: pem,
    recoveryCount: count,
    creationTransactionId: transactionId,
    serviceData: anything,
    configuration: object({
      recoveryThreshold: count,
      maximumNodeCertificateValidityDays: count,
      maximumServiceCertificateValidityDays: count,
      recentCoseProposalsWindowSize: count,
    }),
  }),
  Member: object(
    {
      memberId: id,
      status: oneOf('Accepted', 'Active'),
      memberData: anything,
      certificate: pem,
      recoveryRole: text,
    },
    { publicEncryptionKey: pem },
  ),
  User: object({ userId: id, certificate: pem, userData: anything }),
  Node: object({
    nodeId: id,
    status: oneOf('Pending', 'Trusted', 'Retired'),
    nodeData: anything,
    certificate: pem,
    retiredCommitted: flag,
    quoteInfo: object(
      { format: text },
      { rawQuote: text, quote: text, endorsements: text, uvmEndorsements: text, endorsedTcb: text },
    ),
    rpcInterfaces: map(object({ publishedAddress: text, protocol: text })),
  }),
  JwkInfo: object({
    issuers: map(object({ autoRefresh: flag }, { caCertBundleName: text })),
    keys: map(list(object({ publicKey: pem, issuer: text }, { constraint: text }))),
    caCertBundles: map(pem),
  }),
  JavascriptApp: object({ endpoints: map(map(anything)) }),
  ModuleName: object({ moduleName: text }),
  JoinPolicy: object({
    sgx: object({ measurements: list(text) }),
    snp: object({
      measurements: list(text),
      hostData: map(anything),
      uvmEndorsements: map(anything),
      tcbVersions: map(anything),
    }),
    virtual: object({ measurements: list(text), hostData: list(text) }),
    codeManifest: map(anything),
    teeManifest: map(anything),
  }),
  TransactionStatus: object({ transactionId, status: oneOf('Unknown', 'Pending', 'Committed', 'Invalid') }),
};

/** By name, as `#/components/schemas`. */
export const schemas = {
  Error: object({ error: object({ code: text, message: text }) }),
  Proposal: object(proposal.required, proposal.optional),
  ProposalActions: object({}, { actions: list(action) }),
  StateDigest: object({ memberId: id, stateDigest: text }),
  ...serviceState,
  Constitution: object({
    digest: id,
    members: list(summaryActor),
    participants: list(summaryActor),
    votingPolicies: list(object({ action: text, policy, inFavour: count, sentence: text })),
    automation: map(anything),
    codeManifest: map(anything),
    teeManifest: map(anything),
    manifests,
    assurance,
    settings: map(anything),
    service: object({ status: text, nodeCertificateDays: count, recoveryThreshold: count, users: count }),
    scripts: object({ bytes: count, sha256: id, actions: list(text) }),
  }),
  ProposalStanding: object(
    { proposalId: id, proposerId: id, proposalState, actionNames: list(text) },
    {
      ballotCount: count,
      ...proposal.optional,
      actions: list(action),
      createdAt: seconds,
      closedAt: seconds,
      tally,
    },
  ),
  Alarm: object(
    {
      alarm: text,
      node_id: id,
      transaction_id: transactionId,
      primary_id: id,
      write_set_digest: id,
      claims: flag,
      row_count: count,
      rows: list(object({ table: text }, { key: text, key_digest: id })),
      raised_at: { type: 'integer', minimum: 0, description: 'Milliseconds since 1970' },
      receipt,
      cert: pem,
      signature: { type: 'string', description: 'Base64' },
    },
    { recorded: id, reexecuted: id },
  ),
  AcceptedProposal: object(
    {
      proposalId: id,
      proposerId: id,
      actions: list(text),
      createdAt: seconds,
      acceptedAt: seconds,
      seqno: count,
    },
    { finalVotes: map(flag) },
  ),
  Rehearsal: object(
    {
      valid: flag,
      description: text,
      acceptedAtOnce: flag,
      changes: list(object({ table: text, key: text, before: anything, after: anything, sentence: text })),
      effects: list(object({ kind: text, sentence: text }, { nodeId: id })),
    },
    { stateAtOnce: proposalState, failure, tally },
  ),
} as const satisfies Readonly<Record<string, Schema>>;
