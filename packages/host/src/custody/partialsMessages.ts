/**
 * What nodes say to one another of partial decryptions: JSON over mutual TLS, `POST /node/partials`.
 *
 *     ask     {epochs: [2, 3, …], evidence?}
 *     answer  {key: base64 of the network's key as the answering node has it, partials: {"2": base64, …}}
 *
 * Both sides parse strictly what comes from the other. What is decrypted is chosen by number: nobody can hand in a ciphertext.
 */
import { decodePartial, decodeThresholdKey, type PartialDecryption, type ThresholdKey } from '@coco/crypto';
import { CocoError, fromBase64, fromUtf8 } from '@coco/primitives';

/** Of how many epochs at once. A node takes some milliseconds for each. */
export const partialEpochsMax = 256;

export interface PartialsAsk {
  readonly epochs: readonly number[];
  readonly evidence?: Uint8Array;
}

export interface PartialsAnswer {
  readonly key: ThresholdKey;
  readonly partials: ReadonlyMap<number, PartialDecryption>;
}

/** `evidence` is base64. */
export function encodePartialsAsk(epochs: readonly number[], evidence?: string): string {
  return JSON.stringify({ epochs, ...(evidence !== undefined && { evidence }) });
}

/** Undefined when `body` is no such ask. */
export function decodePartialsAsk(body: Uint8Array): PartialsAsk | undefined {
  const { epochs, evidence } = parseObject(body) ?? {};
  if (!Array.isArray(epochs) || epochs.length === 0 || epochs.length > partialEpochsMax) return undefined;
  if (!epochs.every(isEpoch) || new Set(epochs).size !== epochs.length) return undefined;
  if (evidence === undefined) return { epochs };
  const proof = typeof evidence === 'string' ? fromBase64(evidence) : undefined;
  return proof === undefined ? undefined : { epochs, evidence: proof };
}

/** COCO_SECRETS_ANSWER when `body` is no answer to that. */
export function decodePartialsAnswer(body: Uint8Array): PartialsAnswer {
  const { key, partials } = parseObject(body) ?? {};
  const keyBytes = typeof key === 'string' ? fromBase64(key) : undefined;
  if (keyBytes === undefined || typeof partials !== 'object' || partials === null) throw malformed('key');
  const entries = Object.entries(partials);
  if (entries.length > partialEpochsMax) throw malformed('partials');
  try {
    const decoded = entries.map(([epoch, text]) => [Number(epoch), partialOf(text)] as const);
    if (!decoded.every(([epoch]) => isEpoch(epoch))) throw malformed('partials');
    return { key: decodeThresholdKey(keyBytes), partials: new Map(decoded) };
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_CRYPTO_THRESHOLD_MESSAGE') {
      throw malformed(error.message);
    }
    throw error;
  }
}

function partialOf(text: unknown): PartialDecryption {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  if (bytes === undefined) throw malformed('partials');
  return decodePartial(bytes);
}

function isEpoch(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function malformed(what: string): CocoError {
  return new CocoError('COCO_SECRETS_ANSWER', `the node's answer is not understood: ${what}`);
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(body) ?? '');
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
