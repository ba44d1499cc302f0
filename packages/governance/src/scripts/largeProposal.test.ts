/**
 * Large proposals: what may be proposed can also be decided and applied, whatever the ballots do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import type { ScriptRun } from '@coco/sandbox';
import { createGovernance } from '../createGovernance.js';
import { defaultGovernanceSettings } from '../settings.js';
import type { Identity } from '../testing/identities.js';
import { createWorld, type World } from '../testing/world.js';
import { constitution, sandbox } from './scriptWorld.test.js';

/** Steps of every run, in order, by the name of what ran. */
const runs: (readonly [name: string, steps: number])[] = [];
const counting = {
  run(run: ScriptRun) {
    const outcome = sandbox.run(run);
    runs.push([run.name, outcome.steps]);
    return outcome;
  },
};
const settings = defaultGovernanceSettings;
const governance = createGovernance({ sandbox: counting, settings });

function begin(): World {
  return createWorld({ constitution, governance, votingPolicies: { default: { kind: 'majority' } } });
}

/** An app of `modules` modules, near to the most that a proposal may have. */
function app(modules: number): unknown {
  const endpoint = { js_module: 'm0.js', js_function: 'f', forwarding_required: 'always', mode: 'readwrite' };
  const size = Math.floor((settings.proposalBytesMax - 20_000) / modules) - 60;
  const bundle = {
    metadata: { endpoints: { '/a': { get: { ...endpoint, openapi: {}, authn_policies: [] } } } },
    modules: Array.from({ length: modules }, (_, n) => ({ name: `m${n}.js`, module: 'x'.repeat(size) })),
  };
  return { name: 'set_js_app', args: { bundle } };
}

const endless = 'export function vote () { for (;;) {} }';

test('GOV-3: an app of 2 MB is proposed, rehearsed, decided and applied, whatever the ballots of others take', () => {
  for (const modules of [1, 100]) {
    const world = begin();
    const [a, b, c] = world.members as [Identity, Identity, Identity];
    const body = utf8(JSON.stringify({ actions: [app(modules)] }));
    assert.ok(body.length > 1.9 * 2 ** 20 && body.length <= settings.proposalBytesMax);
    const caller = { kind: 'member', id: a.id } as const;
    const rehearsed = world.send({ method: 'POST', path: '/gov/coco/proposals:rehearse', body, caller });
    assert.equal(rehearsed.json['failure'], undefined, rehearsed.text.slice(0, 300));
    const made = world.propose(a, app(modules));
    assert.equal(made.json['proposalState'], 'Open', made.text.slice(0, 300));
    const id = String(made.json['proposalId']);
    assert.equal(world.vote(a, id, endless).json['proposalState'], 'Open');
    assert.equal(world.vote(b, id, true).json['proposalState'], 'Open');
    const decided = world.vote(c, id, true);
    assert.equal(decided.json['proposalState'], 'Accepted', JSON.stringify(decided.json['failure']));
    const failures = decided.json['voteFailures'] as Record<string, { reason: string }>;
    assert.match(failures[a.id]?.reason ?? '', /too long/);
  }
});

test('no request takes more steps than it may, and ballots leave the constitution its half', () => {
  const world = begin();
  const [a, b, c] = world.members as [Identity, Identity, Identity];
  const id = String(world.propose(a, app(1)).json['proposalId']);
  world.vote(a, id, endless);
  world.vote(b, id, endless);
  runs.length = 0;
  const decided = world.vote(c, id, endless);
  assert.equal(decided.json['proposalState'], 'Open');
  const sum = (name: string): number =>
    runs.filter(([one]) => one === name).reduce((steps, [, more]) => steps + more, 0);
  assert.ok(sum('ballot') > 4_000 && sum('ballot') <= settings.requestStepsMax / 2 + 3, `${sum('ballot')}`);
  assert.ok(sum('constitution') <= settings.requestStepsMax / 2);
});
