/**
 * The network between the nodes: mutually authenticated TLS 1.3 (SEC-1), one outgoing connection to each peer. The
 * only certificate authority is the service; beyond that, both sides must find the other's key among the known nodes,
 * so a certificate that the service once issued is worth nothing after its node was removed (GOV-7).
 *
 * Nothing that a peer or the network does throws here; what a peer does wrong costs it the connection.
 */
import { type ConnectionOptions, createServer, type Server, type TLSSocket } from 'node:tls';
import { type Certificate, type PrivateKey, privateKeyToPem } from '@coco/crypto';
import { CocoError, type NodeId } from '@coco/primitives';
import type { Address } from './address.js';
import { createFrameReader, frameHeader } from './frameReader.js';
import { nodeIdOf, PeerLink, type PeerLinkCounters } from './peerLink.js';
import type { Timing } from './timing.js';

/** Consensus repeats what is lost; nothing repeats a forwarded request or its answer. */
export type FrameClass = 'consensus' | 'forwarded';

/** Times in milliseconds. */
export interface PeerLimits {
  /** The largest payload of a frame, in bytes, in both directions. */
  readonly frameBytesMax: number;
  /** What may wait to be sent to one peer, in bytes; at least `frameBytesMax`. */
  readonly sendBytesMax: number;
  /** Connections that have not yet shown who they are; beyond it the oldest of them is closed. */
  readonly unauthenticatedMax: number;
  readonly handshakeTimeoutMs: number;
  readonly pingMs: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
}

/** Something that a log may tell. */
export type PeerEvent =
  | { readonly type: 'connected'; readonly peer: NodeId }
  | { readonly type: 'disconnected'; readonly peer: NodeId; readonly reason: string }
  | { readonly type: 'refused'; readonly from: string; readonly reason: string };

export interface KnownNode {
  readonly nodeId: NodeId;
  readonly address: Address;
}

export interface PeersOptions {
  readonly privateKey: PrivateKey;
  /** Issued by the service to the key above. */
  readonly certificate: Certificate;
  readonly serviceCertificate: Certificate;
  /** Port 0 takes any. */
  readonly listen: Address;
  /** The nodes of the network at first; this node among them is passed over. */
  readonly nodes: readonly KnownNode[];
  readonly limits: PeerLimits;
  readonly timing: Timing;
  /** `bytes` is the callee's. A CocoError thrown from here closes the connection. */
  readonly onFrame: (from: NodeId, bytes: Uint8Array) => void;
  readonly onEvent?: (event: PeerEvent) => void;
}

/** Running figures. */
export interface PeersCounters {
  /** Connections that were not those of a known node, or failed to handshake. */
  readonly refused: number;
  /** Connections closed because of what a known node sent. */
  readonly hostile: number;
  readonly framesReceived: number;
  readonly bytesReceived: number;
  readonly incoming: number;
  readonly links: Readonly<Record<NodeId, PeerLinkCounters>>;
}

export interface Peers {
  /** Where it listens. */
  readonly address: Address;
  /**
   * Sends `frame`, best effort; it must not be written to any more. False when it was not taken: unknown peer, no
   * connection, or no room.
   */
  send(to: NodeId, frame: Uint8Array, frameClass?: FrameClass): boolean;
  /** The network is these nodes from now on; connections from and to others are closed. */
  setNodes(nodes: readonly KnownNode[]): void;
  /** The certificate to show from the next connection on. */
  setCertificate(certificate: Certificate): void;
  counters(): PeersCounters;
  close(): Promise<void>;
}

/** Listens and begins to dial. COCO_HOST_LISTEN when the address cannot be had. */
export async function openPeers(options: PeersOptions): Promise<Peers> {
  const { certificate, privateKey, serviceCertificate, limits, listen } = options;
  const tls = {
    key: privateKeyToPem(privateKey),
    cert: certificate.pem,
    ca: serviceCertificate.pem,
    minVersion: 'TLSv1.3' as const,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['coco-peer'],
  };
  const server = createServer({ ...tls, handshakeTimeout: limits.handshakeTimeoutMs });
  const network = new PeerNetwork(options, server, tls);
  await listenOn(server, listen);
  network.setNodes(options.nodes);
  return network;
}

/** Waits until `server` listens; COCO_HOST_LISTEN when it cannot. */
export function listenOn(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code ?? error.message;
      reject(
        new CocoError('COCO_HOST_LISTEN', `cannot listen on ${host}:${port} (${reason})`, {
          host,
          port,
          reason,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** Shared by all links: a new certificate is shown from the next dial on. */
interface TlsSettings extends ConnectionOptions {
  cert: string;
}

class PeerNetwork implements Peers {
  readonly #options: PeersOptions;
  readonly #server: Server;
  readonly #tls: TlsSettings;
  readonly #self: NodeId;
  readonly #links = new Map<NodeId, PeerLink>();
  /** The connection on which each peer sends; a new one replaces the old. */
  readonly #incoming = new Map<NodeId, TLSSocket>();
  /** Connections before their handshake is done, oldest first, by remote address and port. */
  readonly #strangers = new Map<string, { destroy(): void }>();
  readonly #figures = { refused: 0, hostile: 0, framesReceived: 0, bytesReceived: 0 };

  constructor(options: PeersOptions, server: Server, tls: TlsSettings) {
    this.#options = options;
    this.#server = server;
    this.#tls = tls;
    this.#self = options.certificate.publicKey.fingerprint;
    server.on('connection', (socket) => {
      const name = remoteName(socket);
      this.#strangers.set(name, socket);
      socket.once('close', () => this.#strangers.delete(name));
      const [oldest] = this.#strangers.values();
      if (this.#strangers.size > options.limits.unauthenticatedMax) oldest?.destroy();
    });
    server.on('secureConnection', (socket) => {
      this.#strangers.delete(remoteName(socket));
      this.#accept(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#refuse(socket, error.message);
    });
  }

  get address(): Address {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) return this.#options.listen;
    return { host: address.address, port: address.port };
  }

  send(to: NodeId, frame: Uint8Array, frameClass: FrameClass = 'consensus'): boolean {
    if (frame.length === 0 || frame.length > this.#options.limits.frameBytesMax) return false;
    return this.#links.get(to)?.send(frame, frameClass) ?? false;
  }

  setNodes(nodes: readonly KnownNode[]): void {
    const known = new Map(nodes.map(({ nodeId, address }) => [nodeId, address]));
    known.delete(this.#self);
    for (const [peer, link] of this.#links) {
      const address = known.get(peer);
      if (address?.host === link.address.host && address.port === link.address.port) continue;
      link.close();
      this.#links.delete(peer);
    }
    for (const [peer, socket] of this.#incoming) if (!known.has(peer)) socket.destroy();
    const { limits, timing } = this.#options;
    for (const [peer, address] of known) {
      if (this.#links.has(peer)) continue;
      const onEvent = (event: PeerEvent): void => this.#options.onEvent?.(event);
      this.#links.set(peer, new PeerLink({ peer, address, tls: this.#tls, limits, timing, onEvent }));
    }
  }

  setCertificate({ pem }: Certificate): void {
    if (pem === this.#tls.cert) return;
    this.#tls.cert = pem;
    this.#server.setSecureContext(this.#tls);
  }

  #accept(socket: TLSSocket): void {
    const peer = nodeIdOf(socket.getPeerX509Certificate()?.raw);
    if (peer === undefined || !this.#links.has(peer)) {
      this.#refuse(socket, peer === undefined ? 'no certificate' : `${peer} is not a known node`);
      return;
    }
    this.#incoming.get(peer)?.destroy();
    this.#incoming.set(peer, socket);
    const reader = createFrameReader(this.#options.limits.frameBytesMax);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#incoming.get(peer) === socket) this.#incoming.delete(peer);
    });
    socket.on('data', (bytes: Uint8Array) => {
      const frames = reader.push(bytes);
      if (frames === undefined) this.#punish(socket, peer, 'a frame is too large');
      for (const frame of frames ?? []) {
        if (socket.destroyed) return;
        this.#receive(socket, peer, frame);
      }
    });
  }

  #receive(socket: TLSSocket, peer: NodeId, frame: Uint8Array): void {
    if (frame.length === 0) {
      if (socket.writableNeedDrain) this.#punish(socket, peer, 'it does not read the answers to its pings');
      else socket.write(frameHeader(0));
      return;
    }
    this.#figures.framesReceived++;
    this.#figures.bytesReceived += frame.length;
    try {
      this.#options.onFrame(peer, frame);
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      this.#punish(socket, peer, error.message);
    }
  }

  #punish(socket: TLSSocket, peer: NodeId, reason: string): void {
    this.#figures.hostile++;
    socket.destroy();
    this.#options.onEvent?.({ type: 'refused', from: peer, reason });
  }

  #refuse(socket: TLSSocket, reason: string): void {
    this.#figures.refused++;
    const from = remoteName(socket);
    socket.destroy();
    this.#options.onEvent?.({ type: 'refused', from, reason });
  }

  counters(): PeersCounters {
    const links = Object.fromEntries([...this.#links].map(([peer, link]) => [peer, link.counters()]));
    return { ...this.#figures, incoming: this.#incoming.size, links };
  }

  async close(): Promise<void> {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    for (const socket of this.#incoming.values()) socket.destroy();
    for (const socket of this.#strangers.values()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function remoteName(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
