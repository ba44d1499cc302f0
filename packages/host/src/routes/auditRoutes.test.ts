/** What a node gives to auditors: by a grant, to the certificate that it names, and only what is on the ledger already. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beginDealing,
  type Certificate,
  combinePartials,
  decodeThresholdCiphertext,
  encodeThresholdCiphertext,
  finishShare,
  randomBytes,
  shareFor,
  thresholdEncrypt,
} from '@coco/crypto';
import { type AuditRead, epochLabel, governanceTables, sealEpoch } from '@coco/governance';
import { createStore } from '@coco/kv';
import { chunkName, chunkOfBytes, indexChunk, noSecret, secretDigest } from '@coco/ledger';
import { CocoError, fromUtf8, type Seqno, toHex, utf8 } from '@coco/primitives';
import { decodePartialsAnswers } from '../custody/partialsMessages.js';
import { ledgerService, type Test } from '../entries.test.js';
import { chunks, entries, type HistoryNode, historyNode } from '../history/historyWorld.test.js';
import { createPastQueries } from '../history/pastQueries.js';
import type { HttpRequest, HttpResponse } from '../http.js';
import { testIdentity } from '../identities.test.js';
import { type AuditFacts, auditRoutes } from './auditRoutes.js';
import { type AuditRowsFacts, auditRowsRoute } from './auditRowsRoute.js';
import { createRouter } from './router.js';

const [auditor, stranger] = [testIdentity('auditor'), testIdentity('stranger')];
const network = 'ab'.repeat(32);
const secret = randomBytes(32);
const nowMs = Date.now();

/** A key of one actor alone. */
function oneOfOne() {
  const actors = ['cd'.repeat(32)];
  const ceremony = { network: new Uint8Array(32), id: randomBytes(32), threshold: 1, actors };
  const dealing = beginDealing({ ceremony, dealer: 1, random: randomBytes });
  const shares = [shareFor(dealing, 1)];
  const finished = finishShare({ ceremony, deals: [dealing.deal], recipient: 1, shares });
  assert.ok(finished.kind === 'made');
  return finished;
}

const { key, share } = oneOfOne();

/** Epoch 2 has the entries 11 to 20, 3 those after it. */
function tablesOf() {
  const store = createStore();
  const transaction = store.begin();
  for (const [epoch, from] of [
    [2, 11],
    [3, 21],
  ] as const) {
    const place = { epoch, from, network, digest: secretDigest(secret) };
    const label = epochLabel(place);
    const sealed = thresholdEncrypt({ publicKey: key.publicKey, label, secret, random: randomBytes });
    sealEpoch(transaction, { ...place, atMs: 1, sealed: encodeThresholdCiphertext(sealed) });
  }
  const about = { auditor: auditor.certificate.fingerprint, cert: auditor.certificate.pem, name: 'a' };
  const grant = (id: string, row: object): void => {
    const value = { ...about, expires_at: nowMs + 60_000, ...row };
    transaction.put(governanceTables.auditGrants, utf8(id), utf8(JSON.stringify(value)));
  };
  grant('whole', { epochs: { from: 2, to: 3 } });
  grant('tables', { tables: ['test.numbers'], epochs: { from: 2, to: 2 } });
  grant('over', { epochs: { from: 2, to: 2 }, expires_at: nowMs });
  store.commit(transaction, 1);
  return store.read(1);
}

interface Audited extends HistoryNode {
  readonly ask: (target: string, options?: AskOptions) => Promise<HttpResponse>;
  /** What was recorded, as it was. */
  readonly recorded: AuditRead[];
}

interface AskOptions {
  /** Default the auditor's. */
  readonly certificate?: Certificate | null;
  /** Of a POST. */
  readonly body?: unknown;
}

function audited(t: Test, change: Partial<AuditFacts & AuditRowsFacts> = {}): Audited {
  const node = historyNode(t, { from: 'beginning', files: chunks });
  const { history, ledger } = node;
  const tables = tablesOf();
  const recorded: AuditRead[] = [];
  const past = createPastQueries({
    ledger,
    store: { first: 1, last: 0, read: () => [] },
    history,
    secrets: (id) => Promise.reject(noSecret(id)),
  });
  const facts: AuditFacts & AuditRowsFacts = {
    nodeId: 'ef'.repeat(32),
    tables: () => tables,
    nowMs: () => nowMs,
    recorder: { record: async (read) => void recorded.push(read) },
    commit: () => ledger.last.seqno,
    shares: () => [{ key, network, share }],
    past,
    held: () => ledger.secretsAfter(ledger.last.seqno),
    gather: async () => [],
    ...change,
  };
  const route = createRouter([...auditRoutes(facts), auditRowsRoute(facts)]);
  const ask = async (target: string, { certificate, body }: AskOptions = {}): Promise<HttpResponse> => {
    const [path = '', query = ''] = target.split('?');
    const request: HttpRequest = {
      method: body === undefined ? 'GET' : 'POST',
      path: `/node/audit/${path}`,
      query,
      headers: {},
      body: body instanceof Uint8Array ? body : utf8(JSON.stringify(body ?? null)),
      caller: { kind: 'anonymous' },
      chain: certificate === null ? [] : [certificate ?? auditor.certificate],
      connection: { exporter: () => undefined },
    };
    return (await route(request)) as HttpResponse;
  };
  return { ...node, ask, recorded };
}

const jsonOf = ({ body }: HttpResponse) => JSON.parse(fromUtf8(body) ?? 'null');
const told = (answer: HttpResponse): unknown[] => [answer.status, jsonOf(answer).error?.code];

test('partial decryptions of a granted epoch are made when the read is recorded, and not before', async (t) => {
  const { ask, recorded } = audited(t);
  const answer = await ask('partials', { body: { grant: 'whole', epochs: [2] } });
  assert.equal(answer.status, 200);
  const [partials] = decodePartialsAnswers(answer.body).map((one) => one.partials);
  assert.ok(partials !== undefined);
  const { spans } = jsonOf(await ask('grant?grant=whole'));
  const [{ epoch, from, to, digest, sealed }] = spans;
  assert.deepEqual([epoch, from, to], [2, 11, 20]);
  const ciphertext = decodeThresholdCiphertext(new Uint8Array(Buffer.from(sealed, 'base64')));
  const label = epochLabel({ network, epoch, from, digest });
  const combined = combinePartials({ key, label, ciphertext }, [...partials.values()]);
  assert.deepEqual(combined.kind === 'opened' && combined.secret, secret);
  const [read] = recorded;
  assert.deepEqual(
    [read?.grant, read?.auditor, read?.what],
    ['whole', auditor.certificate.fingerprint, { epochs: [2] }],
  );
  const trouble = new CocoError('COCO_AUDIT_UNRECORDED', 'no');
  const cut = audited(t, { recorder: { record: () => Promise.reject(trouble) } });
  const refused = await cut.ask('partials', { body: { grant: 'whole', epochs: [2] } });
  assert.deepEqual(told(refused), [503, 'COCO_AUDIT_UNRECORDED']);
  const rows = await cut.ask('rows', { body: { grant: 'tables', from: 11 } });
  assert.deepEqual(told(rows), [503, 'COCO_AUDIT_UNRECORDED']);
});

test('nobody else gets anything, nor by a grant that is over, nor beyond it; and nothing of that is recorded', async (t) => {
  const { ask, recorded } = audited(t);
  const partials = (body: unknown, certificate?: Certificate | null) =>
    ask('partials', { body, ...(certificate !== undefined && { certificate }) });
  const whole = { grant: 'whole', epochs: [2] };
  const early = audited(t, { nowMs: () => nowMs - 7_200_000 });
  const cases: readonly (readonly [Promise<HttpResponse>, number, string])[] = [
    [partials(whole, null), 401, 'COCO_AUDIT_ANONYMOUS'],
    [partials(whole, stranger.certificate), 403, 'COCO_AUDIT_CALLER'],
    [early.ask('partials', { body: whole }), 403, 'COCO_AUDIT_CALLER'],
    [partials({ ...whole, grant: 'none' }), 403, 'COCO_AUDIT_GRANT'],
    [partials({ ...whole, grant: 'over' }), 403, 'COCO_AUDIT_EXPIRED'],
    [partials({ ...whole, epochs: [1] }), 403, 'COCO_AUDIT_EPOCH'],
    [partials({ ...whole, epochs: [3] }), 409, 'COCO_AUDIT_RUNNING'],
    [partials({ ...whole, grant: 'tables' }), 403, 'COCO_AUDIT_EPOCH'],
    [partials({ ...whole, epochs: [] }), 400, 'COCO_AUDIT_REQUEST'],
    [partials({ ...whole, epochs: [2, 2] }), 400, 'COCO_AUDIT_REQUEST'],
    [partials({ ...whole, epochs: ['x'] }), 400, 'COCO_AUDIT_REQUEST'],
    [partials({ epochs: [2] }), 400, 'COCO_AUDIT_REQUEST'],
    [partials(utf8('{')), 400, 'COCO_AUDIT_REQUEST'],
    [partials(7), 400, 'COCO_AUDIT_REQUEST'],
    [ask('grant?grant=whole', { certificate: stranger.certificate }), 403, 'COCO_AUDIT_CALLER'],
    [ask('grant'), 400, 'COCO_AUDIT_REQUEST'],
    [ask('entries?grant=whole&from=10'), 403, 'COCO_AUDIT_RANGE'],
    [ask('entries?grant=whole&from=x'), 400, 'COCO_AUDIT_REQUEST'],
    [ask('entries?grant=tables&from=11'), 403, 'COCO_AUDIT_RANGE'],
    [ask('entries?grant=whole&from=11', { certificate: stranger.certificate }), 403, 'COCO_AUDIT_CALLER'],
    [ask('entries?grant=whole&from=999'), 202, 'TransactionPendingOrUnknown'],
    [ask('rows', { body: { grant: 'whole', from: 11 } }), 403, 'COCO_AUDIT_TABLE'],
    [ask('rows', { body: { grant: 'tables', from: 10 } }), 403, 'COCO_AUDIT_RANGE'],
    [ask('rows', { body: { grant: 'tables', from: 21 } }), 403, 'COCO_AUDIT_RANGE'],
    [ask('rows', { body: { grant: 'tables' } }), 400, 'COCO_AUDIT_REQUEST'],
  ];
  for (const [index, [answer, status, code]] of cases.entries()) {
    assert.deepEqual(told(await answer), [status, code], `case ${index}`);
  }
  assert.deepEqual(recorded, []);
  const without = audited(t, { shares: () => [] });
  const answer = await without.ask('partials', { body: whole });
  assert.deepEqual(told(answer), [503, 'COCO_SECRETS_NO_SHARE']);
  assert.deepEqual(without.recorded, []);
});

test('from any granted entry on, sealed entries come in pieces that prove themselves', async (t) => {
  const { ask, recorded } = audited(t);
  for (let from: Seqno = 11; from <= 60; from++) {
    const { headers, body } = await ask(`entries?grant=whole&from=${from}`);
    const start = Number(headers['x-coco-first-seqno']);
    const steps = indexChunk(chunkOfBytes(chunkName({ start }), body), {
      serviceCertificate: ledgerService.certificate,
    });
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const { first, last } = step.value;
    assert.ok(first === start && first <= from && from <= last, `${first} to ${last} for ${from}`);
    assert.ok(first === 1 || entries[first - 2]?.signature === true);
    // Sealed as they are in the ledger.
    for (let seqno = first; seqno <= last; seqno++) {
      assert.ok(Buffer.from(body).includes(Buffer.from(entries[seqno - 1]?.bytes ?? [])));
    }
  }
  assert.deepEqual(recorded, []);
});

test('of named tables a node tells the rows in the range, with receipts, and writes down which', async (t) => {
  const { ask, recorded } = audited(t);
  const {
    first,
    last,
    more,
    entries: found,
  } = jsonOf(await ask('rows', { body: { grant: 'tables', from: 12 } }));
  assert.equal(first, 12);
  const ids = found.map((entry: { transaction_id: string }) => Number(entry.transaction_id.split('.')[1]));
  assert.ok(
    ids.length > 0 && ids.every((seqno: number) => seqno >= 12 && seqno <= last && last <= 20),
    ids.join(),
  );
  for (const { tables, receipt } of found) {
    assert.deepEqual([tables.length, tables[0].name], [1, 'test.numbers']);
    assert.equal(receipt.leaf_components.commit_evidence.startsWith('ce:'), true);
  }
  assert.equal(more, last < 20);
  assert.deepEqual(recorded[0]?.what, { tables: ['test.numbers'], seqnos: { from: 12, to: last } });
});

test('secrets that a node no longer has are brought back for the answer alone', async (t) => {
  const world = audited(t);
  const [known] = world.ledger.secrets;
  assert.ok(known !== undefined);
  const held = { keyAt: () => undefined, commitEvidence: () => assert.fail('it is not known') };
  const asked: number[] = [];
  const brought = { fromSeqno: 11, key: known.key.slice() };
  const { ask } = audited(t, {
    held: () => held,
    gather: async (records) => {
      asked.push(...records.map(({ epoch }) => epoch));
      return [brought];
    },
  });
  const { entries: found } = jsonOf(await ask('rows', { body: { grant: 'tables', from: 11 } }));
  assert.ok(found.length > 0);
  assert.deepEqual(asked, [2]);
  assert.equal(toHex(brought.key), '00'.repeat(32), 'and wiped');
  const trouble = new CocoError('COCO_SECRETS_UNREACHABLE', 'too few');
  const alone = audited(t, { held: () => held, gather: () => Promise.reject(trouble) });
  const answer = await alone.ask('rows', { body: { grant: 'tables', from: 11 } });
  assert.deepEqual(told(answer), [503, 'COCO_SECRETS_UNREACHABLE']);
});
