export type {
  Precompile,
  PrecompileOptions,
  PrecompileRegistry,
  RecoverPublicKey,
  VerifyKzgProof,
} from './types.js';
