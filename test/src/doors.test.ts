/**
 * SEC-1, ARC-4: a network without the sandbox's setting `admitAnonymous` serves only callers that its constitution names,
 * peers only with a certificate of its service; and clients talk to nobody else.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { signerOf } from '@coco/cli';
import { createClient } from '@coco/client';
import { generateKeyPair, issueCertificate, privateKeyToPem, randomBytes } from '@coco/crypto';
import { CocoError, toHex } from '@coco/primitives';
import { openTestNetwork, type TestNetwork } from './testNetwork.js';

/** What a caller or peer shows. */
interface Shown {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

let network: TestNetwork;
before(async () => {
  network = await openTestNetwork({ overrides: { admitAnonymous: false } });
});
after(() => network.dispose());

/** One that the sandbox made. */
function actor(name: string): Shown {
  const file = (kind: string): string =>
    readFileSync(path.join(network.paths.identities, `${name}.${kind}.pem`), 'utf8');
  return { certificatePem: file('cert'), privateKeyPem: file('key') };
}

/** With any names that one likes, by a key of one's own. */
function forged(name: string): Shown {
  const key = generateKeyPair();
  const now = Date.now();
  const certificate = issueCertificate(
    {
      subjectCommonName: name,
      subjectOrganization: name,
      publicKey: key.publicKey,
      notBeforeMs: now - 3_600_000,
      notAfterMs: now + 3_600_000,
      isCa: false,
      subjectAltNames: [{ ip: '127.0.0.1' }],
      serialNumber: randomBytes(16),
    },
    { key: generateKeyPair(), subjectCommonName: 'Coco sandbox service (virtual platform: proves nothing)' },
  );
  return { certificatePem: certificate.pem, privateKeyPem: privateKeyToPem(key) };
}

function caller(url: string, clientCertificate?: Shown) {
  const { serviceCertificatePem } = network;
  return createClient({ url, serviceCertificatePem, ...(clientCertificate && { clientCertificate }) });
}

const isRefused = (error: unknown): boolean =>
  error instanceof CocoError &&
  error.facts.status === 401 &&
  error.facts.errorCode === 'COCO_HOST_HTTP_CALLER';

test('members and participants are served; no certificate, or one that is not known, is refused', async (t) => {
  const url = network.network.applicationUrl(0);
  for (const name of ['participant0', 'participant1', 'member0']) {
    const client = caller(url, actor(name));
    t.after(() => client.close());
    assert.match(String(await client.jsonRpc('eth_chainId')), /^0x/);
  }
  for (const shown of [undefined, forged('participant0')]) {
    const client = caller(url, shown);
    t.after(() => client.close());
    await assert.rejects(client.jsonRpc('eth_chainId'), isRefused);
    await assert.rejects(client.getJson('/app/commit'), isRefused);
  }
});

test('the administrative endpoint lets everybody ask of the network, and serves no applications', async (t) => {
  const refusal = (errorCode: string) => (error: unknown) =>
    error instanceof CocoError && error.facts.errorCode === errorCode;
  for (const shown of [undefined, forged('member0'), actor('member0')]) {
    const client = caller(network.network.administrativeUrl(0), shown);
    t.after(() => client.close());
    assert.match(JSON.stringify(await client.getJson('/node/commit')), /transaction_id/);
    await assert.rejects(client.jsonRpc('eth_chainId'), refusal('COCO_HOST_NO_ROUTE'));
    const create = '/gov/members/proposals:create?api-version=2024-07-01';
    const body = new TextEncoder().encode('{"actions":[]}');
    // Whoever connects: what counts is who has signed.
    const unsigned = client.post(create, 'application/json', body);
    await assert.rejects(unsigned, refusal('UnsupportedContentType'));
    await assert.rejects(client.getJson('/node/snapshot'), refusal('COCO_JOIN_SNAPSHOT_CALLER'));
  }
});

test('a transaction of a refused caller is not executed; the same one by a participant is', async (t) => {
  const [stranger, participant] = [undefined, actor('participant0')].map((shown) =>
    caller(network.network.applicationUrl(1), shown),
  );
  assert.ok(stranger !== undefined && participant !== undefined);
  t.after(() => {
    stranger.close();
    participant.close();
  });
  const [signer] = network.accounts.map(signerOf);
  assert.ok(signer !== undefined);
  const chainId = BigInt(String(await participant.jsonRpc('eth_chainId')));
  const fields = { nonce: 0n, gasPrice: 0n, gasLimit: 21_000n, value: 1n, data: new Uint8Array(0) };
  const { transaction } = signer.sign({ type: 0, chainId, to: signer.address, ...fields });
  const raw = `0x${toHex(transaction.raw)}`;
  const nonce = () =>
    participant.jsonRpc('eth_getTransactionCount', [`0x${toHex(signer.address)}`, 'pending']);
  await assert.rejects(stranger.jsonRpc('eth_sendRawTransaction', [raw]), isRefused);
  assert.equal(await nonce(), '0x0');
  await participant.jsonRpc('eth_sendRawTransaction', [raw]);
  assert.equal(await nonce(), '0x1');
});

test('a client that trusts another service does not talk to these nodes', async () => {
  const { certificatePem } = forged('service');
  const client = createClient({
    url: network.network.applicationUrl(0),
    serviceCertificatePem: certificatePem,
  });
  await assert.rejects(client.jsonRpc('eth_chainId'), { code: 'COCO_CLIENT_CERTIFICATE' });
  client.close();
});

test('who is not a node gets not one byte from a peer endpoint, and the network goes on', async (t) => {
  const { addresses } = JSON.parse(readFileSync(path.join(network.paths.node(0), 'node.json'), 'utf8'));
  const [host, port] = String(addresses.peer).split(':');
  for (const shown of [undefined, forged('Coco sandbox node1'), actor('member0'), actor('participant0')]) {
    const socket = connect({
      host: String(host),
      port: Number(port),
      rejectUnauthorized: false,
      ALPNProtocols: ['coco-peer'],
      ...(shown && { cert: shown.certificatePem, key: shown.privateKeyPem }),
    });
    t.after(() => socket.destroy());
    let bytes = 0;
    socket.on('data', (data) => {
      bytes += data.length;
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    assert.equal(bytes, 0);
  }
  const client = caller(network.network.applicationUrl(0), actor('participant0'));
  t.after(() => client.close());
  assert.match(String(await client.jsonRpc('eth_blockNumber')), /^0x/);
  assert.ok(network.network.primary() !== undefined);
});
