import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { routes } from '../governance.js';
import { schemaErrors } from '../testing/checkSchema.js';
import { makeIdentity } from '../testing/identities.js';
import { type Answered, createWorld, signed, type World } from '../testing/world.js';
import { govOpenApi } from './document.js';
import { operations } from './operations.js';
import { type Schema, schemas } from './schemas.js';

test('every route is in the document, and the document has no other', () => {
  const name = (one: { readonly method: string; readonly template: string }): string =>
    `${one.method} ${one.template}`;
  assert.deepEqual(operations.map(name).toSorted(), routes.map(name).toSorted());
  for (const route of routes) {
    const operation = operations.find((one) => name(one) === name(route));
    assert.equal(operation?.unversioned === true, route.unversioned === true, name(route));
  }
});

test('OpenAPI 3.1: ids are unique, parameters are declared, references lead somewhere', () => {
  const document = JSON.parse(JSON.stringify(govOpenApi())) as {
    readonly openapi: string;
    readonly paths: Record<
      string,
      Record<string, { operationId: string; parameters: { name: string; in: string }[] }>
    >;
  };
  assert.match(document.openapi, /^3\.1\./);
  const ids = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const [path, item] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one);
    for (const { parameters } of Object.values(item)) {
      assert.deepEqual(
        parameters.filter((one) => one.in === 'path').map((one) => one.name),
        inPath,
      );
    }
  }
  for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(Object.hasOwn(schemas, name), name);
  }
});

/** A world with a row of everything, and the answers of all reads. */
function fullWorld(): { readonly world: World; readonly ids: Readonly<Record<string, string>> } {
  const world = createWorld();
  const [a, b] = world.members as [World['members'][0], World['members'][0]];
  const user = makeIdentity();
  const put = (table: string, key: string, value: unknown): unknown => ({
    name: 'put',
    args: { table: `public:ccf.gov.${table}`, key, value },
  });
  const text = (table: string, key: string, content: string): unknown => ({
    name: 'text',
    args: { table: `public:ccf.gov.${table}`, key, text: content },
  });
  const made = world.propose(
    a,
    text('users.certs', user.id, user.certificate.pem),
    put('users.info', user.id, { user_data: { role: 'clerk' } }),
    text('modules', '/a/b.js', 'export const x = 1;'),
    put('endpoints', 'POST /log/{id}', {
      js_module: 'a/b.js',
      js_function: 'f',
      mode: 'readonly',
      authn_policies: ['no_auth'],
      forwarding_required: 'sometimes',
      openapi: {},
    }),
    put('jwt.issuers', 'issuer', { auto_refresh: true, ca_cert_bundle_name: 'bundle' }),
    put('jwt.public_signing_keys_metadata_v2', 'kid', [{ public_key: 'AAAA', issuer: 'issuer' }]),
    put('tls.ca_cert_bundles', 'bundle', 'pem'),
    put('nodes.virtual.measurements', 'm', 'AllowedToJoin'),
    put('nodes.snp.host_data', 'h', 'meta'),
  );
  const proposalId = String(made.json['proposalId']);
  world.vote(a, proposalId, 'throws');
  world.vote(b, proposalId, 'yes');
  world.vote(world.members[2] ?? a, proposalId, 'yes');
  const open = String(world.propose(b, put('users.info', user.id, { user_data: null })).json['proposalId']);
  world.vote(a, open, 'throws');
  world.post(`/gov/members/state-digests/${a.id}:update`, signed(world, a, 'state_digest', ''));
  const ids = {
    proposalId,
    open,
    memberId: a.id,
    userId: user.id,
    nodeId: world.node.key.publicKey.fingerprint,
  };
  return { world, ids: { ...ids, transactionId: '2.1', moduleName: 'a/b.js' } };
}

function answerTo(world: World, ids: Readonly<Record<string, string>>, template: string): Answered {
  return world.get(
    template.replaceAll(/\{(\w+)\*?\}/g, (_, name: string) => ids[name] ?? ''),
    {
      kind: 'member',
      id: ids['memberId'] ?? '',
    },
  );
}

test('answers are as the document says', () => {
  const { world, ids } = fullWorld();
  for (const { method, template, answer } of operations) {
    if (method !== 'GET' || answer === undefined) continue;
    const got = answerTo(world, ids, template);
    assert.equal(got.status, 200, `${template}: ${got.text}`);
    if (typeof answer === 'string') continue;
    assert.deepEqual(schemaErrors(answer, got.json), [], template);
  }
  const standing = answerTo(
    world,
    { ...ids, proposalId: ids['open'] ?? '' },
    '/gov/coco/proposals/{proposalId}',
  );
  assert.deepEqual(schemaErrors(schemas.ProposalStanding, standing.json), []);
  const rehearsed = world.send({
    method: 'POST',
    path: '/gov/coco/proposals:rehearse',
    body: utf8('{"actions":[]}'),
    caller: { kind: 'member', id: ids['memberId'] ?? '' },
  });
  assert.deepEqual(schemaErrors(schemas.Rehearsal, rehearsed.json), []);
  const refusal = world.get('/gov/nothing');
  assert.deepEqual(schemaErrors(schemas.Error, refusal.json), []);
  assert.notDeepEqual(
    schemaErrors(schemas.Error as Schema, standing.json),
    [],
    'the check finds what is wrong',
  );
});

test('api-version: asked for, checked, and optional for what is Coco’s own', () => {
  const { world } = fullWorld();
  const asked = (path: string, query: string): string => world.send({ path, query }).code;
  assert.equal(asked('/gov/service/info', ''), 'MissingApiVersionParameter');
  assert.equal(asked('/gov/service/info', 'api-version=2020-01-01'), 'UnsupportedApiVersionValue');
  assert.equal(asked('/gov/service/info', 'api-version=%ff'), 'InvalidQueryParameterValue');
  assert.equal(asked('/gov/service/info', 'x=1&api-version=2023-06-01-preview'), '');
  assert.equal(
    asked('/gov/service/js-modules', 'api-version=2023-06-01-preview'),
    'UnsupportedApiVersionValue',
  );
  assert.equal(asked('/gov/coco/constitution', ''), '');
  assert.equal(asked('/gov/coco/constitution', 'api-version=1'), 'UnsupportedApiVersionValue');
  assert.equal(
    asked('/gov/service/javascript-app', 'api-version=2024-07-01&case=camel'),
    'InvalidQueryParameterValue',
  );
});

test('paths that are not there, methods that are not served, and what is not implemented', () => {
  const { world, ids } = fullWorld();
  const code = (path: string, method = 'GET'): unknown[] => {
    const { status, code: name } = world.send({ method, path });
    return [status, name];
  };
  assert.deepEqual(code('/gov/'), [404, 'ResourceNotFound']);
  assert.deepEqual(code('/gov/members/proposals', 'DELETE'), [405, 'UnsupportedHttpVerb']);
  assert.deepEqual(code('/gov/service/nodes/xyz'), [400, 'InvalidResourceName']);
  assert.deepEqual(code(`/gov/service/members/${'0'.repeat(64)}`), [404, 'ResourceNotFound']);
  assert.deepEqual(code(`/gov/service/users/${'0'.repeat(64)}`), [404, 'ResourceNotFound']);
  assert.deepEqual(code(`/gov/service/nodes/${'0'.repeat(64)}`), [404, 'ResourceNotFound']);
  assert.deepEqual(code('/gov/service/js-modules/none'), [404, 'ResourceNotFound']);
  assert.deepEqual(code('/gov/service/transactions/2.x'), [400, 'InvalidQueryParameterValue']);
  assert.deepEqual(code(`/gov/recovery/encrypted-shares/${ids['memberId']}`), [501, 'NotImplemented']);
  assert.equal(world.governance.serves({ method: 'GET', path: '/gov/x' }), true);
  assert.equal(world.governance.serves({ method: 'GET', path: '/app/x' }), false);
  assert.equal(
    world.governance.needsPrimary({ method: 'POST', path: '/gov/members/proposals:create' }),
    true,
  );
  assert.equal(
    world.governance.needsPrimary({ method: 'POST', path: '/gov/coco/proposals:rehearse' }),
    false,
  );
  assert.equal(world.governance.needsPrimary({ method: 'GET', path: '/gov/members/proposals' }), false);
});
