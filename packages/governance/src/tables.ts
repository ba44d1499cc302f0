/**
 * Names of the governance tables: CCF's built-in maps (formats of CCF, 1.3) and Coco's own, `public:coco.*`. Keys are
 * text in UTF-8, or 8 zero bytes in a table of one row; values are JSON unless said otherwise. One is private, `coco.data`.
 */
export const governanceTables = {
  /** The source of the constitution, one row: a JSON string. */
  constitution: 'public:ccf.gov.constitution',
  /** PEM by member. */
  memberCertificates: 'public:ccf.gov.members.certs',
  memberInfo: 'public:ccf.gov.members.info',
  /** PEM by member. */
  memberEncryptionKeys: 'public:ccf.gov.members.encryption_public_keys',
  memberAcks: 'public:ccf.gov.members.acks',
  /** PEM by user. */
  userCertificates: 'public:ccf.gov.users.certs',
  userInfo: 'public:ccf.gov.users.info',
  nodeInfo: 'public:ccf.gov.nodes.info',
  /** PEM by node. */
  nodeCertificates: 'public:ccf.gov.nodes.endorsed_certificates',
  nodeCodeIds: 'public:ccf.gov.nodes.code_ids',
  virtualMeasurements: 'public:ccf.gov.nodes.virtual.measurements',
  virtualHostData: 'public:ccf.gov.nodes.virtual.host_data',
  snpMeasurements: 'public:ccf.gov.nodes.snp.measurements',
  snpHostData: 'public:ccf.gov.nodes.snp.host_data',
  snpUvmEndorsements: 'public:ccf.gov.nodes.snp.uvm_endorsements',
  snpTcbVersions: 'public:ccf.gov.nodes.snp.tcb_versions',
  serviceInfo: 'public:ccf.gov.service.info',
  serviceConfig: 'public:ccf.gov.service.config',
  /** The body of a proposal by its id, as it was signed. */
  proposals: 'public:ccf.gov.proposals',
  proposalInfo: 'public:ccf.gov.proposals_info',
  /** The last signed request by member: a JSON string, base64. */
  coseHistory: 'public:ccf.gov.cose_history',
  /** Proposal id by "created_at:digest of the signature". */
  coseRecentProposals: 'public:ccf.gov.cose_recent_proposals',
  /** Source by name. */
  modules: 'public:ccf.gov.modules',
  endpoints: 'public:ccf.gov.endpoints',
  runtimeOptions: 'public:ccf.gov.js_runtime_options',
  caBundles: 'public:ccf.gov.tls.ca_cert_bundles',
  jwtIssuers: 'public:ccf.gov.jwt.issuers',
  jwtKeys: 'public:ccf.gov.jwt.public_signing_keys_metadata_v2',
  snapshotEvidence: 'public:ccf.internal.snapshot_evidence',
  /** How the service endorses the one that it took over from: see endorsement.ts of ledger. */
  serviceEndorsement: 'public:ccf.internal.previous_service_identity_endorsement',
  /** The certificate of that one: a JSON string, PEM. */
  formerService: 'public:ccf.gov.service.previous_service_identity',
  /** All such services: see recovery/formerServices.ts. */
  formerServices: 'public:coco.services.former',

  /** PEM by participant. */
  participantCertificates: 'public:coco.participants.certs',
  participantInfo: 'public:coco.participants.info',
  nodeTuples: 'public:coco.nodes.tuples',
  /** Nodes that are off the list again: {actor?}. Their ids must never take part once more. */
  formerNodes: 'public:coco.nodes.former',
  /** By what evidence a node was admitted, or renewed its lease last: see evidenceRow.ts. */
  nodeEvidence: 'public:coco.nodes.evidence',
  /** Until when a node may take part: see leases.ts. */
  nodeLeases: 'public:coco.nodes.leases',
  /** The secret of the ledger from the next entry on, sealed to each node: see rekey.ts of ledger. */
  ledgerSecrets: 'public:coco.ledger.secrets',
  /** Since when each of them has held, and its copy that is sealed to the shared key: see networkKey/epochs.ts. */
  ledgerEpochs: 'public:coco.ledger.epochs',
  /** Keys of actors to which shares of the network's key are sealed besides those of their nodes: {share_key (hex)}. */
  actorShareKeys: 'public:coco.actors.share_keys',
  /** The shared key, how it is being made, and by what: see networkKey. */
  networkKey: 'public:coco.network_key',
  keyCeremony: 'public:coco.network_key.ceremony',
  keyDeals: 'public:coco.network_key.deals',
  votingPolicies: 'public:coco.voting_policies',
  automation: 'public:coco.automation',
  codeManifest: 'public:coco.code_manifest',
  teeManifest: 'public:coco.tee_manifest',
  settings: 'public:coco.settings',
  proposalRecords: 'public:coco.proposals',
  /** Private: who shares what with whom is nobody else's business. See pointToPoint/dataRow.ts. */
  pointToPoint: 'coco.data',
  /** Transactions that do not come out as they were recorded: see alarms.ts. */
  alarms: 'public:coco.alarms',
} as const;

/** Those of the shared key and what is sealed to it. */
export const networkKeyTables: ReadonlySet<string> = new Set([
  governanceTables.ledgerEpochs,
  governanceTables.networkKey,
  governanceTables.keyCeremony,
  governanceTables.keyDeals,
]);

/** The tables that no script writes, whatever was decided: what the nodes say of themselves and of their keys. */
export const nodesTables: ReadonlySet<string> = new Set([
  governanceTables.proposalRecords,
  governanceTables.formerService,
  governanceTables.formerServices,
  governanceTables.formerNodes,
  governanceTables.nodeEvidence,
  governanceTables.ledgerSecrets,
  ...networkKeyTables,
]);

/**
 * The tables that are the constitution (GOV-1), ascending by name. The VN list is not among them, nor are proposals: the
 * constitution says who decides what, and which code may run; the list of nodes changes by its rules.
 */
export const policyTables: readonly string[] = [
  governanceTables.constitution,
  governanceTables.memberCertificates,
  governanceTables.memberInfo,
  governanceTables.memberEncryptionKeys,
  governanceTables.userCertificates,
  governanceTables.userInfo,
  governanceTables.nodeCodeIds,
  governanceTables.virtualMeasurements,
  governanceTables.virtualHostData,
  governanceTables.snpMeasurements,
  governanceTables.snpHostData,
  governanceTables.snpUvmEndorsements,
  governanceTables.snpTcbVersions,
  governanceTables.serviceConfig,
  governanceTables.modules,
  governanceTables.endpoints,
  governanceTables.runtimeOptions,
  governanceTables.caBundles,
  governanceTables.jwtIssuers,
  governanceTables.jwtKeys,
  governanceTables.participantCertificates,
  governanceTables.participantInfo,
  governanceTables.actorShareKeys,
  governanceTables.votingPolicies,
  governanceTables.automation,
  governanceTables.codeManifest,
  governanceTables.teeManifest,
  governanceTables.settings,
].toSorted();
