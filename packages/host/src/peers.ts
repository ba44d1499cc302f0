/**
 * The network between the nodes: mutually authenticated TLS 1.3 (SEC-1), one outgoing connection to each peer. The
 * only certificate authority is the service; beyond that, both sides must find the other's key among the known nodes,
 * so a certificate that the service once issued is worth nothing after its node was removed (GOV-7); and both prove what
 * they run, on each connection, before a frame is parsed (attestedSession.ts).
 *
 * Nothing that a peer or the network does throws here; what a peer does wrong costs it the connection.
 */
import { type ConnectionOptions, createServer, type Server, type TLSSocket } from 'node:tls';
import type { Platform } from '@coco/attestation';
import { type Certificate, type PrivateKey, privateKeyToPem } from '@coco/crypto';
import { CocoError, type NodeId } from '@coco/primitives';
import type { Address } from './address.js';
import { type SessionAttestation, type SessionEnd, sendRefusal } from './attestation/attestedSession.js';
import { IncomingPeer } from './incomingPeer.js';
import { about, nodeIdOf, PeerLink, type PeerLinkCounters } from './peerLink.js';
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
  /** For TLS. */
  readonly handshakeTimeoutMs: number;
  /** For evidence: hardware can take seconds. */
  readonly attestationTimeoutMs: number;
  readonly pingMs: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
}

/** Something that a log may tell. */
export type PeerEvent =
  | { readonly type: 'connected'; readonly peer: NodeId }
  | { readonly type: 'disconnected'; readonly peer: NodeId; readonly reason: string }
  /** Both sides of a connection have accepted each other's evidence, so many milliseconds after TLS. */
  | { readonly type: 'proved'; readonly peer: NodeId; readonly platform: Platform; readonly ms: number }
  /** Somebody was refused: by this node if nothing else is said. With a code the other side was told. */
  | {
      readonly type: 'refused';
      readonly from: string;
      readonly reason: string;
      readonly code?: string;
      readonly by?: SessionEnd['by'];
    };

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
  readonly attestation: SessionAttestation;
  /** Why a node that is not known is refused, if there is more to say. It is told. */
  readonly refusalOf?: (nodeId: NodeId) => SessionEnd['refusal'] | undefined;
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
  /** What the members demand of evidence may have changed: whoever's is not good any more is cut at once. */
  demandsChanged(): void;
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
  /** The connection on which each peer sends; a new one replaces the old once its peer has proved itself on it. */
  readonly #incoming = new Map<NodeId, IncomingPeer>();
  /** Those on which it has not yet: the newest of each peer. */
  readonly #entering = new Map<NodeId, IncomingPeer>();
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
    for (const [peer, connection] of this.#everyIncoming()) {
      if (!known.has(peer)) connection.close(this.#refusalOf(peer));
    }
    const { limits, timing, attestation } = this.#options;
    for (const [peer, address] of known) {
      if (this.#links.has(peer)) continue;
      const onEvent = (event: PeerEvent): void => this.#options.onEvent?.(event);
      const options = { peer, address, tls: this.#tls, attestation, limits, timing, onEvent };
      this.#links.set(peer, new PeerLink(options));
    }
  }

  setCertificate({ pem }: Certificate): void {
    if (pem === this.#tls.cert) return;
    this.#tls.cert = pem;
    this.#server.setSecureContext(this.#tls);
  }

  demandsChanged(): void {
    for (const link of this.#links.values()) link.demandsChanged();
    for (const [, connection] of this.#everyIncoming()) connection.demandsChanged();
  }

  #everyIncoming(): readonly (readonly [NodeId, IncomingPeer])[] {
    return [...this.#incoming, ...this.#entering];
  }

  #refusalOf(peer: NodeId): SessionEnd['refusal'] {
    const sentence = 'it takes no part in the network, as far as is known here';
    return this.#options.refusalOf?.(peer) ?? { code: 'COCO_HOST_PEER_UNKNOWN', sentence };
  }

  #accept(socket: TLSSocket): void {
    if (socket.destroyed) return;
    const peer = nodeIdOf(socket.getPeerX509Certificate()?.raw);
    if (peer === undefined) {
      this.#refuse(socket, 'no certificate');
      return;
    }
    if (!this.#links.has(peer)) {
      const refusal = this.#refusalOf(peer);
      socket.on('error', () => undefined);
      sendRefusal(socket, refusal, this.#options.timing);
      this.#refused(peer, { by: 'this node', refusal });
      return;
    }
    this.#entering.get(peer)?.close();
    this.#entering.set(peer, this.#enter(socket, peer));
  }

  #enter(socket: TLSSocket, peer: NodeId): IncomingPeer {
    const { limits, timing, attestation, onFrame, onEvent } = this.#options;
    const startedMs = performance.now();
    const entering: IncomingPeer = new IncomingPeer({
      socket,
      peer,
      attestation,
      limits,
      timing,
      onFrame: (frame) => {
        this.#figures.framesReceived++;
        this.#figures.bytesReceived += frame.length;
        onFrame(peer, frame);
      },
      onOpen: ({ platform }) => {
        if (this.#entering.get(peer) === entering) this.#entering.delete(peer);
        this.#incoming.get(peer)?.close();
        this.#incoming.set(peer, entering);
        onEvent?.({ type: 'proved', peer, platform, ms: performance.now() - startedMs });
      },
      onRefused: (end) => {
        forget();
        this.#refused(peer, end);
      },
      onHostile: (reason) => {
        forget();
        this.#figures.hostile++;
        onEvent?.({ type: 'refused', from: peer, reason });
      },
    });
    const forget = (): void => {
      for (const connections of [this.#incoming, this.#entering]) {
        if (connections.get(peer) === entering) connections.delete(peer);
      }
    };
    socket.once('close', forget);
    return entering;
  }

  #refused(from: NodeId, end: SessionEnd): void {
    this.#figures.refused++;
    this.#options.onEvent?.({ type: 'refused', from, reason: end.refusal.sentence, ...about(end) });
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
    for (const [, connection] of this.#everyIncoming()) connection.close();
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
