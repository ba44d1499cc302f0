/** What a node gives an auditor is taken only as it proves itself, and opened only with the secret of its own epoch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpReply } from '@coco/client';
import {
  chunkHeader,
  createLedger,
  entryLeaf,
  type LedgerSecret,
  parseEntry,
  type SealedEntry,
  verifyReceipt,
} from '@coco/ledger';
import { concatBytes, formatTxId, fromUtf8, type Seqno, toBase64, toHex, utf8 } from '@coco/primitives';
import { sampleEntries } from '../ledger/testing/sampleLedger.js';
import { type AuditedEntry, entriesOfEpochs, entriesOfTables } from './auditedEntries.js';
import type { EpochSpan } from './grantedAudit.js';

const { entries, secrets, service, node } = sampleEntries(8);
const [first, second] = secrets as [LedgerSecret, LedgerSecret];
const last = (entries.length - 1) as Seqno;

const spanOf = (epoch: number, from: Seqno, to: Seqno): EpochSpan => {
  return { epoch, from, to, atMs: 0, digest: '', network: '' };
};
const one = spanOf(1, 1, second.fromSeqno - 1);
const two = spanOf(2, second.fromSeqno, last + 1);

const clock = { nowMs: () => 0, sleep: async () => undefined };
const about = {
  timeoutMs: 0,
  clock,
  grant: 'g',
  serviceCertificate: service.certificate,
  formerServices: [],
};

/** The piece with the entry `from` as a node gives it: four entries, from one after a signature to a signature. */
function pieceOf(all: readonly SealedEntry[], from: Seqno): HttpReply {
  const start = from - ((from - 1) % 2);
  const bytes = all.slice(start - 1, start + 3).map((entry) => entry.bytes);
  return {
    status: 200,
    headers: { 'x-coco-first-seqno': String(start) },
    body: concatBytes(chunkHeader(), ...bytes),
  };
}

type Meddle = (reply: HttpReply, from: Seqno) => HttpReply;

async function read(
  spans: readonly EpochSpan[],
  with_: readonly LedgerSecret[],
  meddle: Meddle = (reply) => reply,
) {
  const get = async (path: string): Promise<HttpReply> => {
    const from = Number(new URLSearchParams(path.split('?')[1]).get('from'));
    return meddle(pieceOf(entries, from), from);
  };
  const all: AuditedEntry[] = [];
  const keys = with_.map(({ fromSeqno, key }) => ({ fromSeqno, key: key.slice() }));
  for await (const entry of entriesOfEpochs({ ...about, client: { get } }, spans, keys, () => undefined)) {
    all.push(entry);
  }
  return all;
}

const textOf = (all: readonly AuditedEntry[]): string =>
  all.flatMap(({ writes }) => writes.flatMap(({ puts }) => puts.map(({ value }) => fromUtf8(value)))).join();

test('an epoch comes whole, nothing before or after it, each entry with a receipt that anybody can check', async () => {
  for (const [span, secret] of [
    [one, first],
    [two, second],
  ] as const) {
    const all = await read([span], [secret]);
    assert.deepEqual([all[0]?.txId.seqno, all.at(-1)?.txId.seqno], [span.from, span.to]);
    assert.equal(all.length, (span.to ?? 0) - span.from + 1);
    for (const { receipt } of all) assert.ok(verifyReceipt(receipt, service.certificate).valid);
    for (let batch = 0; batch < 8; batch++) {
      assert.equal(textOf(all).includes(`secret ${batch}`), batch <= 3 === (span === one), `batch ${batch}`);
    }
  }
  assert.equal((await read([one, two], secrets)).length, entries.length);
});

test('the secret of one epoch opens no other', async () => {
  await assert.rejects(read([two], [first]), { code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC' });
  await assert.rejects(read([one], [{ ...second, fromSeqno: 1 }]), {
    code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC',
  });
  await assert.rejects(read([two], []), { code: 'COCO_LEDGER_ENTRY_SECRET' });
});

const other = sampleEntries(8).entries;
const flipped: Meddle = (reply) => {
  const at = reply.body.length - 300;
  return { ...reply, body: reply.body.with(at, (reply.body[at] ?? 0) ^ 1) };
};

const hostile: readonly (readonly [string, Meddle, RegExp])[] = [
  ['a byte of an entry', flipped, /./],
  ['a ledger of another service', (_, from) => pieceOf(other, from), /COCO_LEDGER_|service/],
  ['less than a piece', (reply) => ({ ...reply, body: reply.body.slice(0, 90) }), /./],
  ['another part', () => pieceOf(entries, 1), /another part/],
  ['no place', (reply) => ({ ...reply, headers: {} }), /where its part begins/],
  [
    'nothing, for ever',
    (reply) => ({ ...reply, status: 202, headers: { 'retry-after': '1' } }),
    /ready in time/,
  ],
];

for (const [what, meddle, reason] of hostile) {
  test(`a node that gives ${what} gets nothing believed`, async () => {
    await assert.rejects(read([two], [second], meddle), reason);
  });
}

test('pieces of two histories, both signed by the service, are not put together', async () => {
  // As a node could make that has the service's key.
  const ledger = createLedger({
    identity: {
      nodeId: node.key.publicKey.fingerprint,
      nodeKey: node.key,
      nodeCertificate: node.certificate,
      serviceKey: service.key,
      serviceCertificate: service.certificate,
    },
    serviceCertificate: service.certificate,
    secrets: [first],
  });
  const maps = { publicMaps: new Uint8Array(0), privateMaps: new Uint8Array(0) };
  const forked: SealedEntry[] = [];
  while (forked.length < entries.length) {
    forked.push(ledger.append({ view: 3, ...maps }), ledger.sign(3));
    ledger.compact(ledger.last.seqno);
  }
  const meddle: Meddle = (reply, from) => (from === 9 ? pieceOf(forked, from) : reply);
  await assert.rejects(read([spanOf(1, 5, 12)], secrets, meddle), /of another history/);
});

test('what a node opened is taken with the receipt of its entry alone, and of granted tables alone', async () => {
  const entry = (await read([one], [first])).find(({ writes }) =>
    writes.some(({ table }) => table === 'app.rows'),
  ) as AuditedEntry;
  const { writeSetDigest } = entryLeaf(parseEntry(entries[entry.txId.seqno - 1]?.bytes ?? new Uint8Array()));
  const row = {
    transaction_id: formatTxId(entry.txId),
    write_set_digest: toHex(writeSetDigest),
    tables: [{ name: 'app.rows', puts: [{ key: '', value: toBase64(utf8('x')) }], removes: [] }],
    receipt: entry.receipt,
  };
  const { seqno } = entry.txId;
  const rows = async (change: object, page: object = {}): Promise<readonly AuditedEntry[]> => {
    const answer = { first: seqno, last: seqno, more: false, entries: [{ ...row, ...change }], ...page };
    const post = async (): Promise<HttpReply> => ({
      status: 200,
      headers: {},
      body: utf8(JSON.stringify(answer)),
    });
    const options = { ...about, client: { post }, tables: ['app.rows'] };
    const all: AuditedEntry[] = [];
    const range = { from: seqno, to: seqno };
    for await (const found of entriesOfTables(options, range, () => undefined)) all.push(found);
    return all;
  };
  assert.equal(textOf(await rows({})), 'x');
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ write_set_digest: '00'.repeat(32) }, /that of something else/],
    [{ transaction_id: `3.${seqno}` }, /that of something else/],
    [{ transaction_id: '2.1' }, /not asked for/],
    [{ receipt: undefined }, /does not hold/],
    [{ tables: [{ ...row.tables[0], name: 'app.other' }] }, /not granted/],
  ];
  for (const [change, reason] of wrong) await assert.rejects(rows(change), reason);
  await assert.rejects(rows({}, { first: seqno + 1 }), /another part/);
  await assert.rejects(rows({}, { last: 0 }), /another part/);
});
