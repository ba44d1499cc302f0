/**
 * Verifies a node before anything is sent to it (SEC-3): its evidence, over a fresh nonce, bound to the very TLS connection and to
 * the key that the node showed there.
 */
import { connect, type TLSSocket } from 'node:tls';
import {
  anchorsWith,
  decodeEvidence,
  type Manifests,
  parseManifests,
  verifyEvidence,
} from '@coco/attestation';
import { parseCertificate, randomBytes } from '@coco/crypto';
import { CocoError, fromUtf8 } from '@coco/primitives';
import { askEvidence, getOver } from './evidenceExchange.js';
import { type NodeVerdict, nodeVerdict } from './nodeVerdict.js';

export interface VerifyNodeOptions {
  /** A node, for example "https://127.0.0.1:8000". */
  readonly url: string;
  /** The service that is meant. Without it any service is taken, and the verdict says so. */
  readonly serviceCertificatePem?: string;
  /** What the caller approves. Without it the manifests that the node shows are taken, and the verdict says so. */
  readonly manifests?: Manifests;
  readonly clientCertificate?: { readonly certificatePem: string; readonly privateKeyPem: string };
  /** As of when, in milliseconds since 1970. Default now. */
  readonly atMs?: number;
  /** For each answer. Default 30,000. */
  readonly timeoutMs?: number;
}

/** The label under which both ends of a connection export the key that evidence is bound to (RFC 8446 section 7.5). */
const exporterLabel = 'EXPORTER-coco-attest';

/**
 * The verdict on the node at `url`. Throws COCO_CLIENT_* when it cannot be asked, COCO_ATTESTATION_* when its evidence is not
 * genuine; evidence that is genuine and not good enough is a refused verdict.
 */
export async function verifyNode(options: VerifyNodeOptions): Promise<NodeVerdict> {
  const socket = await connectTo(options);
  try {
    return await verifyOver(socket, options);
  } finally {
    socket.destroy();
  }
}

/** The same over a connection that is open, which is left open. */
export async function verifyOver(socket: TLSSocket, options: VerifyNodeOptions): Promise<NodeVerdict> {
  const { url, serviceCertificatePem, atMs = Date.now(), timeoutMs = 30_000 } = options;
  const { host } = new URL(url);
  const peer = socket.getPeerX509Certificate();
  if (peer === undefined) throw new CocoError('COCO_CLIENT_CERTIFICATE', 'the node shows no certificate');
  const nonce = randomBytes(32);
  const exporter = new Uint8Array(socket.exportKeyingMaterial(32, exporterLabel, Buffer.alloc(0)));
  const evidence = decodeEvidence(await askEvidence(socket, { host, nonce, timeoutMs }));
  const manifests = options.manifests ?? (await shownManifests(socket, host, timeoutMs));
  const claims = verifyEvidence(evidence, anchorsWith(manifests.tee), atMs);
  return nodeVerdict({
    claims,
    manifests,
    manifestsFrom: options.manifests === undefined ? 'node' : 'caller',
    binding: {
      purpose: 'client',
      ...(serviceCertificatePem !== undefined && {
        network: parseCertificate(serviceCertificatePem).fingerprint,
      }),
      nodeId: parseCertificate(new Uint8Array(peer.raw)).publicKey.fingerprint,
      nonce,
      exporter,
    },
    atMs,
  });
}

async function shownManifests(socket: TLSSocket, host: string, timeoutMs: number): Promise<Manifests> {
  const body = await getOver(socket, '/node/manifests', { host, timeoutMs }).catch(notShown);
  try {
    const shown = JSON.parse(fromUtf8(body) ?? '') as { readonly manifests?: unknown } | null;
    return parseManifests(shown?.manifests);
  } catch {
    throw new CocoError('COCO_CLIENT_RESPONSE', 'the manifests that the node shows are not understood');
  }
}

function notShown(error: unknown): never {
  if (!(error instanceof CocoError) || error.code !== 'COCO_CLIENT_EVIDENCE') throw error;
  const sentence = 'the node shows no manifests: give the manifests that you approve';
  throw new CocoError('COCO_CLIENT_EVIDENCE', sentence);
}

function connectTo(options: VerifyNodeOptions): Promise<TLSSocket> {
  const { serviceCertificatePem, clientCertificate, timeoutMs = 30_000 } = options;
  const url = new URL(options.url);
  if (url.protocol !== 'https:') throw new CocoError('COCO_CLIENT_URL', 'give an https URL');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 443 : Number(url.port),
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      ...(serviceCertificatePem === undefined
        ? { rejectUnauthorized: false }
        : { ca: serviceCertificatePem }),
      ...(clientCertificate && {
        cert: clientCertificate.certificatePem,
        key: clientCertificate.privateKeyPem,
      }),
    });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('it does not answer')));
    const failed = (error: Error): void =>
      reject(new CocoError('COCO_CLIENT_CONNECTION', `the connection failed: ${error.message}`));
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.off('error', failed);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
