/**
 * GOV-3, GOV-8, NET-1, NET-4, SEC-1 on real processes: who joins by a wrong digest, a forged tuple, a stolen certificate or
 * a snapshot that somebody changed gets nothing, and says why; a script that does not end costs nobody their place.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { generateKeyPair, privateKeyToPem } from '@coco/crypto';
import { loadMembership, loadNodeSecrets, openVirtualSealer } from '@coco/host';
import { ask } from '../openapi/ask.js';
import { until } from '../until.js';
import type { GovernedNetwork } from './governedNetwork.js';
import type { GovernedNode } from './governedNode.js';
import { decide } from './person.js';
import { selfSigned, strangerNode } from './strangerNode.js';
import { closeTemporaryNetwork, openTemporaryNetwork } from './temporary.js';

const timeoutMs = 60_000;

let network: GovernedNetwork;
before(async () => {
  // Nodes that are given little time to be heard of, so that one that hangs is noticed.
  const settings = { replica: { consensus: { electionTimeoutMs: 1000, heartbeatMs: 100 } } };
  network = await openTemporaryNetwork({ nodes: ['acme', 'bolt', 'bolt'], nodesMax: 8, settings });
});
after(() => closeTemporaryNetwork(network));

const acme = () => network.member('acme');
const bolt = () => network.member('bolt');
const digest = async (): Promise<string> => (await acme().ok('constitution', 'show', '--digest')).trim();

/** Starts to join; `approved` is the digest that its operator approves. */
function startJoining(node: GovernedNode, approved: string): void {
  const target = ['--peer', network.asked.addresses.administrative];
  const service = ['--service-fingerprint', network.serviceFingerprint];
  node.start('node', 'join', ...network.configOf(node), ...target, ...service, '--approve', approved);
}

/** A node of bolt, whose tuple is signed as the options say. */
async function newNode(
  ...tupleOptions: readonly string[]
): Promise<GovernedNode & { readonly tuple: string }> {
  const node = network.addNode('bolt');
  const tuple = path.join('pilot', node.name, 'tuple.json');
  const signing = ['--actor-cert', bolt().certificateFile, '--actor-key', bolt().keyFile, '--out', tuple];
  const made = await bolt().json('node', 'tuple', ...network.configOf(node), ...signing, ...tupleOptions);
  node.nodeId = String(made['nodeId']);
  return Object.assign(node, { tuple });
}

/** What the node has of the network: nothing, when it was refused. */
function fetched({ ledger, snapshots, directory }: GovernedNode): readonly string[] {
  const secrets = readdirSync(path.join(directory, 'sealed')).filter(
    (name) => !/node|share-key|self-signed/.test(name),
  );
  const files = [ledger, snapshots].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  return [...secrets, ...files];
}

async function primaryAndView(): Promise<readonly [string | undefined, number]> {
  const { current_view: view } = (await network.get(network.asked, '/node/network')) as {
    current_view: number;
  };
  return [(await network.primary())?.name, view];
}

test('a joiner whose operator approved another constitution fetches nothing and ends', async () => {
  const node = await newNode();
  await decide(acme(), [bolt()], 'add-node', node.tuple);
  startJoining(node, '0'.repeat(64));
  assert.equal(await node.ended(), 1);
  assert.match(node.log(), /COCO_JOIN_CONSTITUTION/);
  assert.deepEqual(fetched(node), []);
  const [, listed] = [await digest(), await network.listed()];
  assert.equal(listed.find(({ node_id }) => node_id === node.nodeId)?.status, 'Pending');
  await decide(acme(), [bolt()], 'remove-node', node.nodeId);
});

test('a constitution that changes while a node waits must be approved again', async () => {
  const node = await newNode();
  startJoining(node, await digest());
  await until('the node waits', timeoutMs, () => /waiting/.test(node.log()));
  await decide(acme(), [bolt()], 'set-setting', 'lease_seconds=12');
  assert.equal(await node.ended(), 1);
  assert.match(node.log(), /COCO_JOIN_CONSTITUTION/);
  assert.deepEqual(fetched(node), []);
});

test('a tuple that names acme and that bolt has signed is not accepted, and opens no door where it is forced upon the list', async () => {
  const node = await newNode('--actor', acme().id);
  const proposal = await bolt().run('proposal', 'create', 'add-node', node.tuple, '--vote', '--json');
  assert.equal(proposal.status, 1);
  assert.match(proposal.stderr, /ProposalFailedToValidate/);

  // A constitution that would let it pass; the nodes look at the signature themselves.
  const rules = await acme().ok('constitution', 'show', '--scripts');
  const forge = `
    actions.forge_node = {
      check() {},
      apply(args) {
        writeRow(tupleTable, args.node_id, tupleOf(args));
        writeRow(nodeTable, args.node_id, {
          node_to_node_interface: networkInterface(args.peer_address),
          public_key: args.public_key,
          quote_info: { format: 'Insecure_Virtual', quote: '', endorsements: '' },
          rpc_interfaces: {
            application: networkInterface(args.application_address),
            administrative: networkInterface(args.administrative_address),
          },
          status: 'Pending',
        });
      },
    };`;
  writeFileSync(path.join(network.directory, 'lenient.js'), rules + forge);
  await decide(acme(), [bolt()], 'set-constitution', 'lenient.js');
  await decide(acme(), [bolt()], 'action', 'forge_node', node.tuple);
  const listed = (await network.listed()).find(({ node_id }) => node_id === node.nodeId);
  assert.equal(listed?.status, 'Pending');
  startJoining(node, await digest());
  await until('the node is refused', timeoutMs, () => /COCO_JOIN_TUPLE/.test(node.log()));
  await node.stop();
  assert.deepEqual(fetched(node), []);
  writeFileSync(path.join(network.directory, 'strict.js'), rules);
  await decide(acme(), [bolt()], 'set-constitution', 'strict.js');
  await decide(acme(), [bolt()], 'remove-node', node.nodeId);
});

test('the certificate of a node is of no use to who copies it, nor its sealed files, nor its key while it takes part', async () => {
  const [victim] = network.nodes;
  assert.ok(victim !== undefined);
  const sealed = path.join(victim.directory, 'sealed');
  const sealer = await openVirtualSealer(path.join(victim.directory, 'virtual-platform.key'));
  const { nodeKey } = loadNodeSecrets(sealed, sealer);
  const certificatePem = loadMembership(sealed, sealer)?.certificatePem ?? selfSigned(nodeKey);
  const body = JSON.stringify({ phase: 'secrets', constitution_digest: await digest(), platform: 'virtual' });
  const joinAs = async (as: { certificatePem: string; privateKeyPem: string }) => {
    const url = network.asked.administrativeUrl;
    const asking = { method: 'POST', path: '/node/join', contentType: 'application/json', body, as };
    const { status, text } = await ask(url, network.serviceCertificatePem, asking);
    return [status, (JSON.parse(text) as { error?: { code?: string } }).error?.code];
  };

  // The certificate alone: there is no connection without its key.
  const thief = generateKeyPair();
  const privateKeyPem = privateKeyToPem(thief);
  assert.throws(() => connect({ port: 1, cert: certificatePem, key: privateKeyPem }), /key values mismatch/);
  assert.deepEqual(await joinAs({ certificatePem: selfSigned(thief), privateKeyPem }), [
    403,
    'COCO_JOIN_NOT_LISTED',
  ]);

  // The sealed files: another platform does not open them.
  const copy = network.addNode('bolt');
  cpSync(sealed, path.join(copy.directory, 'sealed'), { recursive: true });
  startJoining(copy, await digest());
  assert.notEqual(await copy.ended(), 0);
  assert.match(copy.log(), /COCO_HOST_SEALED/);

  // Certificate and key: the node takes part already, and its secrets are not given out twice.
  const stolen = { certificatePem, privateKeyPem: privateKeyToPem(nodeKey) };
  assert.deepEqual(await joinAs(stolen), [409, 'COCO_JOIN_TRUSTED']);
  const { status } = await ask(network.asked.applicationUrl, network.serviceCertificatePem, {
    ...{ method: 'GET', path: '/app/commit' },
    as: stolen,
  });
  assert.equal(status, 401, 'a node is no client of applications');
});

test('a tuple that was accepted is of no use to another key', async () => {
  const accepted = await strangerNode(bolt());
  writeFileSync(path.join(network.directory, 'tuple.json'), JSON.stringify(accepted.tuple));
  await decide(acme(), [bolt()], 'add-node', 'tuple.json');
  const other = await strangerNode(bolt());
  const again = { ...accepted.tuple, node_id: other.nodeId, public_key: other.tuple['public_key'] };
  writeFileSync(path.join(network.directory, 'again.json'), JSON.stringify(again));
  const proposal = await bolt().run('proposal', 'create', 'add-node', 'again.json', '--json');
  assert.equal(proposal.status, 1);
  assert.match(proposal.stderr, /what was signed differs from what is proposed/);
  await decide(acme(), [bolt()], 'remove-node', accepted.nodeId);
});

test('a snapshot that somebody changed on a node’s disk is not used; the genuine one is', {
  timeout: 180_000,
}, async () => {
  await decide(acme(), [bolt()], 'make-snapshot');
  const primary = await network.primary();
  assert.ok(primary !== undefined);
  const name = await until('there is a snapshot', timeoutMs, () =>
    readdirSync(primary.snapshots).find((one) => one.endsWith('.committed')),
  );
  const file = path.join(primary.snapshots, name);
  const genuine = readFileSync(file);
  const changed = Uint8Array.from(genuine);
  const at = Math.floor(changed.length / 2);
  changed[at] = (changed[at] ?? 0) ^ 1;
  writeFileSync(file, changed);

  const node = await newNode();
  await decide(acme(), [bolt()], 'add-node', node.tuple);
  startJoining(node, await digest());
  assert.equal(await node.ended(), 1);
  assert.match(node.log(), /COCO_JOIN_SNAPSHOT/);
  assert.deepEqual(existsSync(node.ledger) ? readdirSync(node.ledger) : [], []);
  assert.ok(!readdirSync(node.snapshots).some((one) => one.endsWith('.committed')));

  writeFileSync(file, genuine);
  startJoining(node, await digest());
  await until('the node takes part', timeoutMs, async () => {
    const { state } = (await network.get(node, '/node/state')) as { state: string };
    return state === 'PartOfNetwork';
  });
  await node.stop();
  rmSync(node.snapshots, { recursive: true });
  mkdirSync(node.snapshots);
  network.startNode(node);
  await node.ended();
  assert.match(node.log(), /COCO_HOST_SNAPSHOT/, 'a ledger that begins with a snapshot needs one');
});

test('scripts without end are stopped; the primary keeps its part and is heard of all the while', async (t) => {
  const placeBefore = await primaryAndView();
  const write = (file: string, script: string): void =>
    writeFileSync(path.join(network.directory, file), script);
  write('loop.js', 'export function vote () { for (;;); }');
  write(
    'grow.js',
    'export function vote () { const all = []; for (;;) all.push(new Array(1e6).fill(all)); }',
  );
  write('endless.js', 'for (;;);');
  let silentMs = 0;
  let asked = 0;
  const watch = new AbortController();
  const watched = watchSilence(watch.signal, (ms) => {
    silentMs = Math.max(silentMs, ms);
    asked += 1;
  });
  const { proposalId } = await acme().propose('set-setting', 'lease_seconds=13');
  const looping = await bolt().json('proposal', 'vote', proposalId, '--script', 'loop.js');
  assert.equal(looping['proposalState'], 'Open', 'a ballot that does not end is no vote');
  assert.match(JSON.stringify(looping), /takes too long/);
  const second = await acme().propose('set-setting', 'lease_seconds=14');
  const growing = await bolt().json('proposal', 'vote', second.proposalId, '--script', 'grow.js');
  assert.equal(growing['proposalState'], 'Open');
  const constitution = await acme().run('proposal', 'rehearse', 'set-constitution', 'endless.js', '--json');
  assert.equal(constitution.status, 1, constitution.stdout);
  await decide(acme(), [bolt()], 'set-setting', 'lease_seconds=15');
  watch.abort();
  await watched;
  t.diagnostic(`backups were heard at least every ${silentMs} ms, by ${asked} looks`);
  assert.deepEqual(await primaryAndView(), placeBefore, 'no election');
  assert.ok(asked > 0 && silentMs < 1000, `${silentMs} ms`);
});

/** How long the primary has not heard of a backup that answers to its heartbeats, again and again. */
async function watchSilence(signal: AbortSignal, tell: (ms: number) => void): Promise<void> {
  const primary = await network.primary();
  assert.ok(primary !== undefined);
  const running = network.nodes.filter((node) => node.running).map((node) => node.nodeId);
  while (!signal.aborted) {
    const { details } = (await network.get(primary, '/node/consensus')) as {
      details: { acks: Record<string, { last_received_ms: number }> };
    };
    for (const [id, { last_received_ms: ms }] of Object.entries(details.acks))
      if (running.includes(id)) tell(ms);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
