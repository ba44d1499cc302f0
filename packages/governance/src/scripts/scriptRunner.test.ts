/**
 * What a script of governance can do and what it cannot: CCF's calling conventions and its `ccf` global (formats of CCF, 1.6 and
 * 1.8), the access matrix (1.3), limits.
 */
import assert from 'node:assert/strict';
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createStore, type Transaction } from '@coco/kv';
import { utf8 } from '@coco/primitives';
import { openRecovered } from '../framework.js';
import { jsonPut, readObject } from '../rows.js';
import { nodesTables } from '../tables.js';
import { makeIdentity } from '../testing/identities.js';
import { noBallot, yesBallot } from './plainBallots.js';
import { createScriptRunner } from './scriptRunner.js';
import { limits, reasonOf, rowsOf, runBody, sandbox, valueOfRun } from './scriptWorld.test.js';
import type { ScriptSituation } from './types.js';

const settings = 'public:coco.settings';
const member = makeIdentity({ isCa: true });
const leaf = makeIdentity({ issuer: member });

function begin(): Transaction {
  const store = createStore();
  const puts = ['a', 'b', 'c'].map((key) => jsonPut(key, { key }));
  store.apply(
    [
      {
        table: 'public:ccf.gov.service.info',
        puts: [jsonPut(undefined, { cert: 'PEM', status: 'Opening' })],
        removes: [],
      },
      { table: 'public:ccf.gov.users.info', puts, removes: [] },
      { table: 'public:ccf.internal.signatures', puts: [jsonPut(undefined, { root: '00' })], removes: [] },
    ],
    1,
  );
  return store.begin();
}

test('scripts are called as CCF calls them', () => {
  const runner = createScriptRunner({ sandbox });
  const constitution = `
    export function validate(input) { return { valid: true, description: arguments.length + input }; }
    export function resolve(proposal, proposerId, votes, proposalId) {
      return JSON.stringify([proposal, proposerId, votes, proposalId]);
    }
    export function apply(proposal, proposalId) { return [proposal, proposalId, arguments.length]; }`;
  const input = { transaction: begin(), limits, constitution, proposal: '{"actions":[]}', proposalId: 'pid' };
  assert.deepEqual(valueOfRun(runner.validate(input)), { valid: true, description: '1{"actions":[]}' });
  const votes = [{ memberId: 'm', inFavour: true }];
  assert.equal(
    valueOfRun(runner.resolve({ ...input, proposerId: 'me', votes })),
    '["{\\"actions\\":[]}","me",[{"member_id":"m","vote":true}],"pid"]',
  );
  assert.deepEqual(valueOfRun(runner.apply(input)), ['{"actions":[]}', 'pid', 2]);
  const ballot = {
    ...input,
    proposerId: 'me',
    ballot: 'export function vote(raw, id) { return raw.length + id; }',
  };
  assert.equal(valueOfRun(runner.runBallot(ballot)), '14me');
  assert.equal(valueOfRun(runner.runBallot({ ...ballot, ballot: yesBallot })), true);
  assert.equal(valueOfRun(runner.runBallot({ ...ballot, ballot: noBallot })), false);
});

test('tables: has, get, set, delete, clear, forEach, size', () => {
  const transaction = begin();
  const body = `
    const users = ccf.kv['public:ccf.gov.users.info'];
    const key = ccf.strToBuf;
    const seen = [];
    users.forEach((value, k, table) => {
      seen.push(ccf.bufToStr(k) + ccf.bufToJsonCompatible(value).key);
      table.delete(key('b'));
      table.set(key('z'), value);
    });
    const before = [users.has(key('a')), users.has(key('b')), users.get(key('b')), users.size];
    const removed = [users.delete(key('a')), users.delete(key('a'))];
    const other = ccf.kv['public:coco.settings'];
    other.set(key('k'), ccf.jsonCompatibleToBuf({ n: 1 })).set(key('l'), key(''));
    ccf.kv['public:ccf.gov.users.certs'].clear();
    return [seen, before, removed, ccf.bufToJsonCompatible(other.get(key('k'))), other.get(key('l')).byteLength];`;
  assert.deepEqual(valueOfRun(runBody(transaction, 'apply', body)), [
    ['aa', 'cc'],
    [true, false, null, 3],
    [true, false],
    { n: 1 },
    0,
  ]);
  assert.deepEqual(rowsOf(transaction.writeSet()), {
    'ccf.gov.users.info a': null,
    'ccf.gov.users.info b': null,
    'ccf.gov.users.info z': { key: 'c' },
    'coco.settings k': { n: 1 },
    'coco.settings l': '',
  });
});

const situations: readonly ScriptSituation[] = ['ballot', 'validate', 'resolve', 'apply'];

test('the access matrix: who reads what, and only apply writes', () => {
  const read = (table: string) => `return ccf.kv['${table}'].has(ccf.strToBuf('k'));`;
  const write = (table: string) => `ccf.kv['${table}'].set(ccf.strToBuf('k'), ccf.strToBuf('v'));`;
  for (const situation of situations) {
    for (const table of [
      'public:ccf.gov.anything',
      settings,
      'public:coco.proposals',
      'public:ccf.internal.tree',
    ]) {
      assert.equal(valueOfRun(runBody(begin(), situation, read(table))), false, `${situation} ${table}`);
    }
    const refusedReads = {
      'ccf.gov.secret': /is private/,
      'ccf.internal.secret': /is private/,
      'coco.secret': /is private/,
      'ccf.other': /names that begin with ccf\. are reserved/,
      'public:ccf.other': /names that begin with ccf\. are reserved/,
      'public:app': /belongs to an application/,
      app: /belongs to an application/,
      'PUBLIC:ccf.gov.x': /belongs to an application/,
      '': /belongs to an application/,
    };
    for (const [table, reason] of Object.entries(refusedReads)) {
      assert.match(reasonOf(runBody(begin(), situation, read(table))), reason, `${situation} ${table}`);
      assert.match(reasonOf(runBody(begin(), situation, write(table))), reason, `${situation} ${table}`);
    }
    for (const table of [...nodesTables, 'public:ccf.internal.tree']) {
      assert.match(reasonOf(runBody(begin(), situation, write(table))), /written by the nodes alone/);
    }
    for (const table of ['public:ccf.gov.anything', settings]) {
      for (const change of ['set(k, k)', 'delete(k)', 'clear()']) {
        const transaction = begin();
        const reason = reasonOf(
          runBody(transaction, situation, `const k = ccf.strToBuf('k'); ccf.kv['${table}'].${change};`),
        );
        if (situation === 'apply') assert.equal(reason, 'returned undefined');
        else assert.match(reason, new RegExp(`cannot be written in ${situation}`));
        if (situation !== 'apply') assert.deepEqual(transaction.writeSet(), []);
      }
    }
  }
});

test('only apply sets anything off', () => {
  const calls = [
    'ccf.node.triggerLedgerChunk()',
    'ccf.node.triggerSnapshot()',
    'ccf.node.triggerLedgerRekey()',
    'coco.renewNodeCertificate("n", "2025-01-01", 5)',
  ];
  for (const situation of ['ballot', 'validate', 'resolve'] as const) {
    for (const call of [
      ...calls,
      'ccf.setJwtPublicSigningKeys("i", {}, { keys: [] })',
      'ccf.removeJwtPublicSigningKeys("i")',
    ]) {
      assert.match(reasonOf(runBody(begin(), situation, `${call};`)), /only apply can do this/, call);
    }
  }
  const outcome = runBody(begin(), 'apply', `${calls.join(';')};`);
  assert.deepEqual(outcome.outcome === 'returned' && outcome.triggers, [
    { kind: 'ledger_chunk' },
    { kind: 'snapshot' },
    { kind: 'ledger_rekey' },
    { kind: 'node_certificate', nodeId: 'n', validFrom: '2025-01-01', validityDays: 5 },
  ]);
  assert.match(
    reasonOf(runBody(begin(), 'apply', 'for (;;) ccf.node.triggerSnapshot();')),
    /set off so much/,
  );
});

test('what no node carries out yet is refused, and nothing of the proposal stays', () => {
  const settle = `ccf.kv['${settings}'].set(ccf.strToBuf('k'), ccf.strToBuf('v'));`;
  for (const [call, what] of [
    ['ccf.node.triggerRecoverySharesRefresh()', 'hand out recovery shares'],
  ] as const) {
    const transaction = begin();
    const reason = reasonOf(runBody(transaction, 'apply', `${settle} ${call};`));
    assert.match(reason, new RegExp(`this version does not ${what} yet; nothing was changed`));
    assert.deepEqual(transaction.writeSet(), []);
  }
});

test('the service is opened when the identity is right', () => {
  const open = (pem: string) =>
    `ccf.node.transitionServiceToOpen(undefined, ccf.strToBuf(${JSON.stringify(pem)}));`;
  const transaction = begin();
  assert.match(reasonOf(runBody(transaction, 'apply', open('OTHER'))), /not the one that it has/);
  valueOfRun(runBody(transaction, 'apply', open('PEM') + open('PEM')));
  assert.deepEqual(rowsOf(transaction.writeSet()), {
    'ccf.gov.service.info': { cert: 'PEM', status: 'Open' },
  });
});

test('CONF-4: a recovered service is opened for the one that it took over from, and then by the primary', () => {
  const transaction = begin();
  const recovering = jsonPut(undefined, { cert: 'PEM', status: 'Recovering' });
  transaction.put('public:ccf.gov.service.info', recovering.key, recovering.value);
  const former = jsonPut(undefined, 'FORMER');
  transaction.put('public:ccf.gov.service.previous_service_identity', former.key, former.value);
  const open = (previous: string) => `ccf.node.transitionServiceToOpen(${previous}, ccf.strToBuf('PEM'));`;
  for (const wrong of ['undefined', "ccf.strToBuf('OTHER')"]) {
    assert.match(reasonOf(runBody(transaction, 'apply', open(wrong))), /which it took over from/);
  }
  assert.equal(openRecovered(transaction), false);
  valueOfRun(runBody(transaction, 'apply', open("ccf.strToBuf('FORMER')")));
  const status = () => readObject(transaction, 'public:ccf.gov.service.info')?.['status'];
  assert.equal(status(), 'WaitingForRecoveryShares');
  assert.equal(openRecovered(transaction), true);
  assert.deepEqual([status(), openRecovered(transaction)], ['Open', false]);
});

test('texts, digests, certificates and signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = createSign('sha256').update('data').sign({ key: privateKey, dsaEncoding: 'ieee-p1363' });
  const given = {
    pem: member.certificate.pem,
    leaf: leaf.certificate.pem,
    other: makeIdentity().certificate.pem,
    key: publicKey.export({ type: 'spki', format: 'pem' }),
    signature: [...signature],
  };
  const body = `
    const { pem, leaf, other, key, signature } = ${JSON.stringify(given)};
    const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');
    const verify = (data) => ccf.crypto.verifySignature(
      { name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(signature).buffer, ccf.strToBuf(data));
    const c = ccf.crypto;
    return [
      ccf.bufToStr(ccf.strToBuf('é😀')), ccf.bufToStr(new Uint8Array([65, 255, 66, 195]).buffer),
      hex(c.digest('SHA-256', ccf.strToBuf('x'))), ccf.pemToId(pem),
      [pem, pem + leaf, 'x', '', pem + '-----BEGIN CERTIFICATE-----', 5].map(c.isValidX509CertBundle),
      [[leaf, pem], [leaf + pem, pem], [leaf, other], [pem, pem], ['', pem]].map(([a, b]) => c.isValidX509CertChain(a, b)),
      verify('data'), verify('date'), coco.readCertificate(pem).is_ca, coco.isPublicKey(key), coco.isPublicKey(pem),
    ];`;
  assert.deepEqual(valueOfRun(runBody(begin(), 'ballot', body)), [
    'é😀',
    'A\ufffdB\ufffd',
    createHash('sha256').update('x').digest('hex'),
    member.id,
    [true, true, false, false, false, false],
    [true, true, false, true, false],
    true,
    false,
    true,
    true,
    false,
  ]);
  for (const [call, reason] of [
    ['ccf.strToBuf(5)', /must be a string/],
    ['ccf.bufToStr("x")', /must be an ArrayBuffer/],
    ['ccf.kv["public:ccf.gov.x"].get("key")', /must be an ArrayBuffer/],
    ['ccf.crypto.digest("MD5", new ArrayBuffer(1))', /MD5 is not offered/],
    ['ccf.crypto.generateAesKey(256)', /not offered to scripts/],
    ['ccf.pemToId("x")', /not X\.509/],
    ['coco.readCertificate("x")', /not one X\.509 certificate/],
    ['ccf.kv["public:ccf.gov.x"].getVersionOfPreviousWrite()', /not offered/],
  ] as const) {
    assert.match(reasonOf(runBody(begin(), 'ballot', `return ${call};`)), reason, call);
  }
});

test('SEV-SNP versions are taken apart as CCF does', () => {
  const body = `return [ccf.tcbHexToPolicy('00a00f11', 'd315000000000004'), ccf.tcbHexToPolicy('00b00f21', '5400000001020304')];`;
  assert.deepEqual(valueOfRun(runBody(begin(), 'apply', body)), [
    { hexstring: 'd315000000000004', boot_loader: 4, tee: 0, snp: 21, microcode: 211 },
    { hexstring: '5400000001020304', fmc: 4, boot_loader: 3, tee: 2, snp: 1, microcode: 84 },
  ]);
});

test('the node’s services are asked where it offers them', () => {
  const logged: string[] = [];
  const services = {
    lastCommitted: () => ({ view: 2, seqno: 17 }),
    txStatus: ({ seqno }: { readonly seqno: number }) =>
      seqno > 17 ? ('Pending' as const) : ('Committed' as const),
    viewForSeqno: (seqno: number) => (seqno > 17 ? undefined : 2),
    endorseNodeCertificate: (request: string, from: string, days: number) => `${request} ${from} ${days}`,
    log: (level: string, text: string) => logged.push(`${level}: ${text}`),
  };
  const body = `
    console.log('a', { b: 1 }); console.warn('c');
    const { consensus, network } = ccf;
    return [consensus.getLastCommittedTxId(), consensus.getStatusForTxId(2, 18), consensus.getViewForSeqno(17),
      consensus.getViewForSeqno(18), network.getLatestLedgerSecretSeqno(),
      network.generateEndorsedCertificate('csr', '250101000000Z', 9)];`;
  assert.deepEqual(valueOfRun(runBody(begin(), 'apply', body, services)), [
    '2.17',
    'Pending',
    2,
    null,
    1,
    'csr 250101000000Z 9',
  ]);
  assert.deepEqual(logged, ['info: a {"b":1}', 'warn: c']);
  assert.match(
    reasonOf(runBody(begin(), 'apply', 'ccf.consensus.getLastCommittedTxId();')),
    /does not offer/,
  );
  assert.match(
    reasonOf(runBody(begin(), 'apply', 'ccf.network.generateNetworkCertificate("x", 1);')),
    /does not offer/,
  );
});

test('a proposed constitution is looked at before it is voted on', () => {
  const tried = (source: string): string =>
    reasonOf(runBody(begin(), 'validate', `return ccf.gov.validateConstitution(${JSON.stringify(source)});`));
  const functions =
    'export function validate(i) {} export function resolve(p, q, v) {} export function apply(p, i) {}';
  assert.equal(tried(functions), 'returned true');
  assert.equal(tried(functions.replace('q, v', 'q, v, i')), 'returned true');
  assert.match(tried(functions.replace('apply', 'appl')), /exports no function apply/);
  assert.match(
    tried(functions.replace('(p, i)', '(p)')),
    /apply of the constitution has 1 parameters, not 2/,
  );
  assert.match(tried('export function {'), /does not load: SyntaxError/);
  assert.match(tried('throw new Error("at once");'), /does not load: Error: at once/);
  assert.match(tried('for (;;);'), /exceeds a limit: steps/);
  assert.match(tried(`ccf.kv['public:ccf.gov.x']; ${functions}`), /does not load: ReferenceError/);
});

test('bad input: scripts that do not end, grow without bound, throw or pollute prototypes', () => {
  const few = { ...limits, stepsMax: 300 };
  const tried = (body: string): string => reasonOf(runBody(begin(), 'ballot', body, {}, few));
  assert.equal(tried('for (;;);'), 'the script takes too long');
  assert.equal(tried('for (;;) ccf.kv["public:ccf.gov.users.info"].size;'), 'the script takes too long');
  assert.equal(tried('return "x".repeat(2 ** 29);'), 'the script needs too much memory');
  assert.equal(tried('return eval("(".repeat(1e5));'), 'the script is nested too deep');
  assert.equal(
    tried('return new ArrayBuffer(9e6);'),
    'a value that the script passes on or returns is too large',
  );
  assert.equal(tried('throw new TypeError("no");'), 'TypeError: no');
  assert.match(tried('}'), /SyntaxError/);
  assert.match(tried('return ccf.kv["public:ccf.gov.users.info"].get(new ArrayBuffer(8)).x;'), /TypeError/);
  const polluting = `Object.prototype.has = () => true; Array.prototype[0] = 1;
    ccf.kv['public:ccf.gov.x'] = null; ccf.kv.constructor; return true;`;
  tried(polluting);
  assert.equal(tried('return [({}).has, [][0]].length;'), 'returned 2');
  assert.equal(tried('return "has" in {};'), 'returned false');
});

test('bad input: an application that fails half-way leaves nothing', () => {
  const transaction = begin();
  transaction.put(settings, utf8('earlier'), utf8('1'));
  const body = `ccf.kv['${settings}'].set(ccf.strToBuf('k'), ccf.strToBuf('v'));
    ccf.kv['public:ccf.gov.users.info'].clear(); throw new Error('half-way');`;
  const outcome = runBody(transaction, 'apply', body);
  assert.equal(reasonOf(outcome), 'Error: half-way');
  assert.match(outcome.outcome === 'failed' ? (outcome.trace ?? '') : '', /apply \(constitution:3/);
  assert.deepEqual(rowsOf(transaction.writeSet()), { 'coco.settings earlier': 1 });
  const tooLarge = `ccf.kv['${settings}'].set(new ArrayBuffer(9000), new ArrayBuffer(1));`;
  assert.match(reasonOf(runBody(transaction, 'apply', tooLarge)), /keyBytesMax/);
});

test('steps are counted over several runs', () => {
  const runner = createScriptRunner({ sandbox });
  const transaction = begin();
  const ballot = 'export function vote() { let n = 0; while (n < 50000) n++; return true; }';
  let stepsLeft = 500;
  let runs = 0;
  for (; runs < 100; runs++) {
    const input = { transaction, limits, stepsLeft, ballot, proposal: '{}', proposerId: 'm' };
    const outcome = runner.runBallot(input);
    assert.ok(outcome.stepsLeft < stepsLeft);
    stepsLeft = outcome.stepsLeft;
    if (outcome.outcome === 'failed') break;
  }
  assert.ok(runs > 1 && runs < 20, `${runs}`);
  assert.equal(stepsLeft, 0);
});
