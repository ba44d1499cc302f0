/**
 * execution-apis, base types: QUANTITY, DATA, block selectors (EIP-1898), and messages that say what is wrong.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { parseCall } from './callParams.js';
import { RpcError } from './errors.js';
import {
  parseAddress,
  parseBlock,
  parseBlockNumber,
  parseData,
  parseHash,
  parseIndex,
  parseQuantity,
  parseStorageKey,
} from './params.js';

function message(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof RpcError && error.code === -32602, String(error));
    return error.message;
  }
  return 'accepted';
}

test('DATA is 0x and an even number of digits', () => {
  assert.equal(toHex(parseData('0x', 0)), '');
  assert.equal(toHex(parseData('0x00fFA1', 0)), '00ffa1');
  assert.equal(
    message(() => parseData('0x0', 0)),
    'invalid argument 0: data: hex string of odd length',
  );
  assert.equal(
    message(() => parseData('0x0g', 1)),
    'invalid argument 1: data: invalid hex string',
  );
  assert.equal(
    message(() => parseData('0xabcdefgh', 0)),
    'invalid argument 0: data: invalid hex string',
  );
  assert.equal(
    message(() => parseData('00', 0)),
    'invalid argument 0: data: hex string without 0x prefix',
  );
  assert.equal(
    message(() => parseData('', 0)),
    'invalid argument 0: data: empty hex string',
  );
  assert.equal(
    message(() => parseData(7, 0)),
    'invalid argument 0: data: not a string',
  );
  const missing = 'invalid argument 0: missing value for required argument 0 (data)';
  assert.equal(
    message(() => parseData(undefined, 0)),
    missing,
  );
});

test('DATA is an array of its own: a view into a shared slab would be written through by slice()', () => {
  const bytes = parseData('0x0102', 0);
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  assert.equal(bytes.buffer.byteLength, 2);
});

test('addresses have 20 bytes, hashes 32', () => {
  assert.equal(parseAddress(`0x${'Ab'.repeat(20)}`, 0).length, 20);
  assert.equal(
    message(() => parseAddress('0x01', 0)),
    'invalid argument 0: address: hex string has length 2, want 40',
  );
  assert.match(
    message(() => parseHash(`0x${'00'.repeat(33)}`, 0)),
    /has length 66, want 64/,
  );
});

test('QUANTITY has no leading zeros and fits', () => {
  assert.equal(parseQuantity('0x0', 0, 'q', 64), 0n);
  assert.equal(parseQuantity('0xffffffffffffffff', 0, 'q', 64), 2n ** 64n - 1n);
  assert.equal(parseQuantity(`0x${'f'.repeat(64)}`, 0, 'q', 256), 2n ** 256n - 1n);
  assert.match(
    message(() => parseQuantity('0x01', 0, 'q', 64)),
    /leading zero digits/,
  );
  assert.match(
    message(() => parseQuantity('0x00', 0, 'q', 64)),
    /leading zero digits/,
  );
  assert.match(
    message(() => parseQuantity('0x', 0, 'q', 64)),
    /hex string "0x"/,
  );
  assert.match(
    message(() => parseQuantity('0x10000000000000000', 0, 'q', 64)),
    /hex number > 64 bits/,
  );
  assert.match(
    message(() => parseQuantity('1', 0, 'q', 64)),
    /without 0x prefix/,
  );
  assert.match(
    message(() => parseQuantity(1, 0, 'q', 64)),
    /not a string/,
  );
  assert.match(
    message(() => parseQuantity('0x-1', 0, 'q', 64)),
    /invalid hex string/,
  );
  assert.equal(parseIndex('0xffffffffffffffff', 0, 'i'), Number.MAX_SAFE_INTEGER);
});

test('EIP-1898: blocks by tag, number, hash or object', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  assert.deepEqual(parseBlock(undefined, 1, 'latest'), { kind: 'tag', tag: 'latest' });
  assert.deepEqual(parseBlock('finalized', 1), { kind: 'tag', tag: 'finalized' });
  assert.deepEqual(parseBlock('0x10', 1), { kind: 'number', number: 16 });
  assert.equal(parseBlock(hash, 1).kind, 'hash');
  assert.equal(parseBlock({ blockHash: hash, requireCanonical: true }, 1).kind, 'hash');
  assert.deepEqual(parseBlock({ blockNumber: '0x2' }, 1), { kind: 'number', number: 2 });
  assert.deepEqual(parseBlock({ blockNumber: 'earliest' }, 1), { kind: 'tag', tag: 'earliest' });
  assert.match(
    message(() => parseBlock({ blockNumber: '0x2', blockHash: hash }, 1)),
    /cannot specify both/,
  );
  assert.match(
    message(() => parseBlock({}, 1)),
    /neither blockNumber nor blockHash/,
  );
  assert.match(
    message(() => parseBlock({ blockHash: hash, requireCanonical: 1 }, 1)),
    /not a boolean/,
  );
  assert.match(
    message(() => parseBlock('newest', 1)),
    /without 0x prefix/,
  );
  assert.match(
    message(() => parseBlock('0x02', 1)),
    /leading zero/,
  );
  assert.match(
    message(() => parseBlockNumber(undefined, 0)),
    /missing value for required argument 0/,
  );
  assert.match(
    message(() => parseBlock('0xffffffffffffffff', 0)),
    /larger than any block/,
  );
});

test('storage keys may be short', () => {
  assert.equal(toHex(parseStorageKey('0x1', 0)), '1'.padStart(64, '0'));
  assert.match(
    message(() => parseStorageKey(`0x${'0'.repeat(65)}`, 0)),
    /too long/,
  );
});

test('geth: contradictions in a call object are refused', () => {
  const parse = (value: unknown): string => message(() => parseCall(value, 0, 1n));
  assert.equal(parse({}), 'accepted');
  assert.equal(parse({ input: '0x01', data: '0x01' }), 'accepted');
  assert.match(parse({ input: '0x01', data: '0x02' }), /both "data" and "input" are set and not equal/);
  assert.match(parse({ gasPrice: '0x1', maxFeePerGas: '0x1' }), /both gasPrice and/);
  assert.match(parse({ maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' }), /maxFeePerGas \(1\) </);
  assert.match(parse({ chainId: '0x2' }), /chainId does not match node's \(have=2, want=1\)/);
  assert.match(parse({ to: '0x1' }), /to: hex string has length 1, want 40/);
  assert.match(
    parse({ accessList: [{ address: `0x${'00'.repeat(20)}`, storageKeys: ['0x'] }] }),
    /storageKeys/,
  );
  assert.match(parse([]), /not an object/);
  assert.match(parse(undefined), /missing value/);
});
