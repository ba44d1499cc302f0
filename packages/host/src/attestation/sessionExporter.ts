/**
 * What names a TLS connection to both of its ends and to nobody else (RFC 8446 section 7.5): evidence that is bound to it is
 * worth nothing on another connection.
 */
import type { TLSSocket } from 'node:tls';
import { plainBytes } from '../plainBytes.js';

const label = 'EXPORTER-coco-attest';
const noContext = Buffer.alloc(0);

/** 32 bytes. The connection must be established by TLS 1.3. */
export function sessionExporter(socket: TLSSocket): Uint8Array {
  return plainBytes(socket.exportKeyingMaterial(32, label, noContext));
}

/** A connection as handlers of requests know it: the same object for all that comes on it. */
export interface TlsConnection {
  /** Undefined before TLS 1.3, where two connections could be made to share one, and once it is closed. */
  exporter(): Uint8Array | undefined;
}

const connections = new WeakMap<TLSSocket, TlsConnection>();

export function tlsConnection(socket: TLSSocket): TlsConnection {
  let connection = connections.get(socket);
  if (connection === undefined) {
    connection = {
      exporter: () =>
        socket.destroyed || socket.getProtocol() !== 'TLSv1.3' ? undefined : sessionExporter(socket),
    };
    connections.set(socket, connection);
  }
  return connection;
}
