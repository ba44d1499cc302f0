/**
 * Messages to the worker as bytes, for a worker in a process of its own (ARC-3). The same message always gives the same
 * bytes; numbers are little-endian.
 *
 *   message = u8 type | fields, with nothing behind them:
 *      1 request       id number | nowMs number | request
 *      2 genesis       proposal number | nowMs number | flag [| JSON text]
 *      3 assigned      proposal number | view number | seqno number
 *      4 refused       proposal number | retry flag
 *      5 apply         view number | seqno number | flag [| claims digest, 32 bytes] | public bytes | private bytes
 *      6 snapshot      id number | seqno number
 *      7 snapshotNext  id number
 *      8 snapshotEnd   id number
 *      9 restore       seqno number | last flag | tables bytes
 *     10 rollback      seqno number
 *     11 committed     seqno number
 *     12 role          view number | primary flag
 *     13 clock         nowMs number | entropy bytes (32)
 *     14 sampling      ppm number
 *
 * Fields: codec/messageFields.ts, codec/httpFields.ts.
 */
import { assertNever, ByteReader, type ByteWriter } from '@coco/primitives';
import type { ToWorker } from './boundary.js';
import { coded } from './codec/coded.js';
import { readRequest, writeRequest } from './codec/httpFields.js';
import {
  malformed,
  readBytes,
  readDigest,
  readFlag,
  readText,
  writeBytes,
  writeDigest,
  writeFlag,
  writeText,
} from './codec/messageFields.js';
import { messageLimits as limits } from './codec/messageLimits.js';

/** Appends `message`. COCO_ADAPTER_MESSAGE when a part of it is larger than its limit. */
export function encodeToWorker(message: ToWorker, writer: ByteWriter): void {
  switch (message.type) {
    case 'request':
      writer.u8(1).u64(message.id).u64(message.nowMs);
      writeRequest(writer, message.request, limits);
      break;
    case 'genesis':
      writer.u8(2).u64(message.proposal).u64(message.nowMs);
      writeGenesis(writer, message.genesis);
      break;
    case 'assigned':
      writer.u8(3).u64(message.proposal).u64(message.txId.view).u64(message.txId.seqno);
      break;
    case 'refused':
      writer.u8(4).u64(message.proposal);
      writeFlag(writer, message.retry);
      break;
    case 'apply':
      writer.u8(5).u64(message.txId.view).u64(message.txId.seqno);
      writeDigest(writer, message.claimsDigest);
      writeBytes(writer, message.publicMaps, limits.mapsBytesMax, 'the public domain');
      writeBytes(writer, message.privateMaps, limits.mapsBytesMax, 'the private domain');
      break;
    case 'snapshot':
      writer.u8(6).u64(message.id).u64(message.seqno);
      break;
    case 'snapshotNext':
      writer.u8(7).u64(message.id);
      break;
    case 'snapshotEnd':
      writer.u8(8).u64(message.id);
      break;
    case 'restore':
      writer.u8(9).u64(message.seqno);
      writeFlag(writer, message.last);
      writeBytes(writer, message.tables, limits.tablesBytesMax, 'a part of a snapshot');
      break;
    case 'rollback':
      writer.u8(10).u64(message.seqno);
      break;
    case 'committed':
      writer.u8(11).u64(message.seqno);
      break;
    case 'role':
      writer.u8(12).u64(message.view);
      writeFlag(writer, message.primary);
      break;
    case 'clock':
      writer.u8(13).u64(message.nowMs);
      writeBytes(writer, message.entropy, limits.textBytesMax, 'the entropy');
      break;
    case 'sampling':
      writer.u8(14).u64(message.ppm);
      break;
    default:
      assertNever(message, 'message to the worker');
  }
}

/** The message that is `bytes`; arrays in it share their memory. COCO_ADAPTER_MESSAGE when they are none. */
export function decodeToWorker(bytes: Uint8Array): ToWorker {
  return coded(() => {
    const reader = new ByteReader(bytes);
    const message = readMessage(reader);
    reader.end();
    return message;
  });
}

function readMessage(reader: ByteReader): ToWorker {
  const type = reader.u8();
  switch (type) {
    case 1: {
      const id = reader.u64();
      const nowMs = reader.u64();
      return { type: 'request', id, nowMs, request: readRequest(reader, limits) };
    }
    case 2: {
      const proposal = reader.u64();
      const nowMs = reader.u64();
      return { type: 'genesis', proposal, nowMs, genesis: readGenesis(reader) };
    }
    case 3:
      return { type: 'assigned', proposal: reader.u64(), txId: { view: reader.u64(), seqno: reader.u64() } };
    case 4:
      return { type: 'refused', proposal: reader.u64(), retry: readFlag(reader, 'whether to try again') };
    case 5: {
      const txId = { view: reader.u64(), seqno: reader.u64() };
      const claimsDigest = readDigest(reader);
      const publicMaps = readBytes(reader, limits.mapsBytesMax, 'the public domain');
      const privateMaps = readBytes(reader, limits.mapsBytesMax, 'the private domain');
      return { type: 'apply', txId, publicMaps, privateMaps, ...(claimsDigest && { claimsDigest }) };
    }
    case 6:
      return { type: 'snapshot', id: reader.u64(), seqno: reader.u64() };
    case 7:
      return { type: 'snapshotNext', id: reader.u64() };
    case 8:
      return { type: 'snapshotEnd', id: reader.u64() };
    case 9: {
      const seqno = reader.u64();
      const last = readFlag(reader, 'whether this is the last part');
      return { type: 'restore', seqno, last, tables: readBytes(reader, limits.tablesBytesMax, 'a part') };
    }
    case 10:
      return { type: 'rollback', seqno: reader.u64() };
    case 11:
      return { type: 'committed', seqno: reader.u64() };
    case 12:
      return { type: 'role', view: reader.u64(), primary: readFlag(reader, 'whether it is primary') };
    case 13:
      return {
        type: 'clock',
        nowMs: reader.u64(),
        entropy: readBytes(reader, limits.textBytesMax, 'the entropy'),
      };
    case 14:
      return { type: 'sampling', ppm: reader.u64() };
    default:
      throw malformed('its type is unknown');
  }
}

/** The only message with JSON in it; it crosses once in the life of a network. */
function writeGenesis(writer: ByteWriter, genesis: unknown): void {
  writeFlag(writer, genesis !== undefined);
  if (genesis !== undefined)
    writeText(writer, JSON.stringify(genesis), limits.genesisBytesMax, 'the genesis');
}

function readGenesis(reader: ByteReader): unknown {
  if (!readFlag(reader, 'whether there is a genesis')) return undefined;
  const text = readText(reader, limits.genesisBytesMax, 'the genesis');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw malformed('the genesis is not JSON');
  }
}
