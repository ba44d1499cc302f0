/** MIT-3: the primary writes what a node says of a transaction on the ledger, also when it is its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signDer } from '@coco/crypto';
import { type Alarm, alarmBytes, alarmKey } from '@coco/governance';
import { fromUtf8, toBase64, utf8 } from '@coco/primitives';
import { backupOf, started } from './deciding.test.js';
import type { Cluster, TestNode } from './testing/cluster.js';

/** What `by` says of the newest entry that is committed. */
function alarmOf(cluster: Cluster, by: TestNode, change: Partial<Alarm> = {}): Alarm {
  const primary = cluster.primary();
  let seqno = primary.replica.commit;
  while (primary.ledger.receipt(seqno)?.leaf_components === undefined) seqno -= 1;
  const receipt = primary.ledger.receipt(seqno);
  assert.ok(receipt?.leaf_components !== undefined);
  const unsigned = {
    nodeId: by.id,
    txId: { view: primary.replica.status().consensus.view, seqno },
    primaryId: primary.id,
    writeSetDigest: receipt.leaf_components.write_set_digest,
    claims: false,
    rowCount: 1,
    rows: [{ table: 'app.values' }],
    raisedAtMs: 1,
    receipt: { ...receipt },
    certificatePem: by.identity.nodeCertificate.pem,
    ...change,
  };
  return { ...unsigned, signature: toBase64(signDer(by.identity.nodeKey, alarmBytes(unsigned))) };
}

let tokens = 1_000_000;

function raise(cluster: Cluster, at: TestNode, nodeId: string, alarm: Alarm): string | number {
  const token = ++tokens;
  cluster.step(at, { type: 'raiseAlarm', token, nodeId, alarm });
  cluster.pass(60);
  const answer = at.replies.find((reply) => reply.token === token)?.response;
  const { error } = JSON.parse(fromUtf8(answer?.body ?? utf8('{}')) ?? '{}');
  return error?.code ?? answer?.status;
}

function alarmsAt(cluster: Cluster, node: TestNode): readonly string[] {
  const empty = new Uint8Array(0);
  const request = { method: 'GET', path: '/gov/coco/alarms', query: '', headers: {}, body: empty };
  const answer = cluster.ask(node, { ...request, caller: { kind: 'anonymous' } });
  return JSON.parse(fromUtf8(answer?.body ?? empty) ?? '').value.map(({ alarm }: { alarm: string }) => alarm);
}

test('an alarm is written by the primary that it accuses, and every node shows it', () => {
  const cluster = started(3);
  const [primary, backup] = [cluster.primary(), backupOf(cluster)];
  const alarm = alarmOf(cluster, backup);
  assert.equal(raise(cluster, backup, backup.id, alarm), 'COCO_REPLICA_NOT_PRIMARY');
  assert.equal(raise(cluster, primary, backup.id, alarm), 200);
  const before = primary.replica.commit;
  assert.equal(raise(cluster, primary, backup.id, alarm), 200, 'said twice, it is written once');
  assert.equal(primary.replica.commit, before);
  for (const node of cluster.nodes) assert.deepEqual(alarmsAt(cluster, node), [alarmKey(alarm)]);
});

test('what a node cannot prove, or says in the name of another, is refused', () => {
  const cluster = started(3);
  const [primary, backup] = [cluster.primary(), backupOf(cluster)];
  const alarm = alarmOf(cluster, backup);
  assert.equal(raise(cluster, primary, primary.id, alarm), 'COCO_ALARM_UNKNOWN');
  assert.equal(raise(cluster, primary, 'ab'.repeat(32), alarm), 'COCO_ALARM_UNKNOWN');
  assert.equal(raise(cluster, primary, backup.id, { ...alarm, rowCount: 2 }), 'COCO_ALARM_EVIDENCE');
  assert.deepEqual(alarmsAt(cluster, primary), []);
});
