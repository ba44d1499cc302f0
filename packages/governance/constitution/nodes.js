// Nodes. A node begins as a tuple that its actor has signed; accepted, it stands on the VN list as Pending. It becomes Trusted
// when it has joined and proved what it runs, and Retired by a vote. One whose lease is over is quarantined: Retired as well, but
// it may come back when it renews the lease.

const nodeTable = 'public:ccf.gov.nodes.info';
const tupleTable = 'public:coco.nodes.tuples';
const leaseTable = 'public:coco.nodes.leases';
const alarmTable = 'public:coco.alarms';

const checkAddress = (value, name) => {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,253}:\d{1,5}$/.test(value)) {
    throw new Error(`${name} must be "host:port"`);
  }
};

const tupleFields = {
  actor: checkId,
  node_id: checkId,
  public_key: checkPublicKey,
  peer_address: checkAddress,
  application_address: checkAddress,
  administrative_address: checkAddress,
  cose: textUpTo(100_000),
};

/** The tuple of a node, without what the action says besides. */
function tupleOf({ measurement: _, ...tuple }) {
  return tuple;
}

/** Whether a proposal admits the actor `id` before its node is added: its signature can be checked only then. */
function admitsActor(proposedActions, id) {
  return proposedActions.some(({ name, args }) => {
    if (name !== 'set_member' && name !== 'set_participant') return false;
    try {
      return coco.readCertificate(args.cert).id === id;
    } catch {
      return false;
    }
  });
}

function checkTuple(args) {
  const { valid, reason } = coco.verifyNodeTuple(tupleOf(args));
  if (!valid) throw new Error(`the signed tuple of the node is not good: ${reason}`);
}

function knownNode(nodeId) {
  const node = readRow(nodeTable, nodeId);
  if (node === undefined) throw new Error(`node_id: there is no node ${nodeId}`);
  return node;
}

function checkTrusted(nodeId) {
  if (knownNode(nodeId).status !== 'Trusted') throw new Error(`node_id: ${nodeId} does not take part`);
}

/** Whether it is out of the network only until it renews its lease, or the members trust it again. */
function isQuarantined(nodeId) {
  const state = readRow(leaseTable, nodeId)?.state;
  return knownNode(nodeId).status === 'Retired' && (state === 'lapsed' || state === 'distrusted');
}

/** The reason in the lease of a node that is distrusted by vote. */
const distrustCode = 'COCO_LEASE_DISTRUSTED';

function isDistrusted(nodeId) {
  return readRow(leaseTable, nodeId)?.reason?.code === distrustCode;
}

/** Throws when nobody would be left without this node. */
function checkOthersLeft(nodeId) {
  if (trustedNodes().every(([id]) => id === nodeId || isDistrusted(id)))
    throw new Error('no trusted node would be left');
}

/** Throws when a proposal takes all nodes out of the network. */
function checkNodesLeft(proposedActions) {
  const names = ['remove_node', 'distrust_node'];
  const leaving = new Set(
    proposedActions.filter(({ name }) => names.includes(name)).map(({ args }) => args?.node_id),
  );
  if (trustedNodes().every(([id]) => leaving.has(id) || isDistrusted(id)))
    throw new Error('no trusted node would be left');
}

function trustedNodes() {
  return allRows(nodeTable).filter(([, { status }]) => status === 'Trusted');
}

/** For how many days a certificate is to be valid: as asked, at most what the service allows. */
function validityDays(asked, limit) {
  const most = readRequired('public:ccf.gov.service.config', 'the service configuration')[limit] ?? 365;
  if (asked === undefined || asked === null) return most;
  if (asked > most)
    throw new Error(`validity_period_days: ${asked} is more than the ${most} days that are allowed`);
  return asked;
}

const validity = { valid_from: checkTime, validity_period_days: optional(wholeNumber(1)) };
const nodeDaysLimit = 'maximum_node_certificate_validity_days';

function networkInterface(address) {
  return { bind_address: address, published_address: address };
}

const nodeActions = {
  add_node: {
    check(args, proposedActions) {
      checkFields(args, { ...tupleFields, measurement: optional(hexOf(1, 64)) });
      if (hasRow(nodeTable, args.node_id))
        throw new Error(`node_id: ${args.node_id} is on the VN list already`);
      if (hasRow('public:coco.nodes.former', args.node_id))
        throw new Error(`node_id: ${args.node_id} took part before; it can only come back with a new key`);
      if (!admitsActor(proposedActions, args.actor)) checkTuple(args);
    },
    apply(args) {
      checkTuple(args);
      if (hasRow(nodeTable, args.node_id))
        throw new Error(`node_id: ${args.node_id} is on the VN list already`);
      writeRow(tupleTable, args.node_id, tupleOf(args));
      const row = {
        node_to_node_interface: networkInterface(args.peer_address),
        public_key: args.public_key,
        quote_info: { format: 'Insecure_Virtual', quote: '', endorsements: '' },
        rpc_interfaces: {
          application: networkInterface(args.application_address),
          administrative: networkInterface(args.administrative_address),
        },
        status: 'Pending',
      };
      if (args.measurement !== undefined && args.measurement !== null) row.code_digest = args.measurement;
      writeRow(nodeTable, args.node_id, row);
    },
  },
  remove_node: {
    check(args, proposedActions) {
      checkFields(args, { node_id: checkId });
      if (knownNode(args.node_id).status === 'Trusted') checkNodesLeft(proposedActions);
    },
    apply({ node_id }) {
      const node = readRow(nodeTable, node_id);
      if (node === undefined) return;
      if (node.status === 'Pending') {
        for (const table of [nodeTable, tupleTable, 'public:ccf.gov.nodes.endorsed_certificates']) {
          removeRow(table, node_id);
        }
        return;
      }
      if (node.status === 'Trusted') {
        checkOthersLeft(node_id);
        writeRow(nodeTable, node_id, { ...node, status: 'Retired' });
      }
      // Without a lease it cannot come back.
      removeRow(leaseTable, node_id);
    },
  },
  distrust_node: {
    check(args, proposedActions) {
      checkFields(args, { node_id: checkId, reason: textUpTo(500) });
      const { node_id } = args;
      if (isDistrusted(node_id)) throw new Error(`node_id: ${node_id} is distrusted already`);
      if (knownNode(node_id).status === 'Trusted') checkNodesLeft(proposedActions);
      else if (!isQuarantined(node_id)) throw new Error(`node_id: ${node_id} does not take part`);
    },
    // The primary quarantines it, as soon as those who stay can decide that without it.
    apply({ node_id, reason }) {
      if (knownNode(node_id).status === 'Trusted') checkOthersLeft(node_id);
      const { granted_at, expires_at } = readRow(leaseTable, node_id) ?? { granted_at: 0, expires_at: 0 };
      const distrusted = { code: distrustCode, sentence: reason };
      writeRow(leaseTable, node_id, { state: 'distrusted', granted_at, expires_at, reason: distrusted });
    },
  },
  trust_node: {
    check(args) {
      checkFields(args, { node_id: checkId });
      if (!isDistrusted(args.node_id)) throw new Error(`node_id: ${args.node_id} is not distrusted`);
    },
    apply({ node_id }) {
      const reason = {
        code: 'COCO_LEASE_LAPSED',
        sentence: 'the members trust the node again; it must renew its lease',
      };
      writeRow(leaseTable, node_id, { ...readRow(leaseTable, node_id), state: 'lapsed', reason });
    },
  },
  close_alarm: {
    check(args) {
      checkFields(args, { alarm: checkString });
      if (!hasRow(alarmTable, args.alarm)) throw new Error(`alarm: there is no alarm ${args.alarm}`);
    },
    apply: ({ alarm }) => removeRow(alarmTable, alarm),
  },
  transition_node_to_trusted: {
    check(args) {
      checkFields(args, { node_id: checkId, ...validity });
      if (knownNode(args.node_id).status === 'Retired')
        throw new Error(`node_id: ${args.node_id} was removed`);
    },
    apply({ node_id }) {
      const node = knownNode(node_id);
      if (node.status !== 'Pending') return;
      if (!hasRow('public:ccf.gov.nodes.endorsed_certificates', node_id)) {
        throw new Error(`node_id: ${node_id} has no certificate yet; it becomes trusted when it joins`);
      }
      const ledger_secret_seqno = ccf.network.getLatestLedgerSecretSeqno();
      writeRow(nodeTable, node_id, { ...node, status: 'Trusted', ledger_secret_seqno });
    },
  },
  set_node_data: {
    check(args) {
      checkFields(args, { node_id: checkId, node_data: () => {} });
      knownNode(args.node_id);
    },
    apply({ node_id, node_data }) {
      writeRow(nodeTable, node_id, { ...knownNode(node_id), node_data });
    },
  },
  set_node_certificate_validity: {
    check(args) {
      checkFields(args, { node_id: checkId, ...validity });
      checkTrusted(args.node_id);
      validityDays(args.validity_period_days, nodeDaysLimit);
    },
    apply({ node_id, valid_from, validity_period_days }) {
      checkTrusted(node_id);
      coco.renewNodeCertificate(node_id, valid_from, validityDays(validity_period_days, nodeDaysLimit));
    },
  },
  set_all_nodes_certificate_validity: {
    check(args) {
      checkFields(args, validity);
      validityDays(args.validity_period_days, nodeDaysLimit);
    },
    apply({ valid_from, validity_period_days }) {
      const days = validityDays(validity_period_days, nodeDaysLimit);
      for (const [id] of trustedNodes()) coco.renewNodeCertificate(id, valid_from, days);
    },
  },
};
