/**
 * An interpreter that is ready to run a script: runtime, context and our own code inside are made once, and every run
 * begins from a picture of the memory as it was then.
 */
import { assert } from '@coco/primitives';
import { type Access, type Completion, createAccess, type GuestCall, type Handle } from './access.js';
import { createEngine, type Engine } from './engine.js';
import { guestFunctions, guestSource } from './guest.js';
import type { PackedValue } from './values.js';

export interface Realm extends Pick<Access, 'readPacked'> {
  readonly engine: Engine;
  /** Forgets everything that was done since the realm was made. */
  reset(): void;
  /** Limits of what is allocated and of the stack, from here on. */
  setLimits(limits: { readonly heapBytesMax: number; readonly stackBytesMax: number }): void;
  setCall(call: GuestCall): void;
  /** A module's value is its namespace, or a promise of it when it awaits something. */
  evaluate(source: string, name: string, kind: 'script' | 'module'): Completion;
  /** Calls one of our own functions inside. */
  callGuest(name: keyof typeof guestFunctions, ...args: readonly (Handle | PackedValue)[]): Completion;
  /** Runs what promises have put off, until nothing is left. */
  runJobs(): void;
  /** What became of `value` when it is a promise; undefined for any other value. */
  promise(value: Handle): Completion | 'pending' | undefined;
}

const moduleFlag = 1;
/** Making a realm takes about half a million steps. */
const fuelToMake = 1e9;
const roomToMake = 1 << 18;
/** The share of the stack at which the interpreter throws an error that a script can catch. */
const softStackShare = 6;
/** The module's data and stack, and what the allocator wastes. */
const memoryBesidesHeap = 8 << 20;

/** Makes a realm on `module`, which was metered. */
export function createRealm(module: WebAssembly.Module): Realm {
  const engine = createEngine(module);
  const { functions: qts } = engine;
  engine.setFuel(fuelToMake);
  engine.setRoom(roomToMake);
  const runtime = qts.QTS_NewRuntime();
  const context = qts.QTS_NewContext(runtime, 0);
  const access = createAccess(engine, context);
  const inside = insideOf(access);
  engine.keep();
  return {
    engine,
    reset: () => engine.reset(),
    setLimits({ heapBytesMax, stackBytesMax }) {
      engine.setMemoryMax(heapBytesMax + memoryBesidesHeap);
      engine.setRoom(stackBytesMax);
      qts.QTS_RuntimeSetMemoryLimit(runtime, heapBytesMax);
      qts.QTS_RuntimeSetMaxStackSize(runtime, Math.floor(stackBytesMax / softStackShare));
    },
    setCall(call) {
      engine.setCall((_context, count, at) => access.answer(call, count, at));
    },
    evaluate: (source, name, kind) => access.evaluate(source, name, kind === 'module' ? moduleFlag : 0),
    callGuest(name, ...args) {
      const handles = args.flatMap((one) => (typeof one === 'number' ? [one] : access.putPacked(one)));
      return access.call(inside[name], handles);
    },
    runJobs() {
      const lastContext = qts.malloc(4);
      while (qts.QTS_IsJobPending(runtime) !== 0) {
        qts.QTS_FreeValuePointer(context, qts.QTS_ExecutePendingJob(runtime, 1, lastContext));
      }
    },
    promise(value) {
      const state = qts.QTS_PromiseState(context, value);
      if (state === 0) return 'pending';
      if (state === 1) return { value: qts.QTS_PromiseResult(context, value) };
      return state === 2 ? { thrown: qts.QTS_PromiseResult(context, value) } : undefined;
    },
    readPacked: access.readPacked,
  };
}

/** Our own functions inside, by name. */
function insideOf(access: Access): Readonly<Record<keyof typeof guestFunctions, Handle>> {
  const valueIn = (completion: Completion): Handle => {
    assert('value' in completion, 'our own code does not throw');
    return completion.value;
  };
  const make = valueIn(access.evaluate(guestSource, 'sandbox', 0));
  const functions = valueIn(access.call(make, [access.newFunction('hostCall')]));
  const { invoke, settle, inspect, describe, install } = guestFunctions;
  return {
    invoke: access.element(functions, invoke),
    settle: access.element(functions, settle),
    inspect: access.element(functions, inspect),
    describe: access.element(functions, describe),
    install: access.element(functions, install),
  };
}
