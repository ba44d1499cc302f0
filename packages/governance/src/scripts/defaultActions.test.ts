/**
 * The default constitution: every action writes the rows that it is for, and refuses what would do harm.
 */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { Transaction } from '@coco/kv';
import { readManifests } from '../manifests.js';
import { objectRows, putRow, readObject } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { parseTeeRow } from '../teeRow.js';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { createWorld } from '../testing/world.js';
import { createScriptRunner } from './scriptRunner.js';
import {
  constitution,
  limits,
  reasonOf,
  rowsOf,
  sandbox,
  signedTuple,
  valueOfRun,
} from './scriptWorld.test.js';
import type { ScriptRunOutcome } from './types.js';

const world = createWorld();
const [member] = world.members as [Identity];
const nodeId = world.node.key.publicKey.fingerprint;
const runner = createScriptRunner({ sandbox });
const stranger = makeIdentity();
const cert = stranger.certificate.pem;
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const encryption_pub_key = rsaKey.export({ type: 'spki', format: 'pem' }) as string;

type Actions = readonly { readonly name: string; readonly args?: unknown }[];

function input(transaction: Transaction, actions: Actions) {
  return { transaction, limits, constitution, proposal: JSON.stringify({ actions }), proposalId: 'this' };
}

/** "" when it is valid. */
function problems(actions: Actions, transaction = world.store.begin()): string {
  const value = valueOfRun(runner.validate(input(transaction, actions)));
  const { valid, description } = value as { valid: boolean; description: string };
  assert.equal(valid, description === '');
  return description;
}

function apply(actions: Actions, transaction = world.store.begin()): ScriptRunOutcome {
  return runner.apply(input(transaction, actions));
}

/** Validates and applies one action, and gives what was written. */
function applied(name: string, args?: unknown, transaction = world.store.begin()): Record<string, unknown> {
  assert.equal(problems([{ name, args }], transaction), '');
  valueOfRun(apply([{ name, args }], transaction));
  return rowsOf(transaction.writeSet());
}

test('ACT-1: members and participants come and go', () => {
  const added = applied('set_member', {
    cert,
    encryption_pub_key,
    member_data: { name: 'n' },
    recovery_role: 'Participant',
  });
  assert.deepEqual(added, {
    [`ccf.gov.members.acks ${stranger.id}`]: { state_digest: '' },
    [`ccf.gov.members.certs ${stranger.id}`]: cert,
    [`ccf.gov.members.encryption_public_keys ${stranger.id}`]: encryption_pub_key,
    [`ccf.gov.members.info ${stranger.id}`]: {
      status: 'Accepted',
      member_data: { name: 'n' },
      recovery_role: 'Participant',
    },
  });
  const again = applied('set_member', { cert: member.certificate.pem, member_data: { name: 'other' } });
  assert.deepEqual(again[`ccf.gov.members.info ${member.id}`], {
    status: 'Active',
    member_data: { name: 'other' },
  });
  const removed = applied('remove_member', { member_id: member.id });
  assert.deepEqual(
    Object.values(removed),
    Object.values(removed).map(() => null),
  );
  assert.ok(`ccf.gov.members.info ${member.id}` in removed);
  const participant = applied('set_participant', { cert, name: 'p' });
  assert.deepEqual(participant[`coco.participants.info ${stranger.id}`], { name: 'p', status: 'Active' });
  assert.equal(
    applied('remove_participant', { participant_id: world.participant.id })[
      `coco.participants.certs ${world.participant.id}`
    ],
    null,
  );
  assert.equal(applied('set_user', { cert })[`ccf.gov.users.certs ${stranger.id}`], cert);
});

test('recovery: no member is removed that a recovery needs', () => {
  const transaction = world.store.begin();
  for (const { certificate } of world.members.slice(0, 2)) {
    valueOfRun(
      apply([{ name: 'set_member', args: { cert: certificate.pem, encryption_pub_key } }], transaction),
    );
  }
  const remove = [{ name: 'remove_member', args: { member_id: member.id } }];
  assert.match(problems(remove, transaction), /1 members with a recovery key would be left, fewer than .* 2/);
  assert.match(
    problems([{ name: 'set_recovery_threshold', args: { recovery_threshold: 3 } }], transaction),
    /3 is more than the 2/,
  );
  const lower = apply([{ name: 'set_recovery_threshold', args: { recovery_threshold: 1 } }], transaction);
  assert.deepEqual(lower.outcome === 'returned' && lower.triggers, []);
  valueOfRun(apply(remove, transaction));
});

test('NET-2, GOV-1: a node is put on the VN list by its signed tuple, and taken off', () => {
  const transaction = world.store.begin();
  const tuple = signedTuple(world, member);
  const nodeOf = `ccf.gov.nodes.info ${tuple['node_id']}`;
  const address = (of: string) => ({ bind_address: of, published_address: of });
  const rows = applied('add_node', { ...tuple, measurement: 'ab' }, transaction);
  assert.deepEqual(rows[`coco.nodes.tuples ${tuple['node_id']}`], tuple);
  assert.deepEqual(rows[nodeOf], {
    node_to_node_interface: address('b:1'),
    public_key: tuple['public_key'],
    quote_info: { format: 'Insecure_Virtual', quote: '', endorsements: '' },
    rpc_interfaces: { application: address('b:2'), administrative: address('b:3') },
    status: 'Pending',
    code_digest: 'ab',
  });
  const trust = { node_id: tuple['node_id'], valid_from: '250101000000Z' };
  assert.match(
    reasonOf(apply([{ name: 'transition_node_to_trusted', args: trust }], transaction)),
    /has no certificate yet/,
  );
  const removed = applied('remove_node', { node_id: tuple['node_id'] }, transaction);
  assert.deepEqual([removed[nodeOf], removed[`coco.nodes.tuples ${tuple['node_id']}`]], [null, null]);
  // One that takes part is retired, and its row stays.
  applied('add_node', tuple, transaction);
  transaction.put(tables.nodeCertificates, new TextEncoder().encode(tuple['node_id']), new Uint8Array(1));
  applied('transition_node_to_trusted', trust, transaction);
  assert.equal(readObject(transaction, tables.nodeInfo, tuple['node_id'])?.['status'], 'Trusted');
  applied('remove_node', { node_id: nodeId }, transaction);
  assert.equal(readObject(transaction, tables.nodeInfo, nodeId)?.['status'], 'Retired');
  assert.match(
    problems([{ name: 'remove_node', args: { node_id: tuple['node_id'] } }], transaction),
    /no trusted node/,
  );
});

test('NET-3: an actor and its first node in one proposal', () => {
  const transaction = world.store.begin();
  const node = { name: 'add_node', args: signedTuple(world, stranger) };
  const member = { name: 'set_member', args: { cert, member_data: { name: 'n' } } };
  const participant = { name: 'set_participant', args: { cert, name: 'n' } };
  assert.equal(problems([member, node]), '');
  assert.equal(problems([participant, node]), '');
  valueOfRun(apply([participant, node], transaction));
  assert.equal([...objectRows(transaction, tables.nodeInfo)].length, 2);
  assert.match(reasonOf(apply([node, participant])), /its actor is not a member or participant/);
  const forged = { ...node, args: { ...node.args, peer_address: 'c:1' } };
  assert.match(reasonOf(apply([participant, forged])), /what was signed differs/);
});

test('certificates of nodes are renewed by the framework', () => {
  const args = { valid_from: '2025-01-01T00:00:00Z', validity_period_days: 30 };
  const renewed = { kind: 'node_certificate', nodeId, validFrom: args.valid_from, validityDays: 30 };
  for (const action of [
    { name: 'set_node_certificate_validity', args: { ...args, node_id: nodeId } },
    { name: 'set_all_nodes_certificate_validity', args },
  ]) {
    const outcome = apply([action]);
    assert.deepEqual(outcome.outcome === 'returned' && outcome.triggers, [renewed]);
  }
});

test('settings, manifests, policies, automation are rows', () => {
  const rows = (name: string, args: unknown) => applied(name, args);
  const settings = rows('set_settings', { epoch_seconds: 600, node_certificate_days: 30 });
  const sample_fraction_ppm = 10_000;
  assert.deepEqual(settings['coco.settings'], {
    epoch_seconds: 600,
    lease_seconds: 3600,
    sample_fraction_ppm,
  });
  const config = settings['ccf.gov.service.config'] as Record<string, unknown>;
  assert.equal(config['maximum_node_certificate_validity_days'], 30);
  const restart = rows('set_settings', { lease_seconds: 600, lease_restart: true });
  assert.deepEqual(restart['coco.settings'], {
    epoch_seconds: 86_400,
    lease_seconds: 600,
    sample_fraction_ppm,
    lease_restart: true,
  });
  const secrets = { epoch_seconds: 0, secret_hold_seconds: 60, key_threshold: 3 };
  const others = { lease_seconds: 3600, sample_fraction_ppm };
  assert.deepEqual(rows('set_settings', secrets)['coco.settings'], { ...secrets, ...others });
  const code = 'ab'.repeat(32);
  assert.deepEqual(rows('add_code', { measurement: code, component: 'coco-node' }), {
    [`coco.code_manifest ${code}`]: { component: 'coco-node', description: '' },
  });
  const policy = { kind: 'm_of_n', m: 2, quorum: 3, expires_after_seconds: 60 };
  assert.deepEqual(rows('set_voting_policy', { action: 'set_member', policy }), {
    'coco.voting_policies set_member': policy,
  });
  assert.deepEqual(rows('remove_voting_policy', { action: 'default' }), {
    'coco.voting_policies default': null,
  });
  const rule = { action: 'add_node', max_per_member: 2, requires_approved_code: true };
  assert.deepEqual(rows('set_automation_rule', { rule: 'r', ...rule }), { 'coco.automation r': rule });
  const host_data = createHash('sha256').update('policy').digest('hex');
  assert.deepEqual(rows('add_snp_host_data', { host_data, security_policy: 'policy' }), {
    [`ccf.gov.nodes.snp.host_data ${host_data}`]: 'policy',
  });
  assert.deepEqual(rows('add_snp_measurement', { measurement: 'm' }), {
    'ccf.gov.nodes.snp.measurements m': 'AllowedToJoin',
  });
});

test('GOV-1: what is demanded of a platform is a row that is read as it was meant', () => {
  const root = 'ab'.repeat(32);
  const snp = {
    description: 'cloud A',
    roots: [root],
    machines: ['cd'.repeat(64)],
    minimum_tcb: { milan: { snp: 8, microcode: 115 }, turin: { fmc: 1 } },
    signers: ['vcek', 'vlek'],
    csp_ids: ['AWS'],
    minimum_report_version: 2,
    vmpl_max: 0,
    uvm: [{ did: 'did:x509:0', feed: 'f', minimum_svn: 100 }],
  };
  const intel = {
    accepted_statuses: ['UpToDate', 'SWHardeningNeeded'],
    allowed_advisories: ['INTEL-SA-00615'],
    minimum_tcb_evaluation: 18,
    collateral_days_max: 7,
  };
  for (const [platform, fields] of [
    ['sev-snp', snp],
    ['az-snp-vtpm', snp],
    ['tdx', intel],
    ['sgx', intel],
    ['az-tdx-vtpm', { roots: [root] }],
    ['virtual', { code: 'listed' }],
  ] as const) {
    const transaction = world.store.begin();
    const row = applied('set_tee', { description: null, ...fields, platform }, transaction);
    const written = row[`coco.tee_manifest ${platform}`] as Record<string, unknown>;
    assert.deepEqual(written, fields);
    const read = parseTeeRow(platform, written);
    assert.deepEqual(
      'entry' in read && readManifests(transaction).tee[platform],
      'entry' in read && read.entry,
    );
    assert.ok('entry' in read, JSON.stringify(read));
  }
});

test('MIT-4: a node is distrusted by vote, and may come back when the members trust it again', () => {
  const transaction = world.store.begin();
  const lease = `coco.nodes.leases ${nodeId}`;
  putRow(transaction, tables.nodeInfo, 'other', { status: 'Trusted' });
  const distrust = { node_id: nodeId, reason: 'its machine was stolen' };
  const rows = applied('distrust_node', distrust, transaction);
  assert.equal(rows[`ccf.gov.nodes.info ${nodeId}`], undefined, 'the nodes themselves quarantine it');
  assert.deepEqual(rows[lease], {
    state: 'distrusted',
    granted_at: 0,
    expires_at: 0,
    reason: { code: 'COCO_LEASE_DISTRUSTED', sentence: 'its machine was stolen' },
  });
  assert.match(problems([{ name: 'distrust_node', args: distrust }], transaction), /is distrusted already/);
  const trusted = applied('trust_node', { node_id: nodeId }, transaction);
  assert.equal((trusted[lease] as { state: string }).state, 'lapsed');
  applied('distrust_node', distrust, transaction);
  const removed = applied('remove_node', { node_id: nodeId }, transaction);
  assert.equal(removed[lease], null, 'without a lease it cannot come back');
  assert.match(problems([{ name: 'distrust_node', args: distrust }], transaction), /does not take part/);
  const together = [
    { name: 'remove_node', args: { node_id: nodeId } },
    { name: 'distrust_node', args: { ...distrust, node_id: 'other' } },
  ];
  const fresh = world.store.begin();
  putRow(fresh, tables.nodeInfo, 'other', { status: 'Trusted' });
  assert.match(problems(together, fresh), /no trusted node would be left/);
});

test('UVM endorsements and minimum versions of SEV-SNP', () => {
  const transaction = world.store.begin();
  const key = 'ccf.gov.nodes.snp.uvm_endorsements did:x';
  applied('add_snp_uvm_endorsement', { did: 'did:x', feed: 'f', svn: '1' }, transaction);
  const both = applied('add_snp_uvm_endorsement', { did: 'did:x', feed: 'g', svn: '2' }, transaction);
  assert.deepEqual(both[key], { f: { svn: '1' }, g: { svn: '2' } });
  const one = applied('remove_snp_uvm_endorsement', { did: 'did:x', feed: 'f' }, transaction);
  assert.deepEqual(one[key], { g: { svn: '2' } });
  assert.equal(applied('remove_snp_uvm_endorsement', { did: 'did:x', feed: 'g' }, transaction)[key], null);
  const cpuid = '00a00f11';
  const minimum = applied(
    'set_snp_minimum_tcb_version_hex',
    { cpuid, tcb_version: 'd315000000000004' },
    transaction,
  );
  assert.deepEqual(minimum[`ccf.gov.nodes.snp.tcb_versions ${cpuid}`], {
    hexstring: 'd315000000000004',
    boot_loader: 4,
    tee: 0,
    snp: 21,
    microcode: 211,
  });
  assert.equal(
    applied('remove_snp_minimum_tcb_version', { cpuid }, transaction)[
      `ccf.gov.nodes.snp.tcb_versions ${cpuid}`
    ],
    null,
  );
});

test('JavaScript apps and token issuers', () => {
  const transaction = world.store.begin();
  const endpoint = {
    js_module: 'a.js',
    js_function: 'f',
    mode: 'readonly',
    authn_policies: ['no_auth', { all_of: ['jwt'] }],
  };
  const bundle = {
    metadata: { endpoints: { '/a/{id}': { post: endpoint } } },
    modules: [{ name: 'a.js', module: 'source' }],
  };
  const app = applied('set_js_app', { bundle }, transaction);
  assert.equal(app['ccf.gov.modules /a.js'], 'source');
  assert.deepEqual(app['ccf.gov.endpoints POST /a/{id}'], { ...endpoint, js_module: '/a.js' });
  const gone = applied('remove_js_app', undefined, transaction);
  assert.deepEqual([gone['ccf.gov.modules /a.js'], gone['ccf.gov.endpoints POST /a/{id}']], [null, null]);
  const issuer = { issuer: 'https://i', auto_refresh: true, ca_cert_bundle_name: 'ca' };
  assert.match(
    reasonOf(apply([{ name: 'set_jwt_issuer', args: issuer }], transaction)),
    /there is no bundle "ca"/,
  );
  applied('set_ca_cert_bundle', { name: 'ca', cert_bundle: cert }, transaction);
  assert.deepEqual(applied('set_jwt_issuer', issuer, transaction)['ccf.gov.jwt.issuers https://i'], issuer);
  const keys = { issuer: 'https://i', jwks: { keys: [{ ...rsaKey.export({ format: 'jwk' }), kid: 'k' }] } };
  const signing = applied('set_jwt_public_signing_keys', keys, transaction);
  assert.ok(signing['ccf.gov.jwt.public_signing_keys_metadata_v2 k']);
  const removed = applied('remove_jwt_issuer', { issuer: 'https://i' }, transaction);
  assert.equal(removed['ccf.gov.jwt.public_signing_keys_metadata_v2 k'], null);
});

test('what changes who votes, or what a vote means, drops other open proposals', () => {
  const drops = (name: string, args: unknown): boolean => {
    const transaction = world.store.begin();
    putRow(transaction, tables.proposalInfo, 'other', { state: 'Open' });
    putRow(transaction, tables.proposalInfo, 'this', { state: 'Open' });
    valueOfRun(apply([{ name, args }], transaction));
    assert.equal(readObject(transaction, tables.proposalInfo, 'this')?.['state'], 'Open');
    return readObject(transaction, tables.proposalInfo, 'other')?.['state'] === 'Dropped';
  };
  assert.ok(drops('set_constitution', { constitution }));
  assert.ok(drops('set_member', { cert }));
  assert.ok(drops('remove_member', { member_id: member.id }));
  assert.ok(drops('add_code', { measurement: 'ab'.repeat(32), component: 'c' }));
  assert.ok(drops('set_tee', { platform: 'tdx' }));
  assert.ok(!drops('remove_tee', { platform: 'virtual' }));
  assert.ok(!drops('set_member', { cert: member.certificate.pem, member_data: {} }));
  assert.ok(!drops('set_participant', { cert, name: 'p' }));
  assert.ok(!drops('set_voting_policy', { action: 'default', policy: { kind: 'unanimous' } }));
  assert.ok(!drops('add_node', signedTuple(world, member)));
});

test('bad input: removing the last member, or so many that no vote could pass', () => {
  const remove = (of: Identity) => ({ name: 'remove_member', args: { member_id: of.id } });
  assert.equal(problems(world.members.slice(1).map(remove)), '');
  assert.match(problems(world.members.map(remove)), /no active member would be left/);
  const transaction = world.store.begin();
  putRow(transaction, tables.votingPolicies, 'add_code', { kind: 'm_of_n', m: 3 });
  const sentence =
    /the voting policy "add_code" would ask for 3 votes of 2 active members: nothing could pass/;
  assert.match(problems([remove(member)], transaction), sentence);
  assert.match(reasonOf(apply([remove(member)], transaction)), sentence);
  const together = [remove(member), { name: 'remove_voting_policy', args: { action: 'add_code' } }];
  assert.equal(problems(together, transaction), '');
  assert.equal(reasonOf(apply(together, transaction)), 'returned undefined');
});
