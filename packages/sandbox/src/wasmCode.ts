/**
 * Reads WebAssembly's instructions (core specification 2.0, chapter 5.4) just as far as finding where each of them ends:
 * what is inserted between instructions must be inserted between instructions.
 */
import { CocoError } from '@coco/primitives';

/** A cursor over the bytes of a module. */
export interface WasmCursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Reads an unsigned LEB128 number of at most 32 bits. */
export function readU32(cursor: WasmCursor): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = readByte(cursor);
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw unreadable('a number has more than 32 bits');
}

export function readByte(cursor: WasmCursor): number {
  const byte = cursor.bytes[cursor.at++];
  if (byte === undefined) throw unreadable('it ends too early');
  return byte;
}

/** Moves past the immediates of the instruction whose opcode was just read. Gives the second opcode of 0xfc, else 0. */
export function skipImmediates(cursor: WasmCursor, opcode: number): number {
  if (opcode === 0xfc) return skipMiscellaneous(cursor);
  if (opcode >= 0x45 && opcode <= 0xc4) return 0;
  if (opcode >= 0x28 && opcode <= 0x3e) {
    skipLeb(cursor);
    skipLeb(cursor);
    return 0;
  }
  const leb = lebCounts[opcode];
  if (leb !== undefined) {
    for (let n = 0; n < leb; n++) skipLeb(cursor);
  } else if (opcode === 0x0e) {
    for (let labels = readU32(cursor) + 1; labels > 0; labels--) skipLeb(cursor);
  } else if (opcode === 0x1c) {
    skip(cursor, readU32(cursor));
  } else if (opcode === 0x43 || opcode === 0x44) {
    skip(cursor, opcode === 0x43 ? 4 : 8);
  } else {
    throw unreadable(`instruction 0x${opcode.toString(16)} is not known`);
  }
  return 0;
}

/** Instructions by how many LEB128 immediates they have. A block type is one (one byte, or a signed number). */
const lebCounts: Readonly<Record<number, number>> = {
  ...counted(0, [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1]),
  ...counted(1, [0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26]),
  ...counted(1, [0x3f, 0x40, 0x41, 0x42, 0xd0, 0xd2]),
  ...counted(2, [0x11]),
};

function counted(count: number, opcodes: readonly number[]): Record<number, number> {
  return Object.fromEntries(opcodes.map((opcode) => [opcode, count]));
}

function skipMiscellaneous(cursor: WasmCursor): number {
  const second = readU32(cursor);
  if (second > 17) throw unreadable(`instruction 0xfc ${second} is not known`);
  const immediates =
    second <= 7 ? 0 : second === 8 || second === 10 || second === 12 || second === 14 ? 2 : 1;
  for (let n = 0; n < immediates; n++) skipLeb(cursor);
  return second;
}

export function skip(cursor: WasmCursor, bytes: number): void {
  cursor.at += bytes;
}

function skipLeb(cursor: WasmCursor): void {
  while (readByte(cursor) >= 0x80);
}

export function unreadable(reason: string): CocoError {
  return new CocoError('COCO_SANDBOX_ENGINE', `the interpreter's machine code cannot be metered: ${reason}`);
}
