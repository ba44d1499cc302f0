import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicKeyToPem } from '@coco/crypto';
import { toBase64, utf8 } from '@coco/primitives';
import { type Identity, makeIdentity, testTimeMs } from './testing/identities.js';
import { createWorld, type SignOptions, signed } from './testing/world.js';
import {
  type NodeTuple,
  nodeTupleMessageType,
  nodeTuplePayload,
  nodeTupleRow,
  verifyNodeTuple,
} from './tuple.js';

const ca = makeIdentity({ isCa: true });
const world = createWorld({ members: [makeIdentity(), ca] });
const [member] = world.members as [Identity];
const node = makeIdentity();
const reader = world.store.read(1);

const tuple: NodeTuple = {
  actor: member.id,
  nodeId: node.key.publicKey.fingerprint,
  publicKeyPem: publicKeyToPem(node.key.publicKey),
  peerAddress: 'node.example:8000',
  applicationAddress: '[::1]:8001',
  administrativeAddress: '127.0.0.1:8002',
};

function row(
  fields: NodeTuple,
  signer: Identity,
  options: SignOptions = {},
  type: unknown = nodeTupleMessageType,
): object {
  const payload = nodeTuplePayload(fields);
  return nodeTupleRow(
    fields,
    toBase64(signed({ nowMs: testTimeMs }, signer, type, payload, { keyId: fields.actor, ...options })),
  );
}

function verdict(value: unknown, nowMs?: number): string {
  const result = verifyNodeTuple(reader, value, nowMs);
  return result.outcome === 'good' ? 'good' : result.reason;
}

test('GOV-1: a tuple that its actor signed is good, also for a participant and beneath a CA', () => {
  const good = verifyNodeTuple(reader, row(tuple, member));
  assert.deepEqual(good, { outcome: 'good', tuple });
  assert.equal(verdict(row({ ...tuple, actor: world.participant.id }, world.participant)), 'good');
  const leaf = makeIdentity({ issuer: ca, notAfterMs: testTimeMs });
  const beneath = row({ ...tuple, actor: ca.id }, leaf, { chain: [leaf] });
  assert.equal(verdict(beneath), 'good');
  assert.match(verdict(beneath, testTimeMs + 2000), /expired/);
});

test('bad input: a forged tuple is refused, with the reason', () => {
  const stranger = makeIdentity();
  const good = row(tuple, member) as Record<string, string>;
  const cases: [RegExp, unknown][] = [
    [/not an object/, 7],
    [/not an object/, null],
    [/"host:port"/, { ...good, peer_address: 'no port' }],
    [/"host:port"/, {}],
    [/differs/, { ...good, peer_address: 'other:1' }],
    [/not the hash/, { ...good, node_id: '0'.repeat(64) }],
    [/cannot be read/, { ...good, public_key: 'x' }],
    [/not a COSE_Sign1/, { ...good, cose: 'AAAA' }],
    [/not a COSE_Sign1/, { ...good, cose: '!' }],
    [/not a COSE_Sign1/, { ...good, cose: undefined }],
    [/signed by another/, { ...good, actor: world.participant.id }],
    [/no tuple/, row(tuple, member, {}, 'proposal')],
    [/signature is not good/, row(tuple, stranger)],
    [/not a member or participant/, row({ ...tuple, actor: stranger.id }, stranger)],
    [
      /differs/,
      {
        ...good,
        cose: (row({ ...tuple, nodeId: stranger.key.publicKey.fingerprint }, member) as { cose: string })
          .cose,
      },
    ],
  ];
  for (const [reason, value] of cases) assert.match(verdict(value), reason);
  const more = JSON.stringify({ ...JSON.parse(Buffer.from(nodeTuplePayload(tuple)).toString()), more: 1 });
  const cose = toBase64(signed({ nowMs: testTimeMs }, member, nodeTupleMessageType, utf8(more)));
  assert.match(verdict(nodeTupleRow(tuple, cose)), /differs/);
});
