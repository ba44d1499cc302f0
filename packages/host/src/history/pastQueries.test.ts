import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLedger, evidenceOnly, type Ledger, noSecret, openSnapshot, verifyReceipt } from '@coco/ledger';
import { CocoError, type Seqno } from '@coco/primitives';
import { ledgerSecrets, ledgerService, type Test } from '../entries.test.js';
import { chunks, entries, historyNode, servedNode, snapshot } from './historyWorld.test.js';
import { createPastQueries, type PastQueriesOptions } from './pastQueries.js';

const id = (seqno: Seqno) => ({ view: 2, seqno });
const noSecrets: PastQueriesOptions['secrets'] = (one) => Promise.reject(noSecret(one));
const noStore = { first: 1, last: 0, read: () => [] };

function queriesOf(t: Test, options: Partial<PastQueriesOptions> = {}) {
  const { history, ledger } = historyNode(t, { from: 'beginning', files: chunks });
  return createPastQueries({ ledger, store: noStore, history, secrets: noSecrets, ...options });
}

/** A ledger that began after the snapshot and does not know the secrets of what was before. */
function forgetful(): Ledger {
  const { base } = openSnapshot(snapshot.bytes, { secrets: ledgerSecrets });
  const { certificate: serviceCertificate } = ledgerService;
  return createLedger({ serviceCertificate, secrets: [], base });
}

test('TX-4: what is in memory and what is in files has the same receipts', async (t) => {
  const inMemory = historyNode(t, { from: 'beginning', files: chunks });
  const asked: Seqno[] = [];
  const history = {
    find: async (seqno: Seqno) => {
      asked.push(seqno);
      return inMemory.history.find(seqno);
    },
    forget: () => undefined,
  };
  const { ledger } = inMemory;
  const past = queriesOf(t, { ledger, history });
  const without = queriesOf(t, { ledger: { ...bound(ledger), receipt: () => undefined }, history });
  for (const format of ['json', 'cose'] as const) {
    const held = await past.receipt(id(3), format);
    assert.deepEqual(asked, []);
    assert.deepEqual(await without.receipt(id(3), format), held);
    assert.ok('found' in held && held.found !== undefined);
    asked.length = 0;
  }
  const signed = entries.find(({ signature }) => signature)?.seqno ?? 0;
  assert.deepEqual(await past.receipt(id(signed), 'cose'), { found: undefined });
});

const bound = (ledger: Ledger) => ({
  tree: ledger.tree,
  last: ledger.last,
  receipt: (seqno: Seqno) => ledger.receipt(seqno),
  coseReceipt: (seqno: Seqno) => ledger.coseReceipt(seqno),
  secretsAfter: (seqno: Seqno) => ledger.secretsAfter(seqno),
});

test('CONF-1: an entry is told without what it wrote to private tables, and whole when nothing in it is private', async (t) => {
  const { ledger } = historyNode(t, { from: 'beginning', files: chunks });
  const store = {
    first: 1,
    last: entries.length,
    read: (from: Seqno) => [entries[from - 1]?.bytes ?? new Uint8Array()],
  };
  for (const past of [queriesOf(t), queriesOf(t, { ledger, store })]) {
    for (const { seqno, bytes, signature } of entries.slice(0, 12)) {
      const answer = await past.entry(seqno);
      assert.ok('found' in answer);
      const { entry, bytes: whole } = answer.found;
      assert.equal(entry.privateWrites, undefined);
      assert.equal(entry.privateBytes > 0, whole === undefined);
      if (signature) assert.deepEqual(whole, bytes);
    }
  }
});

test('CONF-2: the secret of an old epoch is asked for when a receipt needs it, and not for an entry', async (t) => {
  const served = await servedNode(t);
  const { history } = historyNode(t, { from: 'snapshot', peers: [served.peer] });
  const ledger = forgetful();
  const common = { ledger, store: noStore, history };
  const refusing = createPastQueries({ ...common, secrets: noSecrets });
  const refused = await refusing.receipt(id(3), 'json');
  assert.ok('failed' in refused && refused.failed.code === 'COCO_LEDGER_ENTRY_SECRET');
  assert.ok('found' in (await refusing.entry(3)));

  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  const asked: Seqno[] = [];
  const [secret] = ledgerSecrets;
  assert.ok(secret !== undefined);
  const secrets = async ({ seqno }: { seqno: Seqno }) => {
    asked.push(seqno);
    await given;
    return evidenceOnly(secret);
  };
  const fetching = createPastQueries({ ...common, secrets, waitMs: 100 });
  const first = await fetching.receipt(id(3), 'json');
  assert.ok('coming' in first && first.coming.code === 'COCO_LEDGER_ENTRY_SECRET', JSON.stringify(first));
  give();
  const second = await fetching.receipt(id(3), 'json');
  assert.ok('found' in second && verifyReceipt(second.found, ledgerService.certificate).valid);
  assert.deepEqual([...new Set(asked)], [3]);
});

test('what is on its way is answered with "ask again", and is there in the end', async (t) => {
  const { history, ledger } = historyNode(t, { from: 'beginning', files: chunks });
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const slow = { find: (seqno: Seqno) => gate.then(() => history.find(seqno)), forget: () => undefined };
  const options = { ...bound(ledger), receipt: () => undefined };
  const past = createPastQueries({
    ...{ ledger: options, store: noStore, history: slow, secrets: noSecrets, waitMs: 1 },
  });
  const first = await past.receipt(id(3), 'json');
  assert.ok('coming' in first && first.coming.code === 'COCO_HOST_HISTORY_FETCHING');
  open();
  const patient = createPastQueries({
    ledger: options,
    store: noStore,
    history: slow,
    secrets: noSecrets,
  });
  assert.ok('found' in (await patient.receipt(id(3), 'json')));
});

test('a file that changes while it is used is looked for anew', async (t) => {
  const { history, ledger } = historyNode(t, { from: 'beginning', files: chunks });
  const { index, source } = await history.find(3);
  const bent = { ...source, readAt: (_: number, length: number) => new Uint8Array(length) };
  let turns = 0;
  const find = async () => (turns++ === 0 ? { index, source: bent } : { index, source });
  const forgotten: unknown[] = [];
  const past = queriesOf(t, {
    ledger: { ...bound(ledger), receipt: () => undefined },
    history: { find, forget: (chunk) => void forgotten.push(chunk.source) },
  });
  assert.ok('found' in (await past.receipt(id(3), 'json')));
  assert.deepEqual([turns, forgotten.length], [2, 1]);
  const gone = {
    find: () => Promise.reject(new CocoError('COCO_HOST_HISTORY_MISSING', '')),
    forget: () => undefined,
  };
  const answer = await queriesOf(t, { history: gone }).entry(3);
  assert.ok('failed' in answer && answer.failed.code === 'COCO_HOST_HISTORY_MISSING');
  assert.equal(noSecret(id(3)).code, 'COCO_LEDGER_ENTRY_SECRET');
});
