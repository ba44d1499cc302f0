import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8, toHex, utf8 } from '@coco/primitives';
import { makeIdentity, testTimeMs } from '../testing/identities.js';
import { type Answered, createWorld, signed, type World } from '../testing/world.js';
import { allRecords, readInfo } from './proposal.js';

type Member = World['members'][0];
const put = (value: unknown, key = 'k'): unknown => ({
  name: 'put',
  args: { table: 'public:coco.automation', key, value },
});
const idOf = (answer: Answered): string => String(answer.json['proposalId']);
const three = (world: World): [Member, Member, Member] => world.members as [Member, Member, Member];

function row(world: World, table: string, key?: string): unknown {
  const reader = world.store.read(world.store.head);
  const bytes = reader.get(table, key === undefined ? new Uint8Array(8) : utf8(key));
  return bytes === undefined ? undefined : JSON.parse(fromUtf8(bytes) ?? '');
}

test('GOV-3, GOV-7: a proposal changes nothing until it is decided, and then all of it at once', () => {
  const world = createWorld();
  const [a, b, c] = three(world);
  const made = world.propose(a, put(1), put(2, 'l'));
  assert.deepEqual(made.json, {
    proposalId: idOf(made),
    proposerId: a.id,
    proposalState: 'Open',
    ballotCount: 0,
  });
  assert.equal(world.vote(a, idOf(made), 'yes').json['ballotCount'], 1);
  assert.equal(row(world, 'public:coco.automation', 'k'), undefined);
  const decided = world.vote(b, idOf(made), true);
  assert.equal(decided.json['proposalState'], 'Accepted');
  assert.deepEqual(decided.json['finalVotes'], { [a.id]: true, [b.id]: true });
  assert.equal(row(world, 'public:coco.automation', 'k'), 1);
  assert.equal(row(world, 'public:coco.automation', 'l'), 2);
  assert.equal(world.vote(c, idOf(made), true).code, 'ProposalNotOpen');
});

test('formats of CCF 2(e): the id is made of the Merkle root and the signature; the rows are in CCF format', async () => {
  const { createHash } = await import('node:crypto');
  const world = createWorld();
  const [a, b] = three(world);
  const root = new Uint8Array(32).fill(world.store.head);
  const body = signed(world, a, 'proposal', { actions: [put(1)] });
  const made = world.post('/gov/members/proposals:create', body);
  const digest = createHash('sha256').update(body.slice(-64)).digest();
  assert.equal(idOf(made), createHash('sha256').update(root).update(digest).digest('hex'));
  const seconds = testTimeMs / 1000;
  assert.equal(
    row(world, 'public:ccf.gov.cose_recent_proposals', `${seconds}:${digest.toString('hex')}`),
    idOf(made),
  );
  assert.equal(row(world, 'public:ccf.gov.cose_history', a.id), Buffer.from(body).toString('base64'));
  world.vote(b, idOf(made), 'export function vote () { return false }');
  assert.deepEqual(row(world, 'public:ccf.gov.proposals_info', idOf(made)), {
    ballots: { [b.id]: 'export function vote () { return false }' },
    proposer_id: a.id,
    state: 'Open',
  });
  assert.deepEqual(row(world, 'public:coco.proposals', idOf(made)), {
    created_at: seconds,
    seqno: 1,
    policies: { default: { kind: 'majority' } },
    proposer_id: a.id,
    actions: ['put'],
  });
  const actions = world.get(`/gov/members/proposals/${idOf(made)}/actions`);
  assert.deepEqual(actions.json, { actions: [put(1)] });
  const ballot = world.get(`/gov/members/proposals/${idOf(made)}/ballots/${b.id}`);
  assert.equal(ballot.text, 'export function vote () { return false }');
  assert.equal(world.get(`/gov/members/proposals/${idOf(made)}/ballots/${a.id}`).code, 'VoteNotFound');
});

test('GOV-4: one ballot per member; the same once more changes nothing, another is refused', () => {
  const world = createWorld();
  const [a, b] = three(world);
  const id = idOf(world.propose(a, put(1)));
  assert.equal(world.vote(a, id, 'yes').status, 200);
  const again = world.vote(a, id, true);
  assert.deepEqual([again.status, again.writes, again.json['ballotCount']], [200, false, 1]);
  const other = world.vote(a, id, 'no');
  assert.deepEqual([other.code, other.writes], ['VoteAlreadyExists', false]);
  assert.equal(world.vote(b, id, 'yes').json['proposalState'], 'Accepted');
});

test('GOV-7: the ballot of a member that was removed does not count', () => {
  const world = createWorld();
  const [a, b, c] = three(world);
  const id = idOf(world.propose(a, put(1)));
  world.vote(c, id, 'yes');
  const gone = (table: string): unknown => ({ name: 'remove', args: { table, key: c.id } });
  const tables = ['public:ccf.gov.members.info', 'public:ccf.gov.members.certs'];
  const removal = idOf(world.propose(b, ...tables.map(gone)));
  world.vote(a, removal, 'yes');
  assert.equal(world.vote(b, removal, 'yes').json['proposalState'], 'Accepted');
  assert.equal(world.vote(c, id, 'no').code, 'InvalidAuthenticationInfo');
  assert.equal(world.propose(c, put(1)).code, 'InvalidAuthenticationInfo');
  assert.equal(world.vote(a, id, 'yes').json['proposalState'], 'Open', 'one of two, though three once voted');
  assert.deepEqual(world.vote(b, id, 'yes').json['finalVotes'], { [a.id]: true, [b.id]: true });
});

test('a ballot that throws or loops counts as no vote, and its failure is recorded', () => {
  const world = createWorld();
  const [a, b, c] = three(world);
  const id = idOf(world.propose(a, put(1)));
  world.vote(a, id, 'throws');
  world.vote(b, id, 'yes');
  const decided = world.vote(c, id, 'for ever');
  assert.equal(decided.json['proposalState'], 'Open');
  const other = idOf(world.propose(b, put(1)));
  world.vote(a, other, 'throws');
  world.vote(b, other, 'yes');
  const accepted = world.vote(c, other, true);
  assert.deepEqual(accepted.json['voteFailures'], {
    [a.id]: { reason: 'thrown by the ballot', trace: 'at line 1' },
  });
});

test('a proposal whose application fails half-way is Failed, with the reason, and nothing else of it stays', () => {
  const world = createWorld();
  const [a, b] = three(world);
  const id = idOf(world.propose(a, put(1), { name: 'fail' }));
  world.vote(a, id, 'yes');
  const decided = world.vote(b, id, 'yes');
  assert.deepEqual([decided.status, decided.writes, decided.json['proposalState']], [200, true, 'Failed']);
  assert.deepEqual(decided.json['failure'], { reason: 'Failed to apply(): half-way', trace: 'at apply' });
  assert.equal(row(world, 'public:coco.automation', 'k'), undefined);
  assert.equal(world.get(`/gov/members/proposals/${id}`).json['proposalState'], 'Failed');
});

test('a constitution that fails to validate or resolve is said to, and changes nothing', () => {
  const broken = createWorld({ constitution: 'broken' });
  const answer = broken.propose(three(broken)[0], put(1));
  assert.deepEqual([answer.status, answer.code, answer.writes], [500, 'InternalError', false]);
  const undecided = createWorld({ constitution: 'undecided' });
  const failed = undecided.propose(three(undecided)[0], put(1));
  assert.equal(failed.json['proposalState'], 'Failed');
  assert.match(JSON.stringify(failed.json['failure']), /invalid status value.*Perhaps/);
  const world = createWorld();
  const invalid = world.propose(three(world)[0], { name: 'unheard of' });
  assert.deepEqual([invalid.status, invalid.code, invalid.writes], [400, 'ProposalFailedToValidate', false]);
});

test('bad input: proposals and ballots of a wrong form, too long, too many, or for another path', () => {
  const world = createWorld({
    settings: { proposalBytesMax: 1000, ballotBytesMax: 100, openProposalsMax: 2 },
  });
  const [a, b] = three(world);
  const create = (payload: unknown): Answered =>
    world.post('/gov/members/proposals:create', signed(world, a, 'proposal', payload));
  assert.equal(create([1]).code, 'InvalidInput');
  assert.equal(create(utf8('{')).code, 'InvalidInput');
  assert.equal(create(Uint8Array.of(0x22, 0xff, 0x22)).code, 'InvalidInput');
  assert.equal(create({ actions: [], text: 'x'.repeat(1000) }).code, 'RequestBodyTooLarge');
  const deep = `{"actions":[],"\\"[{":${'['.repeat(100)}${']'.repeat(100)}}`;
  assert.equal(create(utf8(deep)).code, 'InvalidInput', 'would break who writes it out again');
  const id = idOf(create({ actions: [] }));
  assert.equal(world.vote(a, id, 'x'.repeat(101)).code, 'RequestBodyTooLarge');
  assert.equal(world.vote(a, id, 7).code, 'InvalidInput');
  assert.equal(world.vote(a, id, '\ud800').code, 'InvalidInput');
  assert.equal(world.vote(a, '0'.repeat(64), 'yes').code, 'ProposalNotFound');
  const ballot = (path: string, signer: Member, signedId: string): Answered =>
    world.post(path, signed(world, signer, 'ballot', { ballot: true }, { proposalId: signedId }));
  const path = `/gov/members/proposals/${id}/ballots/${a.id}:submit`;
  assert.equal(ballot(path, a, '0'.repeat(64)).code, 'InvalidResourceName');
  assert.equal(ballot(path, b, id).code, 'InvalidResourceName', 'in the name of another');
  assert.equal(ballot(path.replace(id, 'abc'), a, 'abc').code, 'InvalidResourceName');
  assert.equal(ballot(path.replace(a.id, a.id.toUpperCase()), a, id).code, 'InvalidResourceName');
  assert.equal(create({ actions: [put(1)] }).status, 200);
  assert.deepEqual(
    [create({ actions: [put(2)] }).status, create({ actions: [put(2)] }).code],
    [429, 'TooManyPendingTransactions'],
  );
});

test('prototypes cannot be polluted by what is signed', () => {
  const world = createWorld();
  const [a] = three(world);
  const payload = utf8(
    '{"__proto__":{"polluted":1},"actions":[],"constructor":{"prototype":{"polluted":1}}}',
  );
  const made = world.post('/gov/members/proposals:create', signed(world, a, 'proposal', payload));
  assert.equal(made.status, 200);
  world.vote(a, idOf(made), '{"__proto__": 1}');
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('GOV-4: a proposal that nobody decides expires by the policies under which it was made', () => {
  const votingPolicies = {
    default: { kind: 'majority', expiresAfterSeconds: 100 },
    put: { kind: 'majority', expiresAfterSeconds: 50 },
  } as const;
  const world = createWorld({ votingPolicies });
  const [a, b] = three(world);
  const id = idOf(world.propose(a, put(1), { name: 'trigger' }));
  world.vote(a, id, 'yes');
  world.nowMs += 49_999;
  assert.equal(world.get(`/gov/members/proposals/${id}`).json['proposalState'], 'Open');
  world.nowMs += 1;
  const expired = world.get(`/gov/members/proposals/${id}`);
  assert.equal(expired.json['proposalState'], 'Dropped');
  assert.match(JSON.stringify(expired.json['failure']), /expired/);
  const late = world.vote(b, id, 'yes');
  assert.deepEqual([late.code, late.writes], ['ProposalNotOpen', false]);
  assert.equal(
    world.post(
      `/gov/members/proposals/${id}:withdraw`,
      signed(world, a, 'withdrawal', '', { proposalId: id }),
    ).code,
    'ProposalNotOpen',
  );
  const kept = (): string | undefined => readInfo(world.store.read(world.store.head), id)?.state;
  assert.equal(kept(), 'Open', 'rows follow with the next transaction');
  world.propose(b, put(2));
  assert.equal(kept(), 'Dropped');
});

test('a proposal is withdrawn by its proposer alone; one that is not there is no error', () => {
  const world = createWorld();
  const [a, b] = three(world);
  const id = idOf(world.propose(a, put(1)));
  const withdraw = (member: Member, proposalId: string): Answered =>
    world.post(
      `/gov/members/proposals/${proposalId}:withdraw`,
      signed(world, member, 'withdrawal', new Uint8Array(0), { proposalId }),
    );
  assert.equal(withdraw(b, id).code, 'AuthorizationFailed');
  assert.equal(withdraw(a, id).json['proposalState'], 'Withdrawn');
  const again = withdraw(a, id);
  assert.deepEqual([again.status, again.writes], [200, false]);
  assert.equal(world.vote(b, id, 'yes').code, 'ProposalNotOpen');
  const unknown = withdraw(a, '0'.repeat(64));
  assert.deepEqual([unknown.status, unknown.text, unknown.writes], [204, '', false]);
  const other = idOf(world.propose(a, put(1), put(3)));
  world.vote(a, other, 'yes');
  world.vote(b, other, 'yes');
  assert.equal(withdraw(a, other).code, 'ProposalNotOpen');
});

test('what a proposal was decided by stays for ever; bodies only of the most recent hundred', () => {
  const world = createWorld({ constitution: 'dictator', settings: { openProposalsMax: 1000 } });
  const [a] = three(world);
  const ids: string[] = [];
  for (let i = 0; i < 103; i++) {
    world.nowMs += 1000;
    ids.push(idOf(world.propose(a, put(i))));
  }
  const { value } = world.get('/gov/members/proposals').json as { value: unknown[] };
  assert.equal(value.length, 100);
  assert.equal([...allRecords(world.store.read(world.store.head))].length, 103);
  const history = world.get('/gov/coco/history').json as { value: { proposalId: string }[] };
  assert.deepEqual(
    history.value.map(({ proposalId }) => proposalId),
    ids,
  );
  const first = world.get(`/gov/coco/proposals/${ids[0]}`).json;
  assert.deepEqual([first['proposalState'], first['actionNames']], ['Accepted', ['put']]);
  assert.equal(world.vote(a, ids[0] ?? '', 'yes').code, 'ProposalNotOpen');
  assert.equal(world.get(`/gov/coco/proposals/${'0'.repeat(64)}`).code, 'ProposalNotFound');
});

test('triggers of an action are told only once it is applied', () => {
  const world = createWorld();
  const [a, b] = three(world);
  const made = world.propose(a, { name: 'trigger' });
  assert.equal(made.triggers, undefined);
  assert.equal(world.vote(a, idOf(made), 'yes').triggers, undefined);
  assert.deepEqual(world.vote(b, idOf(made), 'yes').triggers, { snapshot: true });
});

test('a member that was voted in acknowledges a state digest, and votes from then on', () => {
  const world = createWorld({ constitution: 'dictator' });
  const [a] = three(world);
  const fourth = makeIdentity();
  world.propose(
    a,
    {
      name: 'text',
      args: { table: 'public:ccf.gov.members.certs', key: fourth.id, text: fourth.certificate.pem },
    },
    {
      name: 'put',
      args: { table: 'public:ccf.gov.members.info', key: fourth.id, value: { status: 'Accepted' } },
    },
  );
  assert.equal(world.propose(fourth, put(1)).code, 'AuthorizationFailed');
  const path = `/gov/members/state-digests/${fourth.id}`;
  const ack = (member: Member, body: unknown): Answered =>
    world.post(`${path}:ack`, signed(world, member, 'ack', body));
  assert.equal(world.get(path).code, 'ResourceNotFound');
  assert.equal(ack(fourth, { stateDigest: '' }).code, 'AuthorizationFailed');
  const stateDigest = toHex(new Uint8Array(32).fill(world.store.head));
  const updated = world.post(`${path}:update`, signed(world, fourth, 'state_digest', ''));
  assert.deepEqual(updated.json, { memberId: fourth.id, stateDigest });
  assert.deepEqual(world.get(path).json, updated.json);
  assert.equal(ack(fourth, { stateDigest: '00' }).code, 'StateDigestMismatch');
  assert.equal(ack(fourth, []).code, 'InvalidInput');
  assert.equal(ack(a, { stateDigest }).code, 'InvalidAuthenticationInfo', 'for another member');
  assert.equal(world.propose(fourth, put(1)).code, 'AuthorizationFailed');
  const done = ack(fourth, { stateDigest });
  assert.deepEqual([done.status, done.writes], [204, true]);
  assert.equal(world.propose(fourth, put(1)).json['proposalState'], 'Accepted');
});
