/**
 * Puts a meter into the interpreter's machine code, so that no script can make it run on: neither by its own loops nor
 * inside a built-in function (a regular expression, a sort, a huge number), which ask nobody while they work.
 *
 * Every turn of a loop and every call of a function takes one from the global `fuel`, every 16 bytes that are copied or
 * filled in one instruction take one more; below zero it traps. Straight code between two such points is short. What a
 * script costs is therefore the same number everywhere, whatever the machine. So is how deep calls can nest: the stack that
 * the machine code really uses is the platform's, of which it knows nothing; the global `room` counts it. `memory.size` is answered from the global
 * `pages`, so that what an earlier run made the memory grow to is not seen by a later one.
 *
 *     at the head of each function body and each loop:
 *       fuel = fuel - 1; if (fuel < 0) unreachable
 *     around each function body, size being what its frame may take:
 *       room = room - size; if (room < 0) unreachable; block … end; room = room + size
 *     memory.copy, memory.fill:
 *       replaced by a call of an added function that pays length >> 4 before it does the same
 */
import { ByteWriter } from '@coco/primitives';
import { readByte, readU32, skip, skipImmediates, unreadable, type WasmCursor } from './wasmCode.js';

/** Names under which the added globals are exported. `stack` is the first global: Emscripten's stack pointer. */
export const meterExports = {
  fuel: 'coco_fuel',
  room: 'coco_room',
  pages: 'coco_pages',
  stack: 'coco_stack',
} as const;

interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

/** What the instructions that are put in refer to. */
interface Indices {
  readonly fuel: number;
  readonly room: number;
  readonly pages: number;
  readonly copy: number;
  readonly fill: number;
}

/** The same module with a meter. Throws COCO_SANDBOX_ENGINE for a module that it does not understand. */
export function meterModule(module: Uint8Array): Uint8Array {
  const sections = readSections(module);
  const count = (id: number): number => {
    const section = sections.find((one) => one.id === id);
    return section === undefined ? 0 : readU32({ bytes: section.content, at: 0 });
  };
  const functions = importedFunctions(sections) + count(sectionIds.functions);
  const globals = count(sectionIds.globals);
  const indices: Indices = {
    fuel: globals,
    room: globals + 1,
    pages: globals + 2,
    copy: functions,
    fill: functions + 1,
  };
  const type = count(sectionIds.types);
  const added: Readonly<Record<number, readonly number[][]>> = {
    [sectionIds.types]: [[0x60, 3, i32, i32, i32, 0]],
    [sectionIds.functions]: [leb(type), leb(type)],
    [sectionIds.globals]: [
      // 2 to the 40, and 2 to the 30: the module begins to work before anybody can set the globals.
      [i64, 1, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x0b],
      [i32, 1, 0x41, 0x80, 0x80, 0x80, 0x80, 0x04, 0x0b],
      [i32, 1, 0x41, 0, 0x0b],
    ],
    [sectionIds.exports]: [
      exportedGlobal(meterExports.fuel, indices.fuel),
      exportedGlobal(meterExports.room, indices.room),
      exportedGlobal(meterExports.pages, indices.pages),
      exportedGlobal(meterExports.stack, 0),
    ],
    [sectionIds.code]: [bulkFunction(indices, [0xfc, 10, 0, 0]), bulkFunction(indices, [0xfc, 11, 0])],
  };
  const signatures = readSignatures(sections);
  const out = new ByteWriter(2 * module.length).raw(module.subarray(0, 8));
  for (const { id, content } of sections) {
    const metered = id === sectionIds.code ? meterCode(content, signatures, indices) : content;
    const body = added[id] === undefined ? metered : withItems(metered, added[id]);
    write(out.u8(id), leb(body.length)).raw(body);
  }
  return out.finish();
}

const sectionIds = { types: 1, imports: 2, functions: 3, globals: 6, exports: 7, code: 10 } as const;
/** The block type of a block without result. */
const nothing = 0x40;
const i32 = 0x7f;
const i64 = 0x7e;

function readSections(module: Uint8Array): Section[] {
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  if (!magic.every((byte, index) => module[index] === byte)) throw unreadable('it is not WebAssembly');
  const cursor: WasmCursor = { bytes: module, at: 8 };
  const sections: Section[] = [];
  while (cursor.at < module.length) {
    const id = readByte(cursor);
    const length = readU32(cursor);
    sections.push({ id, content: module.subarray(cursor.at, cursor.at + length) });
    cursor.at += length;
  }
  if (cursor.at !== module.length) throw unreadable('it ends too early');
  return sections;
}

/** How many functions are imported: they come first among all functions. */
function importedFunctions(sections: readonly Section[]): number {
  const section = sections.find(({ id }) => id === sectionIds.imports);
  if (section === undefined) return 0;
  const cursor: WasmCursor = { bytes: section.content, at: 0 };
  let functions = 0;
  for (let left = readU32(cursor); left > 0; left--) {
    skip(cursor, readU32(cursor));
    skip(cursor, readU32(cursor));
    const kind = readByte(cursor);
    if (kind === 0) {
      readU32(cursor);
      functions++;
    } else if (kind === 2) {
      if ((readByte(cursor) & 1) !== 0) readU32(cursor);
      readU32(cursor);
    } else {
      throw unreadable('it imports something else than functions and a memory');
    }
  }
  return functions;
}

/** What a function takes and gives. */
interface Signature {
  readonly parameters: number;
  /** The block type of its result: a value type, or 0x40 for none. */
  readonly result: number;
}

/** The signatures of the functions that have code here, in their order. */
function readSignatures(sections: readonly Section[]): readonly Signature[] {
  const contentOf = (id: number): WasmCursor => ({
    bytes: sections.find((one) => one.id === id)?.content ?? new Uint8Array(1),
    at: 0,
  });
  const types: WasmCursor = contentOf(sectionIds.types);
  const signatures: Signature[] = [];
  for (let left = readU32(types); left > 0; left--) {
    if (readByte(types) !== 0x60) throw unreadable('it has a type that is not a function');
    const parameters = readU32(types);
    skip(types, parameters);
    const results = readU32(types);
    if (results > 1) throw unreadable('a function has several results');
    signatures.push({ parameters, result: results === 0 ? nothing : readByte(types) });
  }
  const functions = contentOf(sectionIds.functions);
  return Array.from({ length: readU32(functions) }, () => {
    const signature = signatures[readU32(functions)];
    if (signature === undefined) throw unreadable('a function has no type');
    return signature;
  });
}

function meterCode(content: Uint8Array, signatures: readonly Signature[], indices: Indices): Uint8Array {
  const cursor: WasmCursor = { bytes: content, at: 0 };
  const out = write(new ByteWriter(2 * content.length), leb(readU32(cursor)));
  for (const signature of signatures) {
    const length = readU32(cursor);
    const body = meterBody(content.subarray(cursor.at, cursor.at + length), signature, indices);
    write(out, leb(body.length)).raw(body);
    cursor.at += length;
  }
  return out.finish();
}

function meterBody(body: Uint8Array, signature: Signature, indices: Indices): Uint8Array {
  const pay = payOne(indices.fuel);
  const cursor: WasmCursor = { bytes: body, at: 0 };
  let locals = signature.parameters;
  for (let groups = readU32(cursor); groups > 0; groups--) {
    locals += readU32(cursor);
    readByte(cursor);
  }
  const frame = frameBytes(locals);
  const out = new ByteWriter(2 * body.length + 64).raw(body.subarray(0, cursor.at));
  write(out, [
    ...pay,
    ...addRoom(indices.room, -frame),
    ...trapWithoutRoom(indices.room),
    0x02,
    signature.result,
  ]);
  /** How many blocks are open within the one around the body: a return is a branch to the end of that. */
  let nesting = 0;
  /** Up to here the body is in `out`. */
  let copied = cursor.at;
  while (cursor.at < body.length) {
    const start = cursor.at;
    const opcode = readByte(cursor);
    const second = skipImmediates(cursor, opcode);
    const replacement = opcode === 0x0f ? [0x0c, ...leb(nesting)] : replacementOf(opcode, second, indices);
    if (replacement !== undefined || opcode === 0x03) {
      out.raw(body.subarray(copied, replacement === undefined ? cursor.at : start));
      write(out, replacement ?? pay);
      copied = cursor.at;
    }
    if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) nesting++;
    if (opcode === 0x0b) nesting--;
  }
  out.raw(body.subarray(copied));
  return write(out, [...addRoom(indices.room, frame), 0x0b]).finish();
}

/** What an instruction that would escape the meter becomes. */
function replacementOf(opcode: number, second: number, indices: Indices): number[] | undefined {
  if (opcode === 0x3f) return [0x23, ...leb(indices.pages)];
  if (opcode === 0x40) throw unreadable('it makes its memory grow by itself');
  if (opcode !== 0xfc || second <= 7) return undefined;
  if (second === 10) return [0x10, ...leb(indices.copy)];
  if (second === 11) return [0x10, ...leb(indices.fill)];
  throw unreadable('it has bulk instructions that are not metered');
}

/** What a frame may take of the platform's stack: its locals, and what it keeps besides. */
function frameBytes(locals: number): number {
  return 96 + 8 * locals;
}

/** global.get; i32.const; i32.add; global.set */
function addRoom(room: number, bytes: number): number[] {
  const index = leb(room);
  return [0x23, ...index, 0x41, ...signedLeb(bytes), 0x6a, 0x24, ...index];
}

/** global.get; i32.const 0; i32.lt_s; if unreachable end */
function trapWithoutRoom(room: number): number[] {
  return [0x23, ...leb(room), 0x41, 0, 0x48, 0x04, nothing, 0x00, 0x0b];
}

/** global.get; i64.const 1; i64.sub; global.set; global.get; i64.const 0; i64.lt_s; if unreachable end */
function payOne(fuel: number): number[] {
  const index = leb(fuel);
  return [0x23, ...index, 0x42, 1, 0x7d, 0x24, ...index, ...trapBelowZero(index)];
}

function trapBelowZero(fuel: readonly number[]): number[] {
  return [0x23, ...fuel, 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b];
}

/** (to, what, length): fuel = fuel - (length >> 4); trap below zero; the instruction. */
function bulkFunction(indices: Indices, instruction: readonly number[]): number[] {
  const fuel = leb(indices.fuel);
  const length = [0x20, 2, 0x41, 4, 0x76, 0xad];
  const paid = [0x23, ...fuel, ...length, 0x7d, 0x24, ...fuel, ...trapBelowZero(fuel)];
  const body = [0, ...paid, 0x20, 0, 0x20, 1, 0x20, 2, ...instruction, 0x0b];
  return [...leb(body.length), ...body];
}

function exportedGlobal(name: string, index: number): number[] {
  return [name.length, ...[...name].map((letter) => letter.charCodeAt(0)), 3, ...leb(index)];
}

/** The content of a section with items added at the end. */
function withItems(content: Uint8Array, items: readonly (readonly number[])[]): Uint8Array {
  const cursor: WasmCursor = { bytes: content, at: 0 };
  const out = write(new ByteWriter(content.length + 256), leb(readU32(cursor) + items.length));
  out.raw(content.subarray(cursor.at));
  for (const item of items) write(out, item);
  return out.finish();
}

function write(out: ByteWriter, bytes: readonly number[]): ByteWriter {
  for (const byte of bytes) out.u8(byte);
  return out;
}

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return out;
}

function signedLeb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const byte = rest & 0x7f;
    if ((rest >> 7 === 0 && (byte & 0x40) === 0) || (rest >> 7 === -1 && (byte & 0x40) !== 0)) {
      out.push(byte);
      return out;
    }
    out.push(byte | 0x80);
  }
}
