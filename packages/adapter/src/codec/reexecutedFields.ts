/**
 * What a worker says of an entry that it executed again (MIT-3), as bytes: see fromWorkerCodec.ts.
 */
import type { ByteReader, ByteWriter } from '@coco/primitives';
import type { FromWorker } from '../boundary.js';
import {
  malformed,
  readBytes,
  readFlag,
  readText,
  writeBytes,
  writeFlag,
  writeText,
} from './messageFields.js';
import { differingKeyBytesMax, differingRowsMax } from './messageLimits.js';

type Reexecuted = Extract<FromWorker, { readonly type: 'reexecuted' }>;

const outcomes = ['equal', 'unrepeatable', 'dropped', 'differing'] as const;
const digestBytes = 32;
/** The store takes no longer names. */
const tableBytesMax = 256;

export function writeReexecuted(writer: ByteWriter, message: Reexecuted): void {
  writer.u64(message.txId.view).u64(message.txId.seqno).u8(outcomes.indexOf(message.outcome));
  if (message.outcome !== 'differing') return;
  const { recorded, reexecuted, claims, rowCount, rows } = message.difference;
  if (recorded.length !== digestBytes || reexecuted.length !== digestBytes)
    throw malformed('a digest has not 32 bytes');
  if (rows.length > differingRowsMax) throw malformed('it names too many rows');
  writer.raw(recorded).raw(reexecuted);
  writeFlag(writer, claims);
  writer.u64(rowCount).u32(rows.length);
  for (const { table, key } of rows) {
    writeText(writer, table, tableBytesMax, 'the name of a table');
    writeBytes(writer, key, differingKeyBytesMax, 'a key');
  }
}

export function readReexecuted(reader: ByteReader): Reexecuted {
  const txId = { view: reader.u64(), seqno: reader.u64() };
  const outcome = outcomes[reader.u8()];
  if (outcome === undefined) throw malformed('its outcome is unknown');
  if (outcome !== 'differing') return { type: 'reexecuted', txId, outcome };
  const recorded = reader.take(digestBytes);
  const reexecuted = reader.take(digestBytes);
  const claims = readFlag(reader, 'whether claims differ');
  const rowCount = reader.u64();
  const count = reader.u32();
  if (count > differingRowsMax || count > rowCount) throw malformed('it names too many rows');
  const rows = Array.from({ length: count }, () => ({
    table: readText(reader, tableBytesMax, 'the name of a table'),
    key: readBytes(reader, differingKeyBytesMax, 'a key'),
  }));
  return { type: 'reexecuted', txId, outcome, difference: { recorded, reexecuted, claims, rowCount, rows } };
}
