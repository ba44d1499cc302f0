import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import type { NodeVerdict } from '@coco/client';
import { installedBrowser, openBrowser } from './attestation/browser.js';
import { AttestedNetwork } from './attestation/snpWorld.test.js';
import { rawHttps } from './rawHttps.js';

const program = installedBrowser();
const timeoutMs = 60_000;

/** What the page has to say: each verdict, or the refusal that was thrown. */
interface Told {
  readonly shown: NodeVerdict;
  readonly own: NodeVerdict;
  readonly other: NodeVerdict;
  readonly otherService: NodeVerdict;
}

/** Verifies the node that it came from by the manifests that the node shows, by the same, by others, and of another service. */
const page = (
  serviceFingerprint: string,
): string => `<!doctype html><meta charset="utf-8"><title>verify</title>
<script type="module">
import { parseManifests, verifyNode } from './coco-client.js';
const serviceFingerprint = '${serviceFingerprint}';
const tell = (told) => fetch('/told', { method: 'POST', body: JSON.stringify(told) });
try {
  const shown = await verifyNode({ url: '', serviceFingerprint });
  const { manifests: seen } = await (await fetch('/node/manifests')).json();
  const manifests = parseManifests(seen);
  const own = await verifyNode({ url: '', serviceFingerprint, manifests });
  const codes = { ['0'.repeat(64)]: { component: 'coco-node', description: 'another release' } };
  const others = { ...manifests, code: { ...manifests.code, codes } };
  const other = await verifyNode({ url: '', serviceFingerprint, manifests: others });
  const otherService = await verifyNode({ url: '', serviceFingerprint: '0'.repeat(64), manifests });
  await tell({ shown, own, other, otherService });
} catch (error) {
  await tell({ error: String(error?.stack ?? error) });
}
</script>`;

/** Serves the page, and of a node what the page asks it; resolves with what the page told. */
async function askPage(program: string, network: AttestedNetwork): Promise<Told> {
  const { governed } = network;
  const { buildForBrowsers } = (await import(new URL('../../scripts/browser.mjs', import.meta.url).href)) as {
    buildForBrowsers: () => Promise<string>;
  };
  const bundle = readFileSync(await buildForBrowsers());
  let told: (value: Told) => void = () => undefined;
  const result = new Promise<Told>((resolve) => {
    told = resolve;
  });
  const server = createServer(async (request, response) => {
    const url = request.url ?? '';
    if (url === '/') {
      response.setHeader('content-type', 'text/html').end(page(governed.serviceFingerprint));
    } else if (url === '/coco-client.js') {
      response.setHeader('content-type', 'text/javascript').end(bundle);
    } else if (url === '/told') {
      told((await json(request)) as Told);
      response.end();
    } else if (url.startsWith('/node/evidence?') || url === '/node/manifests') {
      const answer = await rawHttps(`${governed.asked.administrativeUrl}${url}`, {
        ca: governed.serviceCertificatePem,
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = openBrowser(program, `http://127.0.0.1:${port}/`);
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the page said nothing')), timeoutMs);
    });
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
    await close();
    server.close();
    server.closeAllConnections();
  }
}

test('SEC-3: a page in a browser accepts a node by what it approves, and refuses one that runs something else', {
  skip: program === undefined && 'there is no browser here (chromium, google-chrome, CHROME_BIN)',
}, async () => {
  const network = await AttestedNetwork.open({ nodes: 1 });
  try {
    const told = await askPage(program ?? '', network);
    assert.ok(!('error' in told), JSON.stringify(told));
    const { shown, own, other, otherService } = told;
    assert.deepEqual([shown.outcome, own.outcome], ['accepted', 'accepted']);
    assert.deepEqual([own.platform, own.nodeId], ['sev-snp', network.governed.asked.nodeId]);
    assert.match(shown.assumed.join(), /the manifests are those that the node itself shows/);
    assert.match(own.assumed.join(), /the evidence is not bound to the TLS connection/);
    assert.ok(other.outcome === 'refused' && otherService.outcome === 'refused');
    assert.equal(other.refusal.code, 'COCO_ATTESTATION_CODE');
    assert.match(other.refusal.sentence, /the code that runs is none of the 1 in the code manifest/);
    assert.equal(otherService.refusal.code, 'COCO_ATTESTATION_NETWORK');
  } finally {
    await network.close();
  }
});
