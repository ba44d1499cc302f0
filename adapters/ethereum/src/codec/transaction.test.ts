/**
 * Transactions: what other implementations make is read and written alike; what is malformed is refused with the
 * stated error (reliability, "Ethereum adapter").
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, concatBytes, equalBytes, fromHex, toHex } from '@coco/primitives';
import { Common, Mainnet } from '@ethereumjs/common';
import { createTx, type TypedTxData } from '@ethereumjs/tx';
import { numberedSigner } from '../testing/signer.js';
import type { EthereumTransaction } from '../types.js';
import { decodeTransaction } from './decodeTransaction.js';
import { encodeTransaction, type UnsignedFields } from './encodeTransaction.js';
import { decodeRlp, encodeRlp, type Rlp } from './rlp.js';
import { CURVE_ORDER, recoverSender } from './signature.js';

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const signer = numberedSigner(1);
const to = numberedSigner(2).address;
/** The library wants to see that it could check blobs, of which there are none here. */
const customCrypto = { kzg: {} as never };
const common = new Common({ chain: Mainnet, hardfork: 'prague', customCrypto });
const accessList = [{ address: to, storageKeys: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] }];
const authorization = signer.authorize({ chainId: 1n, address: to, nonce: 5n });

const legacy = {
  type: 0,
  nonce: 9n,
  gasPrice: 20n * 10n ** 9n,
  gasLimit: 21_000n,
  to,
  value: 10n ** 18n,
} as const;
const dynamic = {
  chainId: 1n,
  nonce: 0n,
  maxPriorityFeePerGas: 1n,
  maxFeePerGas: 2n ** 64n,
  gasLimit: 2n ** 63n,
  value: 0n,
  data: bytes('00ff00'),
  accessList,
} as const;

const samples: Readonly<Record<string, UnsignedFields>> = {
  'legacy before EIP-155': { ...legacy, data: new Uint8Array(0) },
  'legacy with a chain id': { ...legacy, chainId: 1n, data: new Uint8Array(0) },
  'legacy that creates': {
    type: 0,
    chainId: 1n,
    nonce: 0n,
    gasPrice: 0n,
    gasLimit: 1n,
    value: 0n,
    data: bytes('6000'),
  },
  'EIP-2930': { ...legacy, type: 1, chainId: 1n, data: bytes('01'), accessList },
  'EIP-1559': { ...dynamic, type: 2, to },
  'EIP-1559 that creates': { ...dynamic, type: 2 },
  'EIP-4844': {
    ...dynamic,
    type: 3,
    to,
    maxFeePerBlobGas: 7n,
    blobVersionedHashes: [bytes(`01${'ab'.repeat(31)}`)],
  },
  'EIP-7702': { ...dynamic, type: 4, to, authorizationList: [authorization] },
};

const hex = (value: Uint8Array): `0x${string}` => `0x${toHex(value)}`;

/** The same transaction, signed by the ethereumjs library. */
function byLibrary(fields: UnsignedFields): { readonly raw: Uint8Array; readonly hash: Uint8Array } {
  const plain = {
    ...fields,
    accessList: accessList.map((entry) => ({
      address: hex(entry.address),
      storageKeys: entry.storageKeys.map(hex),
    })),
    blobVersionedHashes: 'blobVersionedHashes' in fields ? fields.blobVersionedHashes.map(hex) : undefined,
    authorizationList: [
      {
        chainId: '0x01',
        address: hex(to),
        nonce: '0x05',
        yParity: authorization.yParity === 0 ? '0x' : '0x01',
        r: `0x${authorization.r.toString(16).padStart(64, '0')}`,
        s: `0x${authorization.s.toString(16).padStart(64, '0')}`,
      },
    ],
  } as unknown as TypedTxData;
  const protectedByChain = fields.type !== 0 || fields.chainId !== undefined;
  const chain = protectedByChain ? common : new Common({ chain: Mainnet, hardfork: 'homestead' });
  const signed = createTx(plain, { common: chain }).sign(signer.privateKey);
  return { raw: signed.serialize(), hash: signed.hash() };
}

for (const [what, fields] of Object.entries(samples)) {
  test(`${what}: bytes, hash and sender are those of an independent implementation`, () => {
    const theirs = byLibrary(fields);
    const ours = signer.sign(fields).transaction;
    assert.equal(toHex(ours.raw), toHex(theirs.raw));
    const decoded = decodeTransaction(theirs.raw);
    assert.ok(equalBytes(decoded.hash, theirs.hash));
    assert.ok(equalBytes(recoverSender(decoded), signer.address));
    assert.ok(equalBytes(encodeTransaction(decoded), theirs.raw));
  });
}

test('the example of EIP-155 recovers its sender', () => {
  const raw = bytes(
    'f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe53' +
      '7567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
  );
  const decoded = decodeTransaction(raw);
  assert.equal(decoded.chainId, 1n);
  assert.equal(toHex(recoverSender(decoded)), '9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f');
});

function refused(raw: Uint8Array, code: string, message: RegExp = /./): void {
  assert.throws(
    () => decodeTransaction(raw),
    (error: unknown) => error instanceof CocoError && error.code === code && message.test(error.message),
  );
}

/** The sample with its RLP fields changed. */
function changed(name: string, change: (fields: Rlp[]) => void): Uint8Array {
  const { raw } = signer.sign(samples[name] as UnsignedFields).transaction;
  const typed = (raw[0] as number) < 0xc0;
  const fields = [...(decodeRlp(typed ? raw.subarray(1) : raw, { depthMax: 4, itemsMax: 100 }) as Rlp[])];
  change(fields);
  const body = encodeRlp(fields);
  return typed ? concatBytes(raw.subarray(0, 1), body) : body;
}

const set = (index: number, value: Rlp) => (fields: Rlp[]) => {
  fields[index] = value;
};

const malformed: readonly (readonly [string, Uint8Array, string])[] = [
  ['no bytes', new Uint8Array(0), 'COCO_ETHEREUM_TRANSACTION'],
  ['an unknown type', Uint8Array.of(5, 0xc0), 'COCO_ETHEREUM_TRANSACTION_TYPE'],
  ['type zero written out', Uint8Array.of(0, 0xc0), 'COCO_ETHEREUM_TRANSACTION_TYPE'],
  ['a type byte of 0x7f', Uint8Array.of(0x7f, 0xc0), 'COCO_ETHEREUM_TRANSACTION_TYPE'],
  ['a string instead of a list', Uint8Array.of(0x83, 1, 2, 3), 'COCO_ETHEREUM_TRANSACTION_TYPE'],
  ['a type without a body', Uint8Array.of(2), 'COCO_ETHEREUM_RLP'],
  ['a typed body that is a string', Uint8Array.of(2, 0x80), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'trailing bytes',
    concatBytes(signer.sign(samples['EIP-1559'] as never).transaction.raw, Uint8Array.of(0)),
    'COCO_ETHEREUM_RLP',
  ],
  ['a length of length 8 with 2^63', bytes('ff8000000000000000'), 'COCO_ETHEREUM_RLP'],
  [
    'a field too many',
    changed('legacy with a chain id', (fields) => fields.push(Uint8Array.of(1))),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  ['a field too few', changed('EIP-1559', (fields) => fields.pop()), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'a nonce with a leading zero',
    changed('EIP-1559', set(1, Uint8Array.of(0, 1))),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  [
    'a nonce of nine bytes',
    changed('EIP-1559', set(1, new Uint8Array(9).fill(1))),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  ['a zero written as a byte', changed('EIP-1559', set(6, Uint8Array.of(0))), 'COCO_ETHEREUM_TRANSACTION'],
  ['a value of 2^256', changed('EIP-1559', set(6, new Uint8Array(33).fill(1))), 'COCO_ETHEREUM_TRANSACTION'],
  ['a fee of 2^256', changed('EIP-1559', set(3, new Uint8Array(33).fill(1))), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'a gas limit of 2^64',
    changed('EIP-1559', set(4, new Uint8Array(9).fill(1))),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  ['an address of 19 bytes', changed('EIP-1559', set(5, new Uint8Array(19))), 'COCO_ETHEREUM_TRANSACTION'],
  ['a list where a string belongs', changed('EIP-1559', set(6, [])), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'a string for an access list',
    changed('EIP-1559', set(8, new Uint8Array(0))),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  ['an access list entry without keys', changed('EIP-1559', set(8, [[to]])), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'an access list entry with keys as a string',
    changed('EIP-1559', set(8, [[to, new Uint8Array(32)]])),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  [
    'an access list key of 31 bytes',
    changed('EIP-1559', set(8, [[to, [new Uint8Array(31)]]])),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  [
    'an access list that nests on',
    changed('EIP-1559', set(8, [[to, [[new Uint8Array(32)]]]])),
    'COCO_ETHEREUM_RLP',
  ],
  ['a yParity of 2', changed('EIP-1559', set(9, Uint8Array.of(2))), 'COCO_ETHEREUM_TRANSACTION'],
  ['v of 26', changed('legacy before EIP-155', set(6, Uint8Array.of(26))), 'COCO_ETHEREUM_TRANSACTION'],
  ['v of 29', changed('legacy before EIP-155', set(6, Uint8Array.of(29))), 'COCO_ETHEREUM_TRANSACTION'],
  ['r of zero', changed('EIP-1559', set(10, new Uint8Array(0))), 'COCO_ETHEREUM_SIGNATURE'],
  ['s of zero', changed('EIP-1559', set(11, new Uint8Array(0))), 'COCO_ETHEREUM_SIGNATURE'],
  [
    'r of the group order',
    changed('EIP-1559', set(10, bytes(CURVE_ORDER.toString(16)))),
    'COCO_ETHEREUM_SIGNATURE',
  ],
  [
    's just above half the group order',
    changed('EIP-1559', set(11, bytes((CURVE_ORDER / 2n + 1n).toString(16)))),
    'COCO_ETHEREUM_SIGNATURE',
  ],
  ['an EIP-4844 that creates', changed('EIP-4844', set(5, new Uint8Array(0))), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'a blob hash of 31 bytes',
    changed('EIP-4844', set(10, [new Uint8Array(31)])),
    'COCO_ETHEREUM_TRANSACTION',
  ],
  ['an EIP-7702 that creates', changed('EIP-7702', set(5, new Uint8Array(0))), 'COCO_ETHEREUM_TRANSACTION'],
  [
    'an authorization with five fields',
    changed('EIP-7702', set(9, [[to, to, to, to, to]])),
    'COCO_ETHEREUM_TRANSACTION',
  ],
];

for (const [what, raw, code] of malformed) test(`refused: ${what}`, () => refused(raw, code));

test('refused: a transaction above 128 KiB, before anything is decoded', () => {
  refused(new Uint8Array(131_073).fill(0xc0), 'COCO_ETHEREUM_TRANSACTION_SIZE', /oversized data/);
});

test('refused: a point that is not on the curve', () => {
  // No point has an x coordinate of 5 (5^3 + 7 is not a square).
  const transaction = decodeTransaction(changed('EIP-1559', set(10, Uint8Array.of(5))));
  assert.throws(
    () => recoverSender(transaction),
    (error: unknown) => error instanceof CocoError && error.message === 'invalid sender',
  );
});

test('a signature with high s is accepted only where it is asked for (before EIP-2)', () => {
  const { transaction } = signer.sign(samples['legacy before EIP-155'] as UnsignedFields);
  const high = { ...transaction, s: CURVE_ORDER - transaction.s, v: 55n - (transaction as { v: bigint }).v };
  const raw = encodeTransaction(high as EthereumTransaction);
  refused(raw, 'COCO_ETHEREUM_SIGNATURE', /invalid sender/);
  assert.ok(equalBytes(recoverSender(decodeTransaction(raw, { highS: true })), signer.address));
});

test('every single changed byte of a transaction is refused, or changes its hash and its sender', () => {
  const { transaction } = signer.sign(samples['EIP-1559'] as UnsignedFields);
  for (let at = 0; at < transaction.raw.length; at++) {
    const raw = transaction.raw.slice();
    raw[at] = (raw[at] as number) ^ 1;
    try {
      const decoded = decodeTransaction(raw);
      assert.ok(!equalBytes(decoded.hash, transaction.hash));
      assert.ok(!equalBytes(recoverSender(decoded), signer.address), `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof CocoError, String(error));
    }
  }
});
