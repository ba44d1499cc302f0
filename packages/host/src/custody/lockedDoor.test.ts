/**
 * What a node that cannot read its ledger says, and to whom (CONF-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from '@coco/kv';
import { fromUtf8 } from '@coco/primitives';
import { testOwnEvidence } from '../attestation/testAttestation.test.js';
import { ledgerNode, ledgerService } from '../entries.test.js';
import { silentLog } from '../httpEndpoint.test.js';
import { type TestIdentity, testIdentity, testNetworkView, testNodeView } from '../identities.test.js';
import { pinnedRequest } from '../pinnedRequest.js';
import { type LockedDoorOptions, openLockedDoor } from './lockedDoor.js';

const member = testIdentity('member');
const other = testIdentity('other');

test('only who is on the lists is told who has not answered, and what it said', async (t) => {
  const view = testNetworkView({ members: [member], nodes: [testNodeView(other)], service: ledgerService });
  const store = createStore();
  const door = await openLockedDoor({
    config: { addresses: { administrative: { host: '127.0.0.1', port: 0 } }, limits: {} },
    identity: { nodeId: ledgerNode.nodeId, key: ledgerNode.privateKey },
    membership: {
      serviceCertificatePem: ledgerService.certificate.pem,
      certificatePem: ledgerNode.certificate.pem,
    },
    evidence: testOwnEvidence(ledgerNode),
    publicState: { tables: store.read(0), after: 0, last: 0 },
    view,
    shares: [],
    why: (isListed: boolean) => (isListed ? 'actor 0a1b says this' : 'one has answered'),
    log: silentLog,
  } as unknown as LockedDoorOptions);
  t.after(() => door.close());
  const said = async (identity?: TestIdentity): Promise<string> => {
    const asked = { method: 'GET', path: '/node/state' } as const;
    const { status, body } = await pinnedRequest(door.address, asked, {
      serviceFingerprint: ledgerService.certificate.fingerprint,
      timeoutMs: 5000,
      nowMs: Date.now,
      ...(identity && { identity: { key: identity.privateKey, certificate: identity.certificate } }),
    });
    const { code, message } = JSON.parse(fromUtf8(body) ?? '').error;
    assert.deepEqual([status, code], [503, 'COCO_NODE_LOCKED']);
    return message;
  };
  for (const known of [member, other]) assert.match(await said(known), /: actor 0a1b says this$/);
  for (const stranger of [undefined, testIdentity('stranger')]) {
    assert.match(await said(stranger), /: one has answered$/);
  }
});
