/**
 * Connections that somebody holds open to a node, one at each door, and when they are cut.
 */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import type { GovernedNode } from '../governed/governedNode.js';
import type { Person } from '../governed/person.js';

export interface HeldConnections {
  readonly open: boolean;
  /** When the last of them was cut, by `performance.now()`; rejects when one is still open after `timeoutMs`. */
  cut(timeoutMs: number): Promise<number>;
}

const answerMs = 10_000;

/** Connects, has one request answered on each, and keeps them. Rejects when a node refuses. */
export async function holdConnections(
  network: GovernedNetwork,
  node: GovernedNode,
  who: Person,
): Promise<HeldConnections> {
  const call = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}';
  const rpc = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${call.length}\r\n\r\n${call}`;
  const news = 'GET /node/events HTTP/1.1\r\nhost: x\r\n\r\n';
  const application = await Held.open(network, node.addresses.application, who, rpc);
  const administrative = await Held.open(network, node.addresses.administrative, who, news);
  const both = [application, administrative];
  return {
    get open() {
      return both.every((one) => one.cutMs === undefined);
    },
    cut: async (timeoutMs) => Math.max(...(await Promise.all(both.map((one) => one.cut(timeoutMs))))),
  };
}

class Held {
  cutMs: number | undefined;
  readonly #socket: TLSSocket;
  readonly #closed: Promise<unknown>;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    this.#closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        this.cutMs = performance.now();
        resolve();
      });
    });
  }

  static async open(network: GovernedNetwork, address: string, who: Person, request: string): Promise<Held> {
    const at = address.lastIndexOf(':');
    const { certificatePem: cert, privateKeyPem: key } = who.identity();
    const socket = connect({
      host: address.slice(0, at),
      port: Number(address.slice(at + 1)),
      ca: network.serviceCertificatePem,
      cert,
      key,
    });
    const held = new Held(socket);
    const timer = setTimeout(() => socket.destroy(), answerMs);
    try {
      await once(socket, 'secureConnect');
      socket.write(request);
      const status = await firstLine(socket);
      if (!/^HTTP\/1\.1 200 /.test(status)) throw new Error(`${address} answered ${status}`);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return held;
  }

  async cut(timeoutMs: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#socket.destroy();
        reject(new Error(`a connection is still open ${timeoutMs} ms later`));
      }, timeoutMs);
    });
    await Promise.race([this.#closed, late]);
    clearTimeout(timer);
    return this.cutMs ?? performance.now();
  }
}

function firstLine(socket: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (text.includes('\r\n')) resolve(text.split('\r\n')[0] ?? '');
    });
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}
