import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSandbox } from '@coco/sandbox';
import { createGovernance } from './createGovernance.js';
import { defaultGovernanceSettings } from './settings.js';
import { type Answered, createWorld, type World } from './testing/world.js';

const sandbox = await loadSandbox();

/** Decided by a majority of those who voted; what an action does is its argument. */
const constitution = `
export function validate(input) {
  const { actions, hang } = JSON.parse(input);
  while (hang) {}
  return { valid: Array.isArray(actions), description: 'needs actions' };
}
export function resolve(proposal, proposerId, votes) {
  return votes.filter((one) => one.vote).length >= 2 ? 'Accepted' : votes.length > 2 ? 'Rejected' : 'Open';
}
export function apply(proposal) {
  for (const { args } of JSON.parse(proposal).actions) {
    ccf.kv[args.table].set(ccf.strToBuf(args.key), ccf.jsonCompatibleToBuf(args.value));
    if (args.then === 'throw') throw new Error('half-way');
    if (args.then === 'hang') for (;;) {}
    if (args.then === 'grow') for (const all = []; ; ) all.push(new Uint8Array(1 << 20));
  }
}`;

function makeWorld(): World {
  return createWorld({
    constitution,
    governance: createGovernance({ sandbox, settings: defaultGovernanceSettings }),
  });
}

const idOf = (answer: Answered): string => String(answer.json['proposalId']);
const set = (table: string, then?: string): unknown => ({
  name: 'set',
  args: { table, key: 'k', value: { a: 1 }, then },
});

/** What became of `action` once two members were in favour. */
function decided(world: World, action: unknown): Record<string, unknown> {
  const [a, b] = world.members as [World['members'][0], World['members'][0]];
  const id = idOf(world.propose(a, action));
  world.vote(a, id, 'export function vote (proposal, proposer) { return proposer.length === 64; }');
  return world.vote(b, id, true).json;
}

test('scripts of the members decide and write, within the tables that are theirs', () => {
  const world = makeWorld();
  assert.equal(decided(world, set('public:coco.automation'))['proposalState'], 'Accepted');
  const { automation } = world.get('/gov/coco/constitution').json as { automation: unknown };
  assert.deepEqual(automation, { k: { a: 1 } });
});

test('bad input: a constitution that loops, allocates, throws, or writes where it may not changes nothing', () => {
  for (const [table, then, reason] of [
    ['public:coco.automation', 'throw', /half-way/],
    ['public:coco.automation', 'hang', /too long/],
    ['public:coco.automation', 'grow', /memory/],
    ['public:coco.proposals', undefined, /only read/],
    ['public:ccf.internal.tree', undefined, /only read/],
    ['app', undefined, /belongs to an application/],
    ['ccf.gov.members.info', undefined, /private/],
  ] as const) {
    const world = makeWorld();
    const before = world.get('/gov/coco/constitution').text;
    const outcome = decided(world, set(table, then));
    assert.equal(outcome['proposalState'], 'Failed', `${table} ${then}`);
    assert.match(JSON.stringify(outcome['failure']), reason);
    assert.equal(world.get('/gov/coco/constitution').text, before);
  }
  const world = makeWorld();
  const [a] = world.members as [World['members'][0]];
  const hung = world.send({
    method: 'POST',
    path: '/gov/coco/proposals:rehearse',
    body: new TextEncoder().encode('{"actions":[],"hang":true}'),
    caller: { kind: 'member', id: a.id },
  });
  assert.deepEqual([hung.status, hung.code, hung.writes], [500, 'InternalError', false]);
});

test('bad input: a ballot that loops, allocates, throws, writes or pollutes is no vote, and does no harm to others', () => {
  const cases: [string, RegExp][] = [
    ['export function vote () { for (;;) {} }', /too long/],
    ['export function vote () { let s = "x"; for (;;) s += s; }', /./],
    ['export function vote () { throw new Error("no"); }', /no/],
    [
      'export function vote () { ccf.kv["public:coco.automation"].set(ccf.strToBuf("k"), ccf.strToBuf("1")); return true; }',
      /cannot be written/,
    ],
    ['export function vote () { globalThis.fetch("https://example.com"); return true; }', /./],
    ['not a script', /./],
    ['export const other = 1;', /./],
  ];
  for (const [ballot, reason] of cases) {
    const world = makeWorld();
    const [a, b, c] = world.members as [World['members'][0], World['members'][0], World['members'][0]];
    const id = idOf(world.propose(a, set('public:coco.automation')));
    const first = world.vote(a, id, ballot);
    assert.deepEqual([first.status, first.json['proposalState']], [200, 'Open'], ballot);
    world.vote(b, id, 'yes');
    const last = world.vote(c, id, 'export function vote () { return true; }');
    assert.equal(last.json['proposalState'], 'Accepted', ballot);
    const failures = last.json['voteFailures'] as Record<string, { reason: string }>;
    assert.match(failures[a.id]?.reason ?? '', reason, ballot);
  }
  const world = makeWorld();
  const [a, b] = world.members as [World['members'][0], World['members'][0]];
  const id = idOf(world.propose(a, set('public:coco.automation')));
  world.vote(
    a,
    id,
    'export function vote () { Object.prototype.vote = true; Array.prototype.filter = () => [1, 2, 3]; return false; }',
  );
  const second = world.vote(b, id, 'no');
  assert.equal(second.json['proposalState'], 'Open', 'each script has a world of its own');
});
