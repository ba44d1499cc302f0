/**
 * Every endpoint of a node is in one of the three OpenAPI documents that it serves; a validator that is not ours accepts
 * them; and what is answered to good and to bad requests is what they announce, nothing more and nothing less.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import { closeTemporaryNetwork, openTemporaryNetwork } from '../governed/temporary.js';
import { type Asking, ask } from './ask.js';
import type { Asked, Door } from './asked.js';
import { documented, type OpenApiDocument } from './documented.js';
import { everyRequest } from './everyRequest.js';

let network: GovernedNetwork;
const documents = new Map<Door, OpenApiDocument>();

before(async () => {
  network = await openTemporaryNetwork();
});
after(() => closeTemporaryNetwork(network));

const doorOf = { node: '/node/api', gov: '/gov/api', app: '/app/api' } as const;

async function send(asked: Omit<Asked, 'operation' | 'expected'>) {
  const node = network.nodes[asked.backup === true ? 1 : 0];
  assert.ok(node !== undefined);
  const url = asked.door === 'app' ? node.applicationUrl : node.administrativeUrl;
  const as = asked.as ?? (asked.door === 'app' ? network.member('carrier').identity() : undefined);
  const asking: Asking = { ...asked, ...(as && { as }) };
  return ask(url, network.serviceCertificatePem, asking);
}

test('the three documents are OpenAPI 3.1, by a validator that is not ours', async () => {
  for (const [door, at] of Object.entries(doorOf) as readonly (readonly [Door, string])[]) {
    const answer = await send({ door, method: 'GET', path: at });
    assert.equal(answer.status, 200, answer.text);
    const document = JSON.parse(answer.text);
    const validator = new Validator();
    const verdict = await validator.validate(structuredClone(document));
    assert.deepEqual([verdict.valid, verdict.errors], [true, undefined], door);
    assert.match(String(validator.version), /^3\.1/);
    documents.set(door, document);
  }
});

test('answers to good and bad requests are as announced; no endpoint is left out', {
  timeout: 120_000,
}, async (t) => {
  const write = (file: string, content: string): void =>
    writeFileSync(path.join(network.directory, file), content);
  const asked = new Map<string, Set<number>>();
  for await (const one of everyRequest(network, { send, write })) {
    const document = documents.get(one.door);
    assert.ok(document !== undefined);
    const answer = await send(one);
    const what = `${one.method} ${one.path} answered ${answer.status} ${answer.text.slice(0, 500)}`;
    assert.ok(one.expected.includes(answer.status), `${what}, and not ${one.expected}`);
    assert.deepEqual(documented(document).faults(one.operation, answer), [], what);
    asked.set(one.operation, (asked.get(one.operation) ?? new Set()).add(answer.status));
  }
  for (const document of documents.values()) {
    for (const operation of documented(document).operations) {
      assert.ok(asked.has(operation), `${operation} was not asked`);
    }
  }
  const answers = [...asked.values()].reduce((sum, statuses) => sum + statuses.size, 0);
  t.diagnostic(`${asked.size} endpoints, ${answers} kinds of answers`);
});

test('the check finds an answer that is not announced', () => {
  const document = documents.get('node');
  assert.ok(document !== undefined);
  const faults = (text: string, status = 200, contentType = 'application/json') =>
    documented(document).faults('GET /node/commit', { status, contentType, text });
  assert.deepEqual(faults('{"transaction_id":"2.3"}'), []);
  assert.notDeepEqual(faults('{"transaction_id":"2"}'), []);
  assert.notDeepEqual(faults('{"transaction_id":"2.3","more":1}'), []);
  assert.notDeepEqual(faults('{"transaction_id":"2.3"}', 204), []);
  assert.notDeepEqual(faults('{"transaction_id":"2.3"}', 200, 'text/plain'), []);
});
