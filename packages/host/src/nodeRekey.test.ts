/**
 * The key of the ledger changes on whole nodes, and everything that reads ledgers goes on reading (MIT-4, CONF-1).
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { auditLedger, chunkOfBytes, type LedgerSecret, readLedger, secretDigest } from '@coco/ledger';
import { createEpochKeys } from './custody/epochKeys.js';
import { secretSealing } from './custody/secretSealing.js';
import { loadNodeSecrets } from './nodeSecrets.js';
import {
  ask,
  joinAt,
  jsonOf,
  networkOf,
  type Place,
  placeOf,
  propose,
  sealerOf,
  start,
  until,
} from './nodeWorld.test.js';

const secretsAt = async (place: Place): Promise<readonly LedgerSecret[]> =>
  loadNodeSecrets(join(place.directory, 'sealed'), await sealerOf(place)).ledgerSecrets;

test('MIT-4: nodes keep a new secret sealed, start again with it, and give it to who joins; ledgers read as before', async (t) => {
  const network = await networkOf(t);
  const { place } = network;
  const first = await start(t, place);
  const held = async () => jsonOf(await ask(network, first, '/node/state')).lease?.state === 'held';
  await until('a lease, and with it a share key on record', held);
  const rekey = { name: 'trigger_ledger_rekey', args: {} };
  await propose(network, first, [rekey]);
  await until('it is kept', async () => (await secretsAt(place)).length === 2);
  const joining = await placeOf(t);
  const serviceFingerprint = network.service.certificate.fingerprint;
  joining.configure({ join: { peer: place.addresses.administrative, serviceFingerprint } });
  const nodeId = await joinAt(network, first, joining);
  // Between its secrets and its part in the network: no row tells it this one.
  await propose(network, first, [rekey]);
  const second = await start(t, joining);
  const isTrusted = async () =>
    jsonOf(await ask(network, first, `/node/network/nodes/${nodeId}`)).status === 'Trusted';
  await until('it takes part', isTrusted);
  await until('it follows', () => second.replica.commit === first.replica.commit);
  await propose(network, first, [rekey]);
  await until('it is told', async () => (await secretsAt(joining)).length === 4);
  assert.deepEqual(await secretsAt(joining), await secretsAt(place));

  await Promise.all([first.stop(), second.stop()]);
  const [again, other] = await Promise.all([start(t, place), start(t, joining)]);
  await until('a primary', () => again.replica.isPrimary || other.replica.isPrimary);
  const primary = again.replica.isPrimary ? again : other;
  await propose(network, primary, [{ name: 'nothing', args: {} }]);
  await until('both', () => again.replica.commit === other.replica.commit);
  await Promise.all([again.stop(), other.stop()]);

  const directory = join(place.directory, 'ledger');
  const files = readdirSync(directory).map((name) =>
    chunkOfBytes(name, new Uint8Array(readFileSync(join(directory, name)))),
  );
  const secrets = await secretsAt(place);
  const opened = [...readLedger(files, { secrets })];
  assert.ok(opened.length > 10);
  const report = auditLedger(files, { serviceCertificate: network.service.certificate, secrets });
  assert.deepEqual([report.failure, report.opened], [undefined, report.entries]);
});

test('a secret is for the nodes that it was made for, in this network; a key that is none keeps nobody from theirs', () => {
  const [a, b, bad] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
  const [keyA, keyB] = [createEpochKeys(() => 0), createEpochKeys(() => 0)];
  const network = 'ab'.repeat(32);
  const sealingOf = (nodeId: string, epochKeys: typeof keyA, serviceFingerprint = network) =>
    secretSealing({ nodeId, epochKeys, serviceFingerprint });
  const present = new Uint8Array(32).fill(3);
  const { nodes, digest } = sealingOf(a, keyA).makeSecret({
    epoch: 2,
    from: 5,
    present,
    recipients: [
      { nodeId: a, epochKey: new Uint8Array(32).fill(9) },
      { nodeId: b, epochKey: keyB.current() },
      { nodeId: bad, epochKey: new Uint8Array(32) },
    ],
  });
  assert.deepEqual(Object.keys(nodes), [a, b]);
  const [forA, forB] = [nodes[a], nodes[b]] as [Uint8Array, Uint8Array];
  const secret = sealingOf(b, keyB).openSecret(forB, present);
  assert.ok(secret?.length === 32 && secretDigest(secret) === digest);
  assert.deepEqual(
    sealingOf(a, keyA).openSecret(forA, present),
    secret,
    'its own key, whatever is on record',
  );
  assert.equal(sealingOf(a, keyA).openSecret(forB, present), undefined);
  assert.equal(sealingOf(a, keyB).openSecret(forB, present), undefined);
  assert.equal(sealingOf(b, keyB, 'cd'.repeat(32)).openSecret(forB, present), undefined);
  // CONF-2: an epoch key that is kept for longer than secrets are does not bring one back.
  assert.equal(sealingOf(b, keyB).openSecret(forB, new Uint8Array(32)), undefined);
});
