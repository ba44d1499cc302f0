import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parseCertificate } from '@coco/crypto';
import { loadConfig, loadGenesis, loadNodeSecrets, openVirtualSealer } from '@coco/host';
import { createActorIdentity, writeActorIdentity } from './identities.js';
import { actorOf, nodeOf, planFault } from './networkAnswers.js';
import { createNetworkFiles, type NetworkPlan, networkPaths } from './networkFiles.js';
import { nodeAddresses } from './nodeAddresses.js';

const directory = mkdtempSync(path.join(tmpdir(), 'coco-genesis-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const now = Date.now();
const [acme, bolt, carol] = ['acme', 'bolt', 'carol'].map((name) => createActorIdentity(name, now));

function planOf(name: string, changes: Partial<NetworkPlan> = {}): NetworkPlan {
  assert.ok(acme !== undefined && bolt !== undefined && carol !== undefined);
  return {
    directory: path.join(directory, name),
    name: 'Pilot',
    members: [acme, bolt],
    participants: [carol],
    nodes: [
      { addresses: nodeAddresses('127.0.0.1', [1, 2, 3]), actorId: acme.certificate.fingerprint },
      { addresses: nodeAddresses('node.example', [1, 2, 3]) },
    ],
    votingPolicies: { default: { kind: 'majority' }, remove_member: { kind: 'm_of_n', m: 2, quorum: 2 } },
    constitution: 'export function validate () {}',
    adapters: [{ module: '@coco/ethereum', settings: {} }],
    adaptersGenesis: { ethereum: {} },
    settings: {},
    ...changes,
  };
}

test('GOV-2: the files of a new network are ones that nodes start from, and name everybody', async () => {
  const made = await createNetworkFiles(planOf('good'), now);
  const paths = networkPaths(path.join(directory, 'good'));
  const genesis = loadGenesis(paths.genesis);
  assert.equal(
    parseCertificate(genesis.serviceCertificatePem).fingerprint,
    made.serviceCertificate.fingerprint,
  );
  assert.deepEqual([genesis.members.length, genesis.participants.length, genesis.nodes.length], [2, 1, 2]);
  assert.deepEqual(genesis.votingPolicies, planOf('good').votingPolicies);
  assert.equal(genesis.nodes[0]?.actorId, acme?.certificate.fingerprint);
  assert.equal(genesis.nodes[1]?.administrativeAddress, 'node.example:2');
  assert.match(made.constitutionDigest, /^[0-9a-f]{64}$/);
  for (const [index, nodeId] of made.nodeIds.entries()) {
    const config = loadConfig(path.join(paths.node(index), 'node.json'));
    assert.equal(config.nodeId, nodeId);
    assert.equal(config.genesisPath, paths.genesis);
    assert.equal(config.admitAnonymous, false);
    const secrets = loadNodeSecrets(
      config.directories.sealed,
      await openVirtualSealer(config.virtualKeyPath),
    );
    assert.equal(secrets.nodeKey.publicKey.fingerprint, nodeId);
    assert.equal(statSync(path.join(paths.node(index), 'node.json')).mode & 0o077, 0);
  }
});

test('a network is never written over another, nor half of one', async () => {
  await createNetworkFiles(planOf('twice'), now);
  await assert.rejects(createNetworkFiles(planOf('twice'), now), { code: 'COCO_CLI_EXISTS' });
});

test('GOV-2: a genesis that could not be governed is refused before anything is written', async () => {
  const hopeless: readonly Partial<NetworkPlan>[] = [
    { members: [] },
    { votingPolicies: { default: { kind: 'm_of_n', m: 3 } } },
    { participants: planOf('x').members },
  ];
  for (const [index, changes] of hopeless.entries()) {
    const plan = planOf(`hopeless${index}`, changes);
    await assert.rejects(createNetworkFiles(plan, now), { code: 'COCO_GOVERNANCE_GENESIS' });
    assert.equal(existsSync(plan.directory), false);
  }
});

test('what the command line says of organisations and nodes is read, and told apart', () => {
  assert.ok(acme !== undefined && bolt !== undefined);
  const files = writeActorIdentity(path.join(directory, 'identities'), acme);
  const actor = actorOf(`acme=${files.certificate}`, '--member');
  assert.equal(actor.certificate.fingerprint, acme.certificate.fingerprint);
  const node = nodeOf('acme=127.0.0.1:8545', [actor]);
  assert.equal(node.actorId, acme.certificate.fingerprint);
  assert.equal(planFault([actor], [node]), undefined);
  assert.match(planFault([actor, { ...actor, name: 'other' }], []) ?? '', /same certificate/);
  assert.match(planFault([actor, { ...bolt, name: 'acme' }], []) ?? '', /two organisations/);
  assert.match(planFault([actor], [node, node]) ?? '', /given twice/);
  assert.throws(() => actorOf('acme', '--member'), /NAME=CERTIFICATE/);
  assert.throws(() => actorOf(`=${files.certificate}`, '--member'), /a name is needed/);
  assert.throws(() => actorOf('acme=missing.pem', '--member'), { code: 'COCO_CLI_FILE' });
  assert.throws(() => nodeOf('bolt=127.0.0.1:8545', [actor]), /no member or participant named "bolt"/);
});

test('ACT-3: a key is never written over, and is its owner’s alone', () => {
  assert.ok(bolt !== undefined);
  const folder = path.join(directory, 'keys');
  const files = writeActorIdentity(folder, bolt, 'a passphrase');
  assert.equal(statSync(files.key).mode & 0o077, 0);
  assert.equal(statSync(folder).mode & 0o077, 0);
  assert.throws(() => writeActorIdentity(folder, bolt), { code: 'COCO_CLI_EXISTS' });
});
