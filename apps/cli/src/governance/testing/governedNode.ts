/**
 * A node for tests that does nothing but govern: real governance with the default constitution over a store of its own,
 * behind TLS with a certificate of its service; and the identities of three members in a directory.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PrivateKey, privateKeyToPem } from '@coco/crypto';
import { createGovernance, defaultGovernanceSettings, genesisTables, readNetwork } from '@coco/governance';
import { createStore, type Store } from '@coco/kv';
import { loadSandbox } from '@coco/sandbox';
import { builtinConstitution } from '../../genesis/constitutionScripts.js';
import {
  createActorIdentity,
  createNodeIdentity,
  createServiceIdentity,
  type Identity,
  writeActorIdentity,
} from '../../genesis/identities.js';

export interface GovernedNode {
  readonly directory: string;
  readonly url: string;
  readonly store: Store;
  /** Variables of the environment with which `name` governs: "member0" to "member2", "outsider". */
  as(name: string): Readonly<Record<string, string>>;
  idOf(name: string): string;
  /** Sends one event to whoever listens. */
  tell(event: string, data: unknown): void;
  close(): void;
}

const names = ['member0', 'member1', 'member2'];

export async function openGovernedNode(): Promise<GovernedNode> {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-governed-'));
  const now = Date.now();
  const service = createServiceIdentity('Service', now);
  const node = createNodeIdentity('node0', '127.0.0.1', service, now);
  const actors = [...names, 'outsider'].map((name) => createActorIdentity(name, now));
  for (const actor of actors) writeActorIdentity(directory, actor);
  writeFileSync(path.join(directory, 'service.pem'), service.certificate.pem);
  const store = createStore();
  store.apply(genesisTables(genesisOf(service, node, actors.slice(0, names.length))), 1);
  const sandbox = await loadSandbox();
  const governance = createGovernance({ sandbox, settings: defaultGovernanceSettings });
  const listeners = new Set<ServerResponse>();
  const answer = (request: IncomingMessage, body: Uint8Array, response: ServerResponse): void => {
    const { pathname, search } = new URL(request.url ?? '/', 'https://node');
    if (pathname === '/node/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      listeners.add(response);
      return;
    }
    const builtin = builtinAnswer(pathname, store, node.key);
    if (builtin !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(builtin));
      return;
    }
    const transaction = store.begin();
    const asked = {
      method: request.method ?? 'GET',
      path: pathname,
      query: search.slice(1),
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body,
      caller: { kind: 'anonymous' },
    } as const;
    const handled = governance.handle(asked, transaction, {
      nowMs: Date.now(),
      root: () => new Uint8Array(32).fill(store.head),
      committed: { view: 2, seqno: store.head },
      txStatus: () => 'Committed',
    });
    if (handled.writes) store.commit(transaction, store.head + 1);
    response.writeHead(handled.response.status, { ...handled.response.headers }).end(handled.response.body);
  };
  const server = createServer(
    { key: privateKeyToPem(node.key), cert: node.certificate.pem },
    (request, response) => {
      const parts: Uint8Array[] = [];
      request.on('data', (part: Uint8Array) => parts.push(part));
      request.on('end', () => answer(request, new Uint8Array(Buffer.concat(parts)), response));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = (name: string): string => path.join(directory, name);
  return {
    directory,
    url,
    store,
    as: (name) => ({
      COCO_URL: url,
      COCO_SERVICE: file('service.pem'),
      COCO_CERT: file(`${name}.cert.pem`),
      COCO_KEY: file(`${name}.key.pem`),
    }),
    idOf: (name) => actors.find((actor) => actor.name === name)?.certificate.fingerprint ?? '',
    tell: (event, data) => {
      for (const listener of listeners) listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function genesisOf(service: Identity, node: Identity, members: readonly Identity[]) {
  return {
    serviceCertificatePem: service.certificate.pem,
    constitution: builtinConstitution(),
    members: members.map(({ name, certificate }) => ({ name, certificatePem: certificate.pem })),
    participants: [],
    nodes: [
      {
        nodeId: node.key.publicKey.fingerprint,
        certificatePem: node.certificate.pem,
        peerAddress: '127.0.0.1:3',
        applicationAddress: '127.0.0.1:1',
        administrativeAddress: '127.0.0.1:2',
        actorId: members[0]?.certificate.fingerprint ?? '',
      },
    ],
    votingPolicies: { default: { kind: 'majority' } },
  } as const;
}

/** What a node answers without governance, as far as the commands ask for it. */
function builtinAnswer(pathname: string, store: Store, key: PrivateKey): unknown {
  const network = readNetwork(store.read(store.head));
  if (pathname === '/node/network') {
    return { service_status: network.serviceStatus, primary_id: key.publicKey.fingerprint };
  }
  if (pathname === '/node/network/nodes') {
    const at = (address: string) => ({ published_address: address });
    return {
      nodes: network.nodes.map((node) => ({
        node_id: node.nodeId,
        status: node.status,
        primary: node.nodeId === key.publicKey.fingerprint,
        retired_committed: node.retiredCommitted,
        node_data: { actor: node.actorId ?? '' },
        rpc_interfaces: {
          application: at(node.applicationAddress),
          administrative: at(node.administrativeAddress),
        },
        node_to_node_interface: at(node.peerAddress),
      })),
    };
  }
  return undefined;
}
