/**
 * The connections of one endpoint, within a limit. When it is reached, the connection that has been idle longest
 * makes room for the new one: whoever opens thousands and says nothing loses them, and honest clients get in.
 */
import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** Requests that are being received or answered. */
  requests: number;
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
    this.#connections.set(name, { socket, requests: 0 });
    socket.once('close', () => {
      if (this.#connections.get(name)?.socket === socket) this.#connections.delete(name);
    });
  }

  #makeRoom(newcomer: Socket): void {
    this.evicted++;
    for (const [name, { socket, requests }] of this.#connections) {
      if (requests > 0) continue;
      this.#connections.delete(name);
      socket.destroy();
      return;
    }
    newcomer.destroy();
  }

  /** A request begins on the connection of `endpoint`; call the result when it has been answered. */
  begin(endpoint: Endpoint): () => void {
    const name = nameOf(endpoint);
    const connection = this.#connections.get(name);
    if (connection === undefined) return () => undefined;
    connection.requests++;
    return () => {
      connection.requests--;
      if (this.#connections.get(name) !== connection) return;
      this.#connections.delete(name);
      this.#connections.set(name, connection);
    };
  }

  /** Whether a request is in progress on the connection of `endpoint`. */
  isBusy(endpoint: Endpoint): boolean {
    return (this.#connections.get(nameOf(endpoint))?.requests ?? 0) > 0;
  }

  /** Closes those that are idle, or all. */
  close(which: 'idle' | 'all'): void {
    for (const { socket, requests } of this.#connections.values()) {
      if (which === 'all' || requests === 0) socket.destroy();
    }
  }
}

function nameOf({ remoteAddress, remotePort }: Endpoint): string {
  return `${remoteAddress}:${remotePort}`;
}
