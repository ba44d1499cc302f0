import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createSnpAuthority } from '../../../packages/attestation/dist/testing/snpAuthority.js';
import type { GovernedNode } from '../governed/governedNode.js';
import { AttestedNetwork, amd, type Guest, guest, nextRelease } from './snpWorld.test.js';

let network: AttestedNetwork;
before(async () => {
  network = await AttestedNetwork.open();
});
after(() => network?.close());

interface Refused {
  readonly what: string;
  /** Undefined: virtual. */
  readonly machine?: Guest;
  readonly code: string;
  readonly sentence: RegExp;
}

const yesterday = Date.now() - 86_400_000;
const strangeAmd = createSnpAuthority({ notBeforeMs: Date.UTC(2021, 0, 1) });
const debugged = { ...guest(), bend: { debug: true } };
const unbound = { ...guest(), bind: (asked: Uint8Array) => asked.map((byte) => byte ^ 1) };
const revoked = { ...guest(), crl: amd.crl({ revoked: [amd.askSerial] }) };
const stranger = { ...guest(), machine: strangeAmd.machine(nextRelease) };
const dead = { ...guest(), isDead: true };
const old = guest({ tcb: { snp: 12 } });

const refused: readonly Refused[] = [
  {
    what: 'a wrong measurement',
    machine: guest({ measurement: new Uint8Array(48).fill(0xee) }),
    code: 'COCO_ATTESTATION_CODE',
    sentence:
      /the code that runs is none of the 1 in the code manifest: its code id is [0-9a-f]{64} \(.*measurement (ee){48}/,
  },
  {
    what: 'other host data',
    machine: guest(nextRelease),
    code: 'COCO_ATTESTATION_CODE',
    sentence: /the code that runs is none of the 1 in the code manifest: .*host_data (b2){32}/,
  },
  {
    what: 'a wrong key binding',
    machine: unbound,
    code: 'COCO_ATTESTATION_BINDING',
    sentence: /report data/,
  },
  {
    what: 'old firmware',
    machine: old,
    code: 'COCO_ATTESTATION_TCB_FLOOR',
    sentence: /the processor's TCB is below the floor for milan: snp is 12, at least 20 is demanded/,
  },
  {
    what: 'the debug bit',
    machine: debugged,
    code: 'COCO_ATTESTATION_DEBUG',
    sentence: /the guest allows debugging, so the host can read its memory/,
  },
  {
    what: 'an expired certificate',
    machine: guest({ notAfterMs: yesterday }),
    code: 'COCO_ATTESTATION_EXPIRED',
    sentence: /VCEK/,
  },
  {
    what: 'a revoked certificate',
    machine: revoked,
    code: 'COCO_ATTESTATION_REVOKED',
    sentence: /revoked/,
  },
  {
    what: "a root that is nobody's",
    machine: stranger,
    code: 'COCO_ATTESTATION_CHAIN',
    sentence: /root/,
  },
  {
    what: 'a platform that is not admitted',
    code: 'COCO_JOIN_PLATFORM',
    sentence: /this network runs on sev-snp, and not on virtual/,
  },
  {
    what: 'a device that gives nothing',
    machine: dead,
    code: 'COCO_ATTESTER_TIMEOUT',
    sentence: /the platform did not let this node read outblob of its report in time/,
  },
];

/** By their machines. */
const nodes = new Map<Guest | undefined, GovernedNode>();
/** Few at a time: nodes run on this machine too. */
const atOnce = 3;

test('NET-2: a node that does not prove what it runs cannot join, and its operator reads why in one sentence with a code', async () => {
  const waiting = [...refused];
  for (const one of refused) nodes.set(one.machine, network.newNode(one.machine));
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await isRefused(next, nodes.get(next.machine) as GovernedNode);
    }
  };
  // All come to their end, whatever becomes of one: there must be a network for as long as somebody asks it.
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
  const listed = await network.listed();
  assert.equal(listed.filter(({ status }) => status === 'Trusted').length, 3, 'the first three');
  const others = listed.filter(({ status }) => status !== 'Trusted');
  assert.ok(
    others.every(({ status, lease, platform }) => status === 'Pending' && !lease && !platform),
    JSON.stringify(others),
  );
});

async function isRefused({ what, code, sentence }: Refused, node: GovernedNode): Promise<void> {
  const { status, stdout, stderr } = await network.tryToJoin(node);
  const said = `${what}: ${stdout}${stderr}`;
  assert.equal(status, 1, said);
  const line = stderr.trim();
  assert.match(line, sentence, said);
  assert.ok(line.endsWith(`[${code}]`), said);
  assert.equal(line.split('\n').length, 1, said);
  const sealed = path.join(node.directory, 'sealed');
  const secrets = readdirSync(sealed).filter((name) => /service|ledger|membership/.test(name));
  assert.deepEqual(secrets, [], `${what}: nothing was given to it`);
  assert.ok(!existsSync(node.ledger) || readdirSync(node.ledger).length === 0, what);
}

test('NET-2: the same node joins once its firmware is not below the floor any more', async () => {
  old.machine = amd.machine({ measurement: old.machine.measurement, hostData: old.machine.hostData });
  const node = nodes.get(old) as GovernedNode;
  await network.join(node);
  const { lease, platform } = await network.shown(node);
  assert.deepEqual([lease?.state, platform], ['held', 'sev-snp']);
  await network.transact(node);
});
