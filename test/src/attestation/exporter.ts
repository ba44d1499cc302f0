/**
 * What names a TLS connection to both of its ends and to nobody else (RFC 8446 section 7.5).
 */
import type { TLSSocket } from 'node:tls';

export function exporterOf(socket: TLSSocket): Uint8Array {
  return new Uint8Array(socket.exportKeyingMaterial(32, 'EXPORTER-coco-attest', Buffer.alloc(0)));
}
