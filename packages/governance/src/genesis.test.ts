import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { publicKeyToPem } from '@coco/crypto';
import { createStore } from '@coco/kv';
import { CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { constitutionDigest } from './digest.js';
import { genesisTables } from './genesis.js';
import { readNetwork, touchesNetwork } from './network.js';
import { jsonBytes } from './rows.js';
import { constitutionSummary } from './summary.js';
import { governanceTables, policyTables } from './tables.js';
import { makeIdentity } from './testing/identities.js';
import type { GenesisConstitution } from './types.js';

const service = makeIdentity({ name: 'service', isCa: true });
const [alice, bob, carol] = [makeIdentity(), makeIdentity(), makeIdentity({ isCa: true })];
const node = makeIdentity({ issuer: service });
const genesis: GenesisConstitution = {
  serviceCertificatePem: service.certificate.pem,
  constitution: 'export function validate() {}',
  members: [
    { certificatePem: alice.certificate.pem, name: 'Alice', encryptionKeyPem: 'PEM' },
    { certificatePem: bob.certificate.pem, name: 'Bob' },
  ],
  participants: [{ certificatePem: carol.certificate.pem, name: 'Carol' }],
  nodes: [
    {
      nodeId: node.key.publicKey.fingerprint,
      certificatePem: node.certificate.pem,
      peerAddress: 'a:1',
      applicationAddress: 'a:2',
      administrativeAddress: 'a:3',
      actorId: carol.id,
    },
  ],
  votingPolicies: {
    default: { kind: 'majority' },
    set_member: { kind: 'm_of_n', m: 2, expiresAfterSeconds: 60 },
  },
};

function storeOf(value = genesis): ReturnType<typeof createStore> {
  const store = createStore();
  store.apply(genesisTables(value), 1);
  return store;
}

test('GOV-2: what the genesis names is who takes part', () => {
  const view = readNetwork(storeOf().read(1));
  assert.deepEqual(
    view.members.map(({ id, name, status }) => [id, name, status]).toSorted(),
    [
      [alice.id, 'Alice', 'Active'],
      [bob.id, 'Bob', 'Active'],
    ].toSorted(),
  );
  assert.deepEqual(view.participants, [
    {
      id: carol.id,
      kind: 'participant',
      name: 'Carol',
      certificatePem: carol.certificate.pem,
      status: 'Active',
    },
  ]);
  assert.deepEqual(view.nodes, [
    {
      ...genesis.nodes[0],
      status: 'Trusted',
      retiredCommitted: false,
      publicKeyPem: publicKeyToPem(node.key.publicKey),
    },
  ]);
  assert.deepEqual([view.seqno, view.serviceStatus, view.nodeCertificateDays], [1, 'Open', 365]);
  assert.equal(view.serviceCertificatePem, service.certificate.pem);
});

test('the same genesis gives the same bytes, tables and keys ascending', () => {
  const tables = genesisTables(genesis);
  assert.deepEqual(genesisTables({ ...genesis, members: genesis.members.toReversed() }), tables);
  const names = tables.map(({ table }) => table);
  assert.deepEqual(names, names.toSorted());
  const text = (table: string): string =>
    fromUtf8(tables.find((one) => one.table === table)?.puts[0]?.value as Uint8Array) ?? '';
  assert.equal(
    text('public:coco.settings'),
    '{"epoch_seconds":86400,"lease_seconds":3600,"sample_fraction_ppm":10000}',
  );
  assert.equal(text('public:ccf.gov.members.encryption_public_keys'), 'PEM');
  assert.equal(JSON.parse(text('public:ccf.gov.service.info')).current_service_create_txid, '2.1');
  const settings = genesisTables({ ...genesis, settings: { epoch_seconds: 5 } });
  const row = settings.find(({ table }) => table === 'public:coco.settings')?.puts[0]?.value;
  assert.equal(
    fromUtf8(row as Uint8Array),
    '{"epoch_seconds":5,"lease_seconds":3600,"sample_fraction_ppm":10000}',
  );
});

test('a genesis that could not be governed is refused', () => {
  const bad: [RegExp, Partial<GenesisConstitution>][] = [
    [/no member/, { members: [] }],
    [/same certificate/, { participants: genesis.members }],
    [/unknown actor/, { nodes: genesis.nodes.map((one) => ({ ...one, actorId: 'x' })) }],
    [/occurs twice/, { nodes: [...genesis.nodes, ...genesis.nodes] }],
    [/is not one/, { votingPolicies: { default: { kind: 'm_of_n' } } }],
    [/no platform is approved/, { teeManifest: {} }],
    [/the platform "tdx": it has an unknown field "x"/, { teeManifest: { tdx: { x: 1 } } }],
    [/has no code id/, { codeManifest: { ab: { component: 'c', description: '' } } }],
    [/more votes than/, { votingPolicies: { default: { kind: 'm_of_n', m: 3 } } }],
  ];
  for (const [reason, change] of bad) {
    assert.throws(
      () => genesisTables({ ...genesis, ...change }),
      (error) =>
        error instanceof CocoError && error.code === 'COCO_GOVERNANCE_GENESIS' && reason.test(error.message),
    );
  }
});

test('GOV-8: the digest is over every row of every policy table, and over nothing else', () => {
  const store = storeOf();
  const reader = store.read(1);
  const u64 = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const sized = (bytes: Uint8Array): Buffer => Buffer.concat([u64(bytes.length), bytes]);
  const hash = createHash('sha256').update('coco constitution 1\n');
  for (const table of policyTables) {
    const rows = [...reader.range(table)];
    if (rows.length === 0) continue;
    hash.update(sized(utf8(table))).update(u64(rows.length));
    for (const { key, value } of rows) hash.update(sized(key)).update(sized(value));
  }
  const digest = hash.digest('hex');
  assert.equal(constitutionDigest(reader), digest);
  let seqno = 1;
  const after = (table: string): string => {
    seqno += 1;
    store.apply([{ table, puts: [{ key: utf8(`k${seqno}`), value: jsonBytes(seqno) }], removes: [] }], seqno);
    return constitutionDigest(store.read(seqno));
  };
  const { nodeInfo, nodeTuples, nodeCertificates, serviceInfo, proposals, proposalRecords, coseHistory } =
    governanceTables;
  for (const table of [
    nodeInfo,
    nodeTuples,
    nodeCertificates,
    serviceInfo,
    proposals,
    proposalRecords,
    coseHistory,
  ]) {
    assert.equal(after(table), digest, table);
  }
  const digests = policyTables.map(after);
  assert.equal(new Set([digest, ...digests]).size, policyTables.length + 1);
  for (const table of [...policyTables, nodeInfo, nodeTuples, nodeCertificates, serviceInfo]) {
    assert.ok(touchesNetwork(table), table);
  }
  for (const table of [proposals, proposalRecords, coseHistory, 'public:app', 'app']) {
    assert.ok(!touchesNetwork(table), table);
  }
});

test('rows that do not read are left out of the view, and never throw', () => {
  const store = storeOf();
  const rubbish = [undefined, 7, [], {}, { status: 7 }, { status: 'Trusted' }].map((value, index) => ({
    key: utf8(`${index}`.repeat(64)),
    value: value === undefined ? Uint8Array.of(0xff) : jsonBytes(value),
  }));
  const tables = [
    'public:ccf.gov.members.info',
    'public:ccf.gov.nodes.info',
    'public:coco.participants.info',
  ];
  store.apply(
    tables.map((table) => ({ table, puts: rubbish, removes: [] })),
    2,
  );
  const view = readNetwork(store.read(2));
  assert.deepEqual([view.members.length, view.nodes.length, view.participants.length], [2, 1, 1]);
  const empty = readNetwork(createStore().read(0));
  assert.deepEqual([empty.nodes, empty.serviceStatus], [[], '']);
});

test('GOV-8: the summary says in words who decides what', () => {
  const summary = constitutionSummary(storeOf().read(1), ['set_member']);
  assert.deepEqual(summary.votingPolicies, [
    {
      action: 'default',
      policy: { kind: 'majority' },
      inFavour: 2,
      sentence: 'more than half of the members must be in favour',
    },
    {
      action: 'set_member',
      policy: { kind: 'm_of_n', m: 2, expiresAfterSeconds: 60 },
      inFavour: 2,
      sentence: '2 members must be in favour, within 1 minute',
    },
  ]);
  assert.deepEqual(
    summary.participants.map(({ name, isCa, subject }) => [name, isCa, subject]),
    [['Carol', true, carol.certificate.subject]],
  );
  assert.deepEqual(summary.scripts.actions, ['set_member']);
  assert.equal(summary.scripts.sha256, createHash('sha256').update(genesis.constitution).digest('hex'));
});
