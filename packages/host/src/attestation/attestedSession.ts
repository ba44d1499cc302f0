/**
 * Two nodes prove to each other what they run, on the connection between them and before any frame on it is parsed (SEC-1,
 * MIT-4). Mutual TLS has shown that both hold the keys of known nodes; a key can be stolen, and evidence can be passed on, so
 * the evidence that each gives is bound to a nonce of the other and to this very connection (the TLS exporter, RFC 8446 7.5).
 * It is asked for again before half a lease has passed, in between the frames, which flow on; and when what the members
 * demand changes, it is appraised again.
 *
 *   both: challenge -> <- evidence, accepted ->      open once both have accepted
 */
import type { TLSSocket } from 'node:tls';
import type { Refusal, VerifiedClaims } from '@coco/attestation';
import { randomBytes } from '@coco/crypto';
import { CocoError, type NodeId } from '@coco/primitives';
import { frameHeader } from '../frameReader.js';
import type { Timing } from '../timing.js';
import type { Judged } from './judgeEvidence.js';
import { sessionExporter } from './sessionExporter.js';
import {
  decodeSessionMessage,
  encodeSessionMessage,
  type SessionMessage,
  sessionNonceBytes,
} from './sessionMessages.js';

/** To what evidence for a session is bound. */
export interface SessionBinding {
  /** Whose it is. */
  readonly nodeId: NodeId;
  readonly nonce: Uint8Array;
  readonly exporter: Uint8Array;
}

/** How a node proves itself to its peers, and judges them. */
export interface SessionAttestation {
  /** Evidence of this node (CMW). Hardware can take seconds. Rejects when there is none. */
  evidence(asked: Omit<SessionBinding, 'nodeId'>): Promise<Uint8Array>;
  /** Verifies a peer's evidence and appraises it, as of `atMs`. */
  judge(evidence: Uint8Array, binding: SessionBinding, atMs: number): Judged;
  /** Judges again what was accepted before, by what the members demand now. */
  judgeAgain(evidence: Uint8Array, binding: SessionBinding, atMs: number): Judged;
  /** Evidence is asked for again after so many milliseconds. */
  renewMs(): number;
}

/** Why a session has ended. */
export interface SessionEnd {
  /** Who ended it. */
  readonly by: 'this node' | 'the peer';
  readonly refusal: Pick<Refusal, 'code' | 'sentence'>;
}

export interface AttestedSessionOptions {
  readonly socket: TLSSocket;
  readonly peer: NodeId;
  readonly attestation: SessionAttestation;
  /** For both proofs at first, and for each later one. */
  readonly timeoutMs: number;
  readonly timing: Timing;
  readonly onOpen: (verified: VerifiedClaims) => void;
  /** Called once, unless `close` was called before. The other side was told; nothing more is to be written. */
  readonly onEnd: (end: SessionEnd) => void;
}

/** A peer may ask again after so long, and not before: evidence is dear. */
const challengePauseMs = 250;
/** How long it may take until the other side has read why it is refused. */
const lingerMs = 1000;

/** What the peer proved, kept so that it can be judged again. */
interface Proof {
  readonly verified: VerifiedClaims;
  readonly evidence: Uint8Array;
  readonly binding: SessionBinding;
  readonly atMs: number;
}

export class AttestedSession {
  readonly #options: AttestedSessionOptions;
  readonly #exporter: Uint8Array;
  /** Of the challenge that the peer has not answered yet. */
  #asked: Uint8Array | undefined;
  #proof: Proof | undefined;
  #provedMs = 0;
  /** What becomes of the peer's challenge. */
  #answer: 'none' | 'made' | 'sent' = 'none';
  #challengedMs = Number.NEGATIVE_INFINITY;
  #accepted = false;
  #isOpen = false;
  #ended = false;
  #cancelWait: () => void = () => undefined;
  #cancelRenewal: () => void = () => undefined;

  constructor(options: AttestedSessionOptions) {
    this.#options = options;
    this.#exporter = sessionExporter(options.socket);
    this.#ask();
  }

  /** Whether frames of the peer are to be read: it has proved what it runs. */
  get hasProved(): boolean {
    return this.#proof !== undefined && !this.#ended;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Whether frames may be sent: both have accepted each other. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#ended;
  }

  get verified(): VerifiedClaims | undefined {
    return this.#proof?.verified;
  }

  /** Takes a marked frame. */
  receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    const message = decodeSessionMessage(bytes);
    if (message === undefined) this.#fault('it sent something that is no message of a session');
    else this.#handle(message);
  }

  #handle(message: SessionMessage): void {
    switch (message.type) {
      case 'challenge':
        this.#challenged(message.nonce);
        break;
      case 'evidence':
        this.#judge(message.evidence);
        break;
      case 'accepted':
        if (this.#answer !== 'sent') {
          this.#fault('it accepted evidence that it was not sent');
          return;
        }
        this.#answer = 'none';
        this.#accepted = true;
        this.#open();
        break;
      case 'refused':
        this.#end({ by: 'the peer', refusal: message });
    }
  }

  #ask(): void {
    const { timing, timeoutMs } = this.#options;
    this.#asked = randomBytes(sessionNonceBytes);
    this.#send({ type: 'challenge', nonce: this.#asked });
    this.#cancelWait = timing.after(timeoutMs, () => {
      const what = this.#asked === undefined ? 'the evidence was not accepted' : 'no evidence came';
      this.#refuse({ code: 'COCO_HOST_SESSION_SLOW', sentence: `${what} within ${timeoutMs / 1000} s` });
    });
  }

  #challenged(nonce: Uint8Array): void {
    const now = performance.now();
    if (this.#answer !== 'none' || now - this.#challengedMs < challengePauseMs) {
      this.#fault('it asks for evidence too often');
      return;
    }
    this.#challengedMs = now;
    this.#answer = 'made';
    this.#options.attestation.evidence({ nonce, exporter: this.#exporter }).then(
      (evidence) => {
        if (this.#ended) return;
        this.#answer = 'sent';
        this.#send({ type: 'evidence', evidence });
      },
      (error: unknown) => {
        const why = error instanceof CocoError ? error.message : String(error);
        const sentence = `no evidence can be had of the hardware: ${why}`;
        this.#refuse({ code: 'COCO_HOST_SESSION_EVIDENCE', sentence });
      },
    );
  }

  #judge(evidence: Uint8Array): void {
    const { attestation, peer } = this.#options;
    const nonce = this.#asked;
    if (nonce === undefined) {
      this.#fault('it sent evidence that nobody asked for');
      return;
    }
    const binding = { nodeId: peer, nonce, exporter: this.#exporter };
    const atMs = Date.now();
    const judged = attestation.judge(evidence, binding, atMs);
    if (judged.outcome === 'refused') {
      this.#refuse(judged.refusal);
      return;
    }
    this.#asked = undefined;
    this.#proof = { verified: judged.verified, evidence, binding, atMs };
    this.#send({ type: 'accepted' });
    if (this.#isOpen) this.#cancelWait();
    this.#provedMs = performance.now();
    this.#renewLater();
    this.#open();
  }

  #open(): void {
    if (this.#isOpen || !this.#accepted || this.#proof === undefined) return;
    this.#isOpen = true;
    this.#cancelWait();
    this.#options.onOpen(this.#proof.verified);
  }

  /** What the members demand may have changed: the proof is appraised again, and cut at once when it is not good any more. */
  demandsChanged(): void {
    if (this.#ended || this.#proof === undefined) return;
    const { evidence, binding, atMs } = this.#proof;
    const judged = this.#options.attestation.judgeAgain(evidence, binding, atMs);
    if (judged.outcome === 'refused') {
      this.#refuse(judged.refusal);
      return;
    }
    if (this.#asked === undefined) this.#renewLater();
  }

  /** Leases may have another length than when the proof was given. */
  #renewLater(): void {
    const { attestation, timing } = this.#options;
    const waitMs = this.#provedMs + attestation.renewMs() - performance.now();
    this.#cancelRenewal();
    this.#cancelRenewal = timing.after(Math.max(waitMs, 2 * challengePauseMs), () => this.#ask());
  }

  #fault(sentence: string): void {
    this.#refuse({ code: 'COCO_HOST_SESSION_FAULT', sentence });
  }

  /** Tells the other side why, once, and ends. */
  #refuse(refusal: SessionEnd['refusal']): void {
    if (this.#ended) return;
    sendRefusal(this.#options.socket, refusal, this.#options.timing);
    this.#end({ by: 'this node', refusal });
  }

  #end(end: SessionEnd): void {
    this.close();
    this.#options.onEnd(end);
  }

  /** Forgets the session; the socket is its owner's. */
  close(): void {
    this.#ended = true;
    this.#cancelWait();
    this.#cancelRenewal();
  }

  #send(message: SessionMessage): void {
    writeMessage(this.#options.socket, message);
  }
}

function writeMessage(socket: TLSSocket, message: SessionMessage): void {
  const payload = encodeSessionMessage(message);
  socket.cork();
  socket.write(frameHeader(payload.length, true));
  socket.write(payload);
  socket.uncork();
}

/**
 * Tells the other side why it is refused, and closes. Nothing that still waits to be written goes out for the sake of that:
 * then it is closed without a word.
 */
export function sendRefusal(socket: TLSSocket, refusal: SessionEnd['refusal'], timing: Timing): void {
  if (socket.destroyed) return;
  if (socket.writableNeedDrain) {
    socket.destroy();
    return;
  }
  writeMessage(socket, { type: 'refused', ...refusal });
  socket.destroySoon();
  timing.after(lingerMs, () => socket.destroy());
}
