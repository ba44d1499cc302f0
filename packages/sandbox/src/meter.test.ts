/**
 * The meter counts every turn and every call, in machine code small enough to count by hand.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError } from '@coco/primitives';
import { meterExports, meterModule } from './meter.js';

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const memoryImport = [2, 8, 1, 1, 0x61, 1, 0x61, 2, 0, 1];
const stackGlobal = [6, 6, 1, 0x7f, 1, 0x41, 0, 0x0b];

/** A module with one function (i32) -> i32, exported as "f". */
function moduleOf(...body: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  return new Uint8Array([
    ...header,
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
    ...memoryImport,
    ...[3, 2, 1, 0],
    ...stackGlobal,
    ...[7, 5, 1, 1, 0x66, 0, 0],
    ...[10, code.length + 2, 1, code.length, ...code],
  ]);
}

function instantiate(module: Uint8Array): {
  f: (n: number) => number;
  fuel: { value: bigint };
  room: { value: number };
  pages: { value: number };
} {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const compiled = new WebAssembly.Module(new Uint8Array(meterModule(module)));
  const { exports } = new WebAssembly.Instance(compiled, { a: { a: memory } });
  return {
    f: exports['f'] as (n: number) => number,
    fuel: exports[meterExports.fuel] as unknown as { value: bigint },
    room: exports[meterExports.room] as unknown as { value: number },
    pages: exports[meterExports.pages] as unknown as { value: number },
  };
}

/** loop: n = n - 1; br_if 0 while n; end; return n */
const countdown = [0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x20, 0, 0x0f];
/** n === 0 ? 0 : f(n - 1) */
const recursion = [0x20, 0, 0x45, 0x04, 0x7f, 0x41, 0, 0x05, 0x20, 0, 0x41, 1, 0x6b, 0x10, 0, 0x0b];

test('one for the call and one for each turn; the room comes back by a return', () => {
  const { f, fuel, room } = instantiate(moduleOf(...countdown));
  fuel.value = 1000n;
  room.value = 1000;
  assert.equal(f(10), 0);
  assert.deepEqual([fuel.value, room.value], [1000n - 11n, 1000]);
});

test('a loop without end traps when the fuel is used up', () => {
  const { f, fuel } = instantiate(moduleOf(0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 0));
  fuel.value = 12345n;
  assert.throws(() => f(0), WebAssembly.RuntimeError);
  assert.equal(fuel.value, -1n);
});

test('recursion traps when the room is used up, and gives it back otherwise', () => {
  const { f, room } = instantiate(moduleOf(...recursion));
  room.value = 10 * (96 + 8);
  assert.equal(f(9), 0);
  assert.equal(room.value, 10 * (96 + 8));
  assert.throws(() => f(10), WebAssembly.RuntimeError);
  assert.ok(room.value < 0);
});

test('copying and filling cost one for 16 bytes', () => {
  const fill = instantiate(moduleOf(0x41, 0, 0x41, 7, 0x20, 0, 0xfc, 11, 0, 0x41, 0));
  fill.fuel.value = 10_000n;
  fill.f(1600);
  // One for each call: of the function, and of the added one. That one does not pay for being called.
  assert.equal(fill.fuel.value, 10_000n - 1n - 100n);
  const copy = instantiate(moduleOf(0x41, 0, 0x41, 8, 0x20, 0, 0xfc, 10, 0, 0, 0x41, 0));
  copy.fuel.value = 50n;
  assert.throws(() => copy.f(1600), WebAssembly.RuntimeError);
});

test('the size of the memory is what the host says', () => {
  const { f, pages } = instantiate(moduleOf(0x3f, 0));
  pages.value = 77;
  assert.equal(f(0), 77);
});

test('machine code that is not understood is refused', () => {
  const refused = (module: Uint8Array) =>
    assert.throws(
      () => meterModule(module),
      (error) => error instanceof CocoError && error.code === 'COCO_SANDBOX_ENGINE',
    );
  refused(new Uint8Array([1, 2, 3]));
  refused(moduleOf(0xfd, 0, 0));
  refused(moduleOf(0x20, 0, 0x40, 0));
  refused(moduleOf(...countdown).subarray(0, 60));
});
