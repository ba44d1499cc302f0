/**
 * The precompile at 0x0a (EIP-4844): whether a blob, known by its versioned hash, has a value at a point.
 *
 * Input, exactly: versioned hash, z, y (32 bytes each), commitment, proof (48 bytes each). Output: the number of field
 * elements in a blob and the order of their field.
 */
import { CocoError, equalBytes } from '@coco/primitives';
import { sha256 } from '@noble/hashes/sha2.js';
import { writeInteger } from './input.js';
import type { Precompile, VerifyKzgProof } from './types.js';

const GAS = 50_000;
const INPUT_BYTES = 192;
const VERSION = 1;
const FIELD_ELEMENTS_PER_BLOB = 4_096n;
const FIELD_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** KZG_POINT_EVALUATION over `verify`. */
export function createPointEvaluation(verify: VerifyKzgProof = missing): Precompile {
  return {
    name: 'KZG_POINT_EVALUATION',
    gas: () => GAS,
    run(input) {
      if (input.length !== INPUT_BYTES) return undefined;
      const commitment = input.subarray(96, 144);
      const versionedHash = sha256(commitment);
      versionedHash[0] = VERSION;
      if (!equalBytes(input.subarray(0, 32), versionedHash)) return undefined;
      if (!verify(commitment, input.subarray(32, 64), input.subarray(64, 96), input.subarray(144))) {
        return undefined;
      }
      const out = new Uint8Array(64);
      writeInteger(FIELD_ELEMENTS_PER_BLOB, out, 0, 32);
      writeInteger(FIELD_ORDER, out, 32, 32);
      return out;
    },
  };
}

const missing: VerifyKzgProof = () => {
  throw new CocoError(
    'COCO_EVM_KZG_MISSING',
    'The point evaluation precompile needs a KZG verifier, and none was handed in: give verifyKzgProof.',
  );
};
