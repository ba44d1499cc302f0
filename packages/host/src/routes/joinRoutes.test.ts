import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Purpose } from '@coco/attestation';
import { fromHex, fromUtf8, toBase64 } from '@coco/primitives';
import type { OwnEvidence } from '../attestation/ownEvidence.js';
import { askProving } from '../attestation/proveOverHttps.js';
import { testEvidence, testOwnEvidence } from '../attestation/testAttestation.test.js';
import { ledgerNode, ledgerService, type Test } from '../entries.test.js';
import { issue, type TestIdentity, testIdentity, testService } from '../identities.test.js';
import { encodeJoinAsk, type JoinAsk } from '../joinProtocol.js';
import { history, type JoinWorld, joinWorld, listIdentity } from '../joinWorld.test.js';
import {
  type Pin,
  type PinnedAnswer,
  type PinnedSession,
  pinnedRequest,
  withPinnedSession,
} from '../pinnedRequest.js';

const joiner = testIdentity('joiner');

function ask(world: JoinWorld, path: string, identity?: TestIdentity, body?: string): Promise<PinnedAnswer> {
  const method = body === undefined ? 'GET' : 'POST';
  return pinnedRequest(world.address, { method, path, ...(body !== undefined && { body }) }, pinOf(identity));
}

function pinOf(identity?: TestIdentity): Pin {
  return {
    serviceFingerprint: ledgerService.certificate.fingerprint,
    timeoutMs: 5000,
    nowMs: Date.now,
    ...(identity && { identity: { key: identity.privateKey, certificate: identity.certificate } }),
  };
}

interface JoinOptions {
  /** What the node proves itself with. */
  readonly evidence?: OwnEvidence;
  readonly purpose?: Purpose;
}

function join(
  world: JoinWorld,
  identity: TestIdentity | undefined,
  changes: object = {},
  options: JoinOptions = {},
): Promise<PinnedAnswer> {
  const { constitutionDigest } = world.network();
  const body = {
    phase: 'secrets',
    constitutionDigest,
    platform: 'virtual',
    startupSeqno: 40,
    ...changes,
  } as JoinAsk;
  if (identity === undefined) return ask(world, '/node/join', identity, encodeJoinAsk(body));
  const { evidence = testOwnEvidence(identity), purpose = 'join' } = options;
  return withPinnedSession(world.address, pinOf(identity), (session) =>
    askProving(session, {
      path: '/node/join',
      body: (proof) => encodeJoinAsk(body, proof),
      evidence,
      purpose,
    }),
  );
}

const codeOf = ({ body }: PinnedAnswer): string => JSON.parse(fromUtf8(body) ?? '').error?.code;

async function worldOf(t: Test): Promise<JoinWorld> {
  const world = await joinWorld(t);
  listIdentity(world, joiner);
  return world;
}

test('NET-2: a node gets the secrets when its signed tuple is on the VN list, and not before', async (t) => {
  const world = await joinWorld(t);
  const early = await join(world, joiner);
  assert.deepEqual([early.status, codeOf(early)], [403, 'COCO_JOIN_NOT_LISTED']);
  assert.ok(Number(early.headers['retry-after']) > 0);
  listIdentity(world, joiner);
  const answer = await join(world, joiner);
  assert.equal(answer.status, 200);
  const { service_key, node_certificate, nodes } = JSON.parse(fromUtf8(answer.body) ?? '');
  assert.match(service_key, /PRIVATE KEY/);
  assert.match(node_certificate, /CERTIFICATE/);
  assert.deepEqual(
    nodes.map(({ node_id }: { node_id: string }) => node_id),
    [ledgerNode.nodeId],
  );
});

test('GOV-8: a joiner that approved another constitution is refused (COCO_JOIN_CONSTITUTION)', async (t) => {
  const world = await worldOf(t);
  for (const phase of ['secrets', 'ready']) {
    const answer = await join(world, joiner, { phase, constitutionDigest: 'a'.repeat(64) });
    assert.deepEqual([answer.status, codeOf(answer)], [409, 'COCO_JOIN_CONSTITUTION']);
  }
});

test('a stolen certificate is worth nothing without its key', async (t) => {
  const world = await worldOf(t);
  // TLS will not even begin with a key that is not the certificate's.
  const thief = { ...joiner, privateKey: testIdentity('thief').privateKey };
  await assert.rejects(join(world, thief), /key values mismatch/);
  // A certificate that looks like it, for the thief's own key, is another node's.
  const forged = issue('joiner', false, testService('joiner'));
  assert.equal(codeOf(await join(world, forged)), 'COCO_JOIN_NOT_LISTED');
  assert.equal(codeOf(await join(world, undefined)), 'COCO_JOIN_CERTIFICATE');
});

test('a forged tuple on the VN list gets nothing (COCO_JOIN_TUPLE)', async (t) => {
  const world = await joinWorld(t);
  listIdentity(world, joiner, testIdentity('somebody else'));
  const answer = await join(world, joiner);
  assert.deepEqual([answer.status, codeOf(answer)], [403, 'COCO_JOIN_TUPLE']);
  const ready = await join(world, joiner, { phase: 'ready' });
  assert.equal(codeOf(ready), 'COCO_JOIN_TUPLE');
});

test('NET-2: whoever is on the list and does not prove what it runs gets no secret, and is told why', async (t) => {
  const world = await worldOf(t);
  const { constitutionDigest } = world.network();
  const asking = { phase: 'secrets', constitutionDigest, platform: 'virtual' } as const;
  const plain = await ask(world, '/node/join', joiner, encodeJoinAsk(asking));
  assert.deepEqual([plain.status, codeOf(plain)], [428, 'COCO_HOST_EVIDENCE_NEEDED']);
  const thief = testIdentity('thief');
  const cases: [string, JoinOptions, string][] = [
    ['of another key', { evidence: testOwnEvidence(thief) }, 'COCO_ATTESTATION_KEY'],
    ['for another purpose', { purpose: 'client' }, 'COCO_ATTESTATION_PURPOSE'],
    ['garbage', { evidence: bent(() => new Uint8Array([1, 2, 3])) }, 'COCO_ATTESTATION_MALFORMED'],
    [
      'for another network',
      { evidence: bent((asked) => ({ ...asked, network: new Uint8Array(32) })) },
      'COCO_ATTESTATION_NETWORK',
    ],
    [
      'over another nonce',
      { evidence: bent((asked) => ({ ...asked, nonce: new Uint8Array(32) })) },
      'COCO_ATTESTATION_NONCE',
    ],
    [
      'of another connection',
      { evidence: bent((asked) => ({ ...asked, exporter: new Uint8Array(32) })) },
      'COCO_ATTESTATION_SESSION',
    ],
  ];
  for (const [what, options, code] of cases) {
    const answer = await join(world, joiner, {}, options);
    assert.deepEqual([answer.status, codeOf(answer)], [403, code], what);
  }
  for (const [platform, code] of [
    ['virtual', 'COCO_ATTESTATION_CODE'],
    ['sev-snp', 'COCO_JOIN_PLATFORM'],
  ] as const) {
    world.demand(platform);
    const answer = await join(world, joiner);
    assert.deepEqual([answer.status, codeOf(answer)], [403, code]);
  }
});

/** Evidence of the joiner in which `bend` changes something. */
function bent(bend: (asked: Record<string, unknown>) => object): OwnEvidence {
  return {
    platform: 'virtual',
    provesNothing: true,
    make: async ({ network, ...asked }) => {
      const changes = bend({ ...asked, network: fromHex(network ?? '') });
      return changes instanceof Uint8Array ? changes : testEvidence(joiner, changes);
    },
  };
}

test('a nonce is good once, and on its own connection only', async (t) => {
  const world = await worldOf(t);
  const { constitutionDigest } = world.network();
  const asking = { phase: 'secrets', constitutionDigest, platform: 'virtual' } as const;
  const evidence = testOwnEvidence(joiner);
  const sending = (session: PinnedSession, proof: Uint8Array) =>
    session.ask({ method: 'POST', path: '/node/join', body: encodeJoinAsk(asking, toBase64(proof)) });
  await withPinnedSession(world.address, pinOf(joiner), async (session) => {
    const { body } = await session.ask({ method: 'POST', path: '/node/challenge' });
    const nonce = fromHex(JSON.parse(fromUtf8(body) ?? '').nonce) as Uint8Array;
    const network = ledgerService.certificate.fingerprint;
    const proof = await evidence.make({ purpose: 'join', network, nonce, exporter: session.exporter });
    const elsewhere = await withPinnedSession(world.address, pinOf(joiner), (other) => sending(other, proof));
    assert.equal(elsewhere.status, 428, 'the other connection was given none');
    assert.equal((await sending(session, proof)).status, 200);
    assert.equal((await sending(session, proof)).status, 428, 'used up');
  });
});

test('challenges are for nodes on the VN list', async (t) => {
  const world = await joinWorld(t);
  const answer = await ask(world, '/node/challenge', joiner, '');
  assert.deepEqual([answer.status, codeOf(answer)], [403, 'COCO_JOIN_NOT_LISTED']);
});

test('another platform is refused (COCO_JOIN_PLATFORM)', async (t) => {
  assert.equal(codeOf(await join(await worldOf(t), joiner, { platform: 'sev-snp' })), 'COCO_JOIN_PLATFORM');
});

test('a removed node does not come back, and one that takes part gets its secrets only once', async (t) => {
  const world = await worldOf(t);
  world.setStatus(joiner.nodeId, 'Retired');
  assert.equal(codeOf(await join(world, joiner)), 'COCO_JOIN_RETIRED');
  world.setStatus(joiner.nodeId, 'Trusted');
  assert.equal(codeOf(await join(world, joiner)), 'COCO_JOIN_TRUSTED');
});

test('what is no request to join is refused (COCO_JOIN_REQUEST)', async (t) => {
  const world = await worldOf(t);
  const good = { phase: 'ready', constitution_digest: 'a'.repeat(64), platform: 'virtual', startup_seqno: 1 };
  const bodies: unknown[] = [
    '',
    'null',
    '[]',
    '{',
    { ...good, phase: 'steady' },
    { ...good, startup_seqno: -1 },
  ];
  bodies.push(
    { ...good, startup_seqno: 1e300 },
    { ...good, constitution_digest: 'A' },
    { ...good, platform: 5 },
  );
  for (const body of bodies) {
    const answer = await ask(
      world,
      '/node/join',
      joiner,
      typeof body === 'string' ? body : JSON.stringify(body),
    );
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'COCO_JOIN_REQUEST'], JSON.stringify(body));
  }
});

/** `joiner` with a certificate of the service. */
const endorsed: TestIdentity = await (async () => {
  const { endorseNode } = await import('../nodeCertificate.js');
  const service = { key: ledgerService.privateKey, certificate: ledgerService.certificate };
  const { publicKey } = joiner.privateKey;
  return {
    ...joiner,
    certificate: endorseNode({ publicKey, addresses: [], days: 1, nowMs: Date.now(), service }),
  };
})();

test('a node that is ready is taken in by the primary, with the certificate that the service gave it', async (t) => {
  const world = await worldOf(t);
  assert.equal(codeOf(await join(world, joiner, { phase: 'ready' })), 'COCO_JOIN_CERTIFICATE');
  world.isPrimary = false;
  assert.equal(codeOf(await join(world, endorsed, { phase: 'ready' })), 'PrimaryNotFound');
  world.isPrimary = true;
  for (let turn = 0; turn < 2; turn++) {
    const answer = await join(world, endorsed, { phase: 'ready' });
    assert.equal(answer.status, 200);
    const { admitted, nodes } = JSON.parse(fromUtf8(answer.body) ?? '');
    assert.deepEqual([admitted, nodes.length], [true, 2]);
  }
});

test('a node that stands before the entries that are kept needs a newer snapshot (COCO_JOIN_SNAPSHOT_OLD)', async (t) => {
  const world = await worldOf(t);
  world.minimumSeqno = 41;
  const answer = await join(world, endorsed, { phase: 'ready' });
  assert.deepEqual([answer.status, codeOf(answer)], [409, 'COCO_JOIN_SNAPSHOT_OLD']);
});

test('snapshots are for nodes on the VN list alone', async (t) => {
  const world = await joinWorld(t);
  const name = history.snapshots[0]?.name ?? '';
  for (const path of ['/node/snapshot', `/node/snapshot/${name}`]) {
    for (const identity of [undefined, joiner]) {
      const answer = await ask(world, path, identity);
      assert.deepEqual([answer.status, codeOf(answer)], [403, 'COCO_JOIN_SNAPSHOT_CALLER']);
    }
  }
});

test('the newest snapshot is offered; one is made when there is none that is new enough', async (t) => {
  const world = await worldOf(t);
  const offer = await ask(world, '/node/snapshot', joiner);
  const { name, size, seqno, digest } = JSON.parse(fromUtf8(offer.body) ?? '');
  const newest = history.snapshots.at(-1);
  assert.deepEqual([name, size, seqno], [newest?.name, newest?.bytes.length, newest?.seqno]);
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal((await ask(world, '/node/snapshot?since=1000', joiner)).status, 202);
  world.minimumSeqno = 1000;
  assert.equal((await ask(world, '/node/snapshot', joiner)).status, 202);
  assert.equal(world.asked.filter((one) => one === 'make a snapshot').length, 2);
  assert.equal((await ask(world, '/node/snapshot?since=-1', joiner)).status, 400);
  assert.equal((await ask(world, '/node/snapshot/snapshot_1_2.committed', joiner)).status, 404);
});

test('ranges of a snapshot are as RFC 9110 has them', async (t) => {
  const world = await worldOf(t);
  const { name = '', bytes = new Uint8Array() } = history.snapshots[0] ?? {};
  const size = bytes.length;
  const cases: [string | undefined, number, number, number][] = [
    [undefined, 200, 0, size],
    ['bytes=0-', 206, 0, size],
    ['bytes=10-19', 206, 10, 20],
    [`bytes=10-${size + 5}`, 206, 10, size],
    ['bytes=-7', 206, size - 7, size],
    [`bytes=-${size + 5}`, 206, 0, size],
    ['bytes=0-1,5-6', 200, 0, size],
    ['lines=1-2', 200, 0, size],
    ['bytes=5-4', 416, 0, 0],
    [`bytes=${size}-`, 416, 0, 0],
    ['bytes=-0', 416, 0, 0],
  ];
  for (const [range, status, from, to] of cases) {
    const answer = await pinnedRequest(
      world.address,
      { method: 'GET', path: `/node/snapshot/${name}`, headers: range === undefined ? {} : { range } },
      {
        serviceFingerprint: ledgerService.certificate.fingerprint,
        timeoutMs: 5000,
        nowMs: Date.now,
        identity: { key: joiner.privateKey, certificate: joiner.certificate },
      },
    );
    assert.equal(answer.status, status, range);
    assert.deepEqual(answer.body, bytes.slice(from, to), range);
    if (status === 206) assert.equal(answer.headers['content-range'], `bytes ${from}-${to - 1}/${size}`);
  }
});
