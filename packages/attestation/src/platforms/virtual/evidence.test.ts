import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cborEncode, coseDecode, coseEncode, generateKeyPair, signatureHolds } from '@coco/crypto';
import { CocoError, concatBytes, toHex } from '@coco/primitives';
import { createVirtualNode } from '../../testing/virtualNode.js';
import { examineVirtual, virtualEvidence } from './evidence.js';

const node = createVirtualNode();
const { evidence } = node.evidence();

const refuses = (bytes: Uint8Array, reason: RegExp) =>
  assert.throws(
    () => examineVirtual(bytes),
    (error) =>
      error instanceof CocoError && error.code === 'COCO_ATTESTATION_MALFORMED' && reason.test(error.message),
    `${reason}`,
  );

/** The message with another protected header, not signed again. */
function withHeader(change: (header: Map<unknown, unknown>) => void): Uint8Array {
  const message = coseDecode(evidence);
  const header = new Map(message.protectedHeader);
  change(header);
  return coseEncode({ ...message, protectedBytes: cborEncode(header) });
}

const withPayload = (payload: unknown) =>
  coseEncode({ ...coseDecode(evidence), payload: cborEncode(payload) });

test('virtual evidence says what its node says, under one signature of the key that it names', () => {
  for (const curve of ['P-256', 'P-384'] as const) {
    const signer = createVirtualNode({ curve });
    const { claims, signatures } = examineVirtual(signer.evidence().evidence);
    assert.deepEqual(claims.registers, { tree: '7e'.repeat(32) });
    assert.equal(claims.instanceId, '1a'.repeat(16));
    assert.equal(claims.signer, 'node');
    assert.equal(claims.root, undefined);
    assert.equal(signatures.length, 1);
    for (const signature of signatures) {
      assert.equal(toHex(signature.publicKey), toHex(signer.key.publicKey.der));
      assert.ok(signatureHolds(signature));
      const message = Uint8Array.from(signature.message, (byte, index) => (index === 90 ? byte ^ 1 : byte));
      assert.ok(!signatureHolds({ ...signature, message }));
    }
  }
});

test('virtual evidence of another key than it names has a bad signature', () => {
  const other = createVirtualNode();
  const forged = node.evidence({}, { publicKeyDer: other.key.publicKey.der });
  const { signatures } = examineVirtual(forged.evidence);
  assert.ok(!signatures.some(signatureHolds));
});

test('virtual evidence is read strictly', () => {
  refuses(
    withHeader((header) => header.set(1, -35)),
    /algorithm/,
  );
  refuses(
    withHeader((header) => header.delete(1)),
    /algorithm/,
  );
  refuses(
    withHeader((header) => header.set(16, 'application/cwt')),
    /name its type/,
  );
  refuses(
    withHeader((header) => header.set('extra', 1)),
    /headers that are unknown/,
  );
  refuses(
    withHeader((header) => header.set(2, ['spki'])),
    /headers that are unknown/,
  );
  refuses(
    withHeader((header) => header.set('spki', new Uint8Array(91))),
    /no key/,
  );
  refuses(
    withHeader((header) => header.delete('spki')),
    /no key/,
  );
  const { protectedBytes, signature, payload } = coseDecode(evidence);
  // {16: …, 1: -7, "spki": …}: the same header with its first two entries in another order.
  const end = 4 + cborEncode('application/vnd.coco.virtual-insecure+cbor').length;
  const parts = [
    [0, 1],
    [3, end],
    [1, 3],
    [end, protectedBytes.length],
  ].map(([from, to]) => protectedBytes.subarray(from, to));
  const swapped = { ...coseDecode(evidence), protectedBytes: concatBytes(...parts) };
  refuses(coseEncode(swapped), /not encoded deterministically/);
  const unprotectedHeader = new Map([[4, new Uint8Array(1)]]);
  refuses(
    coseEncode({ protectedBytes, signature, unprotectedHeader, payload: payload as Uint8Array }),
    /headers that are/,
  );
  refuses(coseEncode({ protectedBytes, signature, unprotectedHeader: new Map() }), /payload is missing/);
  refuses(withPayload([]), /map is missing/);
  refuses(withPayload(new Map([['instance', new Uint8Array(16)]])), /missing/);
  refuses(withPayload(new Map([['instance', new Uint8Array(15)]])), /has 15/);
  refuses(withPayload(new Map([['other', 1]])), /"other" is unknown/);
  refuses(withPayload(new Map([['registers', new Map([['mrtd', 1]])]])), /"mrtd" is unknown/);
});

test('virtual evidence that is cut short anywhere, or far too long, is refused', () => {
  for (let length = 0; length < evidence.length; length++) {
    refuses(evidence.subarray(0, length), /cannot be read/);
  }
  refuses(new Uint8Array(65_536).fill(0x80), /too long/);
});

test('a key on another curve makes no virtual evidence', () => {
  const key = generateKeyPair('P-521');
  const input = { reportData: new Uint8Array(64), tree: new Uint8Array(32), instance: new Uint8Array(16) };
  const sign = () => new Uint8Array(132);
  assert.throws(() => virtualEvidence({ ...input, publicKeyDer: key.publicKey.der, sign }), /P-256 or P-384/);
});
