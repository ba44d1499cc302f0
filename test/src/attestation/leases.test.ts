import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GovernedNode } from '../governed/governedNode.js';
import { until } from '../until.js';
import { AttestedNetwork, amd, guest, nextRelease, release, timeoutMs } from './snpWorld.test.js';

const leaseSeconds = 5;

let network: AttestedNetwork;
let nodes: readonly GovernedNode[];
before(async () => {
  network = await AttestedNetwork.open({ leaseSeconds });
  nodes = [...network.governed.nodes];
});
after(() => network?.close());

async function backup(): Promise<GovernedNode> {
  const primary = await network.governed.primary();
  return nodes.find((node) => node !== primary) as GovernedNode;
}

/** From now on people ask somebody else than `node`; all others. */
function others(node: GovernedNode): readonly GovernedNode[] {
  const rest = nodes.filter((one) => one !== node);
  network.governed.ask(rest[0] as GovernedNode);
  return rest;
}

/** Waits until the network has `node` out because its lease is over. */
async function hasLapsed(node: GovernedNode): Promise<void> {
  const { lease } = await network.until(node, 'is out', ({ status }) => status === 'Retired');
  assert.equal(lease?.state, 'lapsed');
  assert.equal(lease.reason?.code, 'COCO_LEASE_LAPSED');
  assert.match(lease.reason.sentence, /the node did not renew its lease, which was over \d+ seconds? ago/);
}

async function isBack(node: GovernedNode, mark: string): Promise<void> {
  const { lease } = await network.until(node, 'is back', ({ status }) => status === 'Trusted');
  assert.equal(lease?.state, 'held');
  await until(`${node.name} has what was written meanwhile`, timeoutMs, () => network.holds(node, mark));
  await network.transact(node);
}

test('MIT-2: nodes that prove what they run hold their leases for as long as they do', async () => {
  const before = await network.listed();
  await until('all have renewed twice', timeoutMs, async () =>
    (await network.listed()).every(
      ({ status, lease }, index) =>
        status === 'Trusted' && (lease?.granted_at ?? 0) > (before[index]?.lease?.granted_at ?? 0) + 2000,
    ),
  );
});

test('MIT-2: a node whose device fails lapses, gets nothing that is written after that, and comes back when it is mended', async () => {
  const victim = await backup();
  const rest = others(victim);
  const from = victim.log().length;
  network.guestOf(victim).isDead = true;
  await hasLapsed(victim);
  await network.logged(
    victim,
    /this node's lease is not renewed: the platform did not let this node read outblob of its report in time \(.*\) code="COCO_ATTESTER_TIMEOUT"/,
    from,
  );
  for (const node of rest) await network.transact(node);
  const mark = await network.writeMark(rest);
  assert.ok(!network.holds(victim, mark));
  network.guestOf(victim).isDead = false;
  await isBack(victim, mark);
});

test('MIT-2: a primary that is stopped for longer than its lease finds itself out, and gets nothing until it has proved itself', async () => {
  const victim = (await network.governed.primary()) as GovernedNode;
  const rest = others(victim);
  const from = victim.log().length;
  victim.signal('SIGSTOP');
  await hasLapsed(victim);
  for (const node of rest) await network.transact(node);
  const mark = await network.writeMark(rest);
  // It goes on where it was: its connections, its part and its lease are gone, and its device is silent yet.
  network.guestOf(victim).isDead = true;
  victim.signal('SIGCONT');
  await network.logged(victim, /this node's lease is not renewed: .* code="COCO_/, from);
  // What it tried first it may have tried over connections that were cut meanwhile.
  await until('it says why it is out', 30_000, async () => {
    const { lease_trouble: trouble } = await network.state(victim);
    return /^COCO_(ATTESTER_TIMEOUT|LEASE_LAPSED)$/.test(trouble?.code ?? '');
  });
  assert.ok(!network.holds(victim, mark));
  assert.equal((await network.shown(victim)).status, 'Retired');
  network.guestOf(victim).isDead = false;
  await isBack(victim, mark);
});

test('MIT-2, MIT-4: a node that takes part and proves something else from now on cannot stay, and says by what it is refused', async () => {
  const victim = await backup();
  const rest = others(victim);
  const machine = network.guestOf(victim);
  const good = { ...machine };
  const [peer] = rest as readonly [GovernedNode];
  const at = { victim: victim.log().length, peer: peer.log().length };
  const bends: readonly (readonly [string, Partial<typeof machine>])[] = [
    ['DEBUG', { bend: { debug: true } }],
    ['BINDING', { bind: (asked) => asked.map((byte) => byte ^ 1) }],
    ['TCB_FLOOR', { machine: amd.machine({ ...release, tcb: { snp: 12 } }) }],
    ['CODE', { machine: amd.machine(nextRelease) }],
  ];
  for (const [code, bend] of bends) {
    Object.assign(machine, good, bend);
    const refusal = new RegExp(`this node's lease is not renewed: .* code="COCO_ATTESTATION_${code}"`);
    await network.logged(victim, refusal, at.victim);
  }
  await network.logged(
    peer,
    new RegExp(
      `node ${victim.nodeId} is refused as a peer: .* code="COCO_ATTESTATION_(DEBUG|BINDING|TCB_FLOOR|CODE)"`,
    ),
    at.peer,
  );
  await hasLapsed(victim);
  const mark = await network.writeMark(rest);
  assert.ok(!network.holds(victim, mark));
  // Its owner boots it anew, with what is approved.
  Object.assign(machine, good, { machine: guest().machine });
  await victim.stop();
  network.governed.startNode(victim);
  await isBack(victim, mark);
});
