/**
 * One instance of the interpreter's machine code, in a memory of its own, that can be put back to where it was when it
 * was made. Every run begins with the same bytes: nothing of an earlier one is left, however that ended (a trap in the
 * middle of an allocation included), and nothing need be freed.
 */
import { CocoError } from '@coco/primitives';
import { engineExports, engineImports } from './engineNames.js';
import { meterExports } from './meter.js';

const pageBytes = 65536;
/** What the module asks for at least; Emscripten's own default. */
const memoryPages = 256;
/** Data and stack of the module end at about 5.1 MiB; 1 MiB of heap to begin with. */
const pagesAtStart = 98;

type Functions = Readonly<Record<keyof typeof engineExports, (...args: number[]) => number>>;

/** A host function as the engine calls it: pointers to the context, to the arguments, and to a result that it then owns. */
export type EngineCall = (context: number, argumentCount: number, argumentsAt: number) => number;

export interface Engine {
  readonly functions: Functions;
  /** The whole memory; a new object when it has grown. */
  memory(): Uint8Array;
  /** Steps of the machine code that are left; below zero it has trapped. */
  fuel(): number;
  setFuel(steps: number): void;
  /** Bytes of the platform's stack that are left, as the meter counts; below zero it has trapped. */
  room(): number;
  setRoom(bytes: number): void;
  /** How large the memory may become in this run, in bytes. */
  setMemoryMax(bytes: number): void;
  setCall(call: EngineCall): void;
  /** Makes the present state the one to which `reset` goes back. */
  keep(): void;
  reset(): void;
}

/** Thrown where the machine code gives up by itself: a bug of the interpreter, or an allocation that it cannot do without. */
export class EngineFault extends Error {}

/** An instance of `module`, which was metered. */
export function createEngine(module: WebAssembly.Module): Engine {
  const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: 32768 });
  const state = {
    call: (() => 0) as EngineCall,
    pagesMax: pagesAtStart,
    bytes: new Uint8Array(memory.buffer),
  };
  const bytes = (): Uint8Array => {
    if (state.bytes.buffer !== memory.buffer) state.bytes = new Uint8Array(memory.buffer);
    return state.bytes;
  };
  /** The module asks for this many bytes in all; `pages` is what it believes to have. */
  const resizeHeap = (requested: number): number => {
    const wanted = Math.ceil((requested >>> 0) / pageBytes);
    if (wanted > state.pagesMax) return 0;
    const missing = wanted - memory.buffer.byteLength / pageBytes;
    if (missing > 0) memory.grow(missing);
    pages.value = wanted;
    return 1;
  };
  const imports = importsOf(bytes, resizeHeap, (...args) => state.call(...args));
  const instance = new WebAssembly.Instance(module, {
    a: { ...imports, [engineImports.memory]: memory },
  });
  const fuel = globalOf(instance, meterExports.fuel);
  const room = globalOf(instance, meterExports.room);
  const pages = globalOf(instance, meterExports.pages);
  const stack = globalOf(instance, meterExports.stack);
  pages.value = pagesAtStart;
  const functions = functionsOf(instance);
  functions.initialize();
  let kept: readonly (Uint8Array | undefined)[] = [];
  let keptStack: unknown = stack.value;
  return {
    functions,
    memory: bytes,
    fuel: () => Number(fuel.value),
    setFuel(steps) {
      fuel.value = BigInt(steps);
    },
    room: () => Number(room.value),
    setRoom(bytes) {
      room.value = bytes;
    },
    setMemoryMax(most) {
      state.pagesMax = Math.min(32768, Math.max(pagesAtStart, Math.ceil(most / pageBytes)));
    },
    setCall(call) {
      state.call = call;
    },
    keep() {
      kept = keepPages(bytes(), Number(pages.value));
      keptStack = stack.value;
    },
    reset() {
      const used = Number(pages.value);
      restorePages(bytes(), kept, used);
      pages.value = kept.length;
      stack.value = keptStack;
    },
  };
}

/** The pages of `memory`, undefined where there are only zeros. */
function keepPages(memory: Uint8Array, count: number): readonly (Uint8Array | undefined)[] {
  return Array.from({ length: count }, (_, index) => {
    const words = new Uint32Array(memory.buffer, index * pageBytes, pageBytes / 4);
    for (const word of words) if (word !== 0) return memory.slice(index * pageBytes, (index + 1) * pageBytes);
    return undefined;
  });
}

function restorePages(memory: Uint8Array, kept: readonly (Uint8Array | undefined)[], used: number): void {
  for (let index = 0; index < Math.max(used, kept.length); index++) {
    const page = kept[index];
    if (page !== undefined) memory.set(page, index * pageBytes);
    else memory.fill(0, index * pageBytes, (index + 1) * pageBytes);
  }
}

function globalOf(instance: WebAssembly.Instance, name: string): { value: unknown } {
  const global = instance.exports[name];
  if (!(global instanceof WebAssembly.Global)) throw missing(name);
  return global as { value: unknown };
}

function functionsOf(instance: WebAssembly.Instance): Functions {
  const entries = Object.entries(engineExports).map(([name, letter]) => {
    const exported = instance.exports[letter];
    if (typeof exported !== 'function') throw missing(name);
    return [name, exported] as const;
  });
  return Object.fromEntries(entries) as unknown as Functions;
}

function missing(name: string): CocoError {
  return new CocoError('COCO_SANDBOX_ENGINE', 'the interpreter lacks a function', { name });
}

/** What the machine code can reach: nothing but its memory and the one host function. It is always 1970 there, in UTC. */
function importsOf(
  memory: () => Uint8Array,
  resizeHeap: (requested: number) => number,
  call: EngineCall,
): Record<string, (...args: never[]) => number | undefined> {
  const fault = (): never => {
    throw new EngineFault('the interpreter gave up');
  };
  const zero = (): number => 0;
  const refused = (): number => 52;
  const setU32 = (at: number, value: number): void => {
    new DataView(memory().buffer).setUint32(at, value, true);
  };
  const byName: Record<
    Exclude<keyof typeof engineImports, 'memory'>,
    (...args: never[]) => number | undefined
  > = {
    assertFail: fault,
    abort: fault,
    exit: fault,
    fdWrite: refused,
    fdClose: refused,
    fdSeek: refused,
    environGet: zero,
    environSizesGet(count: number, size: number) {
      setU32(count, 0);
      setU32(size, 0);
      return 0;
    },
    normalizeModule: zero,
    loadModuleSource: zero,
    shouldInterrupt: zero,
    setTimer: zero,
    resizeHeap,
    keepRuntimeAliveClear: () => undefined,
    localTime(_seconds: bigint, at: number) {
      memory().fill(0, at, at + 44);
      return undefined;
    },
    timeZone(zone: number, daylight: number, standardName: number, daylightName: number) {
      setU32(zone, 0);
      setU32(daylight, 0);
      for (const at of [standardName, daylightName]) memory().set([0x55, 0x54, 0x43, 0], at);
      return undefined;
    },
    dateNow: zero,
    callFunction: (context: number, _self: number, argumentCount: number, argumentsAt: number) =>
      call(context, argumentCount, argumentsAt),
    freeHostRef: () => undefined,
  };
  return Object.fromEntries(
    Object.entries(byName).map(([name, implementation]) => [
      engineImports[name as keyof typeof byName],
      implementation,
    ]),
  );
}
