import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeClaims, decodeEvidence, type RuntimeClaims } from '@coco/attestation';
import { testIdentity } from '../identities.test.js';
import { createOwnEvidence, type OwnEvidence } from './ownEvidence.js';
import { codeOf, testEvidence } from './testAttestation.test.js';

const identity = testIdentity('node');

/** A device that gives evidence when it is told to. */
function slowDevice(): {
  own: OwnEvidence;
  made: RuntimeClaims[];
  measured: number[];
  finish: () => Promise<void>;
} {
  const made: RuntimeClaims[] = [];
  const measured: number[] = [];
  let waiting: (() => void)[] = [];
  const own = createOwnEvidence({
    nodeId: identity.nodeId,
    shareKey: new Uint8Array(32).fill(3),
    measureCode: async () => {
      measured.push(1);
      if (measured.length === 1) throw new Error('a file is missing');
      return codeOf('code');
    },
    attester: {
      platform: 'virtual',
      provesNothing: true,
      attest: async (claims) => {
        made.push(claims);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return decodeEvidence(testEvidence(identity, claims));
      },
    },
  });
  const finish = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn++) {
      for (const resolve of waiting.splice(0)) resolve();
      waiting = [];
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { own, made, measured, finish };
}

test('claims say who, what code, which process, and for what; the code is measured once, and again only when that failed', async () => {
  const { own, made, measured, finish } = slowDevice();
  await assert.rejects(own.make({ purpose: 'lease' }), /missing/);
  const network = 'ab'.repeat(32);
  const both = [
    own.make({ purpose: 'lease', network, nonce: new Uint8Array(32) }),
    own.make({ purpose: 'certificate' }),
  ];
  await finish();
  const [lease, certificate] = (await Promise.all(both)).map((cmw) =>
    decodeClaims(decodeEvidence(cmw).claims),
  );
  assert.equal(measured.length, 2);
  assert.deepEqual(lease?.code, codeOf('code'));
  assert.deepEqual(lease?.shareKey, new Uint8Array(32).fill(3));
  assert.equal(lease?.network?.length, 32);
  assert.deepEqual(lease?.instance, certificate?.instance, 'one process');
  assert.equal(certificate?.network, undefined);
  assert.equal(made.length, 2);
});

test('clients come after peers and leases, and when too many wait they are told to come again (COCO_HOST_EVIDENCE_BUSY)', async () => {
  const { own, made, finish } = slowDevice();
  await assert.rejects(own.make({ purpose: 'lease' }), /missing/);
  const clients = Array.from({ length: 70 }, () =>
    own.make({ purpose: 'client' }).catch((error) => error.code),
  );
  const session = own.make({ purpose: 'session' });
  await finish();
  assert.deepEqual(
    (await Promise.all(clients)).filter((one) => one === 'COCO_HOST_EVIDENCE_BUSY').length > 0,
    true,
  );
  await session;
  assert.ok(made.findIndex(({ purpose }) => purpose === 'session') <= 2, 'next, after those under way');
});
