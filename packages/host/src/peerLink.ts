/**
 * The connection on which this node sends to one peer: dialled, kept, found dead when it is, and dialled again.
 *
 * Before anything is sent both sides prove what they run (attestedSession.ts).
 *
 * TCP alone notices a vanished peer after minutes. So an empty frame goes out every `pingMs` and the peer sends one
 * back; when three of them stay unanswered the connection is given up.
 */
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { parseCertificate } from '@coco/crypto';
import type { NodeId } from '@coco/primitives';
import type { Address } from './address.js';
import { AttestedSession, type SessionAttestation, type SessionEnd } from './attestation/attestedSession.js';
import { sessionMessageBytesMax } from './attestation/sessionMessages.js';
import { createFrameReader, frameHeader } from './frameReader.js';
import type { FrameClass, PeerEvent, PeerLimits } from './peers.js';
import { plainBytes } from './plainBytes.js';
import { SendQueue } from './sendQueue.js';
import type { Timing } from './timing.js';

export interface PeerLinkOptions {
  readonly peer: NodeId;
  readonly address: Address;
  readonly tls: ConnectionOptions;
  readonly attestation: SessionAttestation;
  readonly limits: PeerLimits;
  readonly timing: Timing;
  readonly onEvent: (event: PeerEvent) => void;
}

/** Running figures of one link. */
export interface PeerLinkCounters {
  readonly connected: boolean;
  connects: number;
  framesSent: number;
  bytesSent: number;
  framesDropped: number;
  readonly queuedBytes: number;
}

const unansweredPingsMax = 3;
const ping = frameHeader(0);

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #queue: SendQueue;
  readonly #counters = { connects: 0, framesSent: 0, bytesSent: 0, framesDropped: 0 };
  #socket: TLSSocket | undefined;
  #session: AttestedSession | undefined;
  #connected = false;
  #failures = 0;
  #unanswered = 0;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#queue = new SendQueue(options.limits.sendBytesMax);
    this.#dial();
  }

  get address(): Address {
    return this.#options.address;
  }

  /** Sends when connected. False when the frame is not taken: no connection, or no room. */
  send(frame: Uint8Array, frameClass: FrameClass): boolean {
    const taken = this.#connected && this.#queue.push(frame, frameClass);
    if (!taken) this.#counters.framesDropped++;
    else this.#flush();
    return taken;
  }

  counters(): PeerLinkCounters {
    const { framesDropped, ...others } = this.#counters;
    return {
      connected: this.#connected,
      ...others,
      framesDropped: framesDropped + this.#queue.dropped,
      queuedBytes: this.#queue.bytes,
    };
  }

  /** What the members demand may have changed. */
  demandsChanged(): void {
    this.#session?.demandsChanged();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#session?.close();
    this.#socket?.destroy();
  }

  #dial(): void {
    const { peer, address, tls, limits, timing } = this.#options;
    const socket = connect({
      ...tls,
      host: address.host,
      port: address.port,
      // Who must be there is a key, not a host name. Only called when the chain was found good.
      checkServerIdentity: (_, certificate) =>
        nodeIdOf(certificate.raw) === peer ? undefined : new Error('this is not the node it should be'),
    });
    this.#socket = socket;
    let ended = false;
    const end = (reason: string, refusal?: SessionEnd): void => {
      if (ended) return;
      ended = true;
      this.#session?.close();
      // Whom this node refuses is being told why, and closed then.
      if (refusal?.by !== 'this node') socket.destroy();
      this.#lost(reason, refusal);
    };
    this.#cancel = timing.after(limits.handshakeTimeoutMs, () => end('no connection in time'));
    socket.setNoDelay(true);
    socket.on('secureConnect', () => {
      this.#cancel();
      this.#session = this.#prove(socket, end);
    });
    const pongs = createFrameReader(0, {
      bytesMax: sessionMessageBytesMax,
      isOpen: () => this.#connected,
      receive: (message) => this.#session?.receive(message),
    });
    socket.on('data', (bytes: ArrayBufferView) => {
      if (ended) return;
      this.#unanswered = 0;
      if (pongs.push(plainBytes(bytes)) === undefined) {
        end('it sent a frame where only answers to pings belong');
      }
    });
    socket.on('drain', () => this.#flush());
    socket.on('error', (error) => end(error.message));
    socket.on('close', () => end('closed by the peer'));
  }

  /** Under TLS 1.3 this side is ready before the other has judged it; that it accepts the evidence shows that it has. */
  #prove(socket: TLSSocket, end: (reason: string, refusal?: SessionEnd) => void): AttestedSession {
    const { peer, attestation, limits, timing, onEvent } = this.#options;
    const startedMs = performance.now();
    return new AttestedSession({
      socket,
      peer,
      attestation,
      timeoutMs: limits.attestationTimeoutMs,
      timing,
      onOpen: ({ platform }) => {
        onEvent({ type: 'proved', peer, platform, ms: performance.now() - startedMs });
        this.#established(socket, end);
      },
      onEnd: (refusal) => end(refusal.refusal.sentence, refusal),
    });
  }

  #established(socket: TLSSocket, end: (reason: string) => void): void {
    const { peer, limits, timing, onEvent } = this.#options;
    this.#failures = 0;
    this.#connected = true;
    this.#counters.connects++;
    onEvent({ type: 'connected', peer });
    const watch = (): void => {
      if (this.#unanswered === unansweredPingsMax) {
        end('it does not answer');
        return;
      }
      this.#unanswered++;
      socket.write(ping);
      this.#cancel = timing.after(limits.pingMs, watch);
    };
    this.#cancel = timing.after(limits.pingMs, watch);
  }

  #flush(): void {
    const socket = this.#socket;
    if (socket === undefined || !this.#connected) return;
    while (!socket.writableNeedDrain) {
      const frame = this.#queue.shift();
      if (frame === undefined) return;
      socket.cork();
      socket.write(frameHeader(frame.length));
      socket.write(frame);
      socket.uncork();
      this.#counters.framesSent++;
      this.#counters.bytesSent += frame.length;
    }
  }

  #lost(reason: string, refusal?: SessionEnd): void {
    const { peer, limits, timing, onEvent } = this.#options;
    this.#cancel();
    this.#session = undefined;
    const wasConnected = this.#connected;
    this.#connected = false;
    this.#queue.clear();
    if (this.#closed) return;
    if (refusal !== undefined) onEvent({ type: 'refused', from: peer, reason, ...about(refusal) });
    // Peers that are not up yet are no news.
    else if (wasConnected || this.#failures === 0) onEvent({ type: 'disconnected', peer, reason });
    const delay = Math.min(limits.reconnectMsMax, limits.reconnectMsMin * 2 ** Math.min(this.#failures, 20));
    this.#failures++;
    this.#cancel = timing.after(delay * (0.5 + timing.random.fraction() / 2), () => this.#dial());
  }
}

/** Who refused whom, by which code. */
export function about({ by, refusal }: SessionEnd) {
  return { by, code: refusal.code };
}

/** The id of the node whose certificate (DER) this is; undefined when it cannot be read. */
export function nodeIdOf(der: ArrayBufferView | undefined): NodeId | undefined {
  if (der === undefined) return undefined;
  try {
    return parseCertificate(plainBytes(der)).publicKey.fingerprint;
  } catch {
    return undefined;
  }
}
