/**
 * CCF's own default constitution, unmodified, from the genesis of a ledger that CCF publishes: its scripts load and run on a
 * store that holds that genesis.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseCertificate } from '@coco/crypto';
import { createStore, type Transaction } from '@coco/kv';
import { chunkOfBytes, readLedger } from '@coco/ledger';
import { jsonPut, objectRows, readObject, readRow } from '../rows.js';
import { makeIdentity } from '../testing/identities.js';
import { createScriptRunner } from './scriptRunner.js';
import { limits, reasonOf, rowsOf, sandbox, valueOfRun } from './scriptWorld.test.js';
import type { Trigger } from './types.js';

const data = fileURLToPath(
  new URL('../../../../../shared/data/ccf-ledgers/acme_containing_service/', import.meta.url),
);
const skip = existsSync(data) ? false : `CCF's ledgers are not at ${data}`;
const runner = createScriptRunner({
  sandbox,
  services: { endorseNodeCertificate: (_request, from, days) => `endorsed ${from} ${days}` },
});
const info = 'public:ccf.gov.members.info';

/** A transaction on CCF's genesis, all of its three members active. */
function begin(): Transaction {
  const files = readdirSync(`${data}ledger`).map((name) =>
    chunkOfBytes(name, new Uint8Array(readFileSync(`${data}ledger/${name}`))),
  );
  const [genesis] = readLedger(files);
  assert.ok(genesis);
  const store = createStore();
  store.apply(genesis.publicWrites, 1);
  const members = [...objectRows(store.read(1), info)];
  const puts = members.map(([id, row]) => jsonPut(id, { ...row, status: 'Active' }));
  store.apply([{ table: info, puts, removes: [] }], 2);
  return store.begin();
}

function pem(name: string): string {
  return readFileSync(`${data}common/${name}`, 'utf8');
}

function scripts(transaction: Transaction, name: string, args?: unknown) {
  const constitution = readRow(transaction, 'public:ccf.gov.constitution') as string;
  const proposal = JSON.stringify({ actions: [{ name, ...(args !== undefined && { args }) }] });
  const input = { transaction, limits, constitution, proposal, proposalId: 'this' };
  return {
    /** "" when it is valid. */
    validate(): string {
      const value = valueOfRun(runner.validate(input)) as { valid: boolean; description: string };
      assert.equal(value.valid, value.description === '');
      return value.description;
    },
    resolve: (...votes: readonly boolean[]) =>
      valueOfRun(
        runner.resolve({
          ...input,
          proposerId: 'm',
          votes: votes.map((inFavour, index) => ({ memberId: `${index}`, inFavour })),
        }),
      ),
    apply: () => runner.apply(input),
    /** Validates, applies, and gives what was written. */
    applied(): Record<string, unknown> {
      assert.equal(this.validate(), '');
      valueOfRun(this.apply());
      return rowsOf(transaction.writeSet());
    },
    triggers(): readonly Trigger[] {
      const outcome = this.apply();
      return outcome.outcome === 'returned' ? outcome.triggers : [];
    },
  };
}

test('CCF’s constitution: more than half of the active members decide', { skip }, () => {
  const { resolve } = scripts(begin(), 'trigger_snapshot');
  assert.equal(resolve(), 'Open');
  assert.equal(resolve(true), 'Open');
  assert.equal(resolve(true, false), 'Open');
  assert.equal(resolve(true, true), 'Accepted');
});

test('CCF’s constitution: set_member, remove_member', { skip }, () => {
  const transaction = begin();
  const member = makeIdentity();
  const cert = member.certificate.pem;
  const added = scripts(transaction, 'set_member', {
    cert,
    encryption_pub_key: pem('member0_enc_pubk.pem'),
    member_data: { name: 'new' },
  });
  const removed = scripts(transaction, 'remove_member', { member_id: member.id });
  // CCF's genesis has no signature yet, and its script then passes no value: CCF refuses that as well.
  assert.match(reasonOf(added.apply()), /must be an ArrayBuffer/);
  transaction.put(
    'public:ccf.internal.signatures',
    new Uint8Array(8),
    jsonPut(undefined, { root: 'ab' }).value,
  );
  const rows = added.applied();
  assert.deepEqual(rows[`ccf.gov.members.info ${member.id}`], {
    member_data: { name: 'new' },
    status: 'Accepted',
  });
  assert.equal(rows[`ccf.gov.members.certs ${member.id}`], cert);
  assert.deepEqual(rows[`ccf.gov.members.acks ${member.id}`], { state_digest: 'ab' });
  assert.deepEqual(removed.triggers(), []);
  assert.equal(readObject(transaction, info, member.id), undefined);
  const [first] = [...objectRows(transaction, info)];
  const active = scripts(transaction, 'remove_member', { member_id: first?.[0] });
  assert.match(reasonOf(active.apply()), /would be less than recovery threshold \(3\)/);
  const config = 'public:ccf.gov.service.config';
  const lower = { ...readObject(transaction, config), recovery_threshold: 2 };
  transaction.put(config, new Uint8Array(8), jsonPut(undefined, lower).value);
  // A member with a share of the ledger's key knows it: what follows has another.
  assert.deepEqual(active.triggers(), [{ kind: 'ledger_rekey' }]);
  assert.deepEqual(scripts(transaction, 'trigger_ledger_rekey').triggers(), [{ kind: 'ledger_rekey' }]);
});

test('CCF’s constitution: set_user, remove_user, set_user_data', { skip }, () => {
  const transaction = begin();
  const cert = pem('user0_cert.pem');
  const id = parseCertificate(cert).fingerprint;
  const rows = scripts(transaction, 'set_user', { cert, user_data: { role: 'x' } }).applied();
  assert.equal(rows[`ccf.gov.users.certs ${id}`], cert);
  assert.deepEqual(rows[`ccf.gov.users.info ${id}`], { user_data: { role: 'x' } });
  scripts(transaction, 'set_user_data', { user_id: id, user_data: null }).applied();
  assert.equal(rowsOf(transaction.writeSet())[`ccf.gov.users.info ${id}`], null);
  scripts(transaction, 'remove_user', { user_id: id }).applied();
  assert.equal(rowsOf(transaction.writeSet())[`ccf.gov.users.certs ${id}`], null);
});

test('CCF’s constitution: the service is configured and opened', { skip }, () => {
  const transaction = begin();
  const threshold = scripts(transaction, 'set_recovery_threshold', { recovery_threshold: 2 });
  assert.match(reasonOf(threshold.apply()), /does not hand out recovery shares yet; nothing was changed/);
  const next_service_identity = pem('service_cert.pem');
  const open = scripts(transaction, 'transition_service_to_open', { next_service_identity });
  const rows = open.applied() as Record<string, Record<string, unknown>>;
  assert.equal(rows['ccf.gov.service.config'], undefined);
  assert.equal(rows['ccf.gov.service.info']?.['status'], 'Open');
  const other = { next_service_identity: makeIdentity().certificate.pem };
  assert.match(
    reasonOf(scripts(transaction, 'transition_service_to_open', other).apply()),
    /not the one that it has/,
  );
  const tooMany = scripts(transaction, 'set_recovery_threshold', { recovery_threshold: 4 });
  assert.match(reasonOf(tooMany.apply()), /greater than the number of recovery members 3/);
  assert.equal(
    scripts(transaction, 'assert_service_identity', { service_identity: next_service_identity }).validate(),
    '',
  );
});

test('CCF’s constitution: nodes', { skip }, () => {
  const transaction = begin();
  const nodes = 'public:ccf.gov.nodes.info';
  const [[node_id, row] = ['', {}]] = [...objectRows(transaction, nodes)];
  transaction.put(nodes, jsonPut(node_id, 0).key, jsonPut(undefined, { ...row, status: 'Pending' }).value);
  const args = { node_id, valid_from: '250101000000Z', validity_period_days: 30 };
  const rows = scripts(transaction, 'transition_node_to_trusted', args).applied() as Record<
    string,
    { status?: string }
  >;
  assert.equal(rows[`ccf.gov.nodes.info ${node_id}`]?.status, 'Trusted');
  assert.equal(rows[`ccf.gov.nodes.endorsed_certificates ${node_id}`], 'endorsed 250101000000Z 30');
  scripts(transaction, 'remove_node', { node_id }).applied();
  assert.equal(readObject(transaction, nodes, node_id)?.['status'], 'Retired');
});

test('CCF’s constitution: JavaScript apps, tokens, code', { skip }, () => {
  const transaction = begin();
  const endpoint = {
    js_module: 'a.js',
    js_function: 'f',
    mode: 'readonly',
    forwarding_required: 'never',
    authn_policies: [],
  };
  const bundle = {
    metadata: { endpoints: { '/a': { get: endpoint } } },
    modules: [{ name: 'a.js', module: 'source' }],
  };
  const rows = scripts(transaction, 'set_js_app', { bundle }).applied();
  assert.equal(rows['ccf.gov.modules /a.js'], 'source');
  assert.deepEqual(rows['ccf.gov.endpoints GET /a'], { ...endpoint, js_module: '/a.js' });
  scripts(transaction, 'remove_js_app').applied();
  const x5c = [makeIdentity().certificate.pem.split('\n').slice(1, -2).join('')];
  const issuer = { issuer: 'https://i', jwks: { keys: [{ kid: 'k', kty: 'EC', x5c }] } };
  const keys = scripts(transaction, 'set_jwt_issuer', issuer).applied();
  assert.ok(keys['ccf.gov.jwt.public_signing_keys_metadata_v2 k']);
  const host_data = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  assert.match(
    scripts(transaction, 'add_snp_host_data', { host_data, security_policy: 'x' }).validate(),
    /does not match digest/,
  );
  scripts(transaction, 'set_snp_minimum_tcb_version_hex', {
    cpuid: '00a00f11',
    tcb_version: 'd315000000000004',
  }).applied();
});

test('CCF’s constitution: another constitution drops what is open', { skip }, () => {
  const transaction = begin();
  const constitution = readRow(transaction, 'public:ccf.gov.constitution');
  const proposals = 'public:ccf.gov.proposals_info';
  for (const [id, state] of [
    ['this', 'Open'],
    ['other', 'Open'],
    ['done', 'Accepted'],
  ] as const) {
    transaction.put(proposals, jsonPut(id, 0).key, jsonPut(undefined, { state }).value);
  }
  scripts(transaction, 'set_constitution', { constitution }).applied();
  const states = [...objectRows(transaction, proposals)].map(([id, row]) => [id, row['state']]);
  assert.deepEqual(states, [
    ['done', 'Accepted'],
    ['other', 'Dropped'],
    ['this', 'Open'],
  ]);
  assert.match(
    scripts(transaction, 'set_constitution', { constitution: 'export {}' }).validate(),
    /exports no function/,
  );
  assert.match(scripts(transaction, 'no_such_action').validate(), /no such action/);
});
