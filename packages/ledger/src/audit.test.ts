import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coseSign1, generateKeyPair, issueCertificate } from '@coco/crypto';
import { seededRandom, toBase64, utf8 } from '@coco/primitives';
import { sealEntry } from './entry.js';
import {
  type AuditOptions,
  type AuditReport,
  auditLedger,
  describeEntry,
  encodeMaps,
  parseChunkName,
  readLedger,
  type SealedEntry,
} from './index.js';
import { MerkleTree } from './merkle.js';
import { createSecrets } from './secrets.js';
import { makeSignature } from './signature.js';
import {
  addNode,
  type ChunkBytes,
  chunkFiles,
  completeChunk,
  genesisMaps,
  makeLedger,
  makeService,
  none,
  oneRow,
  type Service,
  sources,
  writeLedger,
} from './synthetic.test.js';

const service = makeService();
const { serviceCertificate } = service.identity;
const entries = writeLedger(makeLedger(service, { chunkBytes: 8_000 }), service, seededRandom(1), 12);
const files = chunkFiles(entries);
const batch = { publicMaps: none, privateMaps: oneRow('app', 'k', 'v') };

function audit(of: readonly ChunkBytes[], options: AuditOptions = { serviceCertificate }): AuditReport {
  return auditLedger(sources(of), options);
}

function failing(of: readonly ChunkBytes[], options?: AuditOptions): NonNullable<AuditReport['failure']> {
  const { failure } = audit(of, options);
  assert.ok(failure !== undefined, 'the audit finds a fault');
  return failure;
}

test('what a node wrote is sound, in whatever order the files are named', () => {
  assert.ok(files.length > 3 && files.at(-1)?.name.includes('-') === false);
  const progress: string[] = [];
  const report = audit(files.toReversed(), {
    serviceCertificate,
    secrets: service.secrets,
    onProgress: ({ file }) => progress.push(file),
  });
  assert.equal(report.failure, undefined);
  assert.equal(report.entries, entries.length);
  assert.equal(report.opened, entries.length);
  assert.equal(report.signatures, entries.filter(({ signature }) => signature).length);
  assert.equal(report.unsigned, 0);
  assert.deepEqual(report.lastSigned.seqno, entries.length);
  assert.deepEqual(
    [report.first, report.views],
    [{ view: 2, seqno: 1 }, new Set(entries.map(({ view }) => view)).size],
  );
  assert.deepEqual(report.signers, [{ nodeId: service.identity.nodeId, signatures: report.signatures }]);
  assert.deepEqual(
    progress,
    files.map(({ name }) => name),
  );
  assert.deepEqual(
    report.services.map(({ firstSeqno, status }) => [firstSeqno, status]),
    [[1, 'Open']],
  );
});

test('an unsigned tail is counted, and is a fault only in a file that claims to be committed', () => {
  const ledger = makeLedger(service);
  const written = writeLedger(ledger, service, seededRandom(2), 3);
  const { view } = ledger.last;
  written.push(ledger.append({ view, ...batch }), ledger.append({ view, ...batch }));
  assert.equal(audit([completeChunk(written, false)]).unsigned, 2);
  const failure = failing([completeChunk(written, true)]);
  assert.equal(failure.code, 'COCO_LEDGER_AUDIT_UNSIGNED');
  assert.equal(failure.seqno, written.length);
});

test('CONF-1, a fork: two files that claim the same entry are refused, both named', () => {
  const open = files.at(-1) as ChunkBytes;
  for (const [name, other] of [
    ['ledger_2-3', files[0]?.name],
    [`${open.name}-99`, open.name],
    ['ledger_1-2', files[0]?.name],
  ]) {
    const again = { bytes: none, name: name as string };
    for (const order of [
      [...files, again],
      [again, ...files],
    ]) {
      const failure = failing(order);
      assert.equal(failure.code, 'COCO_LEDGER_FORK');
      assert.deepEqual([failure.file, failure.otherFile].sort(), [name, other].sort());
    }
  }
});

test('CONF-1, a hole: a missing file is refused, never a shorter history', () => {
  for (let missing = 0; missing < files.length - 1; missing++) {
    const failure = failing(files.filter((_, index) => index !== missing));
    assert.equal(failure.code, 'COCO_LEDGER_HOLE');
    assert.equal(failure.file, files[missing + 1]?.name);
    assert.equal(failure.otherFile, files[missing - 1]?.name);
  }
  assert.equal(failing([]).code, 'COCO_LEDGER_EMPTY');
  assert.equal(failing(files.map(({ bytes }) => ({ name: 'other', bytes }))).code, 'COCO_LEDGER_EMPTY');
});

test('a file that is being written must be the last, and names must fit the contents', () => {
  const [first, second] = files as [ChunkBytes, ChunkBytes];
  const end = Number(/-(\d+)/.exec(first.name)?.[1]);
  const incomplete = { name: 'ledger_1', bytes: first.bytes };
  assert.equal(failing([incomplete, ...files.slice(1)]).code, 'COCO_LEDGER_CHUNK_INCOMPLETE');
  const longer = { name: `ledger_1-${end + 1}.committed`, bytes: first.bytes };
  assert.equal(failing([longer]).file, longer.name);
  const moved = { name: 'ledger_1-3.committed', bytes: second.bytes };
  const failure = failing([moved]);
  assert.deepEqual([failure.file, failure.seqno], [moved.name, 1]);
});

test('entries exchanged or left out are noticed, though every one of them is genuine', () => {
  const ledger = makeLedger(service);
  const genesis = ledger.append({ view: 2, publicMaps: genesisMaps([service.identity]), privateMaps: none });
  const first = ledger.sign(2);
  const [a, b] = [ledger.append({ view: 2, ...batch }), ledger.append({ view: 2, ...batch })];
  const second = ledger.sign(2);
  const changed = (held: SealedEntry[]) => failing(chunkFiles([genesis, first, ...held])).seqno;
  assert.equal(changed([b, a, second]), 3);
  assert.equal(changed([a, second]), 4);
  ledger.rollback(2);
  // Of a view that was never to be, and genuine all the same.
  const other = ledger.append({ view: 3, ...batch });
  assert.equal(changed([other, b, second]), 3);
});

test('views that go back, or on without a signature, are refused even when they are signed', () => {
  const secrets = createSecrets(service.secrets);
  const { identity } = service;
  for (const views of [
    [3, 2, 2],
    [2, 3, 3],
    [2, 2, 3],
  ] as const) {
    const tree = MerkleTree.empty();
    const written = views.map((view, index) => {
      const txId = { view, seqno: index + 1 };
      const signed = index === 2 && makeSignature({ txId, tree, treeFrom: 0, identity, issuedAtSeconds: 0 });
      const publicMaps = signed !== false ? signed.publicMaps : index === 0 ? genesisMaps([identity]) : none;
      const { bytes, leaf } = sealEntry({ ...txId, publicMaps, privateMaps: none }, secrets);
      tree.append(leaf.leaf);
      return { ...describeEntry(bytes), bytes };
    });
    const failure = failing(chunkFiles(written));
    assert.equal(failure.code, 'COCO_LEDGER_ENTRY_ORDER');
    assert.equal(failure.seqno, views[1] === 2 && views[0] === 2 ? 3 : 2);
  }
});

test('a torn last write is told as what it is', () => {
  const last = files.at(-1) as ChunkBytes;
  const failure = failing([...files.slice(0, -1), { ...last, bytes: last.bytes.slice(0, -5) }]);
  assert.equal(failure.code, 'COCO_LEDGER_CHUNK_TORN');
  assert.equal(failure.seqno, entries.length);
});

test('a ledger cut at any offset is refused, or sound and shorter by whole entries at its end', () => {
  const writer = makeLedger(service);
  const genesis = writer.append({ view: 2, publicMaps: genesisMaps([service.identity]), privateMaps: none });
  const small = [genesis, writer.sign(2), writer.append({ view: 2, ...batch })];
  const { bytes } = chunkFiles(small)[0] as ChunkBytes;
  const ends = new Map([[8, 0]]);
  let offset = 8;
  for (const { size, seqno } of small) {
    offset += size;
    ends.set(offset, seqno);
  }
  for (let length = 0; length < bytes.length; length++) {
    const report = audit([{ name: 'ledger_1', bytes: bytes.slice(0, length) }], {});
    const whole = ends.get(length);
    assert.equal(report.failure === undefined, whole !== undefined, `cut at ${length}`);
    if (whole !== undefined) assert.equal(report.entries, whole);
  }
});

test('the trusted service must be the one of the ledger', () => {
  const other = makeService().identity.serviceCertificate;
  assert.equal(failing(files, { serviceCertificate: other }).code, 'COCO_LEDGER_AUDIT_SERVICE');
  assert.equal(audit(files, {}).failure, undefined);
});

test('a node signs only once it is trusted, with the certificate that the ledger records', () => {
  const newcomer = addNode(service.identity);
  const [mine, theirs] = [makeLedger(service), makeLedger({ ...service, identity: newcomer })];
  const genesis = mine.append({ view: 2, publicMaps: genesisMaps([service.identity]), privateMaps: none });
  theirs.add(theirs.open(genesis.bytes));
  const failure = failing(chunkFiles([genesis, theirs.sign(2)]));
  assert.deepEqual([failure.code, failure.seqno], ['COCO_LEDGER_AUDIT_SIGNER', 2]);
  theirs.rollback(1);
  const join = mine.append({ view: 2, publicMaps: genesisMaps([newcomer]), privateMaps: none });
  const written = [genesis, join, mine.sign(2)];
  for (const { bytes } of written.slice(1)) theirs.add(theirs.open(bytes));
  assert.equal(audit(chunkFiles([...written, theirs.sign(3)])).failure, undefined);
});

test('a node whose certificate is renewed may sign with the one before, and with the new one', () => {
  const { identity } = service;
  const renewed = { ...identity, nodeCertificate: endorseAgain(identity) };
  const [before, after] = [makeLedger(service), makeLedger({ ...service, identity: renewed })];
  const genesis = before.append({ view: 2, publicMaps: genesisMaps([identity]), privateMaps: none });
  const table = 'public:ccf.gov.nodes.endorsed_certificates';
  const publicMaps = oneRow(table, identity.nodeId, renewed.nodeCertificate.pem);
  const renewal = before.append({ view: 2, publicMaps, privateMaps: none });
  // A node that runs keeps the certificate that it signs with until it is restarted.
  const written = [genesis, renewal, before.sign(2), before.append({ view: 2, ...batch }), before.sign(2)];
  for (const { bytes } of written) after.add(after.open(bytes));
  written.push(after.append({ view: 2, ...batch }), after.sign(2));
  const report = audit(chunkFiles(written));
  assert.equal(report.failure, undefined);
  assert.deepEqual(report.signers, [{ nodeId: identity.nodeId, signatures: 3 }]);
});

test('what no service would write is named at its entry', () => {
  const stranger = makeService().identity;
  const cases: [Uint8Array, string][] = [
    [genesisMaps([stranger]), 'COCO_LEDGER_AUDIT_GOVERNANCE'],
    [genesisMaps([service.identity], 'Half-open'), 'COCO_LEDGER_AUDIT_GOVERNANCE'],
    [genesisMaps([service.identity], 'WaitingForRecoveryShares'), 'COCO_LEDGER_AUDIT_GOVERNANCE'],
    [
      oneRow(
        'public:ccf.gov.nodes.endorsed_certificates',
        service.identity.nodeId,
        stranger.nodeCertificate.pem,
      ),
      'COCO_LEDGER_AUDIT_GOVERNANCE',
    ],
  ];
  for (const [publicMaps, code] of cases) {
    const ledger = makeLedger(service);
    const written = [
      ledger.append({ view: 2, publicMaps: genesisMaps([service.identity]), privateMaps: none }),
    ];
    written.push(ledger.sign(2), ledger.append({ view: 2, publicMaps, privateMaps: none }), ledger.sign(2));
    const failure = failing(chunkFiles(written));
    assert.deepEqual([failure.code, failure.seqno], [code, 3]);
  }
});

/** The same ledger goes on under a new service identity: CCF's disaster recovery. */
function recovered(endorsedBy: 'new' | 'stranger') {
  const first = makeLedger(service);
  const genesis = first.append({ view: 2, publicMaps: genesisMaps([service.identity]), privateMaps: none });
  const kept = [genesis, first.sign(2), first.append({ view: 2, ...batch }), first.sign(2)];
  const second = { ...makeService(), secrets: service.secrets };
  const after = makeLedger(second);
  const written = recoverInto(kept, after, second, endorsedBy);
  return { entries: [...kept, ...written], after, second };
}

function recoverInto(
  kept: readonly SealedEntry[],
  after: ReturnType<typeof makeLedger>,
  second: Service,
  endorsedBy: 'new' | 'stranger',
): SealedEntry[] {
  for (const { bytes } of kept) {
    // Signatures of the former service are entries like others to the new one.
    after.add({ ...after.open(bytes), signature: false });
  }
  const { view } = after.last;
  const { serviceKey } = endorsedBy === 'new' ? second.identity : makeService().identity;
  const row = JSON.stringify({
    endorsement: toBase64(
      coseSign1({ protectedHeader: new Map(), payload: serviceCertificate.publicKey.der, key: serviceKey }),
    ),
    endorsement_epoch_begin: '2.1',
    endorsing_key: toBase64(second.identity.serviceCertificate.publicKey.der),
  });
  const endorsement = encodeMaps([
    {
      table: 'public:ccf.internal.previous_service_identity_endorsement',
      puts: [{ key: new Uint8Array(8), value: utf8(row) }],
      removes: [],
    },
  ]);
  return [
    after.append({ view, publicMaps: genesisMaps([second.identity], 'Recovering'), privateMaps: none }),
    after.append({ view, publicMaps: endorsement, privateMaps: none }),
    after.sign(view),
  ];
}

test('a recovery begins a new service identity, which endorses the former one', () => {
  const { entries, after, second } = recovered('new');
  const report = audit(chunkFiles(entries), { serviceCertificate: second.identity.serviceCertificate });
  assert.equal(report.failure, undefined, JSON.stringify(report.failure));
  assert.deepEqual(
    report.services.map(({ status, endorsed }) => [status, endorsed]),
    [
      ['Open', true],
      ['Recovering', false],
    ],
  );
  assert.equal(failing(chunkFiles(entries)).code, 'COCO_LEDGER_AUDIT_SERVICE');
  // Whoever signed last vouches, whatever the unsigned end of the ledger says of the service.
  const claim = genesisMaps([service.identity], 'Opening');
  const unsigned = after.append({ view: after.last.view, publicMaps: claim, privateMaps: none });
  assert.equal(failing(chunkFiles([...entries, unsigned])).code, 'COCO_LEDGER_AUDIT_SERVICE');
  const forged = failing(chunkFiles(recovered('stranger').entries), {});
  assert.equal(forged.code, 'COCO_LEDGER_AUDIT_GOVERNANCE');
});

test('a service certificate that its own key did not sign is refused', () => {
  const key = generateKeyPair();
  const { subject: _, ...other } = service.identity.serviceCertificate;
  const certificate = issueCertificate(
    {
      subjectCommonName: 'Test Service',
      publicKey: key.publicKey,
      isCa: true,
      serialNumber: new Uint8Array(16).fill(3),
      notBeforeMs: other.notBeforeMs,
      notAfterMs: other.notAfterMs,
    },
    { key: service.identity.serviceKey, certificate: serviceCertificate },
  );
  const forged = { ...service.identity, serviceCertificate: certificate };
  const ledger = makeLedger(service);
  const written = [
    ledger.append({ view: 2, publicMaps: genesisMaps([forged]), privateMaps: none }),
    ledger.sign(2),
  ];
  assert.equal(failing(chunkFiles(written), {}).code, 'COCO_LEDGER_AUDIT_GOVERNANCE');
});

test('a ledger is shown without keys, and with them in full', () => {
  const read = [...readLedger(sources(files))];
  assert.deepEqual(
    read.map(({ txId }) => txId.seqno),
    entries.map(({ seqno }) => seqno),
  );
  assert.ok(read.every(({ privateWrites }) => privateWrites === undefined));
  const opened = [...readLedger(sources(files), { secrets: service.secrets })];
  assert.ok(opened.every(({ privateWrites, signature }) => signature || privateWrites !== undefined));
  assert.ok(opened.some(({ privateWrites }) => privateWrites?.[0]?.table === 'app'));
  assert.deepEqual(
    read.map(({ privateBytes }) => privateBytes > 0),
    opened.map(({ privateWrites }) => (privateWrites?.length ?? 0) > 0),
  );
  const secrets = [{ fromSeqno: 1, key: new Uint8Array(32) }];
  assert.throws(() => [...readLedger(sources(files), { secrets })], {
    code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC',
  });
});

test('files that end before the entry that is asked for are not read', () => {
  const from = 20;
  const unread = sources(files).map((source) => {
    const end = parseChunkName(source.name)?.end;
    const readAt = () => assert.fail(`${source.name} is not needed`);
    return end !== undefined && end < from ? { ...source, readAt } : source;
  });
  const [first] = readLedger(unread, { from });
  assert.ok(first !== undefined && first.txId.seqno > 1 && first.txId.seqno <= from);
});

function endorseAgain({ nodeKey, serviceKey: key, serviceCertificate }: Service['identity']) {
  const hourMs = 3_600_000;
  const fields = { subjectCommonName: 'node', publicKey: nodeKey.publicKey, isCa: false };
  return issueCertificate(
    { ...fields, notBeforeMs: hourMs, notAfterMs: 2 * hourMs, serialNumber: new Uint8Array(8).fill(5) },
    { key, certificate: serviceCertificate },
  );
}
