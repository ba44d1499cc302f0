/**
 * One run of one script in a realm, from the limits that it begins with to what became of it.
 */
import { AssertionError, utf8 } from '@coco/primitives';
import { type Completion, type Handle, HeapExhausted, Unreadable } from './access.js';
import { EngineFault } from './engine.js';
import type { Realm } from './realm.js';
import type { ScriptOutcome, ScriptRun, ScriptValue } from './types.js';
import { type PackedValue, packedBytes, packValue, unpackValue } from './values.js';

/** Turns of loops and calls in the machine code that make one step. */
const fuelPerStep = 10_000;
/** The platform's own stack holds about a megabyte, of which the caller has used some. */
const stackBytesCap = 512 << 10;
/** For our own code: a prelude, and telling what was thrown. */
const fuelForPrelude = 1e8;
const fuelForTelling = 1e6;
const heapForTelling = 1 << 20;
/** What a call of a host function costs besides its own fee. */
const stepsPerHostCall = 0.2;
const bytesPerFuel = 16;

type WithoutSteps<One> = One extends unknown ? Omit<One, 'steps'> : never;
type Result = WithoutSteps<ScriptOutcome>;

/** Thrown through the interpreter when something that crosses is larger than allowed. */
class ValueTooLarge extends Error {}

/** Runs `run` in `realm`, which is reset first. Throws only what is a bug of a host function. */
export function runInRealm(realm: Realm, run: ScriptRun): ScriptOutcome {
  const { engine } = realm;
  const { limits } = run;
  if (utf8(run.source).length > limits.sourceBytesMax)
    return { outcome: 'exceeded', limit: 'source', steps: 0 };
  const fuel = Math.floor(limits.stepsMax * fuelPerStep);
  realm.reset();
  engine.setFuel(fuelForPrelude);
  let used = 0;
  try {
    realm.setLimits({ ...limits, stackBytesMax: Math.min(limits.stackBytesMax, stackBytesCap) });
    prepare(realm, run);
    engine.setFuel(fuel);
    used = fuel;
    const result = execute(realm, run);
    used = fuel - engine.fuel();
    const steps = Math.ceil(used / fuelPerStep);
    return 'thrown' in result ? { ...tell(realm, run, result.thrown), steps } : { ...result, steps };
  } catch (error) {
    if (engine.fuel() >= 0) used = Math.min(used, fuel - engine.fuel());
    return { ...stopped(realm, error), steps: Math.ceil(used / fuelPerStep) };
  }
}

/** Makes the globals that the script finds. */
function prepare(realm: Realm, run: ScriptRun): void {
  const { host = {}, hostSteps = {}, limits } = run;
  realm.setCall((name, args) => {
    charge(
      realm,
      (stepsPerHostCall + (hostSteps[name] ?? 0)) * fuelPerStep + packedBytes(args) / bytesPerFuel,
    );
    const answer = answerOf(host, name, args, limits.valueBytesMax);
    charge(realm, packedBytes(answer) / bytesPerFuel);
    return answer;
  });
  if (run.prelude === undefined) return;
  ours(realm.callGuest('install', packed(Object.keys(host))));
  ours(realm.evaluate(run.prelude, 'prelude', 'script'));
  ours(realm.evaluate('delete globalThis.__host', 'prelude', 'script'));
}

function execute(realm: Realm, run: ScriptRun): Result | { readonly thrown: Handle } {
  const evaluated = realm.evaluate(run.source, run.name, 'module');
  if ('thrown' in evaluated) return evaluated;
  let module = evaluated.value;
  if (realm.promise(module) !== undefined) {
    realm.runJobs();
    const loaded = realm.promise(module);
    if (loaded === 'pending' || loaded === undefined) {
      return { outcome: 'threw', reason: 'Error: the module waits for what never happens', trace: '' };
    }
    if ('thrown' in loaded) return loaded;
    module = loaded.value;
  }
  let completion: Completion;
  if (run.call === undefined) {
    completion = realm.callGuest('inspect', module);
  } else {
    completion = realm.callGuest('invoke', module, packed([run.call, run.args]));
    if ('thrown' in completion) return completion;
    realm.runJobs();
    completion = realm.callGuest('settle');
  }
  if ('thrown' in completion) return completion;
  const result = realm.readPacked(completion.value);
  if (packedBytes(result) > run.limits.valueBytesMax) throw new ValueTooLarge();
  const value = unpackValue(result);
  if (value === undefined) throw new ValueTooLarge();
  return { outcome: 'returned', ...value };
}

/** Takes steps for something that the host does; the next turn in the machine code notices when there are none left. */
function charge(realm: Realm, fuel: number): void {
  const { engine } = realm;
  engine.setFuel(Math.floor(engine.fuel() - fuel));
  if (engine.fuel() < 0) throw new EngineFault('no steps are left');
}

function answerOf(
  host: NonNullable<ScriptRun['host']>,
  name: string,
  args: PackedValue,
  valueBytesMax: number,
): PackedValue {
  const called = Object.hasOwn(host, name) ? host[name] : undefined;
  const list = unpackValue(args);
  if (packedBytes(args) > valueBytesMax || list === undefined) throw new ValueTooLarge();
  if (called === undefined || !Array.isArray(list.value)) throw new Unreadable();
  let answer: PackedValue | undefined;
  let tag = 'v';
  try {
    answer = packValue(called(...(list.value as readonly ScriptValue[])));
  } catch (error) {
    if (error instanceof AssertionError || isStackOverflow(error)) throw error;
    answer = packValue(error instanceof Error ? error.message : String(error));
    tag = 'e';
  }
  if (answer === undefined || packedBytes(answer) > valueBytesMax) throw new ValueTooLarge();
  return { ...answer, json: tag + answer.json };
}

/** A run that was stopped from outside the script. */
function stopped(realm: Realm, error: unknown): Result {
  const exceeded = (limit: 'heap' | 'stack' | 'steps' | 'value'): Result => ({ outcome: 'exceeded', limit });
  if (error instanceof AssertionError) throw error;
  if (error instanceof ValueTooLarge) return exceeded('value');
  if (realm.engine.fuel() < 0) return exceeded('steps');
  if (realm.engine.room() < 0 || isStackOverflow(error)) return exceeded('stack');
  if (error instanceof HeapExhausted || error instanceof EngineFault) return exceeded('heap');
  if (error instanceof Unreadable) {
    return { outcome: 'threw', reason: 'Error: a value of the script cannot be read', trace: '' };
  }
  if (error instanceof WebAssembly.RuntimeError) {
    return { outcome: 'threw', reason: 'Error: the interpreter failed', trace: error.message };
  }
  throw error;
}

/** What the script threw, in words. */
function tell(realm: Realm, run: ScriptRun, thrown: Handle): Result {
  const { engine } = realm;
  engine.setFuel(fuelForTelling);
  const stackBytesMax = Math.min(run.limits.stackBytesMax, stackBytesCap);
  realm.setLimits({ heapBytesMax: run.limits.heapBytesMax + heapForTelling, stackBytesMax });
  const described = realm.callGuest('describe', thrown);
  if ('thrown' in described) return { outcome: 'exceeded', limit: 'heap' };
  const { value } = unpackValue(realm.readPacked(described.value)) ?? {};
  const [reason, trace] = Array.isArray(value) ? (value as readonly ScriptValue[]).map(String) : [];
  if (reason === 'InternalError: out of memory') return { outcome: 'exceeded', limit: 'heap' };
  if (reason?.endsWith('Error: stack overflow') === true) return { outcome: 'exceeded', limit: 'stack' };
  return { outcome: 'threw', reason: reason ?? 'Error', trace: trace ?? '' };
}

/** The completion of code that is part of the product. */
function ours(completion: Completion): void {
  if ('thrown' in completion) throw new HeapExhausted();
}

function packed(value: ScriptValue): PackedValue {
  const result = packValue(value);
  if (result === undefined) throw new ValueTooLarge();
  return result;
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}
