/**
 * The contract of the sandbox, on the real interpreter: what crosses, what is reported, what is left (nothing).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '@coco/primitives';
import { defaultScriptLimits, loadSandbox, type ScriptRun, type ScriptValue } from './index.js';

const sandbox = await loadSandbox();

function run(source: string, options: Partial<ScriptRun> = {}) {
  return sandbox.run({ name: 'test', source, call: 'f', args: [], limits: defaultScriptLimits, ...options });
}

function returned(source: string, options: Partial<ScriptRun> = {}): ScriptValue {
  const outcome = run(source, options);
  assert.equal(outcome.outcome, 'returned', JSON.stringify(outcome));
  return outcome.outcome === 'returned' ? outcome.value : undefined;
}

const echo = 'export function f(...args) { return args; }';

test('values cross both ways as they are', () => {
  const args: ScriptValue[] = [
    null,
    true,
    -0.5,
    1e300,
    'plain',
    'nul \u0000, astral 😀, lone \ud800, quotes "\\',
    '',
    [1, [2, ['three']]],
    { a: 1, s: 's', b: 'b0', '': {}, nested: { bytes: new Uint8Array([0, 1, 255]) } },
    new Uint8Array(0),
    new Uint8Array(100_000).fill(7),
  ];
  assert.deepEqual(returned(echo, { args }), args);
  assert.equal(returned('export function f() {}'), undefined);
  assert.deepEqual(returned(echo, { args: [JSON.parse('{"__proto__": {"x": 1}}')] }), [
    JSON.parse('{"__proto__": {"x": 1}}'),
  ]);
});

test('bytes are an ArrayBuffer inside, and views come out as their bytes', () => {
  const source = `export function f(bytes) {
    return [bytes instanceof ArrayBuffer, new Uint8Array(bytes, 1, 2), new DataView(bytes).getUint16(0)];
  }`;
  const args = [new Uint8Array([1, 2, 3, 4])];
  assert.deepEqual(returned(source, { args }), [true, new Uint8Array([2, 3]), 258]);
});

test('what JSON cannot say does not come out', () => {
  assert.deepEqual(
    returned('export const f = () => ({ a: undefined, f() {}, s: Symbol(), n: NaN, l: [,] })'),
    {
      n: null,
      l: [null],
    },
  );
  assert.match(reasonOf('export const f = () => 1n'), /^TypeError/);
  assert.match(reasonOf('export const f = () => { const a = {}; a.a = a; return a; }'), /^TypeError/);
});

function reasonOf(source: string, options: Partial<ScriptRun> = {}): string {
  const outcome = run(source, options);
  assert.equal(outcome.outcome, 'threw', JSON.stringify(outcome));
  return outcome.outcome === 'threw' ? outcome.reason : '';
}

test('what a script throws is told with a trace that names it', () => {
  const outcome = run('\nexport function f() {\n  throw new TypeError("no such thing");\n}');
  assert.equal(outcome.outcome, 'threw');
  if (outcome.outcome !== 'threw') return;
  assert.equal(outcome.reason, 'TypeError: no such thing');
  assert.match(outcome.trace, /f \(test:3/);
  assert.equal(reasonOf('export function f() { throw "text"; }'), 'text');
  assert.equal(reasonOf('export function f() { throw null; }'), 'null');
  assert.equal(reasonOf('throw new Error("while loading")'), 'Error: while loading');
  assert.match(reasonOf('export function f() {'), /^SyntaxError/);
  assert.match(reasonOf('export const g = 1;'), /exports no function "f"/);
  assert.match(reasonOf('export const f = 1;'), /exports no function "f"/);
  assert.match(reasonOf('export function f() { throw { toString() { throw 1; } }; }'), /cannot be shown/);
});

test('a module can import nothing', () => {
  assert.match(reasonOf('import fs from "node:fs"; export function f() {}'), /^ReferenceError/);
  assert.match(reasonOf('export function f() { return import("other"); }'), /^(Reference|Type)Error/);
});

test('nothing of the host is in reach', () => {
  const source = `export function f(names) { return names.filter((name) => name in globalThis); }`;
  const args = [
    [
      'process',
      'require',
      'fetch',
      'setTimeout',
      'console',
      'performance',
      'crypto',
      'std',
      'os',
      'print',
      '__host',
    ],
  ];
  assert.deepEqual(returned(source, { args }), [[]].flat());
  assert.equal(returned('export function f() { return Function("return typeof process")(); }'), 'undefined');
});

test('there is no clock and no randomness', () => {
  const source = `export function f() {
    return [Date.now(), new Date().toISOString(), new Date(0).getTimezoneOffset(), new Date(1e12).getHours()];
  }`;
  assert.deepEqual(returned(source), [0, '1970-01-01T00:00:00.000Z', 0, 1]);
  assert.match(reasonOf('export function f() { return Math.random(); }'), /no randomness/);
});

test('promises are waited for while they can go on', () => {
  assert.equal(returned('export async function f() { await null; return "later"; }'), 'later');
  assert.equal(returned('const a = await 5; export function f() { return a; }'), 5);
  assert.equal(reasonOf('export async function f() { await 1; throw new Error("late"); }'), 'Error: late');
  assert.match(reasonOf('export function f() { return new Promise(() => {}); }'), /never happens/);
  assert.match(reasonOf('await new Promise(() => {}); export function f() {}'), /never happens/);
  assert.equal(reasonOf('await 1; throw new Error("while loading")'), 'Error: while loading');
});

test('a prelude makes globals of host functions, which are gone by their first name', () => {
  const seen: ScriptValue[][] = [];
  const options: Partial<ScriptRun> = {
    prelude: 'const { add, fail } = __host; globalThis.tools = { add, fail };',
    host: {
      add(...args) {
        seen.push(args);
        return { sum: new Uint8Array([3]) };
      },
      fail() {
        throw new Error('it is not allowed');
      },
    },
  };
  const source = `export function f() {
    const { sum } = tools.add(1, new ArrayBuffer(1), undefined);
    return [typeof __host, new Uint8Array(sum)[0]];
  }`;
  assert.deepEqual(returned(source, options), ['undefined', 3]);
  assert.deepEqual(seen, [[1, new Uint8Array(1), null]]);
  assert.equal(reasonOf('export function f() { tools.fail(); }', options), 'Error: it is not allowed');
  const caught =
    'export function f() { try { tools.fail(); } catch (e) { return [e instanceof Error, e.message]; } }';
  assert.deepEqual(returned(caught, options), [true, 'it is not allowed']);
});

test('a bug of a host function is not hidden from the host', () => {
  const host = {
    bug() {
      throw new AssertionError('broken');
    },
  };
  const options = { prelude: 'globalThis.bug = __host.bug;', host };
  assert.throws(() => run('export function f() { try { bug(); } catch {} }', options), AssertionError);
  assert.equal(returned('export function f() { return 1; }'), 1);
});

test('a host function may run another script', () => {
  const host = { nested: () => returned('export function f() { return typeof nested; }') };
  const options = { prelude: 'globalThis.nested = __host.nested;', host };
  assert.deepEqual(returned('export function f() { return [nested(), nested()]; }', options), [
    'undefined',
    'undefined',
  ]);
});

test('without a call the exported functions are told', () => {
  const source = 'export function a(x, y) {} export const b = () => 1; export const c = 5;';
  const outcome = sandbox.run({ name: 'test', source, args: [], limits: defaultScriptLimits });
  assert.deepEqual(outcome.outcome === 'returned' && outcome.value, { a: 2, b: 0 });
});

test('nothing that a run does is seen by the next', () => {
  const spoil = `
    Object.prototype.polluted = 1; Array.prototype.map = null; JSON.stringify = null; JSON.parse = null;
    String.prototype.slice = null; Promise.prototype.then = null; globalThis.left = {};
    Array.prototype[Symbol.iterator] = function* () { yield 'pwned'; };
    Object.defineProperty(Object.prototype, 's0', { set() { throw 1; } });
    export function f() { return {}; }`;
  run(spoil);
  const source = 'export function f(list) { return [typeof left, ({}).polluted, list.map((x) => x + 1)]; }';
  assert.deepEqual(returned(source, { args: [[1]] }), ['undefined', null, [2]]);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test('the same run takes the same steps, whatever came before', () => {
  const source =
    'export function f() { let s = 0; for (let i = 0; i < 20000; i++) s += String(i).length; return s; }';
  const first = run(source);
  assert.ok(first.steps > 50, `${first.steps}`);
  run('export function f() { const a = []; for (;;) a.push({}); }', {
    limits: { ...defaultScriptLimits, stepsMax: 300 },
  });
  assert.deepEqual(run(source), first);
  const again = run(source, { limits: { ...defaultScriptLimits, stepsMax: first.steps } });
  assert.deepEqual(again, first);
  const less = run(source, { limits: { ...defaultScriptLimits, stepsMax: first.steps - 1 } });
  assert.deepEqual(less, { outcome: 'exceeded', limit: 'steps', steps: first.steps - 1 });
});
