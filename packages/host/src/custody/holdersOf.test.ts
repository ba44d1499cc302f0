/**
 * Who is asked for partial decryptions (CONF-3): whoever may hold a share and be up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeView } from '@coco/governance';
import { holdersOf } from './holdersOf.js';

const node = (nodeId: string, more: Partial<NodeView> = {}) =>
  ({
    nodeId,
    actorId: `actor of ${nodeId}`,
    status: 'Trusted',
    administrativeAddress: `${nodeId}:1`,
    ...more,
  }) as NodeView;

const lapsed = { state: 'lapsed', grantedAtMs: 1, expiresAtMs: 2 } as const;

const names = (found: ReturnType<typeof holdersOf>): readonly string[] =>
  found.map(({ administrativeAddress, actorId = 'nobody' }) => `${administrativeAddress} ${actorId}`);

test('CONF-3: a node whose lease has lapsed is asked, one that was removed is not', () => {
  const nodes = [
    node('self'),
    node('a'),
    node('late', { status: 'Retired', lease: lapsed }),
    node('gone', { status: 'Retired' }),
  ];
  assert.deepEqual(names(holdersOf({ nodes }, 'self')), ['a:1 actor of a', 'late:1 actor of late']);
});

test('nodes that this one was told of are asked where they are now, whoever they belong to', () => {
  const nodes = [node('self'), node('a'), node('moved'), node('gone', { status: 'Retired' })];
  const told = ['a:1', 'moved:2', 'gone:2', 'new:1', 'self:2'].map((administrativeAddress) => {
    const [nodeId = ''] = administrativeAddress.split(':');
    return { nodeId, administrativeAddress, peerAddress: '' };
  });
  assert.deepEqual(names(holdersOf({ nodes }, 'self', told)), [
    'a:1 actor of a',
    'moved:1 actor of moved',
    'moved:2 actor of moved',
    'new:1 nobody',
  ]);
});
