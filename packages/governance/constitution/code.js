// Which code may run: Coco's code manifest by code id, and the tables in which CCF keeps what its nodes report.
// Ballots that were cast when other code was approved shall not decide: such changes drop the other open proposals.

const allowed = 'AllowedToJoin';

/** Actions that add and remove a row by the key that stands in `field`. */
function allowList(table, field, check) {
  return {
    add: {
      check: (args) => checkFields(args, { [field]: check }),
      apply(args, proposalId) {
        writeRow(table, args[field], allowed);
        dropOtherProposals(proposalId);
      },
    },
    remove: {
      check: (args) => checkFields(args, { [field]: check }),
      apply(args) {
        removeRow(table, args[field]);
      },
    },
  };
}

const sgxCode = allowList('public:ccf.gov.nodes.code_ids', 'code_id', textUpTo(200));
const snpMeasurements = allowList('public:ccf.gov.nodes.snp.measurements', 'measurement', textUpTo(200));
const virtualMeasurements = allowList(
  'public:ccf.gov.nodes.virtual.measurements',
  'measurement',
  textUpTo(200),
);

const snpHostDataTable = 'public:ccf.gov.nodes.snp.host_data';
const virtualHostDataTable = 'public:ccf.gov.nodes.virtual.host_data';
const uvmTable = 'public:ccf.gov.nodes.snp.uvm_endorsements';
const tcbTable = 'public:ccf.gov.nodes.snp.tcb_versions';

const cpuid = hexOf(4);
const tcbPart = wholeNumber(0, 255);

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function setTcb(args, version, proposalId) {
  writeRow(tcbTable, args.cpuid, version);
  dropOtherProposals(proposalId);
}

const codeActions = {
  // The measurement is the code id: one digest over all registers that a platform measures code in.
  add_code: {
    check: (args) =>
      checkFields(args, {
        measurement: hexOf(32),
        component: textUpTo(100),
        description: optional(anyTextUpTo(1000)),
      }),
    apply({ measurement, component, description }, proposalId) {
      writeRow('public:coco.code_manifest', measurement, { component, description: description ?? '' });
      dropOtherProposals(proposalId);
    },
  },
  remove_code: {
    check(args) {
      checkFields(args, { measurement: hexOf(1, 64) });
      if (!hasRow('public:coco.code_manifest', args.measurement)) {
        throw new Error(`measurement: ${args.measurement} is not approved`);
      }
    },
    apply: ({ measurement }) => removeRow('public:coco.code_manifest', measurement),
  },

  add_node_code: sgxCode.add,
  remove_node_code: sgxCode.remove,
  add_snp_measurement: snpMeasurements.add,
  remove_snp_measurement: snpMeasurements.remove,
  add_virtual_measurement: virtualMeasurements.add,
  remove_virtual_measurement: virtualMeasurements.remove,
  add_virtual_host_data: {
    check: (args) => checkFields(args, { host_data: textUpTo(200) }),
    apply({ host_data }, proposalId) {
      writeRow(virtualHostDataTable, host_data, '');
      dropOtherProposals(proposalId);
    },
  },
  remove_virtual_host_data: {
    check: (args) => checkFields(args, { host_data: textUpTo(200) }),
    apply: ({ host_data }) => removeRow(virtualHostDataTable, host_data),
  },
  add_snp_host_data: {
    check(args) {
      checkFields(args, { host_data: hexOf(32), security_policy: checkString });
      const { host_data, security_policy } = args;
      if (security_policy === '') return;
      if (hex(ccf.crypto.digest('SHA-256', ccf.strToBuf(security_policy))) !== host_data) {
        throw new Error('host_data must be the SHA-256 of security_policy');
      }
    },
    apply({ host_data, security_policy }, proposalId) {
      writeRow(snpHostDataTable, host_data, security_policy);
      dropOtherProposals(proposalId);
    },
  },
  remove_snp_host_data: {
    check: (args) => checkFields(args, { host_data: textUpTo(200) }),
    apply: ({ host_data }) => removeRow(snpHostDataTable, host_data),
  },
  add_snp_uvm_endorsement: {
    check: (args) => checkFields(args, { did: textUpTo(1000), feed: textUpTo(1000), svn: textUpTo(100) }),
    apply({ did, feed, svn }, proposalId) {
      writeRow(uvmTable, did, { ...readRow(uvmTable, did), [feed]: { svn } });
      dropOtherProposals(proposalId);
    },
  },
  remove_snp_uvm_endorsement: {
    check: (args) => checkFields(args, { did: textUpTo(1000), feed: textUpTo(1000) }),
    apply({ did, feed }) {
      const { [feed]: _, ...rest } = readRow(uvmTable, did) ?? {};
      if (Object.keys(rest).length === 0) removeRow(uvmTable, did);
      else writeRow(uvmTable, did, rest);
    },
  },
  set_snp_minimum_tcb_version: {
    check(args) {
      checkFields(args, { cpuid, tcb_version: checkObject });
      const parts = { boot_loader: tcbPart, tee: tcbPart, snp: tcbPart, microcode: tcbPart };
      checkFields(args.tcb_version, { ...parts, fmc: optional(tcbPart) }, 'tcb_version');
    },
    apply: (args, proposalId) => setTcb(args, args.tcb_version, proposalId),
  },
  set_snp_minimum_tcb_version_hex: {
    check: (args) => checkFields(args, { cpuid, tcb_version: hexOf(8) }),
    apply: (args, proposalId) => setTcb(args, ccf.tcbHexToPolicy(args.cpuid, args.tcb_version), proposalId),
  },
  remove_snp_minimum_tcb_version: {
    check(args) {
      checkFields(args, { cpuid });
      if (!hasRow(tcbTable, args.cpuid)) throw new Error(`cpuid: there is no minimum for ${args.cpuid}`);
    },
    apply: (args) => removeRow(tcbTable, args.cpuid),
  },
};
