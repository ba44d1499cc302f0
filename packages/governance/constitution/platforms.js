// The TEE manifest: on which platforms nodes may run, and what is demanded of evidence from there. A node whose evidence does
// not meet that any more is quarantined at once.

const teeTable = 'public:coco.tee_manifest';

const checkFloors = (value, name) => {
  checkFields(value, { milan: checkParts, genoa: checkParts, turin: checkParts }, name);
};

/** Floors of the parts of one family's TCB. */
const checkParts = optional((value, name) => {
  const part = optional(wholeNumber(0, 255));
  checkFields(value, { boot_loader: part, tee: part, snp: part, microcode: part, fmc: part }, name);
});

const checkEndorser = (value, name) =>
  checkFields(value, { did: textUpTo(1000), feed: textUpTo(1000), minimum_svn: wholeNumber(0) }, name);

const hardwareFields = {
  roots: optional(listOf(hexOf(32))),
  machines: optional(listOf(hexOf(1, 64))),
};

const snpFields = {
  ...hardwareFields,
  minimum_tcb: optional(checkFloors),
  signers: optional(listOf(oneOf('vcek', 'vlek'), 1)),
  csp_ids: optional(listOf(textUpTo(200))),
  minimum_report_version: optional(wholeNumber(2, 100)),
  vmpl_max: optional(wholeNumber(0, 3)),
  uvm: optional(listOf(checkEndorser)),
};

const intelFields = {
  ...hardwareFields,
  accepted_statuses: optional(
    listOf(
      oneOf(
        'UpToDate',
        'SWHardeningNeeded',
        'ConfigurationNeeded',
        'ConfigurationAndSWHardeningNeeded',
        'OutOfDate',
        'OutOfDateConfigurationNeeded',
      ),
      1,
    ),
  ),
  allowed_advisories: optional(listOf(textUpTo(100))),
  minimum_tcb_evaluation: optional(wholeNumber(0)),
  collateral_days_max: optional(wholeNumber(1, 3650)),
};

/** What can be demanded of each platform. */
const teeFields = {
  'sev-snp': snpFields,
  'az-snp-vtpm': snpFields,
  tdx: intelFields,
  sgx: intelFields,
  'az-tdx-vtpm': intelFields,
  virtual: { code: optional(oneOf('listed', 'any')) },
};

/** `value` without what is not given, also further in. */
function given(value) {
  if (Array.isArray(value)) return value.map(given);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, given(field)]));
}

const platformActions = {
  set_tee: {
    check(args) {
      checkObject(args, 'args');
      oneOf(...Object.keys(teeFields))(args.platform, 'platform');
      const common = { platform: checkString, description: optional(anyTextUpTo(1000)) };
      checkFields(args, { ...common, ...teeFields[args.platform] });
    },
    // Takes the place of all that was demanded of the platform before.
    apply({ platform, ...demands }, proposalId) {
      writeRow(teeTable, platform, given(demands));
      dropOtherProposals(proposalId);
    },
  },
  remove_tee: {
    check(args) {
      checkFields(args, { platform: textUpTo(100) });
      if (!hasRow(teeTable, args.platform)) throw new Error(`platform: "${args.platform}" is not approved`);
    },
    apply: ({ platform }) => removeRow(teeTable, platform),
  },
};
