/**
 * Nodes take part for as long as they prove what they run, by the manifests that are in force (MIT-2, MIT-4, GOV-1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeId } from '@coco/attestation';
import { fromUtf8, toHex, utf8 } from '@coco/primitives';
import { type AttestationDecision, decideAttestation } from './decideAttestation.js';
import { readAttestation } from './evidenceRow.js';
import { type AdmitOutcome, admitNode, forgetNode, recordRetired } from './framework.js';
import { isQuarantined } from './leases.js';
import { readNetwork } from './network.js';
import { type RenewalOutcome, renewLease } from './renewLease.js';
import { type Review, reviewNodes, trustedNodes } from './reviewNodes.js';
import { putRow, readObject } from './rows.js';
import { governanceTables as tables } from './tables.js';
import { nodeProof, type ProvingNode, testTree } from './testing/attest.js';
import { type Identity, makeIdentity, testTimeMs } from './testing/identities.js';
import { createWorld, type World } from './testing/world.js';
import type { NodeAttestation, NodeView } from './types.js';

const idOf = ({ key }: Identity): string => key.publicKey.fingerprint;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A world with a genesis node, and `count` more that may join. */
class Nodes {
  readonly world: World = createWorld();
  readonly more: readonly Identity[];

  constructor(count: number) {
    this.more = Array.from({ length: count }, () => makeIdentity({ issuer: this.world.service }));
    for (const identity of this.more) {
      this.write((transaction) => {
        putRow(transaction, tables.nodeTuples, idOf(identity), {
          actor: this.world.participant.id,
          public_key: identity.certificate.pem,
          peer_address: 'b:1',
        });
        putRow(transaction, tables.nodeInfo, idOf(identity), { status: 'Pending' });
      });
    }
  }

  write<Result>(change: (transaction: ReturnType<World['store']['begin']>) => Result): Result {
    const { store } = this.world;
    const transaction = store.begin();
    const result = change(transaction);
    if (transaction.writeSet().length > 0) store.commit(transaction, store.head + 1);
    return result;
  }

  proof(identity: Identity, purpose: 'join' | 'lease', more: Partial<ProvingNode> = {}): NodeAttestation {
    const network = this.world.service.certificate.fingerprint;
    return nodeProof({ key: identity.key, network, purpose, atMs: testTimeMs, ...more });
  }

  admit(identity: Identity, more: Partial<ProvingNode> = {}, as = identity): AdmitOutcome {
    const certificatePem = identity.certificate.pem;
    const attestation = this.proof(as, 'join', more);
    return this.write((to) => admitNode(to, { nodeId: idOf(identity), certificatePem, attestation }));
  }

  renew(identity: Identity, more: Partial<ProvingNode> = {}): RenewalOutcome {
    const attestation = this.proof(identity, 'lease', more);
    return this.write((to) => renewLease(to, { nodeId: idOf(identity), attestation }));
  }

  review(nowMs: number, primaryForMs = hourMs, evidence = true): Review {
    return this.write((to) => {
      const trusted = trustedNodes(to).length;
      /** As consensus: the others are a majority. */
      const mayLeaveOut = ({ length }: readonly string[]): boolean => 2 * (trusted - length) > trusted;
      const self = idOf(this.world.node);
      return reviewNodes(to, { self, nowMs, primaryForMs, evidence, mayLeaveOut });
    });
  }

  put(table: string, key: string | undefined, row: unknown): void {
    this.write((to) => putRow(to, table, key, row));
  }

  view(identity: Identity): NodeView {
    const { store } = this.world;
    const { nodes } = readNetwork(store.read(store.head));
    return nodes.find(({ nodeId }) => nodeId === idOf(identity)) as NodeView;
  }
}

const codeOf = (outcome: AdmitOutcome | RenewalOutcome): string =>
  'code' in outcome ? outcome.code : outcome.outcome;

test('SEC-1: only evidence for this node, this network and this purpose admits it, with code that is approved', () => {
  const nodes = new Nodes(1);
  const [joiner] = nodes.more as [Identity];
  const refused = (more: Partial<ProvingNode>, as = joiner): string => codeOf(nodes.admit(joiner, more, as));
  assert.equal(refused({ network: '00'.repeat(32) }), 'COCO_ATTESTATION_NETWORK');
  assert.equal(refused({ purpose: 'lease' }), 'COCO_ATTESTATION_PURPOSE');
  assert.equal(refused({}, nodes.world.node), 'COCO_ATTESTATION_KEY');
  nodes.put(tables.teeManifest, 'virtual', { code: 'listed' });
  assert.equal(refused({}), 'COCO_ATTESTATION_CODE');
  nodes.put(tables.teeManifest, 'virtual', { code: 'listed', wish: 1 });
  assert.equal(refused({}), 'COCO_ATTESTATION_PLATFORM', 'a row that is not understood admits nobody');
  nodes.put(tables.teeManifest, 'virtual', {});
  nodes.put(tables.virtualMeasurements, testTree, 'AllowedToJoin');
  assert.equal(refused({}), 'admitted');
  const row = nodes.world.store.begin().get(tables.nodeInfo, utf8(idOf(joiner)));
  const info = JSON.parse(fromUtf8(row as Uint8Array) ?? '') as Record<string, Record<string, string>>;
  assert.equal(info['code_digest'], codeId('virtual', { tree: testTree }));
  assert.equal(info['quote_info']?.['format'], 'Insecure_Virtual');
  assert.ok((info['quote_info']?.['quote'] ?? '').length > 100);
});

test('SEC-2: evidence over another nonce, or of another connection, admits nobody', () => {
  const nodes = new Nodes(1);
  const [joiner] = nodes.more as [Identity];
  const attestation = nodes.proof(joiner, 'join');
  const tried = (change: Partial<NodeAttestation>): string =>
    codeOf(
      admitNode(nodes.world.store.begin(), {
        nodeId: idOf(joiner),
        certificatePem: joiner.certificate.pem,
        attestation: { ...attestation, ...change },
      }),
    );
  assert.equal(tried({ nonce: new Uint8Array(32) }), 'COCO_ATTESTATION_NONCE');
  assert.equal(tried({ exporter: new Uint8Array(32) }), 'COCO_ATTESTATION_SESSION');
  assert.equal(tried({ evidence: new Uint8Array(3) }), 'COCO_ATTESTATION_MALFORMED');
  const bent = attestation.evidence.slice();
  bent[bent.length - 5] = (bent[bent.length - 5] as number) ^ 1;
  assert.match(tried({ evidence: bent }), /^COCO_ATTESTATION_(SIGNATURE|BINDING|MALFORMED)$/);
  assert.equal(tried({}), 'admitted');
});

test('MIT-4: no evidence admits a node, or renews its lease, without keys that secrets and shares can be sealed to', () => {
  const nodes = new Nodes(1);
  const [joiner] = nodes.more as [Identity];
  const low = new Uint8Array(32);
  const renewed = (more: Partial<ProvingNode>): string => codeOf(nodes.renew(nodes.world.node, more));
  for (const bad of [{ epochKey: null }, { shareKey: null }, { epochKey: low }, { shareKey: low }]) {
    assert.equal(codeOf(nodes.admit(joiner, bad)), 'COCO_ATTESTATION_SEALING_KEY');
    assert.equal(renewed(bad), 'COCO_ATTESTATION_SEALING_KEY');
  }
  assert.deepEqual([codeOf(nodes.admit(joiner)), renewed({})], ['admitted', 'renewed']);
});

test('an auditor decides a recorded row again, by the version that wrote it, as the primary did', () => {
  const nodes = new Nodes(1);
  const [joiner] = nodes.more as [Identity];
  nodes.admit(joiner);
  const { store } = nodes.world;
  const record = readAttestation(store.read(store.head), idOf(joiner));
  assert.ok(record !== undefined);
  assert.equal(record.purpose, 'join');
  assert.equal(record.instance, '03'.repeat(16));
  const decide = (version: number): AttestationDecision => decideAttestation(store.read(version), record);
  const decided = decide(store.head);
  assert.equal(decided.outcome, 'accepted');
  if (decided.outcome === 'accepted') {
    assert.deepEqual([decided.codeId, toHex(decided.claims.claims.code)], [record.codeId, testTree]);
  }
  nodes.put(tables.teeManifest, 'virtual', {});
  assert.equal(decide(store.head - 1).outcome, 'accepted');
  assert.equal(decide(store.head).outcome, 'refused');
});

test('MIT-2: a lease lasts as long as the settings say, and a renewal needs fresh evidence', () => {
  const nodes = new Nodes(0);
  const { node } = nodes.world;
  nodes.put(tables.settings, undefined, { lease_seconds: 60 });
  assert.equal(nodes.view(node).lease, undefined, 'a node of the genesis has none at first');
  const first = nodes.renew(node);
  assert.deepEqual(first, {
    outcome: 'renewed',
    lease: { state: 'held', grantedAtMs: testTimeMs, expiresAtMs: testTimeMs + minuteMs },
    returned: false,
  });
  assert.equal(nodes.view(node).evidence?.platform, 'virtual');
  assert.equal(codeOf(nodes.renew(node)), 'COCO_LEASE_NONCE');
  assert.equal(codeOf(nodes.renew(node, { nonce: 9, purpose: 'session' })), 'COCO_ATTESTATION_PURPOSE');
  assert.equal(codeOf(nodes.renew(node, { nonce: 9, atMs: testTimeMs + 20_000 })), 'renewed');
  assert.equal(nodes.view(node).lease?.expiresAtMs, testTimeMs + 80_000);
  nodes.put(tables.settings, undefined, { lease_seconds: 60, lease_restart: true });
  assert.equal(codeOf(nodes.renew(node, { nonce: 10 })), 'COCO_ATTESTATION_RESTART');
  assert.equal(codeOf(nodes.renew(node, { nonce: 10, instance: 5 })), 'renewed');
});

test('MIT-2: a lapsed node is out of the configuration, and comes back under its id by renewing', () => {
  const nodes = new Nodes(2);
  const { node } = nodes.world;
  const [first, second] = nodes.more as [Identity, Identity];
  for (const identity of nodes.more) nodes.admit(identity);
  nodes.renew(node, { atMs: testTimeMs + minuteMs });
  nodes.renew(second, { atMs: testTimeMs + minuteMs, nonce: 9 });
  assert.deepEqual(nodes.review(testTimeMs + hourMs - 1).quarantined, []);
  const { quarantined } = nodes.review(testTimeMs + hourMs);
  assert.deepEqual(
    quarantined.map(({ nodeId, state, reason }) => [nodeId, state, reason.code]),
    [[idOf(first), 'lapsed', 'COCO_LEASE_LAPSED']],
  );
  assert.equal(nodes.view(first).status, 'Retired');
  assert.ok(isQuarantined(nodes.view(first)));
  nodes.write(recordRetired);
  assert.equal(nodes.view(first).retiredCommitted, true);
  assert.equal(codeOf(nodes.admit(first)), 'refused');
  const forgotten = nodes.write((to) => forgetNode(to, idOf(first)));
  assert.match(forgotten.outcome === 'refused' ? forgotten.reason : '', /is quarantined and may come back/);
  const back = nodes.renew(first, { atMs: testTimeMs + 2 * hourMs, nonce: 8 });
  assert.equal(back.outcome === 'renewed' && back.returned, true);
  const { status, retiredCommitted, lease } = nodes.view(first);
  assert.deepEqual([status, retiredCommitted, lease?.state], ['Trusted', false, 'held']);
});

test('MIT-2: a removed node cannot come back, whatever it proves', () => {
  const nodes = new Nodes(1);
  const [gone] = nodes.more as [Identity];
  assert.equal(codeOf(nodes.renew(gone)), 'COCO_LEASE_UNKNOWN', 'it has not joined yet');
  nodes.admit(gone);
  const row = readObject(nodes.world.store.begin(), tables.nodeInfo, idOf(gone));
  nodes.put(tables.nodeInfo, idOf(gone), { ...row, status: 'Retired' });
  assert.equal(codeOf(nodes.renew(gone, { nonce: 9 })), 'COCO_LEASE_REMOVED');
  nodes.write(recordRetired);
  assert.equal(nodes.write((to) => forgetNode(to, idOf(gone))).outcome, 'forgotten');
  assert.equal(codeOf(nodes.renew(gone, { nonce: 9 })), 'COCO_LEASE_REMOVED');
  assert.equal(codeOf(nodes.renew(makeIdentity(), { nonce: 9 })), 'COCO_LEASE_UNKNOWN');
  for (const table of [tables.nodeEvidence, tables.nodeLeases]) {
    assert.equal(nodes.world.store.begin().get(table, utf8(idOf(gone))), undefined);
  }
});

test('MIT-4: a node that is distrusted by vote does not come back by what it proves', () => {
  const nodes = new Nodes(1);
  const [bad] = nodes.more as [Identity];
  nodes.admit(bad);
  const row = readObject(nodes.world.store.begin(), tables.nodeInfo, idOf(bad));
  nodes.put(tables.nodeInfo, idOf(bad), { ...row, status: 'Retired' });
  const lease = { state: 'distrusted', granted_at: 0, expires_at: 0 };
  nodes.put(tables.nodeLeases, idOf(bad), {
    ...lease,
    reason: { code: 'COCO_LEASE_DISTRUSTED', sentence: 'it was stolen' },
  });
  assert.equal(codeOf(nodes.renew(bad, { nonce: 9 })), 'COCO_LEASE_DISTRUSTED');
  nodes.put(tables.nodeLeases, idOf(bad), lease);
  assert.equal(codeOf(nodes.renew(bad, { nonce: 9 })), 'COCO_LEASE_REMOVED', 'nobody says that it may');
});

test('MIT-4: who runs code that is distrusted leaves at once, and others only if a majority is left each time', () => {
  const nodes = new Nodes(4);
  const { node } = nodes.world;
  const [good, ...bad] = nodes.more as [Identity, Identity, Identity, Identity];
  const code = (tree: string): string => codeId('virtual', { tree });
  const evil = 'ee'.repeat(32);
  nodes.renew(node);
  nodes.admit(good);
  for (const identity of bad) nodes.admit(identity, { tree: evil });
  for (const tree of [testTree, evil]) {
    nodes.put(tables.codeManifest, code(tree), { component: 'coco', description: '' });
  }
  nodes.put(tables.teeManifest, 'virtual', {});
  assert.deepEqual(nodes.review(testTimeMs, 0).quarantined, []);
  nodes.write((to) => to.remove(tables.codeManifest, utf8(code(evil))));
  assert.deepEqual(nodes.review(testTimeMs, 0, false).quarantined, [], 'evidence was not asked for');
  const first = nodes.review(testTimeMs, 0);
  assert.deepEqual([first.quarantined.length, first.postponed.length], [2, 1]);
  assert.equal(first.quarantined[0]?.reason.code, 'COCO_ATTESTATION_CODE');
  const second = nodes.review(testTimeMs, 0);
  assert.deepEqual([second.quarantined.length, second.postponed.length], [1, 0]);
  for (const identity of bad) {
    const { status, lease } = nodes.view(identity);
    assert.deepEqual([status, lease?.state], ['Retired', 'distrusted']);
    assert.equal(codeOf(nodes.renew(identity, { nonce: 9, tree: evil })), 'COCO_ATTESTATION_CODE');
  }
  const repaired = bad[0];
  assert.equal(codeOf(nodes.renew(repaired, { nonce: 9 })), 'renewed', 'with code that is approved it may');
});

test('nobody is quarantined where nobody would be left, and everybody has time after there was no primary', () => {
  const nodes = new Nodes(2);
  const { node } = nodes.world;
  const [good, other] = nodes.more as [Identity, Identity];
  for (const identity of nodes.more) nodes.admit(identity);
  const late = testTimeMs + 2 * hourMs;
  const all = nodes.review(late);
  assert.deepEqual([all.quarantined.length, all.kept.length], [0, 3]);
  nodes.renew(node, { atMs: late });
  nodes.renew(good, { atMs: late, nonce: 9 });
  assert.deepEqual(nodes.review(late, minuteMs - 1).quarantined, [], 'it could not ask before');
  nodes.put(tables.settings, undefined, { lease_seconds: 5 });
  assert.deepEqual(nodes.review(late, 4999).quarantined, []);
  assert.deepEqual(
    nodes.review(late, 5000).quarantined.map(({ nodeId }) => nodeId),
    [idOf(other)],
  );
});

test('the primary itself is not quarantined by itself: it hands over first', () => {
  const nodes = new Nodes(2);
  for (const identity of nodes.more) nodes.admit(identity);
  const { quarantined, postponed, good } = nodes.review(testTimeMs);
  assert.deepEqual(quarantined, []);
  assert.deepEqual(
    postponed.map(({ nodeId }) => nodeId),
    [idOf(nodes.world.node)],
  );
  assert.deepEqual(good.toSorted(), nodes.more.map(idOf).toSorted());
});
