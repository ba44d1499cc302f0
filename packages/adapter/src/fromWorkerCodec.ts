/**
 * Messages from the worker as bytes (ARC-3). They are read by the manager and may come from a worker that was taken over:
 * this is the one place where they are parsed. What it returns has the shape that the types say, and is within limits;
 * what the worker may say at which moment is for the reader to check. The same message always gives the same bytes.
 *
 *   message = u8 type | fields, with nothing behind them:
 *     65 response        id number | answer
 *     66 forward         id number
 *     67 propose         proposal number | view number | items number | flag [| claims digest, 32 bytes]
 *                        | public bytes | private bytes
 *     68 snapshotPart    id number | last flag | public bytes | private bytes
 *     69 snapshotFailed  id number | reason text
 *     70 trouble         message text
 *     71 failed          message text
 *     72 reexecuted      view number | seqno number | u8 outcome (0 equal, 1 unrepeatable, 2 dropped, 3 differing)
 *                        [| recorded, 32 bytes | reexecuted, 32 bytes | claims flag | row count number
 *                         | u32 rows | (table text | key bytes)*]
 *
 * Fields: codec/messageFields.ts, codec/httpFields.ts.
 */
import { assertNever, ByteReader, type ByteWriter } from '@coco/primitives';
import type { FromWorker } from './boundary.js';
import { coded } from './codec/coded.js';
import { readResponse, writeResponse } from './codec/httpFields.js';
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
import { readReexecuted, writeReexecuted } from './codec/reexecutedFields.js';

/** Appends `message`. COCO_ADAPTER_MESSAGE when a part of it is larger than its limit, or no part of an answer. */
export function encodeFromWorker(message: FromWorker, writer: ByteWriter): void {
  switch (message.type) {
    case 'response':
      writer.u8(65).u64(message.id);
      writeResponse(writer, message.response, limits);
      break;
    case 'forward':
      writer.u8(66).u64(message.id);
      break;
    case 'propose':
      writeProposal(writer, message);
      break;
    case 'snapshotPart':
      writer.u8(68).u64(message.id);
      writeFlag(writer, message.last);
      writeBytes(writer, message.publicTables, limits.tablesBytesMax, 'a part of a snapshot');
      writeBytes(writer, message.privateTables, limits.tablesBytesMax, 'a part of a snapshot');
      break;
    case 'snapshotFailed':
      writer.u8(69).u64(message.id);
      writeText(writer, message.reason, limits.reasonBytesMax, 'the reason');
      break;
    case 'trouble':
      writer.u8(70);
      writeText(writer, message.message, limits.reasonBytesMax, 'the trouble');
      break;
    case 'failed':
      writer.u8(71);
      writeText(writer, message.message, limits.reasonBytesMax, 'the failure');
      break;
    case 'reexecuted':
      writeReexecuted(writer.u8(72), message);
      break;
    default:
      assertNever(message, 'message from the worker');
  }
}

/** The message that is `bytes`; arrays in it share their memory. COCO_ADAPTER_MESSAGE when they are none. */
export function decodeFromWorker(bytes: Uint8Array): FromWorker {
  return coded(() => {
    const reader = new ByteReader(bytes);
    const message = readMessage(reader);
    reader.end();
    return message;
  });
}

function readMessage(reader: ByteReader): FromWorker {
  const type = reader.u8();
  switch (type) {
    case 65:
      return { type: 'response', id: reader.u64(), response: readResponse(reader, limits) };
    case 66:
      return { type: 'forward', id: reader.u64() };
    case 67:
      return readProposal(reader);
    case 68: {
      const id = reader.u64();
      const last = readFlag(reader, 'whether this is the last part');
      const publicTables = readBytes(reader, limits.tablesBytesMax, 'a part of a snapshot');
      const privateTables = readBytes(reader, limits.tablesBytesMax, 'a part of a snapshot');
      return { type: 'snapshotPart', id, publicTables, privateTables, last };
    }
    case 69: {
      const id = reader.u64();
      return { type: 'snapshotFailed', id, reason: readText(reader, limits.reasonBytesMax, 'the reason') };
    }
    case 70:
      return { type: 'trouble', message: readText(reader, limits.reasonBytesMax, 'the trouble') };
    case 71:
      return { type: 'failed', message: readText(reader, limits.reasonBytesMax, 'the failure') };
    case 72:
      return readReexecuted(reader);
    default:
      throw malformed('its type is unknown');
  }
}

type Proposal = Extract<FromWorker, { readonly type: 'propose' }>;

function writeProposal(writer: ByteWriter, message: Proposal): void {
  const { proposal, view, items, claimsDigest, publicMaps, privateMaps } = message;
  writer.u8(67).u64(proposal).u64(view).u64(items);
  writeDigest(writer, claimsDigest);
  writeBytes(writer, publicMaps, limits.mapsBytesMax, 'the public domain');
  writeBytes(writer, privateMaps, limits.mapsBytesMax, 'the private domain');
}

function readProposal(reader: ByteReader): Proposal {
  const proposal = reader.u64();
  const view = reader.u64();
  const items = reader.u64();
  const claimsDigest = readDigest(reader);
  const publicMaps = readBytes(reader, limits.mapsBytesMax, 'the public domain');
  const privateMaps = readBytes(reader, limits.mapsBytesMax, 'the private domain');
  return {
    type: 'propose',
    proposal,
    view,
    publicMaps,
    privateMaps,
    ...(claimsDigest !== undefined && { claimsDigest }),
    items,
  };
}
