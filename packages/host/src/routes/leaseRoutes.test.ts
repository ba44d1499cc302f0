/**
 * Which secrets of the ledger a node gets with its lease (CONF-3).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askProving } from '../attestation/proveOverHttps.js';
import { testOwnEvidence } from '../attestation/testAttestation.test.js';
import { ledgerService, type Test } from '../entries.test.js';
import { testIdentity } from '../identities.test.js';
import { decodeLeaseAnswer, encodeLeaseAsk, type GrantedLease } from '../joinProtocol.js';
import { joinWorld, listIdentity } from '../joinWorld.test.js';
import { withPinnedSession } from '../pinnedRequest.js';
import { json } from './answers.js';
import { leaseRoutes } from './leaseRoutes.js';

const node = testIdentity('node');
const unsealed = { fromSeqno: 1, key: new Uint8Array(32).fill(1) };
const sealed = { fromSeqno: 41, key: new Uint8Array(32).fill(2) };
const evidence = testOwnEvidence(node);

/** What a node is answered that has the entries up to 40; and the keys that were brought back for it, as they are afterwards. */
async function renewed(t: Test, secrets: boolean) {
  const broughtBack: Uint8Array[] = [];
  const world = await joinWorld(t, [], (facts) => {
    const lease = { state: 'held', grantedAtMs: 1, expiresAtMs: 2 } as const;
    const network = () => ({
      ...facts.network(),
      nodes: facts.network().nodes.map((one) => ({ ...one, lease })),
    });
    return leaseRoutes({
      ...facts,
      network,
      head: network,
      ledgerSecrets: () => [unsealed],
      custody: {
        async secretFrom(from) {
          if (from !== sealed.fromSeqno) return [];
          const key = sealed.key.slice();
          broughtBack.push(key);
          return [{ ...sealed, key }];
        },
      },
      renewLease: async () => json(200, {}),
    });
  });
  listIdentity(world, node);
  world.setStatus(node.nodeId, 'Trusted');
  const pin = {
    serviceFingerprint: ledgerService.certificate.fingerprint,
    timeoutMs: 5000,
    nowMs: Date.now,
    identity: { key: node.privateKey, certificate: node.certificate },
  };
  const { body } = await withPinnedSession(world.address, pin, (session) =>
    askProving(session, {
      path: '/node/lease',
      body: (proof) => encodeLeaseAsk({ lastSeqno: 40, secrets }, proof),
      evidence,
      purpose: 'lease',
    }),
  );
  const granted: GrantedLease = decodeLeaseAnswer(body);
  return { granted, broughtBack };
}

test('a node that cannot go on is told what nobody could bring back, and what follows its last entry', async (t) => {
  const { granted, broughtBack } = await renewed(t, true);
  assert.deepEqual(granted.ledgerSecrets, [unsealed, sealed]);
  assert.deepEqual(broughtBack, [new Uint8Array(32)], 'it is wiped');
});

test('who does not ask for secrets gets none', async (t) => {
  const { granted, broughtBack } = await renewed(t, false);
  assert.deepEqual([granted.ledgerSecrets, broughtBack], [undefined, []]);
});
