/**
 * A connection on which a peer sends: first it proves what it runs, and this node does; then its frames are read.
 */
import type { TLSSocket } from 'node:tls';
import type { VerifiedClaims } from '@coco/attestation';
import { CocoError, type NodeId } from '@coco/primitives';
import {
  AttestedSession,
  type SessionAttestation,
  type SessionEnd,
  sendRefusal,
} from './attestation/attestedSession.js';
import { sessionMessageBytesMax } from './attestation/sessionMessages.js';
import { createFrameReader, frameHeader } from './frameReader.js';
import type { PeerLimits } from './peers.js';
import { plainBytes } from './plainBytes.js';
import type { Timing } from './timing.js';

export interface IncomingPeerOptions {
  readonly socket: TLSSocket;
  readonly peer: NodeId;
  readonly attestation: SessionAttestation;
  readonly limits: PeerLimits;
  readonly timing: Timing;
  /** `frame` is the callee's. A CocoError thrown from here closes the connection. */
  readonly onFrame: (frame: Uint8Array) => void;
  readonly onOpen: (verified: VerifiedClaims) => void;
  /** Either side refuses the other. */
  readonly onRefused: (end: SessionEnd) => void;
  /** The peer sent what no correct node sends. */
  readonly onHostile: (reason: string) => void;
}

export class IncomingPeer {
  readonly #options: IncomingPeerOptions;
  readonly #session: AttestedSession;

  constructor(options: IncomingPeerOptions) {
    const { socket, peer, attestation, limits, timing, onOpen, onRefused } = options;
    this.#options = options;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#session.close());
    this.#session = new AttestedSession({
      socket,
      peer,
      attestation,
      timeoutMs: limits.attestationTimeoutMs,
      timing,
      onOpen,
      onEnd: (end) => {
        // Whom this node refuses is being told why, and closed then.
        if (end.by === 'the peer') socket.destroy();
        onRefused(end);
      },
    });
    const reader = createFrameReader(limits.frameBytesMax, {
      bytesMax: sessionMessageBytesMax,
      isOpen: () => this.#session.hasProved,
      receive: (message) => this.#session.receive(message),
    });
    socket.on('data', (bytes: Uint8Array) => this.#push(reader.push(plainBytes(bytes))));
  }

  /** What the members demand may have changed. */
  demandsChanged(): void {
    this.#session.demandsChanged();
  }

  /** Closes; with `refusal` the peer is told why. */
  close(refusal?: SessionEnd['refusal']): void {
    this.#session.close();
    if (refusal === undefined) this.#options.socket.destroy();
    else sendRefusal(this.#options.socket, refusal, this.#options.timing);
  }

  #push(frames: readonly Uint8Array[] | undefined): void {
    if (this.#session.hasEnded) return;
    if (frames === undefined) {
      const early = 'it sent a frame before it proved what it runs';
      this.#punish(this.#session.hasProved ? 'a frame is too large' : early);
      return;
    }
    for (const frame of frames) {
      if (this.#session.hasEnded) return;
      this.#receive(frame);
    }
  }

  #receive(frame: Uint8Array): void {
    const { socket } = this.#options;
    if (frame.length === 0) {
      if (socket.writableNeedDrain) this.#punish('it does not read the answers to its pings');
      else socket.write(frameHeader(0));
      return;
    }
    try {
      this.#options.onFrame(frame);
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      this.#punish(error.message);
    }
  }

  #punish(reason: string): void {
    this.close();
    this.#options.onHostile(reason);
  }
}
