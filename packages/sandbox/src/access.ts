/**
 * Moves bytes, texts and values between the host and one interpreter's memory, through the C functions that
 * quickjs-emscripten puts around QuickJS. A handle is a pointer to a JSValue of 8 bytes; 0 means that memory ran out.
 */
import { fromUtf8, utf8 } from '@coco/primitives';
import type { Engine } from './engine.js';
import type { PackedValue } from './values.js';

/** Where a value of the interpreter is. */
export type Handle = number;

/** A result, or what was thrown. */
export type Completion = { readonly value: Handle } | { readonly thrown: Handle };

/** Called by scripts, with the name of a host function. The answer's JSON begins with `v` (value) or `e` (error). */
export type GuestCall = (name: string, args: PackedValue) => PackedValue;

/** Thrown when the interpreter's memory does not hold what the host wants to put there. */
export class HeapExhausted extends Error {}

/** Thrown when what a script hands over cannot be read, which needs a script that spoiled the code that hands over. */
export class Unreadable extends Error {}

export interface Access {
  evaluate(source: string, name: string, flags: number): Completion;
  call(callee: Handle, args: readonly Handle[]): Completion;
  newFunction(name: string): Handle;
  element(array: Handle, index: number): Handle;
  putPacked(packed: PackedValue): readonly Handle[];
  readPacked(array: Handle): PackedValue;
  /** Answers a call of the one host function: reads its arguments, and gives the result as the interpreter wants it. */
  answer(call: GuestCall, count: number, at: number): Handle;
}

const jsValueBytes = 8;
const noBytes = new Uint8Array(0);

export function createAccess(engine: Engine, context: number): Access {
  const { functions: qts, memory } = engine;
  const { allocate, made, withText, newText, newBuffer, readText, readBuffer, element, lengthOf } =
    createTransfer(engine, context);
  const completion = (handle: Handle): Completion => {
    if (handle === 0) throw new HeapExhausted();
    const thrown = qts.QTS_ResolveException(context, handle);
    return thrown === 0 ? { value: handle } : { thrown };
  };
  const putPacked = ({ json, buffers }: PackedValue): readonly Handle[] => [
    newText(json),
    ...buffers.map(newBuffer),
  ];
  const free = (handle: Handle): void => {
    qts.QTS_FreeValuePointer(context, handle);
  };
  return {
    element,
    putPacked,
    newFunction: (name) => withText(utf8(name), (at) => made(qts.QTS_NewFunction(context, at, 0, 0, 1))),
    evaluate: (source, name, flags) =>
      withText(utf8(name), (nameAt) => {
        const bytes = utf8(source);
        return withText(bytes, (at) => completion(qts.QTS_Eval(context, at, bytes.length, nameAt, 0, flags)));
      }),
    call(callee, args) {
      const list = allocate(4 * args.length + 4);
      const view = new DataView(memory().buffer);
      for (const [index, handle] of args.entries()) view.setUint32(list + 4 * index, handle, true);
      const result = completion(qts.QTS_Call(context, callee, qts.QTS_GetUndefined(), args.length, list));
      qts.free(list);
      return result;
    },
    readPacked(array) {
      const first = element(array, 0);
      const json = readText(first);
      free(first);
      const buffers = Array.from({ length: lengthOf(array) - 1 }, (_, index) => {
        const handle = element(array, index + 1);
        const bytes = readBuffer(handle);
        free(handle);
        return bytes;
      });
      return { json, buffers };
    },
    answer(call, count, at) {
      const argument = (index: number): Handle => at + jsValueBytes * index;
      if (count < 2) throw new Unreadable();
      const buffers = Array.from({ length: count - 2 }, (_, index) => readBuffer(argument(index + 2)));
      const result = call(readText(argument(0)), { json: readText(argument(1)), buffers });
      const array = made(qts.QTS_NewArray(context));
      for (const [index, handle] of putPacked(result).entries()) {
        const key = made(qts.QTS_NewFloat64(context, index));
        qts.QTS_SetProp(context, array, key, handle);
        free(key);
        free(handle);
      }
      return array;
    },
  };
}

/** Texts, bytes and lists, one at a time. */
function createTransfer(engine: Engine, context: number) {
  const { functions: qts, memory } = engine;
  const allocate = (bytes: number): number => {
    const at = qts.malloc(bytes);
    if (at === 0) throw new HeapExhausted();
    return at;
  };
  /** `handle`, which the host asked to be made. */
  const made = (handle: Handle): Handle => {
    if (handle === 0 || qts.QTS_ResolveException(context, handle) !== 0) throw new HeapExhausted();
    return handle;
  };
  /** `bytes` and a zero, which C wants at the end of a text. */
  const putBytes = (bytes: Uint8Array): number => {
    const at = allocate(bytes.length + 1);
    memory().set(bytes, at);
    memory()[at + bytes.length] = 0;
    return at;
  };
  const withText = <T>(text: Uint8Array, use: (at: number) => T): T => {
    const at = putBytes(text);
    const result = use(at);
    qts.free(at);
    return result;
  };
  const newText = (text: string): Handle =>
    withText(utf8(text), (at) => made(qts.QTS_NewString(context, at)));
  const newBuffer = (bytes: Uint8Array): Handle =>
    made(qts.QTS_NewArrayBuffer(context, putBytes(bytes), bytes.length));
  const readText = (value: Handle): string => {
    const at = qts.QTS_GetString(context, value);
    if (at === 0) throw new Unreadable();
    const text = fromUtf8(memory().slice(at, memory().indexOf(0, at)));
    qts.QTS_FreeCString(context, at);
    if (text === undefined) throw new Unreadable();
    return text;
  };
  const readBuffer = (value: Handle): Uint8Array => {
    const length = qts.QTS_GetArrayBufferLength(context, value);
    const at = qts.QTS_GetArrayBuffer(context, value);
    if (at === 0) throw new Unreadable();
    const bytes = length === 0 ? noBytes : memory().slice(at, at + length);
    qts.free(at);
    return bytes;
  };
  const element = (array: Handle, index: number): Handle =>
    made(qts.QTS_GetPropNumber(context, array, index));
  const lengthOf = (array: Handle): number => {
    const at = allocate(4);
    if (qts.QTS_GetLength(context, at, array) !== 0) throw new Unreadable();
    const length = new DataView(memory().buffer).getUint32(at, true);
    qts.free(at);
    return length;
  };
  return { allocate, made, withText, newText, newBuffer, readText, readBuffer, element, lengthOf };
}
