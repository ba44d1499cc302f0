/**
 * What a precompiled contract is to the interpreter, and what a caller may hand in. All plain data and functions:
 * a caller's own precompiles are made of the same.
 */

/** A contract whose work is done by the machine rather than by bytecode. Pure: the same input, the same answer. */
export interface Precompile {
  /** As the EIP has it, for traces: "ECRECOVER", "BLS12_G1MSM". */
  readonly name: string;
  /**
   * What `run` costs for this input: a non-negative integer, or Infinity above 2^53 − 1. Takes time in proportion to
   * the input's length at most, whatever lengths the input claims.
   */
  gas(input: Uint8Array): number;
  /**
   * The output, or undefined when the call fails and all gas given to it is gone. Only called once `gas(input)` is
   * paid. The answer may share memory with `input`. What takes long calls `pause` about once a millisecond or
   * more often, which ends the run by throwing.
   */
  run(input: Uint8Array, pause?: Pause): Uint8Array | undefined;
}

/** Looks at the time; throws when it is up. What it throws passes through precompiles untouched. */
export type Pause = () => void;

/** Precompiles by address: 40 digits of lower-case hexadecimal without prefix. */
export type PrecompileRegistry = ReadonlyMap<string, Precompile>;

/**
 * Recovers a public key on secp256k1: of the two possible ones, that of `yParity`. `hash`, `r` and `s` have 32 bytes
 * (views that must not be kept); r and s may be zero, not below the order, or high. Answers the 64 bytes x ‖ y, or
 * undefined when there is no such key.
 */
export type RecoverPublicKey = (
  hash: Uint8Array,
  yParity: 0 | 1,
  r: Uint8Array,
  s: Uint8Array,
) => Uint8Array | undefined;

/**
 * Whether `signature` (r ‖ s) over `hash` (32 bytes) is that of `publicKey` (x ‖ y) on secp256r1, as EIP-7951 has it:
 * false for r or s that are zero or not below the order and for what is no point; true for a high s.
 */
export type VerifyP256 = (hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean;

/**
 * EIP-4844's verify_kzg_proof: whether `proof` (48 bytes) shows that the polynomial behind `commitment` (48 bytes) is
 * `y` at `z` (32 bytes each, big-endian). False also for what is no field element or no point of the subgroup.
 */
export type VerifyKzgProof = (
  commitment: Uint8Array,
  z: Uint8Array,
  y: Uint8Array,
  proof: Uint8Array,
) => boolean;

/** What may be handed in to `precompilesOf`. */
export interface PrecompileOptions {
  /** Replaces the JavaScript of ECRECOVER, by native code for instance. */
  readonly recoverPublicKey?: RecoverPublicKey;
  /** Replaces the JavaScript of P256VERIFY. */
  readonly verifyP256?: VerifyP256;
  /**
   * Needed from Cancun on by the point evaluation, whose trusted setup is not part of this room. Without it, calling
   * 0x0a throws COCO_EVM_KZG_MISSING: no answer would be right.
   */
  readonly verifyKzgProof?: VerifyKzgProof;
  /** Precompiles of the caller's own, in addition to the fork's or instead of those at the same address. */
  readonly additional?: PrecompileRegistry;
}
