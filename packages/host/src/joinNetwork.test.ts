import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  builtInAnchors,
  decodeEvidence,
  evidenceExtensionOid,
  evidenceInExtension,
  readCertificate,
  verifyEvidence,
} from '@coco/attestation';
import { privateKeyToPem, publicKeyToPem } from '@coco/crypto';
import { toBase64, toHex } from '@coco/primitives';
import { virtualSettings } from './attestation/testAttestation.test.js';
import { ledgerNode, ledgerService, readBytes, type Test, temporaryDirectory } from './entries.test.js';
import { testIdentity, testService } from './identities.test.js';
import { type JoinOptions, type JoinProgress, joinNetwork } from './joinNetwork.js';
import { history, type JoinWorld, joinWorld } from './joinWorld.test.js';
import { createNodeIdentityFiles } from './nodeIdentity.js';
import { loadMembership, loadNodeSecrets, saveMembership } from './nodeSecrets.js';
import { failure } from './routes/answers.js';
import type { Sealer } from './sealer.js';
import type { TestSnapshot } from './snapshots.test.js';
import { openVirtualSealer } from './virtualSealer.js';

const newest = history.snapshots.at(-1) as TestSnapshot;

interface Joiner {
  readonly sealer: Sealer;
  readonly directories: JoinOptions['config']['directories'];
  readonly progress: JoinProgress[];
  readonly options: JoinOptions;
  /** Puts the node on the VN list. */
  list(): void;
}

async function joinerOf(t: Test, world: JoinWorld, changes: Partial<JoinOptions> = {}): Promise<Joiner> {
  const place = temporaryDirectory(t);
  const sealer = await openVirtualSealer(join(place, 'key'));
  const directories = {
    ledger: join(place, 'ledger'),
    sealed: join(place, 'sealed'),
    snapshots: join(place, 'snapshots'),
    data: join(place, 'data'),
  };
  const progress: JoinProgress[] = [];
  const serviceFingerprint = ledgerService.certificate.fingerprint;
  const options: JoinOptions = {
    config: {
      directories,
      join: { peer: world.address, serviceFingerprint },
      attestation: virtualSettings,
      adapters: [],
    },
    sealer,
    approve: () => true,
    onProgress: (one) => void progress.push(one),
    retryMsMax: 5,
    ...changes,
  };
  const list = (): void => {
    const { nodeId, key } = createNodeIdentityFiles({
      directory: directories.sealed,
      sealer,
      nowMs: Date.now(),
    });
    world.list(nodeId, publicKeyToPem(key.publicKey));
  };
  return { sealer, directories, progress, options, list };
}

/** A node that is on the VN list already. */
async function listedJoiner(t: Test, world: JoinWorld, changes: Partial<JoinOptions> = {}): Promise<Joiner> {
  const joiner = await joinerOf(t, world, changes);
  joiner.list();
  return joiner;
}

const refused = (joiner: Joiner, code: string): Promise<void> =>
  assert.rejects(joinNetwork(joiner.options), { code });

test('NET-4, GOV-8: a node joins from an address and a fingerprint; it waits for the vote, and then has all that it needs', async (t) => {
  const world = await joinWorld(t);
  const shown: unknown[] = [];
  const joiner = await joinerOf(t, world, {
    approve: ({ digest, summary }) => {
      shown.push(digest, summary);
      assert.ok(!world.asked.some((one) => /join|snapshot|evidence/.test(one)), 'nothing is fetched before');
      return true;
    },
    onProgress: (one) => {
      joiner.progress.push(one);
      if (one.type === 'waiting' && joiner.progress.filter(({ type }) => type === 'waiting').length === 3)
        joiner.list();
    },
  });
  const { nodeId } = await joinNetwork(joiner.options);
  const { constitutionDigest } = world.network();
  assert.equal(shown[0], constitutionDigest);
  assert.match(JSON.stringify(shown[1]), /"action":"default","policy":\{"kind":"majority"/);
  const waiting = joiner.progress.find((one) => one.type === 'waiting');
  assert.equal(waiting?.type === 'waiting' && waiting.code, 'COCO_JOIN_NOT_LISTED');
  const { directories, sealer } = joiner;
  const secrets = loadNodeSecrets(directories.sealed, sealer);
  assert.equal(secrets.nodeKey.publicKey.fingerprint, nodeId);
  assert.equal(secrets.serviceKey.publicKey.fingerprint, ledgerService.privateKey.publicKey.fingerprint);
  assert.equal(loadMembership(directories.sealed, sealer)?.joined?.constitutionDigest, constitutionDigest);
  assert.deepEqual(readBytes(join(directories.snapshots, newest.name)), newest.bytes);
  assert.deepEqual(readdirSync(directories.snapshots), [newest.name]);
});

test('to join again when all is there asks nobody anything', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  const first = await joinNetwork(joiner.options);
  world.asked.length = 0;
  assert.deepEqual(await joinNetwork(joiner.options), first);
  assert.deepEqual(world.asked, []);
});

test('after a crash anywhere in the middle, joining goes on where it stopped', async (t) => {
  const world = await joinWorld(t);
  const types = ['identity', 'approved', 'proved', 'secrets', 'snapshot', 'joined'];
  for (const stopAt of types) {
    const joiner = await listedJoiner(t, world);
    const crashing: JoinOptions = {
      ...joiner.options,
      onProgress: ({ type }) => {
        if (type === stopAt) throw new Error(`crash at ${type}`);
      },
    };
    await assert.rejects(joinNetwork(crashing), /crash/);
    await joinNetwork({
      ...joiner.options,
      approve: () => ['identity', 'approved', 'proved'].includes(stopAt),
    });
    assert.deepEqual(readdirSync(joiner.directories.snapshots), [newest.name], stopAt);
  }
});

test('a download that breaks off goes on from the last byte that came', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  const ranges: (string | undefined)[] = [];
  world.meddle = ({ path, headers }) => {
    if (!path.endsWith('.committed')) return undefined;
    ranges.push(headers['range']);
    if (ranges.length > 3) return undefined;
    const from = Number(/bytes=(\d+)-/.exec(headers['range'] ?? '')?.[1]);
    // More is announced than comes: the connection ends in the middle.
    const part = newest.bytes.slice(from, from + 100);
    return {
      status: 206,
      headers: { 'content-range': `bytes ${from}-${from + part.length - 1}/${newest.bytes.length}` },
      body: part,
    };
  };
  await joinNetwork(joiner.options);
  assert.deepEqual(
    ranges,
    [0, 100, 200, 300].map((from) => `bytes=${from}-`),
  );
  assert.deepEqual(readBytes(join(joiner.directories.snapshots, newest.name)), newest.bytes);
});

test('a piece that was kept over a crash is not fetched again', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  mkdirSync(joiner.directories.snapshots, { recursive: true });
  appendFileSync(join(joiner.directories.snapshots, `${newest.name}.part`), newest.bytes.slice(0, 500));
  writeFileSync(join(joiner.directories.snapshots, 'snapshot_1_2.committed.part'), 'of another');
  const ranges: unknown[] = [];
  world.meddle = ({ path, headers }) => {
    if (path.endsWith('.committed')) ranges.push(headers['range']);
    return undefined;
  };
  await joinNetwork(joiner.options);
  assert.deepEqual(ranges, ['bytes=500-']);
  assert.deepEqual(readdirSync(joiner.directories.snapshots), [newest.name]);
});

test('a snapshot that was tampered with is refused and removed (COCO_JOIN_SNAPSHOT)', async (t) => {
  for (const at of [3, 50, 400, newest.bytes.length - 20]) {
    const bytes = newest.bytes.slice();
    bytes[at] = (bytes[at] as number) ^ 1;
    const world = await joinWorld(t, [{ ...newest, bytes }]);
    const joiner = await listedJoiner(t, world);
    await refused(joiner, 'COCO_JOIN_SNAPSHOT');
    assert.deepEqual(readdirSync(joiner.directories.snapshots), []);
  }
  const another = await joinWorld(t, [{ ...newest, bytes: history.snapshots[0]?.bytes ?? new Uint8Array() }]);
  await refused(await listedJoiner(t, another), 'COCO_JOIN_SNAPSHOT');
});

test('a snapshot that is older than what the network keeps is refused (COCO_JOIN_SNAPSHOT_OLD)', async (t) => {
  const world = await joinWorld(t);
  world.minimumSeqno = 1000;
  const { name, seqno, bytes } = newest;
  world.meddle = ({ path }) => {
    if (path !== '/node/snapshot') return undefined;
    const body = new TextEncoder().encode(JSON.stringify({ name, seqno, size: bytes.length, digest: '' }));
    return { status: 200, headers: {}, body };
  };
  await refused(await listedJoiner(t, world), 'COCO_JOIN_SNAPSHOT_OLD');
});

test('a constitution that nobody approves ends it before anything is fetched (COCO_JOIN_DECLINED, COCO_JOIN_CONSTITUTION)', async (t) => {
  const world = await joinWorld(t);
  const declined = await listedJoiner(t, world, { approve: () => false });
  await refused(declined, 'COCO_JOIN_DECLINED');
  const { approve: _, ...alone } = declined.options;
  await assert.rejects(joinNetwork(alone), { code: 'COCO_JOIN_CONSTITUTION' });
  const { config } = declined.options;
  assert.ok(config.join !== undefined);
  const wrong = {
    ...alone,
    config: { ...config, join: { ...config.join, constitutionDigest: 'a'.repeat(64) } },
  };
  await assert.rejects(joinNetwork(wrong), { code: 'COCO_JOIN_CONSTITUTION' });
  assert.ok(world.asked.every((one) => one === 'GET /node/constitution'));
  assert.equal(loadMembership(config.directories.sealed, declined.sealer), undefined);
  const { constitutionDigest } = world.network();
  await joinNetwork({ ...alone, config: { ...config, join: { ...config.join, constitutionDigest } } });
});

test('when the constitution changes before the secrets are given, it is shown again', async (t) => {
  const world = await joinWorld(t);
  const shown: string[] = [];
  const joiner = await listedJoiner(t, world, {
    approve: ({ digest }) => {
      shown.push(digest);
      if (shown.length === 1) world.amend();
      return true;
    },
  });
  await joinNetwork(joiner.options);
  assert.equal(shown.length, 2);
  assert.notEqual(shown[0], shown[1]);
  assert.equal(
    loadMembership(joiner.directories.sealed, joiner.sealer)?.joined?.constitutionDigest,
    shown[1],
  );
});

test('a node that was not taken in because the constitution changed has it approved again', async (t) => {
  const world = await joinWorld(t);
  const shown: string[] = [];
  const joiner = await listedJoiner(t, world, {
    approve: ({ digest }) => {
      shown.push(digest);
      return true;
    },
  });
  await joinNetwork(joiner.options);
  const { sealed } = joiner.directories;
  const membership = loadMembership(sealed, joiner.sealer);
  assert.ok(membership?.joined !== undefined);
  const { constitutionDigest: _, ...forgotten } = membership.joined;
  saveMembership(sealed, joiner.sealer, { ...membership, joined: forgotten });
  world.amend();
  world.asked.length = 0;
  await joinNetwork(joiner.options);
  assert.deepEqual(world.asked, ['GET /node/constitution']);
  assert.equal(shown.length, 2);
  assert.equal(loadMembership(sealed, joiner.sealer)?.joined?.constitutionDigest, shown[1]);
});

test('SEC-3: a node that does not prove that it runs what the approved constitution admits is asked for nothing (COCO_JOIN_EVIDENCE)', async (t) => {
  const world = await joinWorld(t);
  world.demand('virtual');
  const joiner = await listedJoiner(t, world);
  await assert.rejects(joinNetwork(joiner.options), {
    code: 'COCO_JOIN_EVIDENCE',
    facts: { reason: 'COCO_ATTESTATION_CODE', nodeId: ledgerNode.nodeId },
  });
  assert.deepEqual(world.asked.slice(-2), ['POST /node/join', 'GET /node/evidence']);
  assert.ok(!world.asked.includes('POST /node/challenge'), 'and nothing was proved to it');
  assert.equal(loadMembership(joiner.directories.sealed, joiner.sealer), undefined);
});

test('a node that joins says what the other proved and what that is worth, and shows evidence in its certificate (RFC 9999)', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  const { nodeId } = await joinNetwork(joiner.options);
  const proved = joiner.progress.find((one) => one.type === 'proved');
  assert.ok(proved?.type === 'proved');
  assert.equal(proved.nodeId, ledgerNode.nodeId);
  assert.equal(proved.assurance, 'none');
  const file = join(joiner.directories.sealed, 'self-signed-certificate.pem');
  const value = readCertificate(readBytes(file)).extensions.get(evidenceExtensionOid)?.value;
  assert.ok(value !== undefined);
  const { claims } = verifyEvidence(decodeEvidence(evidenceInExtension(value)), builtInAnchors, Date.now());
  assert.equal(claims.purpose, 'certificate');
  assert.equal(toHex(claims.nodeKey), nodeId);
});

test('a node of another service is not talked to (COCO_JOIN_SERVICE)', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  const { config } = joiner.options;
  assert.ok(config.join !== undefined);
  const other = { ...config.join, serviceFingerprint: testService('another').certificate.fingerprint };
  await assert.rejects(joinNetwork({ ...joiner.options, config: { ...config, join: other } }), {
    code: 'COCO_JOIN_SERVICE',
  });
  assert.deepEqual(world.asked, [], 'not a word was said');
});

test('secrets that do not fit the pinned service, or are malformed, are not kept (COCO_JOIN_ANSWER)', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  const bodies = [
    '',
    '{}',
    '{"admitted":true}',
    '{"service_key":"x","ledger_secrets":[{"from_seqno":1,"key":"AA=="}]}',
  ];
  for (const text of bodies) {
    world.meddle = ({ path }) =>
      path === '/node/join' ? { status: 200, headers: {}, body: new TextEncoder().encode(text) } : undefined;
    await refused(joiner, 'COCO_JOIN_ANSWER');
  }
  const [another, somebody] = [testService('another'), testIdentity('somebody', ledgerService)];
  const good = {
    service_certificate: ledgerService.certificate.pem,
    service_key: privateKeyToPem(ledgerService.privateKey),
    ledger_secrets: [{ from_seqno: 1, key: toBase64(new Uint8Array(32)) }],
    node_certificate: somebody.certificate.pem,
    minimum_seqno: 0,
    nodes: [],
  };
  const misfits = [
    { ...good, service_key: privateKeyToPem(another.privateKey) },
    { ...good, service_certificate: another.certificate.pem },
    good,
    { ...good, node_certificate: 'rubbish' },
  ];
  for (const [index, misfit] of misfits.entries()) {
    const body = new TextEncoder().encode(JSON.stringify(misfit));
    world.meddle = ({ path }) => (path === '/node/join' ? { status: 200, headers: {}, body } : undefined);
    const field = ['service_key', 'service_certificate', 'node_certificate'][index] ?? 'cannot be read';
    await assert.rejects(joinNetwork(joiner.options), {
      code: 'COCO_JOIN_ANSWER',
      message: new RegExp(field),
    });
  }
  assert.equal(loadMembership(joiner.directories.sealed, joiner.sealer), undefined);
});

test('what is final is told with its code; what is not is waited for', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  world.meddle = ({ path }) =>
    path === '/node/join' ? failure(403, 'COCO_JOIN_PLATFORM', 'another platform') : undefined;
  await refused(joiner, 'COCO_JOIN_PLATFORM');
  let busy = 3;
  world.meddle = () => (busy-- > 0 ? failure(503, 'COCO_HOST_HTTP_BUSY', 'too many') : undefined);
  await joinNetwork(joiner.options);
});

test('a directory that holds another ledger is not joined with (COCO_JOIN_LEDGER)', async (t) => {
  const world = await joinWorld(t);
  const joiner = await listedJoiner(t, world);
  mkdirSync(joiner.directories.ledger);
  writeFileSync(join(joiner.directories.ledger, 'ledger_1'), '');
  await refused(joiner, 'COCO_JOIN_LEDGER');
  rmSync(join(joiner.directories.ledger, 'ledger_1'));
  await joinNetwork(joiner.options);
  writeFileSync(join(joiner.directories.ledger, 'ledger_31'), '');
  rmSync(join(joiner.directories.snapshots, newest.name));
  world.asked.length = 0;
  await joinNetwork(joiner.options);
  assert.deepEqual(world.asked, [], 'a node that has run needs no snapshot');
});

test('joining can be called off while it waits', async (t) => {
  const world = await joinWorld(t);
  const end = new AbortController();
  const joiner = await joinerOf(t, world, {
    signal: end.signal,
    onProgress: ({ type }) => {
      if (type === 'waiting') end.abort();
    },
  });
  await assert.rejects(joinNetwork(joiner.options), { name: 'AbortError' });
  assert.equal(existsSync(joiner.directories.snapshots), false);
  assert.ok(statSync(joiner.directories.sealed).isDirectory());
});
