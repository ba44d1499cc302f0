import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { GovernedNode } from '../governed/governedNode.js';
import { until } from '../until.js';
import {
  AttestedNetwork,
  amd,
  codeIdOf,
  guest,
  type NodeState,
  nextRelease,
  tcbFloor,
  timeoutMs,
} from './snpWorld.test.js';

let network: AttestedNetwork;
let first: readonly GovernedNode[];
/** Runs the next release, on firmware that is not the newest. */
const other = guest({ ...nextRelease, tcb: { snp: 22 } });
let otherNode: GovernedNode;

before(async () => {
  network = await AttestedNetwork.open();
  first = [...network.governed.nodes];
  await network.decide('add-code', codeIdOf(nextRelease));
  otherNode = network.newNode(other);
  await network.join(otherNode);
});
after(() => network?.close());

/** The members demand this of SEV-SNP, in the stead of what they did. */
async function demand(minimumTcb: object): Promise<void> {
  const file = path.join(network.governed.directory, 'demands.json');
  writeFileSync(file, JSON.stringify({ roots: [amd.root], minimum_tcb: minimumTcb }));
  await network.decide('add-tee', 'sev-snp', 'demands.json');
}

interface Distrusted {
  /** Why, as the network shows it. */
  readonly code: string;
  readonly sentence: RegExp;
  /** What the node itself is told when it asks for a lease. */
  readonly told: string;
}

/** `node` is out and knows why, its connections are cut, and the others go on without it; a text that they wrote since. */
async function isOut(
  node: GovernedNode,
  { code, sentence, told }: Distrusted,
  from: number,
): Promise<string> {
  const { lease } = await network.until(node, 'is out', ({ status }) => status === 'Retired');
  assert.equal(lease?.state, 'distrusted');
  assert.equal(lease.reason?.code, code);
  assert.match(lease.reason?.sentence ?? '', sentence);
  const refused =
    /refuses this node: node [0-9a-f]{64} is out of the network until it renews its lease: .* code="COCO_LEASE_DISTRUSTED"/;
  const rest = [...first, otherNode].filter((one) => one !== node);
  await Promise.all([
    network.logged(node, new RegExp(`this node's lease is not renewed: .*code="${told}"`), from),
    network.logged(node, refused, from),
    network.transact(rest[0] as GovernedNode),
  ]);
  const mark = await network.writeMark(rest);
  const { last_committed: last } = await network.state(node);
  assert.ok(!network.holds(node, mark), `${node.name} got what was written after it was out, up to ${last}`);
  return mark;
}

/** `node` takes part again under its id, and has everything. */
async function isBack(node: GovernedNode, mark: string): Promise<void> {
  const { lease } = await network.until(node, 'is back', ({ status }) => status === 'Trusted');
  assert.equal(lease?.state, 'held');
  assert.equal(lease.reason, undefined);
  await until(`${node.name} has what was written meanwhile`, timeoutMs, () => network.holds(node, mark));
  await network.transact(node);
}

test('MIT-4: code that is approved no more is out by one vote, and comes back by itself when it is approved again', async () => {
  const from = otherNode.log().length;
  await network.decide('remove-code', codeIdOf(nextRelease));
  const told = 'COCO_ATTESTATION_CODE';
  const sentence = new RegExp(
    `the code that runs is none of the 1 in the code manifest: its code id is ${codeIdOf(nextRelease)}`,
  );
  const mark = await isOut(otherNode, { code: told, sentence, told }, from);
  await network.decide('add-code', codeIdOf(nextRelease));
  await isBack(otherNode, mark);
});

test('MIT-4: firmware below a floor that was raised is out by one vote, and back once it is updated', async () => {
  const from = otherNode.log().length;
  await demand({ milan: { snp: 23 } });
  const told = 'COCO_ATTESTATION_TCB_FLOOR';
  const sentence = /the processor's TCB is below the floor for milan: snp is 22, at least 23 is demanded/;
  const mark = await isOut(otherNode, { code: told, sentence, told }, from);
  other.machine = amd.machine({ ...nextRelease, tcb: { snp: 24 } });
  await isBack(otherNode, mark);
  await demand(tcbFloor);
});

test('MIT-4: a node that the members distrust is out whatever it proves, the primary as well, until they trust it again', async () => {
  const victim = (await network.governed.primary()) as GovernedNode;
  network.governed.ask(first.find((node) => node !== victim) as GovernedNode);
  const from = victim.log().length;
  await network.decide('distrust-node', victim.nodeId, '--reason', 'its owner has sold the machine');
  const code = 'COCO_LEASE_DISTRUSTED';
  const mark = await isOut(victim, { code, sentence: /its owner has sold the machine/, told: code }, from);
  assert.notEqual(await network.governed.primary(), victim);
  await network.decide('trust-node', victim.nodeId);
  await isBack(victim, mark);
});

test('GOV-1: a mixed network is worth what its weakest entry is, says so everywhere, and is rid of it by one vote', async () => {
  const [node] = first as readonly [GovernedNode];
  network.governed.ask(node);
  const assurance = async (): Promise<NodeState['assurance']> =>
    ((await network.governed.get(node, '/node/network')) as NodeState).assurance;
  assert.deepEqual(await assurance(), {
    level: 'reduced',
    weakest: 'sev-snp',
    reasons: ["sev-snp: 1 root voted in besides the vendor's own can vouch for anything"],
  });
  const from = node.log().length;
  writeFileSync(path.join(network.governed.directory, 'any.json'), JSON.stringify({ code: 'any' }));
  await network.decide('add-tee', 'virtual', 'any.json');
  const virtual = network.newNode();
  await network.join(virtual);
  const { level, weakest, reasons } = await assurance();
  assert.deepEqual([level, weakest], ['none', 'virtual']);
  assert.match(
    reasons.join(),
    /virtual: its nodes prove nothing: whoever runs one can read and change all that it handles/,
  );
  await network.logged(
    node,
    /attestation in this network is worth: none; virtual: its nodes prove nothing/,
    from,
  );
  await until('the virtual node says so itself', timeoutMs, async () => {
    const { platform, assurance: own } = await network.state(virtual);
    return platform === 'virtual' && own.level === 'none';
  });
  const listed = (await network.listed()).map(({ platform }) => platform);
  assert.deepEqual([...new Set(listed)].sort(), ['sev-snp', 'virtual']);
  const status = await network.governed.member('acme').json('network', 'status');
  assert.deepEqual((status['assurance'] as NodeState['assurance']).weakest, 'virtual');

  const before = virtual.log().length;
  await network.decide('remove-tee', 'virtual');
  const told = 'COCO_ATTESTATION_PLATFORM';
  const sentence = /the TEE manifest does not admit the platform virtual, only: sev-snp/;
  await isOut(virtual, { code: told, sentence, told }, before);
  assert.equal((await assurance()).level, 'reduced');
});
