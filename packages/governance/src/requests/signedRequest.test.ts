import assert from 'node:assert/strict';
import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { privateKeyToPem, twinSignature } from '@coco/crypto';
import { seededRandom, utf8 } from '@coco/primitives';
import { makeIdentity, testTimeMs } from '../testing/identities.js';
import { type Answered, createWorld, type SignOptions, signed, type World } from '../testing/world.js';

// COSE_Sign1 from RFC 8949 and RFC 9052 alone: shares no code with what reads it.

type Cbor = number | string | Buffer | null | readonly Cbor[] | ReadonlyMap<Cbor, Cbor>;

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  if (length < 65536) return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  const bytes = Buffer.alloc(5);
  bytes[0] = (major << 5) | 26;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function cbor(value: Cbor): Buffer {
  if (value === null) return Buffer.from([0xf6]);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  const entries = [...(value as ReadonlyMap<Cbor, Cbor>)];
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([k, v]) => [cbor(k), cbor(v)])]);
}

function byHand(
  key: KeyObject,
  keyId: string,
  type: string,
  payload: string,
  more: [Cbor, Cbor][] = [],
): Buffer {
  // In the order in which CCF's own tools write them, which is not the deterministic one.
  const header = cbor(
    new Map<Cbor, Cbor>([
      [1, -7],
      [4, Buffer.from(keyId)],
      ['ccf.gov.msg.type', type],
      ['ccf.gov.msg.created_at', testTimeMs / 1000],
      ...more,
    ]),
  );
  const body = Buffer.from(payload);
  const toBeSigned = cbor(['Signature1', header, Buffer.alloc(0), body]);
  const signature = createSign('sha256').update(toBeSigned).sign({ key, dsaEncoding: 'ieee-p1363' });
  return Buffer.concat([Buffer.from([0xd2]), cbor([header, new Map(), body, signature])]);
}

test('RFC 9052: a proposal and a ballot that were put together by hand are accepted', () => {
  const world = createWorld();
  const [first, second] = world.members as [World['members'][0], World['members'][0]];
  const keyOf = (member: World['members'][0]): KeyObject => createPrivateKey(privateKeyToPem(member.key));
  const proposal = JSON.stringify({ actions: [{ name: 'put', args: { table: 'public:t', value: 1 } }] });
  const made = world.post(
    '/gov/members/proposals:create',
    byHand(keyOf(first), first.id, 'proposal', proposal),
  );
  assert.equal(made.status, 200, made.text);
  assert.equal(made.json['proposalState'], 'Open');
  const id = String(made.json['proposalId']);
  for (const member of [first, second]) {
    const more: [Cbor, Cbor][] = [['ccf.gov.msg.proposal_id', id]];
    const ballot = JSON.stringify({ ballot: 'yes' });
    const path = `/gov/members/proposals/${id}/ballots/${member.id}:submit`;
    const voted = world.post(path, byHand(keyOf(member), member.id, 'ballot', ballot, more));
    assert.equal(voted.status, 200, voted.text);
  }
  assert.equal(world.get(`/gov/members/proposals/${id}`).json['proposalState'], 'Accepted');
});

const payload = { actions: [] };
const create = '/gov/members/proposals:create';

test('bad input: what is wrong with a signed request is said by a code, and nothing is written', () => {
  const world = createWorld();
  const [member] = world.members as [World['members'][0]];
  const stranger = makeIdentity();
  const p384 = makeIdentity({ curve: 'P-384' });
  const now = testTimeMs / 1000;
  const of = (options: SignOptions, type: unknown = 'proposal', signer = member): Uint8Array =>
    signed(world, signer, type, payload, options);
  const good = of({});
  const cases: [string, Uint8Array, number, string][] = [
    ['an unknown member', of({}, 'proposal', stranger), 401, 'InvalidAuthenticationInfo'],
    ['a participant', of({}, 'proposal', world.participant), 403, 'AuthorizationFailed'],
    ['another type', of({}, 'ballot'), 401, 'InvalidAuthenticationInfo'],
    ['no type', of({ header: new Map([['ccf.gov.msg.type', undefined]]) }), 401, 'InvalidAuthenticationInfo'],
    [
      'kid of somebody else',
      of({}, 'proposal', { ...stranger, id: member.id }),
      401,
      'InvalidAuthenticationInfo',
    ],
    [
      'key of another curve',
      of({}, 'proposal', { ...p384, id: member.id }),
      401,
      'InvalidAuthenticationInfo',
    ],
    ['kid as text', of({ header: new Map([[4, member.id]]) }), 401, 'InvalidAuthenticationInfo'],
    ['no kid', of({ keyId: undefined }), 401, 'InvalidAuthenticationInfo'],
    ['no time', of({ createdAt: undefined }), 401, 'InvalidAuthenticationInfo'],
    ['time as text', of({ createdAt: '1' }), 401, 'InvalidAuthenticationInfo'],
    ['negative time', of({ createdAt: -1 }), 401, 'InvalidAuthenticationInfo'],
    ['eleven digits', of({ createdAt: 10_000_000_000 }), 400, 'InvalidCreatedAt'],
    ['the future', of({ createdAt: now + 601 }), 400, 'InvalidCreatedAt'],
    ['critical header', of({ header: new Map([[2, [4]]]) }), 401, 'InvalidAuthenticationInfo'],
    [
      'proposal id as number',
      of({ header: new Map([['ccf.gov.msg.proposal_id', 1]]) }),
      401,
      'InvalidAuthenticationInfo',
    ],
    ['a byte more', Buffer.concat([good, Buffer.from([0])]), 401, 'InvalidAuthenticationInfo'],
    ['nothing', new Uint8Array(0), 401, 'InvalidAuthenticationInfo'],
    ['plain JSON', utf8('{"actions":[]}'), 401, 'InvalidAuthenticationInfo'],
    ['no tag', good.subarray(1), 401, 'InvalidAuthenticationInfo'],
    ['too long', new Uint8Array(3 << 20), 413, 'RequestBodyTooLarge'],
  ];
  for (const [what, body, status, code] of cases) {
    const answer = world.post(create, body);
    assert.deepEqual(
      [answer.status, answer.code, answer.writes],
      [status, code, false],
      `${what}: ${answer.text}`,
    );
  }
  const plain = world.send({
    method: 'POST',
    path: create,
    body: good,
    headers: { 'content-type': 'application/json' },
  });
  assert.deepEqual([plain.status, plain.code], [415, 'UnsupportedContentType']);
  assert.equal(world.post(create, good).status, 200);
});

test('expired and not yet valid certificates of members are refused', () => {
  const members = [
    makeIdentity({ notAfterMs: testTimeMs - 1000 }),
    makeIdentity({ notBeforeMs: testTimeMs + 1000 }),
    makeIdentity(),
  ];
  const world = createWorld({ members });
  const words = members.map((member) => world.post(create, signed(world, member, 'proposal', payload)));
  assert.deepEqual(
    words.map(({ status }) => status),
    [401, 401, 200],
  );
  assert.match(words[0]?.text ?? '', /expired/);
  assert.match(words[1]?.text ?? '', /not valid yet/);
});

test('ACT-2: a leaf beneath a member that is a CA signs for the member; removal and expiry end it', () => {
  const ca = makeIdentity({ isCa: true, pathLengthMax: 1 });
  const middle = makeIdentity({ isCa: true, issuer: ca });
  const world = createWorld({ members: [ca, makeIdentity()] });
  const send = (
    leaf: ReturnType<typeof makeIdentity>,
    chain: readonly ReturnType<typeof makeIdentity>[],
  ): Answered => world.post(create, signed(world, leaf, 'proposal', payload, { keyId: ca.id, chain }));
  const leaf = makeIdentity({ issuer: middle, notAfterMs: testTimeMs + 5000 });
  assert.equal(send(leaf, [leaf, middle]).status, 200);
  assert.equal(send(leaf, [leaf, middle, ca]).status, 200);
  assert.equal(send(leaf, [leaf]).code, 'InvalidAuthenticationInfo', 'the path is not complete');
  assert.equal(send(middle, [leaf, middle]).code, 'InvalidAuthenticationInfo', 'not the key of the leaf');
  const rogue = makeIdentity({ isCa: true });
  const beneathRogue = makeIdentity({ issuer: rogue });
  assert.equal(send(beneathRogue, [beneathRogue, rogue]).code, 'InvalidAuthenticationInfo');
  const fourth = makeIdentity({ isCa: true, issuer: middle });
  const deep = makeIdentity({ issuer: fourth });
  assert.match(send(deep, [deep, fourth, middle]).text, /no path of this length/);
  assert.match(send(leaf, new Array(6).fill(leaf)).text, /not a chain/);
  world.nowMs += 6000;
  assert.match(send(leaf, [leaf, middle]).text, /expired/);
});

test('replay: the same proposal, its twin, and one older than the median of the window are refused', () => {
  const world = createWorld();
  const [member] = world.members as [World['members'][0]];
  const body = signed(world, member, 'proposal', payload);
  assert.equal(world.post(create, body).status, 200);
  assert.equal(world.post(create, body).code, 'ProposalReplay');
  const twin = Uint8Array.from([...body.slice(0, -64), ...twinSignature('P-256', body.slice(-64))]);
  assert.equal(world.post(create, twin).code, 'ProposalReplay', 'anybody can make the other signature');
  const now = testTimeMs / 1000;
  for (const createdAt of [now - 10, now, now + 10, now + 20]) {
    const answer = world.post(create, signed(world, member, 'proposal', payload, { createdAt }));
    assert.equal(answer.code, createdAt < now ? 'ProposalCreatedTooLongAgo' : '', answer.text);
  }
});

test('replay: the window keeps as many as the configuration says, the most recent', () => {
  const world = createWorld({ settings: { openProposalsMax: 1000 } });
  const [member] = world.members as [World['members'][0]];
  for (let i = 0; i < 130; i++) {
    world.nowMs += 1000;
    assert.equal(world.post(create, signed(world, member, 'proposal', payload)).status, 200);
  }
  const keys = [...world.store.read(world.store.head).range('public:ccf.gov.cose_recent_proposals')];
  assert.equal(keys.length, 100);
  assert.match(
    Buffer.from(keys[0]?.key ?? []).toString(),
    new RegExp(`^${testTimeMs / 1000 + 31}:[0-9a-f]{64}$`),
  );
});

test('property: no path, method, query or body makes it throw or write', () => {
  const world = createWorld();
  const random = seededRandom(8);
  const parts = [
    '/gov',
    '/members',
    '/proposals',
    ':create',
    '/',
    '/coco',
    ':',
    '%',
    '/service',
    '{',
    'a',
    '/js-modules',
    'nodes',
    '\u0000',
  ];
  const queries = ['', 'api-version=2024-07-01', '%', '=&=', 'case=x&api-version=2024-07-01', '__proto__=1'];
  const types = ['application/cose', 'application/json', '', 'application/cose;x'];
  for (let i = 0; i < 2000; i++) {
    const path = Array.from({ length: random.integer(7) }, () => parts[random.integer(parts.length)]).join(
      '',
    );
    const body = Uint8Array.from({ length: random.integer(60) }, () => random.integer(256));
    const method = ['GET', 'POST', 'PUT', ''][random.integer(4)] ?? '';
    const headers = { 'content-type': types[random.integer(types.length)] ?? '' };
    const answer = world.send({
      method,
      path,
      query: queries[random.integer(queries.length)] ?? '',
      headers,
      body,
    });
    assert.ok(!answer.writes && (answer.status === 200 || answer.code !== ''), `${method} ${path}`);
  }
});

test('property: whatever a request is mutated into, the answer is an error and nothing is written', () => {
  const world = createWorld();
  const [member] = world.members as [World['members'][0]];
  const random = seededRandom(7);
  const pick = (max: number): number => random.integer(max);
  const good = signed(world, member, 'proposal', {
    actions: [{ name: 'put', args: { table: 'public:t', value: 1 } }],
  });
  const paths = [create, `/gov/members/proposals/${'0'.repeat(64)}:withdraw`, '/gov/coco/proposals:rehearse'];
  for (let i = 0; i < 3000; i++) {
    let body = good.slice();
    for (let n = pick(3) + 1; n > 0; n--) {
      const at = pick(body.length);
      const how = pick(4);
      if (how === 0) body[at] = pick(256);
      else if (how === 1) body = body.slice(0, at);
      else if (how === 2) body = Uint8Array.from([...body.slice(0, at), pick(256), ...body.slice(at)]);
      else body = Uint8Array.from([...body.slice(0, at), ...body.slice(at + 1 + pick(8))]);
      if (body.length === 0) body = Uint8Array.of(pick(256));
    }
    if (Buffer.from(body).equals(Buffer.from(good))) continue;
    const answer = world.post(paths[i % paths.length] ?? create, body);
    assert.ok(
      answer.status >= 400 && answer.code !== '' && !answer.writes,
      `${Buffer.from(body).toString('hex')}`,
    );
  }
});
