/**
 * ACT-3: the formats of governance are open. A member whose key and certificate openssl made governs with a script that
 * shares no code with this project, and openssl's signatures.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { GovernedNetwork } from './governed/governedNetwork.js';
import { closeTemporaryNetwork, openTemporaryNetwork, temporaryDirectory } from './governed/temporary.js';

const script = fileURLToPath(new URL('../src/clients/coseOpenssl.mjs', import.meta.url));
const missing = spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl here';

let network: GovernedNetwork | undefined;

before(async () => {
  if (missing) return;
  const directory = temporaryDirectory();
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/O=acme/CN=acme', '-days', '30', '-keyout', 'acme.key.pem', '-out', 'acme.cert.pem'],
    ],
    { cwd: directory, encoding: 'utf8' },
  );
  assert.equal(made.status, 0, made.stderr);
  network = await openTemporaryNetwork({ directory, nodes: ['acme'] });
});
after(async () => {
  if (network !== undefined) await closeTemporaryNetwork(network);
});

test('the script has no more than 40 lines, and imports nothing but what Node.js has', () => {
  const code = readFileSync(script, 'utf8');
  assert.ok(code.trimEnd().split('\n').length <= 40);
  for (const [, from = ''] of code.matchAll(/ from '(.*)'/g)) assert.match(from, /^node:/);
});

test('a proposal and a ballot by it are accepted; with another key they are not', {
  skip: missing,
}, async () => {
  assert.ok(network !== undefined);
  const { directory, asked, serviceCertificateFile } = network;
  const say = (key: string, type: string, body: unknown, ...more: readonly string[]) => {
    writeFileSync(path.join(directory, 'body.json'), JSON.stringify(body));
    const words = [asked.administrativeUrl, serviceCertificateFile, 'acme.cert.pem', key, type, 'body.json'];
    const { stdout, stderr } = spawnSync(process.execPath, [script, ...words, ...more], {
      cwd: directory,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const proposal = { actions: [{ name: 'set_settings', args: { lease_seconds: 17 } }] };
  const forged = say('bolt.key.pem', 'proposal', proposal);
  assert.equal((forged['error'] as { code: string }).code, 'InvalidAuthenticationInfo');

  const made = say('acme.key.pem', 'proposal', proposal);
  assert.equal(made['proposalState'], 'Open', JSON.stringify(made));
  const id = String(made['proposalId']);
  const ballot = { ballot: 'export function vote (rawProposal, proposerId) { return true; }' };
  const voted = say('acme.key.pem', 'ballot', ballot, id);
  assert.equal(voted['ballotCount'], 1, JSON.stringify(voted));
  assert.equal((await network.member('bolt').vote(id)).state, 'Accepted');
});
