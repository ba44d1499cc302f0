/**
 * The default constitution: keys to which actors' shares are sealed off the nodes (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transaction } from '@coco/kv';
import { objectRows } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { createWorld } from '../testing/world.js';
import { createScriptRunner } from './scriptRunner.js';
import { constitution, limits, rowsOf, sandbox, valueOfRun } from './scriptWorld.test.js';

const world = createWorld();
const [member] = world.members as [Identity];
const runner = createScriptRunner({ sandbox });
const stranger = makeIdentity();
const cert = stranger.certificate.pem;

type Actions = readonly { readonly name: string; readonly args?: unknown }[];

/** Validates and applies them, and gives what was written. */
function applyAll(actions: Actions, transaction: Transaction): Record<string, unknown> {
  const input = {
    transaction,
    limits,
    constitution,
    proposal: JSON.stringify({ actions }),
    proposalId: 'this',
  };
  const { description } = valueOfRun(runner.validate(input)) as { description: string };
  assert.equal(description, '');
  valueOfRun(runner.apply(input));
  return rowsOf(transaction.writeSet());
}

test('CONF-3: an actor has a share key of its own, until it or the actor goes', () => {
  const transaction = world.store.begin();
  const share_key = 'ab'.repeat(32);
  const set = (actor_id: string, key: string | null) => ({ actor_id, share_key: key });
  const applied = (name: string, args: unknown) => applyAll([{ name, args }], transaction);
  const row = `coco.actors.share_keys ${world.participant.id}`;
  assert.deepEqual(applied('set_share_key', set(world.participant.id, share_key))[row], {
    share_key,
  });
  applied('set_share_key', set(member.id, share_key));
  applied('set_share_key', set(member.id, null));
  applied('remove_participant', { participant_id: world.participant.id });
  assert.deepEqual([...objectRows(transaction, tables.actorShareKeys)], []);
  const both = [
    { name: 'set_participant', args: { cert, name: 'p' } },
    { name: 'set_share_key', args: set(stranger.id, share_key) },
  ];
  applyAll(both, transaction);
  assert.equal([...objectRows(transaction, tables.actorShareKeys)].length, 1);
});
