/**
 * What nodes say to one another of partial decryptions: JSON over mutual TLS, `POST /node/partials`.
 *
 *     ask     {epochs: [{epoch, from, digest (hex), sealed (base64 of a threshold ciphertext)}, …], evidence?}
 *     answer  {answers: [{key: base64 of a key of the network, partials: {"2": base64, …}}, …]}
 *
 * Both sides parse strictly what comes from the other. The ciphertexts are those of the asking node's ledger: rows that are not
 * committed yet differ from node to node. An answer says under which key, that is for which shares, its partial decryptions hold.
 */
import { decodePartial, decodeThresholdKey, type PartialDecryption, type ThresholdKey } from '@coco/crypto';
import { CocoError, fromBase64, fromUtf8, toBase64 } from '@coco/primitives';
import type { SealedEpoch } from './partials.js';

/** Of how many epochs at once. A node takes some milliseconds for each. */
export const partialEpochsMax = 256;

/** Shares as they are, as they will be, and as they were: several ceremonies ago, where actors have not kept up. */
export const partialAnswersMax = 8;

/** A threshold ciphertext has 217 bytes. */
const sealedBytesMax = 256;

export interface PartialsAsk {
  readonly epochs: readonly SealedEpoch[];
  readonly evidence?: Uint8Array;
}

/** What one share makes of the epochs. */
export interface PartialsAnswer {
  readonly key: ThresholdKey;
  readonly partials: ReadonlyMap<number, PartialDecryption>;
}

/** `evidence` is base64. */
export function encodePartialsAsk(epochs: readonly SealedEpoch[], evidence?: string): string {
  const asked = epochs.map(({ epoch, from, digest, sealed }) => ({
    epoch,
    from,
    digest,
    sealed: toBase64(sealed),
  }));
  return JSON.stringify({ epochs: asked, ...(evidence !== undefined && { evidence }) });
}

/** Undefined when `body` is no such ask. */
export function decodePartialsAsk(body: Uint8Array): PartialsAsk | undefined {
  const { epochs, evidence } = parseObject(body) ?? {};
  if (!Array.isArray(epochs) || epochs.length === 0 || epochs.length > partialEpochsMax) return undefined;
  const asked = epochs.map(sealedEpochOf).filter((one) => one !== undefined);
  if (new Set(asked.map(({ epoch }) => epoch)).size !== epochs.length) return undefined;
  if (evidence === undefined) return { epochs: asked };
  const proof = typeof evidence === 'string' ? fromBase64(evidence) : undefined;
  return proof === undefined ? undefined : { epochs: asked, evidence: proof };
}

/** COCO_SECRETS_ANSWER when `body` is no answer to that. */
export function decodePartialsAnswers(body: Uint8Array): readonly PartialsAnswer[] {
  const { answers } = parseObject(body) ?? {};
  if (!Array.isArray(answers) || answers.length === 0 || answers.length > partialAnswersMax) {
    throw malformed('answers');
  }
  try {
    return answers.map(answerOf);
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_CRYPTO_THRESHOLD_MESSAGE') {
      throw malformed(error.message);
    }
    throw error;
  }
}

function answerOf(value: unknown): PartialsAnswer {
  const { key, partials } = isObject(value) ? value : {};
  const keyBytes = typeof key === 'string' ? fromBase64(key) : undefined;
  if (keyBytes === undefined || !isObject(partials)) throw malformed('key');
  const entries = Object.entries(partials);
  if (entries.length > partialEpochsMax) throw malformed('partials');
  const decoded = entries.map(([epoch, text]) => [Number(epoch), partialOf(text)] as const);
  if (!decoded.every(([epoch]) => isCount(epoch))) throw malformed('partials');
  return { key: decodeThresholdKey(keyBytes), partials: new Map(decoded) };
}

function sealedEpochOf(value: unknown): SealedEpoch | undefined {
  const { epoch, from, digest, sealed } = isObject(value) ? value : {};
  // Before it is decoded.
  const isShort = typeof sealed === 'string' && sealed.length <= sealedBytesMax * 2;
  const bytes = isShort ? fromBase64(sealed) : undefined;
  const isDigest = typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest);
  if (!isCount(epoch) || !isCount(from) || !isDigest || bytes === undefined) return undefined;
  return bytes.length > sealedBytesMax ? undefined : { epoch, from, digest, sealed: bytes };
}

function partialOf(text: unknown): PartialDecryption {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  if (bytes === undefined) throw malformed('partials');
  return decodePartial(bytes);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function malformed(what: string): CocoError {
  return new CocoError('COCO_SECRETS_ANSWER', `the node's answer is not understood: ${what}`);
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
