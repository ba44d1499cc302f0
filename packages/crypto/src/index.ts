export {
  type AesGcmOpenInput,
  type AesGcmSealer,
  type AesGcmSealInput,
  aesGcmOpen,
  aesGcmSeal,
  aesGcmSealer,
} from './aead.js';
export {
  type CborLimits,
  type CborTag,
  cborDecode,
  cborEncode,
  cborTag,
  isCborTag,
} from './cbor.js';
export { isIssuedBy, parseCertificate } from './certificate.js';
export { type CertificateIssuer, issueCertificate, prepareSelfSigned } from './certificate-issue.js';
export {
  type CosePrepareInput,
  type CoseSign1Input,
  coseDecode,
  coseEncode,
  cosePrepare,
  coseSign1,
  coseVerify,
} from './cose.js';
export { type DerLimits, type DerNode, derRead } from './der-read.js';
export { randomBytes } from './entropy.js';
export { type OpenWithKeyInput, openWithKey, type SealWithKeyInput, sealWithKey } from './envelope.js';
export {
  constantTimeEqual,
  type Hasher,
  type HkdfInput,
  hkdfSha256,
  hmacSha256,
  sha256,
  sha256Hasher,
  sha384,
  sha512,
} from './hash.js';
export { type HpkeOpenInput, type HpkeSealInput, hpkeOpen, hpkeSeal, type PreSharedKey } from './hpke.js';
export {
  generateKeyPair,
  privateKeyFromPem,
  privateKeyToPem,
  publicKeyFromDer,
  publicKeyFromPem,
  publicKeyToPem,
} from './keys.js';
export { rawSignature } from './raw-signature.js';
export { type RsaOaepOpener, rsaOaepOpener } from './rsa-oaep.js';
export {
  eraseShareKey,
  generateShareKey,
  keepShareKey,
  type ShareKey,
  shareKeyFrom,
  shareKeyFromPem,
  shareKeyToPem,
} from './share-key.js';
export {
  type SignatureHash,
  type SignatureOptions,
  signDer,
  signRaw,
  twinSignature,
  verifyDer,
  verifyPrehash,
  verifyRaw,
} from './signature.js';
export { type SignatureCheck, type SignatureScheme, signatureHolds } from './signature-check.js';
export { ceremonyDigest, dealsMin } from './threshold/ceremony.js';
export { type Combined, combinePartials } from './threshold/combine.js';
export {
  beginDealing,
  type DealInput,
  type Dealing,
  dealDigest,
  dealHolds,
  eraseDealing,
  shareFor,
} from './threshold/dealing.js';
export {
  type DealtShare,
  dealtShareFits,
  dealtShareFrom,
  eraseDealtShare,
  judgeShare,
  keepDealtShare,
} from './threshold/dealt-share.js';
export {
  type CiphertextOf,
  ciphertextHolds,
  type ThresholdEncryptInput,
  thresholdEncrypt,
} from './threshold/encrypt.js';
export { type DealFault, type FinishInput, finishKey, finishShare } from './threshold/finish.js';
export { eraseKeyShare, type KeyShare, keepKeyShare, keyShareFrom } from './threshold/key-share.js';
export {
  decodeDeal,
  decodePartial,
  decodeThresholdCiphertext,
  decodeThresholdKey,
  encodeDeal,
  encodePartial,
  encodeThresholdCiphertext,
  encodeThresholdKey,
  thresholdBytesMax,
} from './threshold/messages.js';
export {
  type PartialDecryptInput,
  type PartialOf,
  partialDecrypt,
  partialHolds,
} from './threshold/partial.js';
export {
  type Ceremony,
  type Deal,
  type PartialDecryption,
  type RandomBytes,
  type SecretLabel,
  type ThresholdCiphertext,
  type ThresholdKey,
  thresholdActorsMax,
} from './threshold/types.js';
export type * from './types.js';
