/**
 * The default constitution decides by the voting policies (GOV-4) and automation rules (GOV-5), from signed request to row.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGovernance } from '../createGovernance.js';
import { putRow } from '../rows.js';
import { defaultGovernanceSettings } from '../settings.js';
import { governanceTables } from '../tables.js';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { type Answered, createWorld, type World } from '../testing/world.js';
import type { VotingPolicy } from '../types.js';
import { constitution, sandbox, signedTuple } from './scriptWorld.test.js';

const governance = createGovernance({ sandbox, settings: defaultGovernanceSettings });

function begin(votingPolicies: Readonly<Record<string, VotingPolicy>>, count = 3): World {
  const members = Array.from({ length: count }, (_, index) => makeIdentity({ name: `member ${index}` }));
  return createWorld({ members, constitution, governance, votingPolicies });
}

const settings = (epoch_seconds: number) => ({ name: 'set_settings', args: { epoch_seconds } });
const code = { name: 'add_code', args: { measurement: 'ab'.repeat(32), component: 'c' } };

function stateOf({ json, text }: Answered): string {
  return String(json['proposalState'] ?? text);
}

/** Proposes, and votes in the order of the members; the state after each step. */
function states(world: World, actions: readonly unknown[], votes: readonly (boolean | string)[]): string[] {
  world.nowMs += 1000;
  const made = world.propose(world.members[0] as Identity, ...actions);
  const found = [stateOf(made)];
  for (const [index, vote] of votes.entries()) {
    world.nowMs += 1000;
    found.push(stateOf(world.vote(world.members[index] as Identity, String(made.json['proposalId']), vote)));
  }
  return found;
}

test('GOV-4: majority, rejected as soon as it cannot pass', () => {
  const world = begin({ default: { kind: 'majority' } });
  assert.deepEqual(states(world, [settings(60)], [true, false, true]), ['Open', 'Open', 'Open', 'Accepted']);
  assert.deepEqual(states(world, [settings(61)], [true, true]), ['Open', 'Open', 'Accepted']);
  assert.deepEqual(states(world, [settings(62)], [false, false]), ['Open', 'Open', 'Rejected']);
  const four = begin({ default: { kind: 'majority' } }, 4);
  assert.deepEqual(states(four, [settings(60)], [true, true]), ['Open', 'Open', 'Open']);
  assert.deepEqual(states(four, [settings(61)], [false, false]), ['Open', 'Open', 'Rejected']);
});

test('GOV-4: unanimous, m of n, one of n', () => {
  const unanimous = begin({ default: { kind: 'unanimous' } });
  assert.deepEqual(states(unanimous, [settings(60)], [true, true, true]), [
    'Open',
    'Open',
    'Open',
    'Accepted',
  ]);
  assert.deepEqual(states(unanimous, [settings(61)], [false]), ['Open', 'Rejected']);
  const two = begin({ default: { kind: 'm_of_n', m: 2 } }, 5);
  assert.deepEqual(states(two, [settings(60)], [true, false, true]), ['Open', 'Open', 'Open', 'Accepted']);
  assert.deepEqual(states(two, [settings(61)], [false, false, false]), ['Open', 'Open', 'Open', 'Open']);
  assert.deepEqual(states(two, [settings(62)], [false, false, false, false]).at(-1), 'Rejected');
  const one = begin({ default: { kind: 'one_of_n' } });
  assert.deepEqual(states(one, [settings(60)], [true]), ['Open', 'Accepted']);
  assert.deepEqual(states(one, [settings(61)], [false, false, false]).at(-1), 'Rejected');
});

test('GOV-4: quorum', () => {
  const world = begin({ default: { kind: 'one_of_n', quorum: 2 } });
  assert.deepEqual(states(world, [settings(60)], [true, false]), ['Open', 'Open', 'Accepted']);
});

test('GOV-4: per kind of action; several actions need all their policies', () => {
  const world = begin({ default: { kind: 'one_of_n' }, add_code: { kind: 'unanimous' } });
  assert.deepEqual(states(world, [settings(60)], [true]), ['Open', 'Accepted']);
  assert.deepEqual(states(world, [settings(61), code], [true, true, true]), [
    'Open',
    'Open',
    'Open',
    'Accepted',
  ]);
  assert.deepEqual(states(world, [settings(62), code], [true, false]), ['Open', 'Open', 'Rejected']);
  assert.deepEqual(states(begin({}), [settings(60)], [true, true]), ['Open', 'Open', 'Accepted']);
});

test('GOV-3: a change of the voting policy is decided under the old one, and holds from the next proposal on', () => {
  const world = begin({ default: { kind: 'majority' } });
  const [first, second, third] = world.members as [Identity, Identity, Identity];
  const earlier = String(world.propose(first, settings(60)).json['proposalId']);
  const change = { name: 'set_voting_policy', args: { action: 'default', policy: { kind: 'unanimous' } } };
  assert.deepEqual(states(world, [change], [true, true]), ['Open', 'Open', 'Accepted']);
  world.vote(second, earlier, true);
  assert.equal(stateOf(world.vote(third, earlier, true)), 'Accepted');
  assert.deepEqual(states(world, [settings(61)], [true, true, true]), ['Open', 'Open', 'Open', 'Accepted']);
  const back = { name: 'set_voting_policy', args: { action: 'default', policy: { kind: 'majority' } } };
  assert.deepEqual(states(world, [back], [true, true, true]), ['Open', 'Open', 'Open', 'Accepted']);
});

test('only active members count, and ballots can be scripts', () => {
  const world = begin({ default: { kind: 'unanimous' } });
  const admit = {
    name: 'set_member',
    args: { cert: makeIdentity().certificate.pem, member_data: { name: 'n' } },
  };
  assert.equal(states(world, [admit], [true, true, true]).at(-1), 'Accepted');
  const script = `export function vote(raw, proposerId) {
    const { name, args } = JSON.parse(raw).actions[0];
    return name === 'set_settings' && args.epoch_seconds < 100;
  }`;
  assert.equal(states(world, [settings(60)], [true, true, script]).at(-1), 'Accepted');
  assert.equal(states(world, [settings(600)], [true, true, script]).at(-1), 'Rejected');
  const removed = { name: 'remove_member', args: { member_id: world.members[2]?.id } };
  assert.equal(states(world, [removed], [true, true, true]).at(-1), 'Accepted');
  assert.equal(states(world, [settings(61)], [true, true]).at(-1), 'Accepted');
});

test('GOV-5: what a rule lets a member do needs no ballot', () => {
  const world = begin({ default: { kind: 'unanimous' } });
  const [first, second] = world.members as [Identity, Identity];
  const transaction = world.store.begin();
  const rule = { action: 'add_node', max_per_member: 2, requires_approved_code: true };
  putRow(transaction, governanceTables.automation, 'nodes', rule);
  putRow(transaction, governanceTables.codeManifest, 'ab', { component: 'c', description: '' });
  world.store.commit(transaction, 2);
  const node = (actor: Identity, measurement?: string) => ({
    name: 'add_node',
    args: { ...signedTuple(world, actor), ...(measurement !== undefined && { measurement }) },
  });
  const proposed = (by: Identity, ...actions: readonly unknown[]): string => {
    world.nowMs += 1000;
    return stateOf(world.propose(by, ...actions));
  };
  assert.equal(proposed(second, node(second)), 'Open', 'code that is not said');
  assert.equal(proposed(second, node(second, 'cd')), 'Open', 'code that is not approved');
  assert.equal(proposed(first, node(second, 'ab')), 'Open', 'a node of another');
  assert.equal(proposed(second, node(second, 'ab'), settings(60)), 'Open', 'something besides');
  assert.equal(proposed(second, node(second, 'ab')), 'Accepted');
  assert.equal(proposed(second, node(second, 'ab'), node(second, 'ab')), 'Open', 'three in all');
  assert.equal(proposed(second, node(second, 'ab')), 'Accepted');
  assert.equal(proposed(second, node(second, 'ab')), 'Open', 'the third');
  // The first member runs the node of the genesis.
  assert.equal(proposed(first, node(first, 'ab')), 'Accepted');
  assert.equal(proposed(first, node(first, 'ab')), 'Open');
});

test('the constitution replaces itself', () => {
  const world = begin({ default: { kind: 'majority' } });
  const replaced = {
    name: 'set_constitution',
    args: { constitution: `${constitution}\n// second edition\n` },
  };
  assert.deepEqual(states(world, [replaced], [true, true]), ['Open', 'Open', 'Accepted']);
  assert.deepEqual(states(world, [settings(60)], [true, true]), ['Open', 'Open', 'Accepted']);
});

test('bad input: what has become impossible since it was proposed fails, and nothing of it stays', () => {
  const world = begin({ default: { kind: 'majority' } });
  const [first, second, third] = world.members as [Identity, Identity, Identity];
  const rule = { rule: 'r', action: 'add_node', max_per_member: 1, requires_approved_code: false };
  assert.equal(states(world, [{ name: 'set_automation_rule', args: rule }], [true, true]).at(-1), 'Accepted');
  const end = { name: 'remove_automation_rule', args: { rule: 'r' } };
  const late = String(world.propose(first, settings(60), end).json['proposalId']);
  assert.equal(states(world, [end], [true, true]).at(-1), 'Accepted');
  world.vote(second, late, true);
  const failed = world.vote(third, late, true);
  assert.equal(stateOf(failed), 'Failed');
  assert.match(JSON.stringify(failed.json['failure']), /there is no automation rule/);
  const reader = world.store.read(world.store.head);
  const row = new TextDecoder().decode(reader.get(governanceTables.settings, new Uint8Array(8)));
  assert.equal(JSON.parse(row).epoch_seconds, 86_400);
});
