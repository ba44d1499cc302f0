/**
 * Requests to `/gov`.
 */
import { ackPayload, keySigner, plainBallot, scriptBallot, signRequest } from '@coco/client';
import { utf8 } from '@coco/primitives';
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import type { Person } from '../governed/person.js';
import { type Asked, accept, type Means, of } from './asked.js';

const version = 'api-version=2024-07-01';
const contentType = 'application/cose';
const gov = '/gov/members';
const service = '/gov/service';
const coco = '/gov/coco';

type Rest = NonNullable<Parameters<typeof of>[4]>;

const get = (template: string, expected: readonly number[], rest: Rest = {}): Asked =>
  of('gov', 'GET', template, expected, { query: version, ...rest });
const post = (template: string, expected: readonly number[], rest: Rest = {}): Asked =>
  of('gov', 'POST', template, expected, { query: version, contentType, ...rest });

type Said = Omit<Parameters<typeof signRequest>[0], 'actorId' | 'createdAt'>;

function sign(who: Person, said: Said): Promise<Uint8Array> {
  const createdAt = Math.floor(Date.now() / 1000);
  return signRequest({ ...said, actorId: who.id, createdAt }, keySigner(who.identity()));
}

const change = (seconds: number): Uint8Array =>
  utf8(JSON.stringify({ actions: [{ name: 'set_settings', args: { lease_seconds: seconds } }] }));

/** All of them. */
export async function* governanceRequests(network: GovernedNetwork, means: Means): AsyncGenerator<Asked> {
  yield of('gov', 'GET', '/gov/api', [200]);
  yield* proposals(network, means);
  yield* stateDigests(network);
  yield* serviceState(network, means);
  yield* own(network);
  const memberId = network.member('acme').id;
  yield get('/gov/recovery/encrypted-shares/{memberId}', [501], { filled: { memberId } });
  yield post('/gov/recovery/members/{memberId}:recover', [501], { filled: { memberId }, body: '' });
}

async function* proposals(network: GovernedNetwork, { send }: Means): AsyncGenerator<Asked> {
  const [acme, bolt, carrier] = ['acme', 'bolt', 'carrier'].map((who) => network.member(who)) as [
    Person,
    Person,
    Person,
  ];
  const create = `${gov}/proposals:create`;
  const made = async (seconds: number): Promise<string> => {
    const body = await sign(acme, { type: 'proposal', payload: change(seconds) });
    const answer = await send(post(create, [200], { body }));
    return String((JSON.parse(answer.text) as { proposalId: unknown }).proposalId);
  };
  const body = await sign(acme, { type: 'proposal', payload: change(11) });
  yield post(create, [200], { body });
  yield post(create, [400], { body });
  yield post(create, [400], { body, query: '' });
  yield post(create, [401], { body: 'no COSE' });
  yield post(create, [415], { body: '{}', contentType: 'application/json' });
  yield post(create, [401], { body: await sign(acme, { type: 'ack', payload: change(12) }) });
  yield post(create, [403], { body: await sign(carrier, { type: 'proposal', payload: change(12) }) });
  yield post(create, [400], {
    body: await sign(acme, { type: 'proposal', payload: utf8('{"actions":[{"name":"no"}]}') }),
  });
  yield post(create, [200], {
    body: await sign(acme, { type: 'proposal', payload: change(13) }),
    backup: true,
  });

  const [open, withdrawn] = [await made(14), await made(15)];
  const withdraw = `${gov}/proposals/{proposalId}:withdraw`;
  const withdrawal = async (who: Person, proposalId: string): Promise<Rest> => ({
    filled: { proposalId },
    body: await sign(who, { type: 'withdrawal', proposalId, payload: new Uint8Array(0) }),
  });
  yield post(withdraw, [403], await withdrawal(bolt, withdrawn));
  yield post(withdraw, [200], await withdrawal(acme, withdrawn));
  yield post(withdraw, [200], await withdrawal(acme, withdrawn));
  yield post(withdraw, [204, 404], await withdrawal(acme, 'a'.repeat(64)));
  yield post(withdraw, [400], { ...(await withdrawal(acme, withdrawn)), filled: { proposalId: open } });

  const submit = `${gov}/proposals/{proposalId}/ballots/{memberId}:submit`;
  const ballot = async (who: Person, proposalId: string, payload = plainBallot(true)): Promise<Rest> => ({
    filled: { proposalId, memberId: who.id },
    body: await sign(who, { type: 'ballot', proposalId, payload }),
  });
  yield post(submit, [400], await ballot(acme, withdrawn));
  yield post(submit, [404], await ballot(acme, 'b'.repeat(64)));
  yield post(submit, [400], await ballot(acme, open, utf8('{"ballot":7}')));
  yield post(submit, [400], {
    ...(await ballot(acme, open)),
    filled: { proposalId: open, memberId: bolt.id },
  });
  const throwing = scriptBallot('export function vote () { throw new Error("not today"); }');
  yield post(submit, [200], await ballot(acme, open, throwing));
  yield post(submit, [400], await ballot(acme, open));
  yield* readings(open, acme.id, bolt.id);
  const decided = await made(16);
  yield post(submit, [200], await ballot(acme, decided));
  yield post(submit, [200], { ...(await ballot(bolt, decided)), backup: true });
  yield* readings(decided, acme.id, 'c'.repeat(64));
}

/** What can be read of a proposal on which `voter` has voted, and `other` has not. */
function* readings(proposalId: string, voter: string, other: string): Generator<Asked> {
  for (const backup of [false, true]) yield get(`${gov}/proposals`, [200], { backup });
  const filled = { proposalId };
  for (const template of [`${gov}/proposals/{proposalId}`, `${gov}/proposals/{proposalId}/actions`]) {
    yield get(template, [200], { filled });
    yield get(template, [404]);
    yield get(template, [400], { filled: { proposalId: 'x' } });
    yield get(template, [400], { filled, query: 'api-version=1999-01-01' });
  }
  const ballots = `${gov}/proposals/{proposalId}/ballots/{memberId}`;
  yield get(ballots, [200], { filled: { ...filled, memberId: voter } });
  yield get(ballots, [404], { filled: { ...filled, memberId: other } });
  yield get(`${coco}/proposals/{proposalId}`, [200], { filled, query: '' });
  yield get(`${coco}/proposals/{proposalId}`, [404], { query: '' });
}

async function* stateDigests(network: GovernedNetwork): AsyncGenerator<Asked> {
  const acme = network.member('acme');
  const digests = `${gov}/state-digests/{memberId}`;
  const filled = { memberId: acme.id };
  const empty = new Uint8Array(0);
  const ack = async (digest: string): Promise<Rest> => ({
    filled,
    body: await sign(acme, { type: 'ack', payload: ackPayload(digest) }),
  });
  yield get(digests, [404], { filled });
  yield post(`${digests}:ack`, [403], await ack('00'));
  yield post(`${digests}:update`, [200], {
    filled,
    body: await sign(acme, { type: 'state_digest', payload: empty }),
  });
  yield post(`${digests}:update`, [401], { filled, body: await sign(acme, { type: 'ack', payload: empty }) });
  yield get(digests, [200], { filled });
  yield post(`${digests}:ack`, [400], await ack('00'));
  const { stateDigest } = (await network.get(
    network.asked,
    `${digests.replace('{memberId}', acme.id)}?${version}`,
  )) as {
    stateDigest: string;
  };
  yield post(`${digests}:ack`, [204], await ack(stateDigest));
}

async function* serviceState(network: GovernedNetwork, means: Means): AsyncGenerator<Asked> {
  const [acme, carrier] = [network.member('acme'), network.member('carrier')];
  const clock = { js_module: 'clock.js', js_function: 'now', mode: 'readonly', authn_policies: ['no_auth'] };
  await accept(network, means, [
    { name: 'set_user', args: { cert: carrier.identity().certificatePem, user_data: { role: 'clerk' } } },
    {
      name: 'set_js_app',
      args: {
        bundle: {
          metadata: { endpoints: { '/now': { get: clock } } },
          modules: [{ name: 'clock.js', module: 'export const now = () => ({ body: 0 });' }],
        },
      },
    },
    { name: 'set_ca_cert_bundle', args: { name: 'issuers', cert_bundle: acme.identity().certificatePem } },
    { name: 'set_jwt_issuer', args: { issuer: 'https://issuer.example', ca_cert_bundle_name: 'issuers' } },
  ]);
  const plain = ['constitution', 'info', 'jwk', 'transactions/commit', 'members', 'users', 'nodes'];
  for (const name of [...plain, 'javascript-app', 'javascript-modules', 'js-modules', 'join-policy']) {
    yield get(`${service}/${name}`, [200]);
    yield get(`${service}/${name}`, [200], { backup: true });
    yield get(`${service}/${name}`, [400], { query: '' });
    yield { ...get(`${service}/${name}`, [405]), method: 'DELETE' };
  }
  yield get(`${service}/javascript-app`, [200], { query: `${version}&case=original` });
  yield get(`${service}/javascript-app`, [400], { query: `${version}&case=upper` });
  const one = { memberId: acme.id, userId: carrier.id, nodeId: network.asked.nodeId };
  for (const [list, id] of [
    ['members', 'memberId'],
    ['users', 'userId'],
    ['nodes', 'nodeId'],
  ]) {
    yield get(`${service}/${list}/{${id}}`, [200], { filled: one });
    yield get(`${service}/${list}/{${id}}`, [404]);
    yield get(`${service}/${list}/{${id}}`, [400], { filled: { [id ?? '']: 'x' } });
  }
  const created = `${await network.firstView()}.1`;
  yield get(`${service}/transactions/{transactionId}`, [200], { filled: { transactionId: created } });
  yield get(`${service}/transactions/{transactionId}`, [400], { filled: { transactionId: 'x' } });
  for (const list of ['javascript-modules', 'js-modules']) {
    yield get(`${service}/${list}/{moduleName}`, [200], { filled: { moduleName: 'clock.js' } });
    yield get(`${service}/${list}/{moduleName}`, [404], { filled: { moduleName: 'none.js' } });
  }
}

async function* own(network: GovernedNetwork): AsyncGenerator<Asked> {
  const acme = network.member('acme');
  for (const name of ['constitution', 'history', 'alarms', 'audit/grants', 'audit/reads']) {
    yield get(`${coco}/${name}`, [200], { query: '' });
    yield get(`${coco}/${name}`, [200], { backup: true });
    yield get(`${coco}/${name}`, [400], { query: 'api-version=1999-01-01' });
  }
  const rehearse = `${coco}/proposals:rehearse`;
  const json = { query: '', contentType: 'application/json', body: change(18) };
  yield post(rehearse, [200], {
    query: '',
    body: await sign(acme, { type: 'proposal', payload: change(17) }),
  });
  yield post(rehearse, [200], { ...json, as: acme.identity() });
  yield post(rehearse, [200], { ...json, as: acme.identity(), body: utf8('{"actions":[{"name":"no"}]}') });
  yield post(rehearse, [401, 403], json);
  yield post(rehearse, [401, 403], { ...json, as: network.member('carrier').identity() });
  yield post(rehearse, [400], { ...json, as: acme.identity(), body: 'no JSON' });
  // These are for nodes alone.
  for (const what of ['record', 'purge', 'find']) {
    yield post(`${coco}/data:${what}`, [403], { ...json, as: acme.identity(), body: '{}' });
  }
}
