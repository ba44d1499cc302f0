import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { generateKeyPair, privateKeyToPem } from '@coco/crypto';
import { fromBase64, utf8 } from '@coco/primitives';
import { readBytes, type Test, temporaryDirectory } from './entries.test.js';
import { createLog } from './log.js';
import { loadNodeSecrets, type NodeSecrets, saveNodeSecrets } from './nodeSecrets.js';
import type { Sealer } from './sealer.js';
import { openVirtualSealer } from './virtualSealer.js';

interface Place {
  readonly directory: string;
  readonly sealer: Sealer;
}

async function place(t: Test): Promise<Place> {
  const directory = temporaryDirectory(t);
  return { directory, sealer: await openVirtualSealer(join(temporaryDirectory(t), 'key')) };
}

function someSecrets(): NodeSecrets {
  const ledgerSecrets = [1, 77].map((fromSeqno) => ({ fromSeqno, key: new Uint8Array(32).fill(fromSeqno) }));
  return { nodeKey: generateKeyPair(), serviceKey: generateKeyPair(), ledgerSecrets };
}

test('secrets come back as they were saved, from files for their owner alone', async (t) => {
  const { directory, sealer } = await place(t);
  const secrets = someSecrets();
  saveNodeSecrets(directory, sealer, someSecrets());
  saveNodeSecrets(directory, sealer, secrets);
  const loaded = loadNodeSecrets(directory, sealer);
  assert.equal(loaded.nodeKey.publicKey.fingerprint, secrets.nodeKey.publicKey.fingerprint);
  assert.equal(loaded.serviceKey.publicKey.fingerprint, secrets.serviceKey.publicKey.fingerprint);
  assert.deepEqual(loaded.ledgerSecrets, secrets.ledgerSecrets);
  for (const file of readdirSync(directory))
    assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600);
});

/** Forms in which a secret could show: as it is, in hexadecimal, in base64. */
function tracesOf({ nodeKey, serviceKey, ledgerSecrets }: NodeSecrets): Buffer[] {
  const scalars = [nodeKey, serviceKey].map((key) => {
    const body = privateKeyToPem(key).split('\n').slice(1, -2).join('');
    // PKCS#8 of a P-256 key has its 32 bytes at offset 36.
    return Buffer.from((fromBase64(body) as Uint8Array).slice(36, 68));
  });
  const all = [...scalars, ...ledgerSecrets.map(({ key }) => Buffer.from(key))];
  const pems = [nodeKey, serviceKey].map((key) => Buffer.from(privateKeyToPem(key).split('\n')[1] as string));
  return [
    ...pems,
    ...all.flatMap((raw) => [raw, Buffer.from(raw.toString('hex')), Buffer.from(raw.toString('base64'))]),
  ];
}

test('no secret is found in clear on disk, in a log, or in an error (CONF-1)', async (t) => {
  const { directory, sealer } = await place(t);
  const secrets = someSecrets();
  saveNodeSecrets(directory, sealer, secrets);
  const shown: Uint8Array[] = readdirSync(directory).map((file) => readBytes(join(directory, file)));
  assert.equal(shown.length, 3);
  for (const format of ['text', 'json'] as const) {
    const write = (line: string): void => void shown.push(utf8(line));
    const log = createLog({ level: 'debug', format, write, now: () => new Date(0) });
    log.info(
      `a node with ${secrets.nodeKey} and ${JSON.stringify(secrets.serviceKey)} ${inspect(secrets.nodeKey)}`,
    );
  }
  const other = await place(t);
  for (const name of readdirSync(directory)) {
    try {
      saveNodeSecrets(other.directory, other.sealer, someSecrets());
      copyFileSync(join(directory, name), join(other.directory, name));
      loadNodeSecrets(other.directory, other.sealer);
      assert.fail('a file of another platform was opened');
    } catch (error) {
      assert.equal((error as { code?: unknown }).code, 'COCO_HOST_SEALED');
      shown.push(utf8(inspect(error, { depth: 9 })), utf8(JSON.stringify(error)));
    }
  }
  for (const [index, trace] of tracesOf(secrets).entries()) {
    for (const bytes of shown)
      assert.equal(Buffer.from(bytes).indexOf(trace.toString('latin1'), 0, 'latin1'), -1, `${index}`);
  }
});

test('a sealed file that was changed, exchanged or removed is refused by name', async (t) => {
  const { directory, sealer } = await place(t);
  const reset = (): void => saveNodeSecrets(directory, sealer, someSecrets());
  reset();
  const [first, second] = readdirSync(directory).map((name) => join(directory, name)) as [string, string];
  const whole = readBytes(first);
  for (let at = 0; at < whole.length; at++) {
    const bad = whole.slice();
    bad[at] = (bad[at] as number) ^ 1;
    writeFileSync(first, bad);
    assert.throws(() => loadNodeSecrets(directory, sealer), { code: 'COCO_HOST_SEALED' });
  }
  reset();
  copyFileSync(second, first);
  assert.throws(() => loadNodeSecrets(directory, sealer), { code: 'COCO_HOST_SEALED' });
  assert.throws(() => loadNodeSecrets(temporaryDirectory(t), sealer), { code: 'COCO_HOST_SECRETS' });
});
