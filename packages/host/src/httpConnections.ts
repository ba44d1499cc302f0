/**
 * The connections of one endpoint, within a limit. When it is reached, the connection that has been idle longest
 * makes room for the new one: whoever opens thousands and says nothing loses them, and honest clients get in.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** Requests that are being received or answered. */
  readonly requests: Set<IncomingMessage>;
  /** It is about to be closed: what else comes on it is not served. */
  closing: boolean;
}

/** What names a connection: TLS wraps its socket into another, and both know this. */
type Endpoint = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export class HttpConnections {
  readonly #connectionsMax: number;
  /** Longest idle first. */
  readonly #connections = new Map<string, Connection>();
  /** How many were closed to make room. */
  evicted = 0;

  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  get size(): number {
    return this.#connections.size;
  }

  add(socket: Socket): void {
    const name = nameOf(socket);
    if (this.#connections.size >= this.#connectionsMax) this.#makeRoom(socket);
    if (socket.destroyed) return;
    this.#connections.set(name, { socket, requests: new Set(), closing: false });
    socket.once('close', () => {
      if (this.#connections.get(name)?.socket === socket) this.#connections.delete(name);
    });
  }

  #makeRoom(newcomer: Socket): void {
    this.evicted++;
    for (const [name, { socket, requests }] of this.#connections) {
      if (requests.size > 0) continue;
      this.#connections.delete(name);
      socket.destroy();
      return;
    }
    newcomer.destroy();
  }

  /** A request begins; call the result when it has been answered. Undefined: it is not to be served. */
  begin(request: IncomingMessage): (() => void) | undefined {
    const name = nameOf(request.socket);
    const connection = this.#connections.get(name);
    if (connection === undefined || connection.closing) return undefined;
    connection.requests.add(request);
    return () => {
      connection.requests.delete(request);
      if (this.#connections.get(name) !== connection) return;
      this.#connections.delete(name);
      this.#connections.set(name, connection);
    };
  }

  /** Serves nothing that comes after what has been begun on the connection of `endpoint`. */
  serveNoMore(endpoint: Endpoint): void {
    const connection = this.#connections.get(nameOf(endpoint));
    if (connection !== undefined) connection.closing = true;
  }

  /**
   * Whether what is written on the connection of `endpoint` now would be understood as the answer to what it is
   * sending now, and not to an earlier request that waits for its own.
   */
  isAnswerable(endpoint: Endpoint): boolean {
    const connection = this.#connections.get(nameOf(endpoint));
    return connection?.closing === false && [...connection.requests].every(({ complete }) => !complete);
  }

  /** Closes those that are idle, or all. */
  close(which: 'idle' | 'all'): void {
    for (const { socket, requests } of this.#connections.values()) {
      if (which === 'all' || requests.size === 0) socket.destroy();
    }
  }
}

function nameOf({ remoteAddress, remotePort }: Endpoint): string {
  return `${remoteAddress}:${remotePort}`;
}
