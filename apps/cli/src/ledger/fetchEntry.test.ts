import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { decodeMaps, type SealedEntry } from '@coco/ledger';
import { formatTxId, fromUtf8, toBase64, toHex, utf8 } from '@coco/primitives';
import { type FetchedEntry, fetchEntry } from './fetchEntry.js';
import { sampleEntries } from './testing/sampleLedger.js';

const { ledger, entries, service } = sampleEntries(6);
ledger.compact(ledger.last.seqno);
const genesis = entries[0] as SealedEntry;
const batch = entries.find(({ seqno, signature }) => seqno > 2 && !signature) as SealedEntry;
const signature = entries.find((one) => one.signature) as SealedEntry;

/** What an honest node tells of an entry. */
function told({ seqno, view, bytes, signature: isSignature }: SealedEntry): Record<string, unknown> {
  const { publicMaps, privateMaps } = ledger.open(bytes);
  return {
    transaction_id: formatTxId({ view, seqno }),
    signature: isSignature,
    entry_type: 4,
    size: bytes.length,
    private_size: privateMaps.length,
    write_set_digest: toHex(sha256(bytes)),
    tables: decodeMaps(publicMaps).map(({ table, puts, removes }) => ({
      name: table,
      puts: puts.map(({ key, value }) => ({ key: toBase64(key), value: toBase64(value) })),
      removes: removes.map(toBase64),
    })),
    ...(privateMaps.length === 0 && { entry: toBase64(bytes) }),
    receipt: ledger.receipt(seqno),
  };
}

/** Gets the entry from a node that gives these answers in turn: a body, or how many seconds to wait. */
function fetched(seqno: number, ...answers: readonly unknown[]): Promise<FetchedEntry> {
  let [turn, nowMs] = [0, 0];
  return fetchEntry({
    client: {
      get: async () => {
        const answer = answers[Math.min(turn++, answers.length - 1)];
        return typeof answer === 'number'
          ? { status: 202, headers: { 'retry-after': String(answer) }, body: new Uint8Array() }
          : { status: 200, headers: {}, body: utf8(JSON.stringify(answer)) };
      },
    },
    seqno,
    serviceCertificatePem: service.certificate.pem,
    timeoutMs: 10_000,
    clock: {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
  });
}

test('TX-4: an entry that is public is proved to the last bit; of another, which one it is; of a signature, its root', async () => {
  const { entry, proved } = await fetched(genesis.seqno, told(genesis));
  assert.equal(proved, 'entry');
  assert.ok(entry.publicWrites.some(({ table }) => table === 'public:ccf.gov.service.info'));
  const other = await fetched(batch.seqno, 3, 3, told(batch));
  assert.deepEqual([other.proved, other.entry.privateBytes > 0], ['digest', true]);
  const notes = other.entry.publicWrites.find(({ table }) => table === 'public:app.notes');
  assert.ok(fromUtf8(notes?.puts[0]?.key ?? new Uint8Array())?.startsWith('k'));
  assert.equal((await fetched(signature.seqno, told(signature))).proved, 'root');
});

test('what a node tells that its receipt does not bear out is refused (COCO_CLI_ENTRY)', async () => {
  const bad: readonly (readonly [SealedEntry, object, RegExp])[] = [
    [batch, { receipt: undefined }, /receipt does not hold/],
    [batch, { receipt: ledger.receipt(genesis.seqno) }, /another entry/],
    [batch, { receipt: ledger.receipt(signature.seqno) }, /that of a signature/],
    [batch, { write_set_digest: '00'.repeat(32) }, /another entry/],
    [batch, { write_set_digest: 7 }, /another entry/],
    [batch, { transaction_id: '2.1' }, /answered with another/],
    [batch, { transaction_id: `3.${batch.seqno}` }, /another entry/],
    [batch, { entry: 'AAAA' }, /not understood/],
    [genesis, { entry: toBase64(batch.bytes) }, /another entry/],
    [
      genesis,
      { entry: toBase64(genesis.bytes.with(100, (genesis.bytes[100] ?? 0) ^ 1)) },
      /another entry|not understood/,
    ],
  ];
  for (const [entry, change, sentence] of bad) {
    const answer = fetched(entry.seqno, { ...told(entry), ...change });
    await assert.rejects(answer, { code: 'COCO_CLI_ENTRY', message: sentence }, JSON.stringify(change));
  }
  await assert.rejects(fetched(3, 9), { code: 'COCO_CLI_ENTRY', message: /not have it ready/ });
  await assert.rejects(fetched(3, 'nonsense'), { code: 'COCO_CLI_ENTRY' });
});
