import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeId } from '@coco/attestation';
import { utf8 } from '@coco/primitives';
import { admitNode } from '../framework.js';
import { renewLease } from '../renewLease.js';
import { putRow } from '../rows.js';
import { nodeProof, testTree } from '../testing/attest.js';
import { makeIdentity } from '../testing/identities.js';
import { type Answered, createWorld, signed, type World } from '../testing/world.js';
import { effectsOf } from './effect.js';
import type { Rehearsal } from './rehearse.js';
import type { Tally } from './tally.js';

type Member = World['members'][0];
const path = '/gov/coco/proposals:rehearse';

function rehearse(world: World, ...actions: readonly unknown[]): Rehearsal {
  const { id } = world.members[0] as Member;
  const { head } = world.store;
  const answer = world.send({
    method: 'POST',
    path,
    body: utf8(JSON.stringify({ actions })),
    caller: { kind: 'member', id },
  });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.writes, false);
  assert.equal(world.store.head, head);
  return answer.json as unknown as Rehearsal;
}

const put = (table: string, key: string | undefined, value: unknown): unknown => ({
  name: 'put',
  args: { table: `public:${table}`, key, value },
});
const remove = (table: string, key: string): unknown => ({
  name: 'remove',
  args: { table: `public:${table}`, key },
});

test('GOV-6: a rehearsal says what would change, in data and in words, and who must still vote', () => {
  const world = createWorld();
  const [a, b, c] = world.members as [Member, Member, Member];
  const result = rehearse(
    world,
    put('coco.voting_policies', 'default', { kind: 'unanimous' }),
    put('coco.voting_policies', 'add_node', { kind: 'm_of_n', m: 2, expires_after_seconds: 86400 }),
    remove('ccf.gov.members.info', c.id),
    remove('ccf.gov.members.certs', c.id),
    put('coco.settings', undefined, { epoch_seconds: 60, lease_seconds: 3600, sample_fraction_ppm: 10_000 }),
  );
  assert.deepEqual(
    [result.valid, result.acceptedAtOnce, result.stateAtOnce, result.failure],
    [true, false, 'Open', undefined],
  );
  assert.deepEqual(
    result.changes.map(({ sentence }) => sentence),
    [
      `Removes the certificate of member ${c.id.slice(0, 8)}….`,
      `Removes the member "member 3" ${c.id.slice(0, 8)}…: it has access no more.`,
      'Changes settings: epoch seconds from 86400 to 60.',
      'From the next proposal on, for "add_node": 2 members must be in favour, within 1 day.',
      'From the next proposal on, for everything without a policy of its own: every member must be in favour (before: more than half of the members must be in favour).',
    ],
  );
  const [, info] = result.changes;
  assert.deepEqual(
    { ...info },
    {
      table: 'public:ccf.gov.members.info',
      key: c.id,
      before: { member_data: { name: 'member 3' }, status: 'Active' },
      after: null,
      sentence: info?.sentence,
    },
  );
  assert.deepEqual(
    result.tally?.missing.map(({ memberId }) => memberId).toSorted(),
    [a.id, b.id, c.id].toSorted(),
  );
  assert.equal(result.tally?.inFavourMissing, 2);
  assert.deepEqual(
    result.tally?.policies.map(({ action, decidedBy }) => [action, decidedBy]),
    [
      ['put', 'default'],
      ['remove', 'default'],
    ],
  );
});

test('GOV-6: what is not valid, would fail, or is accepted at once is said', () => {
  const world = createWorld();
  const invalid = rehearse(world, { name: 'unheard of' });
  assert.deepEqual([invalid.valid, invalid.description, invalid.changes], [false, 'no unheard of', []]);
  const failing = rehearse(world, put('coco.automation', 'x', {}), { name: 'fail' });
  assert.deepEqual(
    [failing.valid, failing.failure?.reason, failing.changes],
    [true, 'Failed to apply(): half-way', []],
  );
  const all = world.members.map(({ id }) => remove('ccf.gov.members.info', id));
  assert.match(rehearse(world, ...all).failure?.reason ?? '', /no active member/);
  const dictator = createWorld({ constitution: 'dictator' });
  assert.equal(rehearse(dictator, put('coco.automation', 'x', {})).acceptedAtOnce, true);
  const failed = rehearse(dictator, { name: 'fail' });
  assert.deepEqual([failed.acceptedAtOnce, failed.stateAtOnce], [false, 'Failed']);
});

test('GOV-6: a rehearsal also says what a proposal sets off besides rows', () => {
  const world = createWorld();
  const { effects, changes } = rehearse(world, { name: 'trigger' });
  assert.deepEqual([effects, changes], [[{ kind: 'snapshot', sentence: 'Makes a snapshot.' }], []]);
  assert.deepEqual(rehearse(world, { name: 'trigger' }, { name: 'fail' }).effects, []);
  const nodeId = 'ab'.repeat(32);
  const nodeCertificates = [{ nodeId, validFrom: '2025-01-01', validityDays: 30 }];
  assert.deepEqual(
    effectsOf({ chunk: true, nodeCertificates }).map(({ sentence }) => sentence),
    ['Gives node abababab… a new certificate, for 30 days from 2025-01-01.', 'Ends the chunk of the ledger.'],
  );
});

test('sentences for nodes, actors, manifests and rows of any kind', () => {
  const world = createWorld();
  const [a] = world.members as [Member];
  const joiner = makeIdentity();
  const id = joiner.key.publicKey.fingerprint;
  const short = `${id.slice(0, 8)}…`;
  const result = rehearse(
    world,
    put('coco.nodes.tuples', id, { public_key: joiner.certificate.pem, actor: a.id }),
    put('ccf.gov.nodes.info', id, {
      status: 'Pending',
      node_to_node_interface: { published_address: 'b:1' },
    }),
    put('coco.code_manifest', 'ab'.repeat(32), { component: 'app', description: 'version 2' }),
    put('coco.tee_manifest', 'sev-snp', {}),
    put('coco.tee_manifest', 'virtual', { code: 'listed' }),
    put('coco.automation', 'nodes', { action: 'add_node', max_per_member: 2 }),
    { name: 'text', args: { table: 'public:ccf.gov.constitution', text: '"one\\ntwo"' } },
    { name: 'text', args: { table: 'public:ccf.gov.modules', key: '/m.js', text: 'export {}' } },
  );
  assert.deepEqual(
    result.changes.map(({ sentence }) => sentence),
    [
      'Replaces the scripts of the constitution (1 lines before, 2 after).',
      'Adds modules "/m.js".',
      `Puts node ${short} at b:1 on the list of nodes that may join.`,
      'Adds the automatic rule "nodes": {"action":"add_node","max_per_member":2}.',
      'The code abababababababab… may run: version 2.',
      `Records who runs node ${short}, signed by ${a.id.slice(0, 8)}….`,
      'Admits nodes on the platform "sev-snp".',
      'Changes what is asked of nodes on the platform "virtual": code from any to listed.',
    ],
  );
});

/** A world with two nodes: the one of the genesis runs code that is good, the other, whose id is given, runs `evil`. */
function worldOfTwo(): { readonly world: World; readonly nodeId: string } {
  const world = createWorld();
  const { store, service, node, participant } = world;
  const joiner = makeIdentity({ issuer: service });
  const network = service.certificate.fingerprint;
  const prove = ({ key }: Member, purpose: 'join' | 'lease', tree: string) =>
    nodeProof({ key, network, purpose, atMs: world.nowMs, tree });
  const nodeId = joiner.key.publicKey.fingerprint;
  const transaction = store.begin();
  const tuple = { actor: participant.id, public_key: joiner.certificate.pem, peer_address: 'b:1' };
  putRow(transaction, 'public:coco.nodes.tuples', nodeId, tuple);
  putRow(transaction, 'public:ccf.gov.nodes.info', nodeId, { status: 'Pending' });
  const certificatePem = joiner.certificate.pem;
  const evil = 'ee'.repeat(32);
  admitNode(transaction, { nodeId, certificatePem, attestation: prove(joiner, 'join', evil) });
  renewLease(transaction, {
    nodeId: node.key.publicKey.fingerprint,
    attestation: prove(node, 'lease', testTree),
  });
  store.commit(transaction, 2);
  return { world, nodeId };
}

test('GOV-6, MIT-4: a rehearsal says which nodes would be quarantined, and why', () => {
  const { world, nodeId } = worldOfTwo();
  const id = codeId('virtual', { tree: testTree });
  const { effects, failure } = rehearse(
    world,
    put('coco.code_manifest', id, { component: 'app', description: '' }),
    put('coco.tee_manifest', 'virtual', {}),
  );
  assert.equal(failure, undefined);
  assert.deepEqual(
    effects.map((effect) => [effect.kind, effect.nodeId]),
    [
      ['quarantine', nodeId],
      ['ledger_rekey', undefined],
    ],
  );
  assert.match(effects[0]?.sentence ?? '', /^Quarantines node [0-9a-f]{8}…: the code that runs is none/);
});

test('GOV-6, MIT-4: a rehearsal says that a node is distrusted, and what follows', () => {
  const { world, nodeId } = worldOfTwo();
  const short = `${nodeId.slice(0, 8)}…`;
  const lease = (state: string) => ({
    state,
    granted_at: 0,
    expires_at: 0,
    reason: { code: 'COCO_LEASE_DISTRUSTED', sentence: 'it was stolen' },
  });
  const said = (row: unknown): unknown => {
    const { changes, effects } = rehearse(world, put('coco.nodes.leases', nodeId, row));
    return [...changes, ...effects].map(({ sentence }) => sentence);
  };
  assert.deepEqual(said(lease('distrusted')), [
    `Distrusts node ${short}, whatever it proves: it was stolen.`,
    `Quarantines node ${short}: it was stolen.`,
    'Changes the key of the ledger: only nodes that take part then can read what follows.',
  ]);
  assert.deepEqual(said(lease('lapsed')), [`Lets node ${short} come back when it renews its lease.`]);
});

test('a rehearsal runs scripts, and is for members alone', () => {
  const world = createWorld();
  const [a] = world.members as [Member];
  const send = (caller: Parameters<World['send']>[0]['caller'], body = utf8('{"actions":[]}')): Answered =>
    world.send({ method: 'POST', path, body, ...(caller !== undefined && { caller }) });
  assert.equal(send(undefined).code, 'AuthorizationFailed');
  assert.equal(send({ kind: 'participant', id: world.participant.id }).code, 'AuthorizationFailed');
  assert.equal(send({ kind: 'member', id: '0'.repeat(64) }).code, 'AuthorizationFailed', 'removed meanwhile');
  assert.equal(send({ kind: 'member', id: a.id }, utf8('[')).code, 'InvalidInput');
  assert.equal(send({ kind: 'member', id: a.id }, new Uint8Array(3 << 20)).code, 'RequestBodyTooLarge');
  const cose = world.post(path, signed(world, a, 'proposal', { actions: [] }));
  assert.deepEqual([cose.status, cose.writes], [200, false]);
});

test('GOV-4: a change of the voting policy does not touch proposals made before it', () => {
  const world = createWorld();
  const [a, b] = world.members as [Member, Member];
  const standing = (id: string): Tally => world.get(`/gov/coco/proposals/${id}`).json['tally'] as Tally;
  const early = String(world.propose(a, put('coco.automation', 'x', {})).json['proposalId']);
  const change = String(
    world.propose(a, put('coco.voting_policies', 'default', { kind: 'unanimous' })).json['proposalId'],
  );
  world.vote(a, change, 'yes');
  world.vote(b, change, 'yes');
  const late = String(world.propose(a, put('coco.automation', 'x', {})).json['proposalId']);
  assert.equal(standing(early).policies[0]?.policy.kind, 'majority');
  assert.equal(standing(late).policies[0]?.policy.kind, 'unanimous');
  assert.equal(standing(late).inFavourMissing, 3);
});

test('the tally runs scripts of ballots for actors only', () => {
  const world = createWorld();
  const [a, b] = world.members as [Member, Member];
  const id = String(world.propose(a, put('coco.automation', 'x', {})).json['proposalId']);
  world.vote(a, id, 'no');
  world.vote(b, id, 'throws');
  const tally = (caller?: Parameters<World['get']>[1]): Tally =>
    world.get(`/gov/coco/proposals/${id}`, caller).json['tally'] as Tally;
  const votes = ({ voted }: Tally): unknown =>
    Object.fromEntries(voted.map(({ memberId, inFavour, failure }) => [memberId, [inFavour, failure]]));
  assert.deepEqual(votes(tally()), { [a.id]: [false, undefined], [b.id]: [null, undefined] });
  assert.deepEqual(votes(tally({ kind: 'member', id: a.id })), {
    [a.id]: [false, undefined],
    [b.id]: [null, 'thrown by the ballot'],
  });
});

test('GOV-6, CONF-3: a rehearsal says that shares of the network’s key would be made anew', () => {
  const world = createWorld();
  const { participant, store } = world;
  const own = put('coco.actors.share_keys', participant.id, { share_key: 'ab'.repeat(32) });
  const said = (): readonly string[] => rehearse(world, own).effects.map(({ kind }) => kind);
  const transaction = store.begin();
  const [member] = world.members;
  putRow(transaction, 'public:coco.actors.share_keys', member?.id, { share_key: 'cd'.repeat(32) });
  store.commit(transaction, store.head + 1);
  assert.deepEqual(said(), [], 'there is no key yet');
  const made = store.begin();
  const row = { generation: 1, threshold: 1, made_at: 1, begun_at: 1, key: '', ceremony: '', holders: {} };
  putRow(made, 'public:coco.network_key', undefined, row);
  store.commit(made, store.head + 1);
  assert.deepEqual(said(), ['network_key']);
});
