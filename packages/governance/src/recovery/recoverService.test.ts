/**
 * CONF-4: what stands in the tables with which a lost service goes on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coseSign1, isIssuedBy, parseCertificate, publicKeyToPem } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { readEndorsement, secretDigest } from '@coco/ledger';
import { toBase64, utf8 } from '@coco/primitives';
import { networkDigest } from '../decideAttestation.js';
import { currentEpoch, isRekeyDue } from '../ledgerSecret.js';
import { readNetwork } from '../network.js';
import { readEpochs, sealEpoch } from '../networkKey/epochs.js';
import { readNetworkKey } from '../networkKey/keyRow.js';
import { readObject, readRow, rowKey } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { KeyWorld } from '../testing/keyWorld.js';
import { nodeTupleMessageType, nodeTuplePayload, nodeTupleRow } from '../tuple.js';
import { endorsementsAt, readFormerServices } from './formerServices.js';
import { recoverService } from './recoverService.js';

const world = new KeyWorld([1, 1, 1, 0, 0]);
world.runTo(1);
world.setStatus(world.nodeOf(1), 'Retired', 'lapsed');
const network = networkDigest(world.reader);
const digest = secretDigest(new Uint8Array(32).fill(1));
world.write((to) => {
  sealEpoch(to, { epoch: 1, from: 1, atMs: 1, digest, network, sealed: new Uint8Array(9) });
});

const service = makeIdentity({ name: 'service', isCa: true });
const node = makeIdentity({ issuer: service, curve: 'P-384' });
const at = { view: 4, seqno: 101 };
const last = { view: 3, seqno: 100 };

function tupleOf(owner: Identity, { key }: Identity) {
  const tuple = {
    actor: owner.id,
    nodeId: key.publicKey.fingerprint,
    publicKeyPem: publicKeyToPem(key.publicKey),
    peerAddress: 'a:3',
    applicationAddress: 'a:1',
    administrativeAddress: 'a:2',
  };
  const cose = coseSign1({
    protectedHeader: new Map<unknown, unknown>([
      [4, utf8(owner.id)],
      ['ccf.gov.msg.type', nodeTupleMessageType],
    ]),
    payload: nodeTuplePayload(tuple),
    key: owner.key,
  });
  return nodeTupleRow(tuple, toBase64(cose));
}

const [owner] = world.actors as [Identity];

function recovered(tuple = tupleOf(owner, node)): Transaction {
  const transaction = world.store.begin();
  recoverService(transaction, {
    at,
    last,
    root: new Uint8Array(32),
    service: { serviceKey: service.key, serviceCertificate: service.certificate },
    nodeCertificatePem: node.certificate.pem,
    tuple,
    secretDigest: digest,
    serialNumber: new Uint8Array(16).fill(1),
    nowMs: world.nowMs,
  });
  return transaction;
}

test('another service, which endorses the former one, and one node; nobody else can come back', () => {
  const after = recovered();
  const info = readObject(after, tables.serviceInfo);
  assert.deepEqual(
    [info?.['status'], info?.['cert'], info?.['current_service_create_txid'], info?.['recovery_count']],
    ['Recovering', service.certificate.pem, '4.101', 1],
  );
  assert.equal(readRow(after, tables.formerService), world.service.certificate.pem);
  const row = readEndorsement(after.get(tables.serviceEndorsement, rowKey(undefined)) ?? new Uint8Array(0));
  assert.equal(row?.endorsed.fingerprint, world.service.key.publicKey.fingerprint);
  assert.equal(row?.endorsing.fingerprint, service.key.publicKey.fingerprint);
  const [former] = readFormerServices(after);
  assert.deepEqual([former?.certificate.fingerprint, former?.upTo], [network, 100]);
  assert.deepEqual(
    [100, 101].map((seqno) => endorsementsAt(readFormerServices(after), seqno).length),
    [1, 0],
  );
  const bridge = parseCertificate(former?.endorsedPem ?? '');
  assert.ok(isIssuedBy(world.nodeOf(0).identity.certificate, bridge), 'nodes of the former service');
  assert.ok(isIssuedBy(bridge, service.certificate));
  const { nodes } = readNetwork(after);
  const nodeId = node.key.publicKey.fingerprint;
  assert.deepEqual(
    nodes.filter(({ status }) => status === 'Trusted').map(({ nodeId: id, actorId }) => [id, actorId]),
    [[nodeId, owner.id]],
  );
  const others = nodes.filter(({ nodeId: id }) => id !== nodeId);
  assert.equal(others.length, 3);
  assert.ok(
    others.every(({ status, retiredCommitted, lease }) => status === 'Retired' && retiredCommitted && !lease),
  );
});

test('no shared key, all secrets to be sealed anew for the new service, and a new epoch', () => {
  const after = recovered();
  assert.equal(readNetworkKey(after), undefined);
  assert.equal([...after.range(tables.keyDeals)].length, 0);
  const service = networkDigest(after);
  assert.notEqual(service, network);
  assert.deepEqual(
    readEpochs(after).map(({ epoch, from, network: of, sealed }) => [epoch, from, of, sealed]),
    [
      [1, 1, service, undefined],
      [2, 102, service, undefined],
    ],
  );
  assert.equal(currentEpoch(after), 2);
  assert.equal(isRekeyDue(after, world.nowMs + 1000), false);
  // The primary seals what is not sealed as soon as there is a key.
  const [first] = readEpochs(after);
  sealEpoch(after, { ...(first ?? assert.fail()), sealed: new Uint8Array(5) });
});

test('the new node must be its actor’s by signature, and must not have been in the network before', () => {
  const refused = { code: 'COCO_RECOVERY_NODE' };
  assert.throws(() => recovered(tupleOf(makeIdentity(), node)), refused);
  assert.throws(() => recovered({ ...tupleOf(owner, node), peer_address: 'b:3' }), refused);
  assert.throws(() => recovered(tupleOf(owner, world.nodeOf(2).identity)), refused);
});
