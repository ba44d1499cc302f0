/**
 * No script holds up its host: every loop stops at a limit, also those inside built-in functions, which ask nobody while
 * they work. Steps are few here so that the test is fast; they are the same steps with any limit.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultScriptLimits, loadSandbox, type ScriptLimits, type ScriptRun } from './index.js';

const sandbox = await loadSandbox();
const limits: ScriptLimits = { ...defaultScriptLimits, stepsMax: 300, heapBytesMax: 16 << 20 };

function run(body: string, options: Partial<ScriptRun> = {}) {
  const source = `export function f() {\n${body}\n}`;
  return sandbox.run({ name: 'hostile', source, call: 'f', args: [], limits, ...options });
}

function exceeded(body: string, options: Partial<ScriptRun> = {}): string {
  const outcome = run(body, options);
  assert.equal(outcome.outcome, 'exceeded', `${body.slice(0, 80)}: ${JSON.stringify(outcome).slice(0, 200)}`);
  const after = run('return 6 * 7;');
  assert.deepEqual(after.outcome === 'returned' && after.value, 42, body);
  return outcome.outcome === 'exceeded' ? outcome.limit : '';
}

const withoutEnd: Readonly<Record<string, readonly string[]>> = {
  loops: [
    'for (;;);',
    'try { for (;;); } finally { for (;;); }',
    'function g() { try { g(); } catch { for (;;) { try { g(); } catch {} } } } g();',
    'function* g() { for (;;) yield 1; } for (const x of g());',
    'for (;;) eval("1+".repeat(1e4) + "1");',
    'for (;;) new Function("a".repeat(1e5));',
  ],
  'promises and accessors': [
    'return (async () => { for (;;) await 1; })();',
    'function again() { return Promise.resolve().then(again); } return again();',
    'return { get x() { for (;;); } };',
    'return { toJSON() { for (;;); } };',
    'return [new Proxy({}, { ownKeys() { for (;;); } })];',
    'throw { toString() { for (;;); } };',
    'const e = new Error(); Object.defineProperty(e, "stack", { get() { for (;;); } }); throw e;',
  ],
  'regular expressions': [
    'return /(a+)+$/.test("a".repeat(40) + "b");',
    'return /^(([a-z])+.)+[A-Z]([a-z])+$/.test("a".repeat(1e5));',
    'return /(.*)*x\\1/s.exec("a".repeat(1e5));',
    'for (;;) new RegExp("[\\\\u{0}-\\\\u{10ffff}]".repeat(1000), "ui");',
    'return "a".repeat(1e6).replace(/(?=(a+))a*b\\1/g, "");',
  ],
  numbers: [
    'let a = 3n ** 200000n; for (;;) a = a * a;',
    'const a = (1n << 1000000n) - 1n; return a.toString().length;',
    'const a = (1n << 1000000n) - 1n, b = (1n << 500001n) - 1n; for (;;) a / b;',
    'return 7n ** (1n << 19n) % 11n;',
    'for (;;) Number("1".repeat(1e6));',
    'for (;;) (1e20 / 3).toFixed(100);',
  ],
  'arrays without bounds': [
    'return Array(2 ** 32 - 1).join("");',
    'return Array(2 ** 32 - 1).indexOf(1);',
    'return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);',
    'return Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1);',
    'return Array(2 ** 32 - 1).includes(1);',
    'return Array(2 ** 32 - 1).reverse();',
    'return Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1, 0);',
    'return Array(2 ** 32 - 1).flat();',
    'return [].concat(Array(2 ** 32 - 1), Array(2 ** 32 - 1));',
    'return Array(2 ** 32 - 1).splice(0, 1);',
    'return String.raw({ raw: { length: 2 ** 53 - 1 } });',
    'const a = new Float64Array(1e6); for (;;) a.sort();',
    'const a = new Array(1e5).fill(1); for (;;) a.sort(() => 1);',
  ],
  'large copies': [
    'const s = "x".repeat(5e6); for (;;) s.repeat(2);',
    'for (;;) "".padEnd(5e6, "ab");',
    'const s = "a".repeat(1e6); return s.replaceAll("a", s);',
    'for (;;) "a".repeat(1e5).split("");',
    'const s = "a".repeat(2e6), t = "a".repeat(1e6) + "b"; for (;;) s.indexOf(t);',
    'const s = "a".repeat(1e6), t = "a".repeat(5e5) + "b"; for (;;) s.lastIndexOf(t);',
    'const a = new ArrayBuffer(6e6); for (;;) a.slice(0);',
    'const a = new Uint8Array(6e6), b = new Uint8Array(6e6); for (;;) a.set(b);',
    'const a = new Uint8Array(1e7); for (;;) a.fill(1);',
    'const a = "a".repeat(4e6), b = "a".repeat(4e6) + "b"; for (;;) a < b;',
    'const s = "\\u1e9b\\u0323".repeat(1e5); for (;;) s.normalize("NFKD");',
    'for (;;) encodeURIComponent("é".repeat(1e5));',
    'let a = []; for (let i = 0; i < 60; i++) a = [a, a]; return JSON.stringify(a);',
    'const s = "[" + "1,".repeat(1e5) + "1]"; for (;;) JSON.parse(s);',
  ],
};

for (const [kind, scripts] of Object.entries(withoutEnd)) {
  test(`no end: ${kind}`, () => {
    for (const script of scripts) assert.equal(exceeded(script), 'steps', script);
  });
}

test('allocating without bound stops at the heap', () => {
  for (const script of [
    'return "x".repeat(2 ** 30 - 2);',
    'return "".padEnd(2 ** 30 - 2, "ab");',
    'return Array(2 ** 32 - 1).fill(0);',
    'return Object.keys(new Uint8Array(1e7)).length;',
    'const a = []; for (;;) a.push(new ArrayBuffer(1e6));',
    'const a = []; for (;;) a.push(String(a.length).repeat(1e5));',
    'let f = () => 1; for (;;) f = f.bind();',
  ]) {
    assert.equal(exceeded(script, { limits: { ...limits, stepsMax: 5_000 } }), 'heap', script);
  }
});

test('a script that survives running out of memory is still stopped', () => {
  const script = 'const a = []; for (;;) { try { for (;;) a.push([a]); } catch {} }';
  assert.equal(exceeded(script), 'steps');
});

test('nesting without bound stops at the stack, in calls as in what is parsed', () => {
  for (const script of [
    'return eval("(".repeat(1e5));',
    'return eval("[".repeat(1e5));',
    'return eval("`${".repeat(1e5));',
    'return eval("(function(){".repeat(1e4));',
    'let a = []; for (let i = 0; i < 5e4; i++) a = [a]; return JSON.stringify(a);',
    'return JSON.parse("[".repeat(1e5));',
    'let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return p.x;',
    'const o = { get x() { return o.x; } }; return o.x;',
    '(function g() { g(); })();',
  ]) {
    assert.equal(exceeded(script, { limits: { ...limits, stepsMax: 5_000 } }), 'stack', script);
  }
});

test('a script can catch a stack overflow of its own calls', () => {
  const outcome = run('let depth = 0; (function g() { depth++; g(); })');
  assert.equal(outcome.outcome, 'returned');
  const caught = run(
    'let depth = 0; function g() { depth++; g(); } try { g(); } catch (e) { return [depth > 200, e.message]; }',
  );
  assert.deepEqual(caught.outcome === 'returned' && caught.value, [true, 'stack overflow']);
});

test('large sources, results and arguments of host functions are refused', () => {
  const small = { ...limits, sourceBytesMax: 100, valueBytesMax: 1000 };
  assert.equal(exceeded(`/* ${'é'.repeat(50)} */`, { limits: small }), 'source');
  assert.equal(exceeded('return "x".repeat(1000);', { limits: small }), 'value');
  assert.equal(exceeded('return new ArrayBuffer(1000);', { limits: small }), 'value');
  const host = { take: () => 1, give: () => 'x'.repeat(2000) };
  const options = { host, prelude: 'Object.assign(globalThis, __host);', limits: small };
  assert.equal(exceeded('take("x".repeat(1000));', options), 'value');
  assert.equal(exceeded('give();', options), 'value');
  assert.equal(exceeded('let a = []; for (let i = 0; i < 300; i++) a = [a]; return a;'), 'value');
  assert.equal(
    exceeded('let a = []; for (let i = 0; i < 300; i++) a = [a]; take(a);', { ...options, limits }),
    'value',
  );
});

test('calls of host functions cost steps, and those with a fee cost more', () => {
  let calls = 0;
  const host = {
    count() {
      calls++;
      return null;
    },
  };
  const options = { host, prelude: 'Object.assign(globalThis, __host);' };
  assert.equal(exceeded('for (;;) count();', options), 'steps');
  const cheap = calls;
  calls = 0;
  assert.equal(exceeded('for (;;) count();', { ...options, hostSteps: { count: 30 } }), 'steps');
  assert.ok(cheap > 100 && cheap < 1500, `${cheap}`);
  assert.equal(calls, 9);
});

test('a script that spoils what carries values over harms only itself', () => {
  for (const script of [
    'Array.prototype[Symbol.iterator] = function* () { yield 1; }; return {};',
    'Object.prototype.toJSON = () => { for (;;); }; return {};',
    'String.prototype.slice = () => { throw 1; }; return "x";',
    'Object.defineProperty(Array.prototype, 0, { set() {} }); return ["x"];',
    'ArrayBuffer[Symbol.hasInstance]; Object.defineProperty(ArrayBuffer, Symbol.hasInstance, { value: () => true }); return {};',
  ]) {
    run(script);
    const after = run('return [1, "two"];');
    assert.deepEqual(after.outcome === 'returned' && after.value, [1, 'two'], script);
  }
});
