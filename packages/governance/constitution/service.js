// The service: its constitution, configuration and settings, recovery, and what is done once.

const configTable = 'public:ccf.gov.service.config';

function serviceInfo() {
  return readRequired('public:ccf.gov.service.info', 'the service');
}

function checkThreshold(threshold) {
  const { status } = serviceInfo();
  const config = readRequired(configTable, 'the service configuration');
  if (threshold === undefined || threshold === null || threshold === config.recovery_threshold) return;
  if (status === 'WaitingForRecoveryShares') {
    throw new Error('recovery_threshold cannot be changed while the service waits for recovery shares');
  }
  const able = activeRecoveryMembers().length;
  if (status === 'Open' && threshold > able) {
    throw new Error(
      `recovery_threshold: ${threshold} is more than the ${able} active members with a recovery key`,
    );
  }
}

/** Changes the fields that are given. */
function updateConfig(changes) {
  checkThreshold(changes.recovery_threshold);
  const after = { ...readRequired(configTable, 'the service configuration') };
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined && value !== null) after[name] = value;
  }
  writeRow(configTable, undefined, after);
}

const recoveryThreshold = wholeNumber(1, 254);
const certificateDays = wholeNumber(1, 36_500);

const settingChecks = {
  // 0: no epoch ends by time.
  epoch_seconds: wholeNumber(0, 31_536_000),
  secret_hold_seconds: wholeNumber(0, 31_536_000),
  // 0: a majority of the holders.
  key_threshold: wholeNumber(0, 64),
  lease_seconds: wholeNumber(1, 31_536_000),
  lease_restart: checkBoolean,
  sample_fraction_ppm: wholeNumber(0, 1_000_000),
};

const serviceActions = {
  set_constitution: {
    check(args) {
      checkFields(args, { constitution: checkString });
      try {
        ccf.gov.validateConstitution(args.constitution);
      } catch (error) {
        throw new Error(`constitution: ${error.message}`);
      }
    },
    apply({ constitution }, proposalId) {
      writeRow('public:ccf.gov.constitution', undefined, constitution);
      dropOtherProposals(proposalId);
    },
  },
  set_service_configuration: {
    check(args) {
      checkFields(args, {
        recovery_threshold: optional(recoveryThreshold),
        recent_cose_proposals_window_size: optional(wholeNumber(1, 10_000)),
        maximum_node_certificate_validity_days: optional(certificateDays),
        maximum_service_certificate_validity_days: optional(certificateDays),
      });
      checkThreshold(args.recovery_threshold);
    },
    apply: updateConfig,
  },
  set_recovery_threshold: {
    check(args) {
      checkFields(args, { recovery_threshold: recoveryThreshold });
      checkThreshold(args.recovery_threshold);
    },
    apply: updateConfig,
  },
  set_settings: {
    check(args) {
      const fields = { ...settingChecks, node_certificate_days: certificateDays };
      checkFields(
        args,
        Object.fromEntries(Object.entries(fields).map(([name, check]) => [name, optional(check)])),
      );
      if (Object.keys(args).length === 0) throw new Error('args names no setting');
    },
    apply({ node_certificate_days, ...settings }) {
      if (node_certificate_days !== undefined && node_certificate_days !== null) {
        updateConfig({ maximum_node_certificate_validity_days: node_certificate_days });
      }
      const given = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null);
      if (given.length === 0) return;
      const row = readRow('public:coco.settings') ?? {};
      writeRow('public:coco.settings', undefined, { ...row, ...Object.fromEntries(given) });
    },
  },
  transition_service_to_open: {
    check: (args) =>
      checkFields(args, {
        next_service_identity: checkCertificates,
        previous_service_identity: optional(checkCertificates),
      }),
    apply({ next_service_identity, previous_service_identity }) {
      const previous = previous_service_identity ? ccf.strToBuf(previous_service_identity) : undefined;
      ccf.node.transitionServiceToOpen(previous, ccf.strToBuf(next_service_identity));
    },
  },
  assert_service_identity: {
    check(args) {
      checkFields(args, { service_identity: checkCertificates });
      if (serviceInfo().cert !== args.service_identity) {
        throw new Error('service_identity is not the certificate of this service');
      }
    },
    apply() {},
  },
  trigger_ledger_chunk: { check: checkNoArguments, apply: () => ccf.node.triggerLedgerChunk() },
  trigger_ledger_rekey: { check: checkNoArguments, apply: () => ccf.node.triggerLedgerRekey() },
  trigger_snapshot: { check: checkNoArguments, apply: () => ccf.node.triggerSnapshot() },
};
