/**
 * The default constitution offers what it should, and says which argument of an action is wrong.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { createWorld } from '../testing/world.js';
import { constitutionScripts } from './constitutionScripts.js';
import { createScriptRunner } from './scriptRunner.js';
import { constitution, limits, sandbox, signedTuple, valueOfRun } from './scriptWorld.test.js';

const world = createWorld();
const [member] = world.members as [Identity];
const nodeId = world.node.key.publicKey.fingerprint;
const runner = createScriptRunner({ sandbox });
const id = 'a'.repeat(64);
const stranger = makeIdentity();
const cert = stranger.certificate.pem;
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const encryption_pub_key = rsaKey.export({ type: 'spki', format: 'pem' });

/** Why a proposal is not valid; "" when it is. */
function described(proposal: string): string {
  const input = { transaction: world.store.begin(), limits, constitution, proposal };
  const value = valueOfRun(runner.validate(input)) as { valid: boolean; description: string };
  assert.equal(value.valid, value.description === '');
  return value.description;
}

function problem(name: string, args?: unknown): string {
  return described(JSON.stringify({ actions: [{ name, args }] }));
}

test('every action of CCF that applies here is offered, and Coco’s own', () => {
  const offered = new Set(constitutionScripts({ sandbox }).actions(constitution, limits));
  // Those left out: the service's identity and the ledger's key do not change, and no shares are handed out; there are no
  // rows of older versions to clean up.
  const ccf =
    'set_constitution set_member remove_member set_member_data set_user remove_user set_user_data set_recovery_threshold ' +
    'transition_service_to_open set_js_app remove_js_app ' +
    'set_js_runtime_options refresh_js_app_bytecode_cache set_ca_cert_bundle remove_ca_cert_bundle set_jwt_issuer ' +
    'set_jwt_public_signing_keys remove_jwt_issuer add_node_code add_snp_measurement add_snp_uvm_endorsement ' +
    'add_snp_host_data set_snp_minimum_tcb_version set_snp_minimum_tcb_version_hex remove_snp_host_data ' +
    'remove_snp_measurement remove_snp_uvm_endorsement remove_snp_minimum_tcb_version set_node_data ' +
    'transition_node_to_trusted remove_node_code remove_node set_node_certificate_validity ' +
    'set_all_nodes_certificate_validity set_service_configuration trigger_ledger_chunk trigger_ledger_rekey ' +
    'trigger_snapshot ' +
    'assert_service_identity add_virtual_measurement remove_virtual_measurement add_virtual_host_data remove_virtual_host_data';
  const coco =
    'set_participant remove_participant add_node set_voting_policy remove_voting_policy set_automation_rule ' +
    'remove_automation_rule add_code remove_code set_tee remove_tee distrust_node trust_node set_settings ' +
    'close_alarm set_share_key';
  const expected = `${ccf} ${coco}`.split(' ');
  assert.deepEqual(
    expected.filter((name) => !offered.has(name)),
    [],
  );
  assert.equal(offered.size, expected.length);
});

const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['nothing', {}, /there is no such action/],
  ['constructor', {}, /there is no such action/],
  ['set_member', undefined, /args must be an object/],
  ['set_member', {}, /cert must be a string/],
  ['set_member', { cert: 'x' }, /cert: it is not one X\.509 certificate/],
  ['set_member', { cert, name: 'x' }, /args has an unknown field "name"/],
  ['set_member', { cert, member_data: [] }, /member_data must be an object/],
  ['set_member', { cert, encryption_pub_key: 'x' }, /encryption_pub_key must be a public key/],
  ['set_member', { cert, recovery_role: 'Owner' }, /recovery_role can only be given together/],
  ['set_member', { cert, encryption_pub_key, recovery_role: 'King' }, /recovery_role must be one of/],
  ['set_member', { cert: world.participant.certificate.pem }, /is a participant already/],
  ['remove_member', { member_id: 'x' }, /member_id must be 64/],
  ['remove_member', { member_id: id }, /member_id: there is no member a/],
  ['set_member_data', { member_id: member.id }, /member_data must be an object/],
  ['set_participant', { cert }, /name must be a string of 1 to 100/],
  ['set_participant', { cert: member.certificate.pem, name: 'x' }, /is a member already/],
  ['remove_participant', { participant_id: id }, /there is no participant/],
  ['set_share_key', { actor_id: id, share_key: id }, /actor_id: there is no member or participant a/],
  ['set_share_key', { actor_id: member.id }, /share_key must be .* for 32 bytes/],
  ['set_share_key', { actor_id: member.id, share_key: 'ab' }, /share_key must be .* for 32 bytes/],
  ['set_user', { cert: 5 }, /cert must be an X\.509 certificate/],
  ['remove_user', { user_id: 'A'.repeat(64) }, /user_id must be 64 lower-case/],
  ['add_node', { actor: id }, /node_id must be 64/],
  ['add_node', { ...signedTuple(world, member), peer_address: 'x' }, /peer_address must be "host:port"/],
  ['add_node', { ...signedTuple(world, member), peer_address: 'x:1' }, /what was signed differs/],
  ['add_node', { ...signedTuple(world, member), measurement: 'XY' }, /measurement must be lower-case hex/],
  ['add_node', signedTuple(world, stranger), /its actor is not a member or participant/],
  ['add_node', signedTuple(world, member, world.node), /is on the VN list already/],
  ['remove_node', { node_id: id }, /node_id: there is no node/],
  ['remove_node', { node_id: nodeId }, /no trusted node would be left/],
  ['transition_node_to_trusted', { node_id: nodeId }, /valid_from must be a time/],
  ['set_node_certificate_validity', { node_id: nodeId, valid_from: '2025' }, /valid_from must be a time/],
  [
    'set_node_certificate_validity',
    { node_id: nodeId, valid_from: '2025-01-01', validity_period_days: 366 },
    /validity_period_days: 366 is more than the 365/,
  ],
  [
    'set_all_nodes_certificate_validity',
    { valid_from: '2025-01-01', validity_period_days: 0 },
    /validity_period_days must be a whole number of at least 1/,
  ],
  [
    'set_voting_policy',
    { action: 'x', policy: { kind: 'majority' } },
    /action must be the name of an action/,
  ],
  ['set_voting_policy', { action: 'default' }, /policy must be an object/],
  ['set_voting_policy', { action: 'default', policy: { kind: 'some' } }, /policy\.kind must be one of/],
  [
    'set_voting_policy',
    { action: 'default', policy: { kind: 'm_of_n' } },
    /policy\.m must be given for m_of_n/,
  ],
  [
    'set_voting_policy',
    { action: 'default', policy: { kind: 'majority', m: 1 } },
    /policy\.m must be given for m_of_n/,
  ],
  [
    'set_voting_policy',
    { action: 'default', policy: { kind: 'm_of_n', m: 0 } },
    /policy\.m must be a whole number/,
  ],
  [
    'set_voting_policy',
    { action: 'default', policy: { kind: 'majority', weights: {} } },
    /policy has an unknown field/,
  ],
  [
    'set_voting_policy',
    { action: 'add_code', policy: { kind: 'm_of_n', m: 4 } },
    /"add_code" would ask for 4 votes of 3/,
  ],
  [
    'set_voting_policy',
    { action: 'default', policy: { kind: 'majority', quorum: 4 } },
    /"default" would ask for 4 votes/,
  ],
  ['remove_voting_policy', { action: 'set_user' }, /has no voting policy of its own/],
  [
    'set_automation_rule',
    { rule: 'r', action: 'set_member', max_per_member: 1, requires_approved_code: true },
    /action must be one of add_node/,
  ],
  [
    'set_automation_rule',
    { rule: 'r', action: 'add_node', max_per_member: 0, requires_approved_code: true },
    /max_per_member/,
  ],
  ['remove_automation_rule', { rule: 'r' }, /there is no automation rule "r"/],
  ['set_constitution', { constitution: 5 }, /constitution must be a string/],
  ['set_constitution', { constitution: 'export {}' }, /constitution: the constitution exports no function/],
  ['set_service_configuration', { consensus: 'BFT' }, /unknown field "consensus"/],
  ['set_recovery_threshold', { recovery_threshold: 255 }, /from 1 to 254/],
  [
    'set_recovery_threshold',
    { recovery_threshold: 1 },
    /1 is more than the 0 active members with a recovery key/,
  ],
  ['set_settings', {}, /args names no setting/],
  ['set_settings', { epoch_seconds: -1 }, /epoch_seconds must be a whole number from 0 to 31536000/],
  ['set_settings', { secret_hold_seconds: 'x' }, /secret_hold_seconds must be a whole number from 0/],
  ['set_settings', { key_threshold: 65 }, /key_threshold must be a whole number from 0 to 64/],
  ['set_settings', { lease_seconds: 0 }, /lease_seconds must be a whole number from 1 to 31536000/],
  ['set_settings', { lease_restart: 1 }, /lease_restart must be true or false/],
  [
    'set_settings',
    { sample_fraction_ppm: 1_000_001 },
    /sample_fraction_ppm must be a whole number from 0 to 1000000/,
  ],
  ['close_alarm', { alarm: 'none' }, /alarm: there is no alarm none/],
  ['set_settings', { colour: 'red' }, /unknown field "colour"/],
  ['transition_service_to_open', { next_service_identity: 'x' }, /next_service_identity must be/],
  ['assert_service_identity', { service_identity: cert }, /is not the certificate of this service/],
  ['trigger_snapshot', { now: true }, /unknown field "now"/],
  ['add_code', { measurement: 'ab', component: 'c' }, /measurement must be .* for 32 bytes/],
  ['add_code', { measurement: id, component: '' }, /component must be a string of 1/],
  ['remove_code', { measurement: 'ab' }, /measurement: ab is not approved/],
  ['set_tee', { platform: 'abacus' }, /platform must be one of/],
  ['set_tee', undefined, /args must be an object/],
  ['set_tee', { platform: 'tdx', code: 'any' }, /args has an unknown field "code"/],
  ['set_tee', { platform: 'virtual', code: 'some' }, /code must be one of listed, any/],
  ['set_tee', { platform: 'virtual', vmpl_max: 0 }, /unknown field "vmpl_max"/],
  ['set_tee', { platform: 'sev-snp', minimum_tcb: 'x' }, /minimum_tcb must be an object/],
  ['set_tee', { platform: 'sev-snp', minimum_tcb: { rome: {} } }, /minimum_tcb has an unknown field "rome"/],
  [
    'set_tee',
    { platform: 'sev-snp', minimum_tcb: { milan: { snp: 256 } } },
    /minimum_tcb\.milan\.snp must be a whole number from 0 to 255/,
  ],
  ['set_tee', { platform: 'az-snp-vtpm', signers: ['me'] }, /signers\[0\] must be one of vcek, vlek/],
  ['set_tee', { platform: 'sev-snp', roots: ['AB'] }, /roots\[0\] must be lower-case/],
  ['set_tee', { platform: 'sev-snp', uvm: [{ did: 'd', feed: 'f' }] }, /uvm\[0\]\.minimum_svn must be/],
  ['set_tee', { platform: 'sgx', accepted_statuses: ['Revoked'] }, /accepted_statuses\[0\] must be one of/],
  ['set_tee', { platform: 'tdx', collateral_days_max: 0 }, /collateral_days_max must be .* from 1/],
  ['remove_tee', { platform: 'snp' }, /"snp" is not approved/],
  ['distrust_node', { node_id: id, reason: 'r' }, /node_id: there is no node/],
  ['distrust_node', { node_id: nodeId }, /reason must be a string/],
  ['distrust_node', { node_id: nodeId, reason: 'r' }, /no trusted node would be left/],
  ['trust_node', { node_id: nodeId }, /is not distrusted/],
  [
    'add_snp_host_data',
    { host_data: 'ab'.repeat(32), security_policy: 'x' },
    /host_data must be the SHA-256/,
  ],
  [
    'set_snp_minimum_tcb_version',
    { cpuid: '00a00f11', tcb_version: { tee: 1 } },
    /tcb_version\.boot_loader must be/,
  ],
  [
    'set_snp_minimum_tcb_version_hex',
    { cpuid: '00A00f11', tcb_version: 'd315000000000004' },
    /cpuid must be/,
  ],
  ['remove_snp_minimum_tcb_version', { cpuid: '00a00f11' }, /there is no minimum/],
  ['set_js_app', { bundle: { modules: [] } }, /bundle\.metadata must be an object/],
  ['set_js_app', { bundle: { metadata: {}, modules: [] } }, /bundle\.metadata\.endpoints must be an object/],
  [
    'set_js_app',
    {
      bundle: {
        metadata: { endpoints: { '/a': { get: { js_module: 'x', js_function: 'f', authn_policies: [] } } } },
        modules: [],
      },
    },
    /endpoints\["\/a"\]\.get\.js_module: the bundle has no module "x"/,
  ],
  ['set_js_runtime_options', { max_heap_bytes: 1 }, /max_stack_bytes must be/],
  ['set_ca_cert_bundle', { name: 'x', cert_bundle: 'x' }, /cert_bundle must be/],
  ['set_jwt_issuer', { issuer: 'i', auto_refresh: true }, /issuer must be a URL/],
  ['set_jwt_issuer', { issuer: 'https://i', auto_refresh: true }, /ca_cert_bundle_name must be given/],
  [
    'set_jwt_issuer',
    { issuer: 'i', jwks: { keys: [{ kid: 'k', kty: 'RSA' }] } },
    /jwks\.keys\[0\] must have x5c/,
  ],
  ['set_jwt_public_signing_keys', { issuer: 'i', jwks: {} }, /jwks\.keys must be a list of at least 1/],
];

test('bad input: a wrong argument is named', () => {
  for (const [name, args, reason] of wrong) {
    assert.match(problem(name, args), reason, name);
    if (name !== 'nothing')
      assert.match(problem(name, args), new RegExp(`^(${name} at position 0: |the voting policy)`));
  }
});

test('bad input: a body that is no proposal', () => {
  assert.match(described('{'), /JSON|expect/i);
  assert.match(described('[]'), /the proposal must be an object/);
  assert.match(described('{}'), /actions must be a list/);
  assert.match(described('{"actions":[1]}'), /actions\[0\] must be an object/);
  assert.match(described('{"actions":[{}]}'), /actions\[0\]\.name must be a string/);
  assert.match(described('{"actions":[]}'), /asks for nothing/);
  assert.match(
    described('{"actions":[{"name":"x"},{"name":"y"}]}'),
    /^x at position 0: .*; y at position 1: /,
  );
});
