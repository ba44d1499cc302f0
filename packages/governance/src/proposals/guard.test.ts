import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewLease } from '../renewLease.js';
import { networkKeyTables } from '../tables.js';
import { nodeProof } from '../testing/attest.js';
import { makeIdentity } from '../testing/identities.js';
import { createWorld, type World } from '../testing/world.js';

const gov = 'public:ccf.gov.';
const put = (table: string, key: string | undefined, value: unknown): unknown => ({
  name: 'put',
  args: { table, key, value },
});
const text = (table: string, key: string, content: string): unknown => ({
  name: 'text',
  args: { table, key, text: content },
});
const remove = (table: string, key?: string): unknown => ({ name: 'remove', args: { table, key } });

/** What becomes of `actions` where every proposal is accepted at once. */
function tried(
  make: (world: World) => readonly unknown[],
  world = createWorld({ constitution: 'dictator' }),
): string {
  const before = world.get('/gov/coco/constitution').json['digest'];
  const answer = world.propose(world.members[0] as World['members'][0], ...make(world));
  const failure = answer.json['failure'] as { reason: string } | undefined;
  if (failure === undefined) return String(answer.json['proposalState']);
  assert.equal(world.get('/gov/coco/constitution').json['digest'], before, 'nothing of it stays');
  return failure.reason;
}

const withoutMember = ({ id }: World['members'][0]): unknown[] =>
  ['info', 'certs'].map((table) => remove(`${gov}members.${table}`, id));

test('bad input: a member-made constitution cannot remove the last member, or so many that no vote could pass', () => {
  assert.match(
    tried((world) => world.members.flatMap(withoutMember)),
    /no active member would be left/,
  );
  assert.equal(
    tried((world) => world.members.slice(1).flatMap(withoutMember)),
    'Accepted',
  );
  const demote = ({ id }: World['members'][0]): unknown =>
    put(`${gov}members.info`, id, { status: 'Accepted' });
  assert.match(
    tried((world) => world.members.map(demote)),
    /no active member/,
  );
  const world = createWorld({
    constitution: 'dictator',
    votingPolicies: { default: { kind: 'majority' }, set_member: { kind: 'm_of_n', m: 3 } },
  });
  assert.match(
    tried(({ members }) => members.slice(2).flatMap(withoutMember), world),
    /"set_member" would ask for 3 votes of 2 active members/,
  );
  const policy = (value: unknown): string => tried(() => [put('public:coco.voting_policies', 'put', value)]);
  assert.match(policy({ kind: 'm_of_n', m: 4 }), /nothing could pass/);
  assert.match(policy({ kind: 'majority', quorum: 4 }), /nothing could pass/);
  for (const bad of [
    { kind: 'lottery' },
    { kind: 'm_of_n' },
    { kind: 'majority', m: 1 },
    { kind: 'm_of_n', m: 0 },
    7,
  ]) {
    assert.match(policy(bad), /is not one/);
  }
  assert.equal(policy({ kind: 'unanimous', expires_after_seconds: 60 }), 'Accepted');
});

test('actors must have certificates that make their ids, and be of one kind', () => {
  const stranger = makeIdentity();
  const info = `${gov}members.info`;
  assert.match(
    tried(() => [put(info, stranger.id, { status: 'Active' })]),
    /no certificate that makes its id/,
  );
  const wrong = [
    put(info, '0'.repeat(64), { status: 'Active' }),
    text(`${gov}members.certs`, '0'.repeat(64), stranger.certificate.pem),
  ];
  assert.match(
    tried(() => wrong),
    /no certificate that makes its id/,
  );
  assert.match(
    tried(({ participant: { id, certificate } }) => [
      put(info, id, { status: 'Accepted' }),
      text(`${gov}members.certs`, id, certificate.pem),
    ]),
    /both a member and a participant/,
  );
  assert.match(
    tried(({ members }) => [put(info, members[2]?.id, { status: 'Sleeping' })]),
    /no known status/,
  );
  assert.match(
    tried(({ members }) => [put(info, members[2]?.id, null)]),
    /no known status/,
  );
});

test('the VN list stays well-formed, with a trusted node, and nodes go only forward', () => {
  const nodes = `${gov}nodes.info`;
  const own = (world: World): string => world.node.key.publicKey.fingerprint;
  const rowOf = (world: World, changes: object): unknown =>
    put(nodes, own(world), {
      node_to_node_interface: { published_address: 'a:1' },
      status: 'Trusted',
      ...changes,
    });
  assert.match(
    tried((world) => [rowOf(world, { status: 'Retired' })]),
    /no trusted node would be left/,
  );
  assert.match(
    tried((world) => [remove(nodes, own(world))]),
    /must be retired first/,
  );
  assert.match(
    tried((world) => [rowOf(world, { status: 'Pending' })]),
    /cannot become Pending when it is Trusted/,
  );
  assert.match(
    tried((world) => [rowOf(world, { status: 'Weird' })]),
    /no known status/,
  );
  assert.match(
    tried((world) => [rowOf(world, { node_to_node_interface: 7 })]),
    /Accepted/,
    'the tuple has it too',
  );
  assert.match(
    tried((world) => [rowOf(world, { retired_committed: true })]),
    /only the nodes themselves/,
  );
  assert.match(
    tried(() => [put(nodes, 'x', {})]),
    /not a node id/,
  );
  assert.match(
    tried(() => [put(nodes, '0'.repeat(64), { status: 'Pending' })]),
    /no public key/,
  );
  const joiner = makeIdentity();
  const id = joiner.key.publicKey.fingerprint;
  const tuple = put('public:coco.nodes.tuples', id, {
    public_key: joiner.certificate.pem,
    peer_address: 'b:1',
  });
  assert.match(
    tried(() => [tuple, put(nodes, id, { status: 'Trusted' })]),
    /cannot become Trusted when it is new/,
  );
  const world = createWorld({ constitution: 'dictator' });
  assert.equal(
    tried(() => [tuple, put(nodes, id, { status: 'Pending' })], world),
    'Accepted',
  );
  assert.match(
    tried(() => [put(nodes, id, { status: 'Trusted' })], world),
    /cannot become Trusted when it is Pending/,
  );
  assert.equal(
    tried(() => [remove(nodes, id)], world),
    'Accepted',
  );
});

test('MIT-2: votes take trust away, but no vote grants a lease, and none lets a removed node come back', () => {
  const leases = 'public:coco.nodes.leases';
  const own = (world: World): string => world.node.key.publicKey.fingerprint;
  const lease = (state: string): unknown => ({
    state,
    granted_at: 0,
    expires_at: 1,
    reason: { code: 'COCO_LEASE_DISTRUSTED', sentence: 's' },
  });
  for (const bad of [lease('held'), {}, 7]) {
    assert.match(
      tried((world) => [put(leases, own(world), bad)]),
      /a lease cannot be granted to node/,
    );
  }
  assert.match(
    tried(() => [put(leases, '0'.repeat(64), lease('lapsed'))]),
    /was not taking part/,
  );
  const world = createWorld({ constitution: 'dictator' });
  assert.match(
    tried(() => [put(leases, own(world), lease('distrusted'))], world),
    /no node would be left that is trusted and proves what is asked for; of node .*: s$/,
  );
  assert.equal(
    tried(() => [put(leases, own(world), lease('lapsed'))], world),
    'Accepted',
  );
  assert.equal(
    tried(() => [remove(leases, own(world))], world),
    'Accepted',
  );
});

test('MIT-4: the manifests must accept a node that takes part', () => {
  const tee = 'public:coco.tee_manifest';
  assert.match(
    tried(() => [remove(tee, 'virtual')]),
    /no platform would be approved/,
  );
  assert.match(
    tried(() => [put(tee, 'virtual', { code: 'everything' })]),
    /no platform would be approved/,
  );
  assert.equal(
    tried(() => [remove(tee, 'virtual'), put(tee, 'tdx', {})]),
    'Accepted',
    'of a node that has proved nothing yet nothing is known',
  );
  const world = createWorld({ constitution: 'dictator' });
  renewIn(world);
  const failure = tried(() => [remove(tee, 'virtual'), put(tee, 'tdx', {})], world);
  assert.match(
    failure,
    /no node would be left that is trusted and proves what is asked for; of node .* only: tdx/,
  );
  assert.match(
    tried(() => [put(tee, 'virtual', {})], world),
    /no node would be left that is trusted and proves/,
  );
});

/** The node of this world proves what it runs. */
function renewIn({ store, node, service, nowMs }: World): void {
  const network = service.certificate.fingerprint;
  const attestation = nodeProof({ key: node.key, network, purpose: 'lease', atMs: nowMs });
  const transaction = store.begin();
  const renewal = renewLease(transaction, { nodeId: node.key.publicKey.fingerprint, attestation });
  assert.equal(renewal.outcome, 'renewed');
  store.commit(transaction, store.head + 1);
}

test('the service keeps its identity, its state and its configuration', () => {
  const service = `${gov}service.info`;
  assert.match(
    tried(() => [put(service, undefined, { cert: 'x', status: 'Open' })]),
    /identity of the service/,
  );
  assert.match(
    tried(() => [remove(service)]),
    /identity of the service/,
  );
  const of = (world: World, status: unknown): unknown[] => [
    put(service, undefined, { cert: world.service.certificate.pem, status }),
  ];
  assert.match(
    tried((world) => of(world, 'Opening')),
    /stays open/,
  );
  assert.match(
    tried((world) => of(world, 7)),
    /known status/,
  );
  assert.match(
    tried(() => [remove(`${gov}service.config`)]),
    /must have a configuration/,
  );
  const config = put(`${gov}service.config`, undefined, { recent_cose_proposals_window_size: 0 });
  assert.match(
    tried(() => [config]),
    /at least 1/,
  );
});

test('a new constitution must work at all', () => {
  const set = (source: unknown): string => tried(() => [put(`${gov}constitution`, undefined, source)]);
  assert.match(set('broken'), /validate\(\) of the new constitution does not work/);
  assert.match(set(7), /no constitution would be left/);
  assert.match(
    tried(() => [remove(`${gov}constitution`)]),
    /no constitution would be left/,
  );
  assert.equal(set('another'), 'Accepted');
});

test('CONF-2, CONF-3: the shared key, and what is sealed to it, is the nodes’ alone', () => {
  for (const table of networkKeyTables) {
    assert.match(
      tried(() => [put(table, 'x', {})]),
      /only the nodes themselves can change the shared network key/,
    );
  }
});
