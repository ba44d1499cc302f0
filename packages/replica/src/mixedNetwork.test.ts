/**
 * Nodes on different platforms in one network, some of them on hardware that a made-up AMD vouches for (GOV-1, MIT-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInAnchors, codeId, decodeEvidence, examineSnp } from '@coco/attestation';
import { decideAttestation, isQuarantined, type NodeView, readAttestation } from '@coco/governance';
import { createStore, type Reader } from '@coco/kv';
import { fromUtf8, toHex, utf8 } from '@coco/primitives';
import {
  createSnpAuthority,
  type SnpMachine,
  type SnpReportOverrides,
} from '../../attestation/dist/testing/snpAuthority.js';
import { decide, memberOf, started } from './deciding.test.js';
import { divideMaps } from './dividedMaps.js';
import type { Cluster, TestNode } from './testing/cluster.js';
import { addNodeAction, type TestAction } from './testing/members.js';
import { tupleOf } from './testing/service.js';

const amd = createSnpAuthority();
const startMs = Date.UTC(2026, 0, 1);

const codeOf = ({ measurement, hostData }: SnpMachine): string =>
  codeId('sev-snp', { measurement: toHex(measurement), host_data: toHex(hostData) });

const on = (machine: SnpMachine, bent: SnpReportOverrides = {}) => ({
  hardware: (claims: Uint8Array) => machine.evidence(claims, bent),
});

const setRow = (table: string, key: string, value?: unknown): TestAction => ({
  name: 'set_row',
  args: { table, key, value },
});

const snpRow = (floor: number): TestAction =>
  setRow('coco.tee_manifest', 'sev-snp', { roots: [amd.root], minimum_tcb: { milan: { snp: floor } } });

/** Two virtual nodes, the first of them primary, and two on machines of the level 10 and 20. */
function mixed(): { cluster: Cluster; primary: TestNode; old: TestNode; fresh: TestNode } {
  const machines = [10, 20].map((snp) => amd.machine({ tcb: { snp } })) as [SnpMachine, SnpMachine];
  const cluster = started(4, {
    startMs,
    genesis: {
      teeManifest: {
        virtual: { code: 'any' },
        'sev-snp': { roots: [amd.root], minimum_tcb: { milan: { snp: 8 } } },
      },
      codeManifest: { [codeOf(machines[0])]: { component: 'coco', description: '' } },
    },
  });
  const primary = cluster.primary();
  const [virtual, old, fresh] = cluster.nodes.filter((node) => node !== primary) as [
    TestNode,
    TestNode,
    TestNode,
  ];
  for (const { identity } of [primary, virtual]) assert.equal(cluster.renew(primary, identity), 200);
  assert.equal(cluster.renew(primary, old.identity, on(machines[0])), 200);
  assert.equal(cluster.renew(primary, fresh.identity, on(machines[1])), 200);
  return { cluster, primary, old, fresh };
}

function seen(at: TestNode, node: TestNode): NodeView {
  return at.network?.committed.nodes.find(({ nodeId }) => nodeId === node.id) as NodeView;
}

const outOf = (at: TestNode, nodes: readonly TestNode[]): readonly string[] =>
  nodes.filter((node) => isQuarantined(seen(at, node))).map(({ id }) => id);

test('MIT-4: a level of firmware that is distrusted by one vote leaves, and comes back when it is updated', () => {
  const { cluster, primary, old, fresh } = mixed();
  assert.equal(seen(primary, old).evidence?.platform, 'sev-snp');
  decide(cluster, primary, [snpRow(15)]);
  cluster.pass(100);
  assert.deepEqual(outOf(primary, cluster.nodes), [old.id]);
  assert.equal(seen(primary, old).lease?.reason?.code, 'COCO_ATTESTATION_TCB_FLOOR');
  assert.match(seen(primary, old).lease?.reason?.sentence ?? '', /snp is 10, at least 15 is demanded/);
  assert.equal(seen(primary, fresh).status, 'Trusted');
  const outdated = amd.machine({ tcb: { snp: 10 } });
  assert.equal(cluster.renew(primary, old.identity, on(outdated)), 'COCO_ATTESTATION_TCB_FLOOR');
  assert.equal(cluster.renew(primary, old.identity, on(amd.machine({ tcb: { snp: 16 } }))), 200);
  cluster.pass(100);
  assert.deepEqual(outOf(primary, cluster.nodes), []);
});

test('MIT-4: a platform that is distrusted by one vote leaves, the primary included', () => {
  const { cluster, primary, old, fresh } = mixed();
  const virtual = cluster.nodes.filter((node) => node !== old && node !== fresh);
  decide(cluster, primary, [setRow('coco.tee_manifest', 'virtual')]);
  cluster.pass(1_500);
  const next = [old, fresh].find(({ replica }) => replica.isPrimary) as TestNode;
  assert.ok(next !== undefined);
  assert.deepEqual(
    outOf(next, cluster.nodes),
    virtual.map(({ id }) => id),
  );
  assert.equal(seen(next, primary).lease?.reason?.code, 'COCO_ATTESTATION_PLATFORM');
  assert.equal(next.replica.status().consensus.configurations.at(-1)?.nodes.length, 2);
});

test('SEC-1: hardware in debug mode, with other code, below the floor, or of a root that nobody voted for does not join', () => {
  const { cluster, primary } = mixed();
  const identity = cluster.newIdentity();
  decide(cluster, primary, [addNodeAction(memberOf(cluster, 0), tupleOf(identity))]);
  const machine = amd.machine();
  const measurement = new Uint8Array(48).fill(1);
  const stranger = createSnpAuthority({ notAfterMs: Date.UTC(2044, 0, 1) }).machine();
  const join = (more: ReturnType<typeof on>) => cluster.admit(primary, identity, more);
  assert.equal(join(on(machine, { debug: true })), 'COCO_ATTESTATION_DEBUG');
  assert.equal(join(on(machine, { measurement })), 'COCO_ATTESTATION_CODE');
  assert.equal(join(on(amd.machine({ tcb: { snp: 7 } }))), 'COCO_ATTESTATION_TCB_FLOOR');
  assert.equal(join(on(machine, { migratable: true })), 'COCO_ATTESTATION_MIGRATABLE');
  assert.equal(join(on(stranger)), 'COCO_ATTESTATION_CHAIN');
  assert.equal(join(on(machine)), 200);
});

test('the ledger has all that decides an admission again, and a quote in the format of CCF', () => {
  const { cluster, primary } = mixed();
  const identity = cluster.newIdentity();
  const { nodeId } = identity;
  decide(cluster, primary, [addNodeAction(memberOf(cluster, 0), tupleOf(identity))]);
  const machine = amd.machine();
  assert.equal(cluster.admit(primary, identity, on(machine)), 200);
  const reader = audited(primary);
  const record = readAttestation(reader, nodeId);
  assert.ok(record !== undefined);
  const decision = decideAttestation(reader, record);
  assert.equal(decision.outcome === 'accepted' && decision.codeId, codeOf(machine));
  const bytes = reader.get('public:ccf.gov.nodes.info', utf8(nodeId)) as Uint8Array;
  const row = JSON.parse(fromUtf8(bytes) ?? '') as {
    code_digest: string;
    quote_info: Record<'format' | 'quote' | 'endorsements', string>;
  };
  const { format, quote, endorsements } = row.quote_info;
  assert.deepEqual([format, row.code_digest], ['AMD_SEV_SNP_v1', codeOf(machine)]);
  const chain = Buffer.from(endorsements, 'base64').toString();
  assert.equal(chain.match(/BEGIN CERTIFICATE/g)?.length, 3);
  const report = new Uint8Array(Buffer.from(quote, 'base64'));
  assert.deepEqual(report, new Uint8Array(decodeEvidence(record.evidence).evidence));
  assert.throws(
    () => examineSnp({ report, endorsements: machine.endorsements }, builtInAnchors, startMs),
    { code: 'COCO_ATTESTATION_CHAIN' },
    'the vendor did not make this processor',
  );
});

/** The governance tables that the ledger on disk leads to, as an auditor reads it. */
function audited({ disk, ledger }: TestNode): Reader {
  const store = createStore();
  for (const bytes of disk) {
    const opened = ledger.open(bytes);
    store.apply(divideMaps(opened).governance, opened.seqno);
  }
  return store.read(store.head);
}
