/**
 * The door between nodes as somebody sees it who has the key of one of them, written from the description of the protocol:
 * frames of u32 length (little-endian) and payload, the highest bit of the length set for what belongs to the session itself,
 *
 *   1 challenge nonce[32]   2 evidence CMW   3 accepted   4 refused u8 n, code[n], sentence
 */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { until } from '../until.js';
import { exporterOf } from './exporter.js';
import type { StolenKey } from './stolenKey.js';

export interface SessionRefusal {
  readonly code: string;
  readonly sentence: string;
}

export interface PeerDoor {
  /** What names this very connection. */
  readonly exporter: Uint8Array;
  /** What the node asks whoever connected. */
  nonce(): Promise<Uint8Array>;
  /** The node's own evidence over `nonce`. */
  evidence(nonce: Uint8Array): Promise<Uint8Array>;
  /** What the node says to `evidence`. */
  prove(evidence: Uint8Array): Promise<'accepted' | SessionRefusal>;
  /** Sends a frame that is none of the session's, and waits until the node has closed. */
  speakBeforeProof(): Promise<void>;
  close(): void;
}

const mark = 0x8000_0000;
const timeoutMs = 30_000;
const types = { challenge: 1, evidence: 2, accepted: 3, refused: 4 } as const;

/** Connects to the peer door at `address` as the node whose key it is. */
export async function openPeerDoor(address: string, { key, cert, ca }: StolenKey): Promise<PeerDoor> {
  const [host = '', port] = address.split(':');
  const socket = connect({
    host,
    port: Number(port),
    ...{ key, cert, ca },
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['coco-peer'],
    checkServerIdentity: () => undefined,
  });
  await once(socket, 'secureConnect');
  return new Door(socket);
}

class Door implements PeerDoor {
  readonly exporter: Uint8Array;
  readonly #socket: TLSSocket;
  readonly #messages: Buffer[] = [];
  #held = Buffer.alloc(0);

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.exporter = exporterOf(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#held = Buffer.concat([this.#held, bytes]);
      for (;;) {
        const word = this.#held.length < 4 ? undefined : this.#held.readUInt32LE(0);
        if (word === undefined || this.#held.length < 4 + (word % mark)) return;
        const payload = this.#held.subarray(4, 4 + (word % mark));
        this.#held = this.#held.subarray(4 + payload.length);
        if (word >= mark) this.#messages.push(payload);
      }
    });
  }

  async nonce(): Promise<Uint8Array> {
    return this.#take(types.challenge);
  }

  async evidence(nonce: Uint8Array): Promise<Uint8Array> {
    this.#send(types.challenge, nonce);
    return this.#take(types.evidence);
  }

  async prove(evidence: Uint8Array): Promise<'accepted' | SessionRefusal> {
    this.#send(types.evidence, evidence);
    const message = await this.#next([types.accepted, types.refused]);
    if (message[0] === types.accepted) return 'accepted';
    const codeEnd = 2 + (message[1] ?? 0);
    return {
      code: message.subarray(2, codeEnd).toString('utf8'),
      sentence: message.subarray(codeEnd).toString('utf8'),
    };
  }

  async speakBeforeProof(): Promise<void> {
    this.#socket.write(Buffer.concat([Buffer.from([8, 0, 0, 0]), Buffer.alloc(8)]));
    await until('the node closes', timeoutMs, () => this.#socket.closed || this.#socket.readableEnded);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #take(type: number): Promise<Uint8Array> {
    return new Uint8Array((await this.#next([type])).subarray(1));
  }

  /** The first message of one of these types; others stay. */
  #next(wanted: readonly number[]): Promise<Buffer> {
    return until(`a message of type ${wanted.join(' or ')}`, timeoutMs, () => {
      const at = this.#messages.findIndex((message) => wanted.includes(message[0] ?? 0));
      return at < 0 ? undefined : this.#messages.splice(at, 1)[0];
    });
  }

  #send(type: number, body: Uint8Array): void {
    const header = Buffer.alloc(5);
    header.writeUInt32LE(mark + 1 + body.length);
    header[4] = type;
    this.#socket.write(Buffer.concat([header, body]));
  }
}
