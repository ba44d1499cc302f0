/**
 * What a holder of a share answers (CONF-4): its partial decryptions of all epochs' secrets, signed in the name of its actor, and sealed
 * (HPKE, RFC 9180) to the machine that asked, for whoever has M answers has the secrets. Payload, JSON:
 *
 *     { "what": "coco-recovery-answer-v1", "request": "<digest of the request, hex>", "sealed": "<base64>" }
 *
 * sealed = { "<epoch>": "<base64 of encodePartial>", … }, authenticated with the digest of the request and the actor's id.
 */
import {
  decodePartial,
  encodePartial,
  type KeyShare,
  type PartialDecryption,
  partialDecrypt,
  partialHolds,
  type RandomBytes,
} from '@coco/crypto';
import { CocoError, concatBytes, fromBase64, fromHex, fromUtf8, toBase64, utf8 } from '@coco/primitives';
import { isJsonObject, jsonBytes, textOf } from '../rows.js';
import type { ActorView } from '../types.js';
import type { RecoveryRequest } from './request.js';
import type { SealedEpoch } from './sealedEpochs.js';
import { readRecoveryMessage, signerOf } from './signedMessage.js';

export interface RecoveryAnswer {
  readonly actor: ActorView;
  /** By epoch; not looked at yet, see `badEpochs`. */
  readonly partials: ReadonlyMap<number, PartialDecryption>;
}

/** Called after each epoch: this takes some milliseconds for one. */
export type EpochProgress = (done: number, of: number) => void;

/** The partial decryptions of all epochs. COCO_RECOVERY_REQUEST when a ciphertext was changed, or is for another key. */
export function answerEpochs(
  share: KeyShare,
  epochs: readonly SealedEpoch[],
  random: RandomBytes,
  onProgress?: EpochProgress,
): ReadonlyMap<number, PartialDecryption> {
  const partials = new Map<number, PartialDecryption>();
  for (const { epoch, label, ciphertext } of epochs) {
    const partial = partialDecrypt({ share, label, ciphertext, random });
    if (partial === undefined) {
      const sentence = `the secret of epoch ${epoch} in the request was changed, or is not sealed to the network's key`;
      throw new CocoError('COCO_RECOVERY_REQUEST', sentence, { epoch });
    }
    partials.set(epoch, partial);
    onProgress?.(partials.size, epochs.length);
  }
  return partials;
}

/** For what an answer is sealed. */
export function answerSealing(request: string, actorId: string): { info: Uint8Array; aad: Uint8Array } {
  return {
    info: utf8('coco recovery answer'),
    aad: concatBytes(fromHex(request) ?? utf8(request), utf8(actorId)),
  };
}

/** What `seal` is to seal: `hpkeSeal` to the request's recipient, for `answerSealing`. Gives what is to be signed. */
export function recoveryAnswerPayload(
  { digest }: Pick<RecoveryRequest, 'digest'>,
  partials: ReadonlyMap<number, PartialDecryption>,
  seal: (plaintext: Uint8Array) => Uint8Array,
): Uint8Array {
  const texts = [...partials].map(([epoch, partial]) => [epoch, toBase64(encodePartial(partial))] as const);
  const sealed = seal(jsonBytes(Object.fromEntries(texts)));
  return jsonBytes({ what, request: digest, sealed: toBase64(sealed) });
}

/**
 * Reads an answer to `request`; `open` is `hpkeOpen` with the recipient's key. COCO_RECOVERY_ANSWER when it is none, or nobody
 * signed it who may have a share.
 */
export function openRecoveryAnswer(
  bytes: Uint8Array,
  request: Pick<RecoveryRequest, 'digest' | 'tables' | 'key'>,
  open: (sealed: Uint8Array, sealing: ReturnType<typeof answerSealing>) => Uint8Array | undefined,
): RecoveryAnswer {
  const message = readRecoveryMessage(bytes, 'recovery_answer');
  if (typeof message === 'string') throw refused(message);
  const { payload } = message;
  if (payload['what'] !== what) throw refused('it is of another version');
  const actor = signerOf(request.tables, message);
  if (typeof actor === 'string') throw refused(actor);
  if (!request.key.key.actors.includes(actor.id)) throw refused(`${actor.name || actor.id} holds no share`);
  if (payload['request'] !== request.digest) throw refused('it answers another request than this one');
  const sealed = fromBase64(textOf(payload['sealed']) ?? '');
  const opened = sealed && open(sealed, answerSealing(request.digest, actor.id));
  if (opened === undefined) throw refused('it is not sealed to the machine that asked');
  return { actor, partials: partialsIn(opened) };
}

/** The epochs of which `answer` has nothing, or what is not that actor's partial decryption. */
export function badEpochs(
  { actor, partials }: RecoveryAnswer,
  epochs: readonly SealedEpoch[],
  onProgress?: EpochProgress,
): readonly number[] {
  return epochs
    .filter((of, index) => {
      const partial = partials.get(of.epoch);
      const isOwn = partial !== undefined && of.key.actors[partial.actor - 1] === actor.id;
      const holds = isOwn && partialHolds(of, partial);
      onProgress?.(index + 1, epochs.length);
      return !holds;
    })
    .map(({ epoch }) => epoch);
}

const what = 'coco-recovery-answer-v1';

function partialsIn(opened: Uint8Array): ReadonlyMap<number, PartialDecryption> {
  const fields = fieldsOf(opened);
  const partials = new Map<number, PartialDecryption>();
  for (const [epoch, text] of Object.entries(fields)) {
    const bytes = fromBase64(textOf(text) ?? '');
    try {
      if (/^[1-9]\d{0,9}$/.test(epoch) && bytes !== undefined)
        partials.set(Number(epoch), decodePartial(bytes));
    } catch (error) {
      // Counts as missing.
      if (!(error instanceof CocoError)) throw error;
    }
  }
  return partials;
}

function fieldsOf(opened: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(fromUtf8(opened) ?? '');
    if (isJsonObject(value)) return value;
  } catch {
    // Told below.
  }
  throw refused('what it has sealed cannot be read');
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_RECOVERY_ANSWER', `this is no answer to the request: ${reason}`);
}
