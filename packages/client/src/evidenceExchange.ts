/**
 * Asks a node for its evidence as the first thing on a TLS connection (SEC-3), and leaves the connection as it was: nothing of
 * the caller is sent before the evidence was judged, and what follows goes over the very connection that it is bound to.
 *
 * One HTTP/1.1 exchange, read by hand so that no byte beyond the answer is taken from the socket.
 */
import type { TLSSocket } from 'node:tls';
import { CocoError, concatBytes, fromBase64, fromUtf8, toHex } from '@coco/primitives';

export interface EvidenceExchangeOptions {
  /** For the host header. */
  readonly host: string;
  readonly nonce: Uint8Array;
  readonly timeoutMs: number;
}

/** A CMW with its collateral, in base64 and JSON. */
const answerBytesMax = 2 << 20;
const headBytesMax = 16384;

/** The evidence (CMW bytes). COCO_CLIENT_EVIDENCE when the node gives none, COCO_CLIENT_TIMEOUT, COCO_CLIENT_CONNECTION. */
export async function askEvidence(socket: TLSSocket, options: EvidenceExchangeOptions): Promise<Uint8Array> {
  const path = `/node/evidence?nonce=${toHex(options.nonce)}`;
  const body = await getOver(socket, path, options);
  const { evidence } = parsed(body);
  const bytes = typeof evidence === 'string' ? fromBase64(evidence) : undefined;
  if (bytes === undefined) throw none("its answer has no field 'evidence' in base64");
  return bytes;
}

function parsed(body: Uint8Array): { readonly evidence?: unknown } {
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw none('its answer is not JSON');
}

function none(why: string): CocoError {
  return new CocoError('COCO_CLIENT_EVIDENCE', `the node gave no evidence: ${why}`);
}

/** The body of the answer to GET `path`. */
export function getOver(
  socket: TLSSocket,
  path: string,
  { host, timeoutMs }: Pick<EvidenceExchangeOptions, 'host' | 'timeoutMs'>,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = createAnswerReader();
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      socket.off('data', take).off('error', failed).off('close', closed);
      act();
    };
    const fail = (error: CocoError): void =>
      finish(() => {
        socket.destroy();
        reject(error);
      });
    const failed = (error: Error): void =>
      fail(new CocoError('COCO_CLIENT_CONNECTION', `the connection failed: ${error.message}`));
    const closed = (): void => failed(new Error('the node closed it'));
    const take = (bytes: Uint8Array): void => {
      try {
        const body = reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
        if (body !== undefined) finish(() => resolve(body));
      } catch (error) {
        fail(error instanceof CocoError ? error : none(String(error)));
      }
    };
    const timer = setTimeout(() => {
      fail(new CocoError('COCO_CLIENT_TIMEOUT', `no answer within ${timeoutMs} ms`, { timeoutMs }));
    }, timeoutMs);
    socket.on('data', take).on('error', failed).on('close', closed);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\n\r\n`);
  });
}

/** Takes the bytes of one answer as they come; its body once it is whole. */
function createAnswerReader(): (bytes: Uint8Array) => Uint8Array | undefined {
  let held: Uint8Array = new Uint8Array(0);
  let bodyAt: number | undefined;
  let length = 0;
  return (bytes) => {
    held = concatBytes(held, bytes);
    if (bodyAt === undefined) {
      const end = endOfHead(held);
      if (end === undefined) {
        if (held.length > headBytesMax) throw none('the head of its answer is too long');
        return undefined;
      }
      bodyAt = end;
      length = bodyLength(held.subarray(0, end));
    }
    if (held.length > bodyAt + length) throw none('it sends more than its answer');
    return held.length < bodyAt + length ? undefined : held.slice(bodyAt);
  };
}

function endOfHead(bytes: Uint8Array): number | undefined {
  for (let i = 3; i < bytes.length; i++) {
    if (bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 && bytes[i - 3] === 13) return i + 1;
  }
  return undefined;
}

function bodyLength(head: Uint8Array): number {
  const text = fromUtf8(head) ?? '';
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  if (status !== '200') throw none(`it answered ${status ?? 'something that is not HTTP'}`);
  const length = /\r\ncontent-length: *(\d{1,9}) *\r\n/i.exec(text)?.[1];
  if (length === undefined || /\r\ntransfer-encoding:/i.test(text)) throw none('its answer has no length');
  if (Number(length) > answerBytesMax) throw none('its answer is too long');
  return Number(length);
}
