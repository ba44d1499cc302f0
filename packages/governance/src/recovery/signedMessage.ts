/**
 * What actors sign of a recovery: COSE_Sign1 as for proposals, protected { 1: alg, 4: kid = actor id (text as bytes),
 * "ccf.gov.msg.type", "ccf.gov.msg.created_at" }, with a JSON object as payload.
 */
import { type CoseSign1, coseDecode } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, fromUtf8 } from '@coco/primitives';
import { verifySigner } from '../actors/messageSigner.js';
import { readActors } from '../actors/readActors.js';
import { countOf, type JsonObject } from '../rows.js';
import type { ActorView } from '../types.js';

export type RecoveryMessageType = 'recovery_request' | 'recovery_answer';

export interface RecoveryMessage {
  readonly actorId: string;
  /** Seconds since 1970, as the signer says; 0 when it says nothing. */
  readonly createdAt: number;
  readonly payload: JsonObject;
  readonly message: CoseSign1;
}

/** No request or answer is longer: some tens of thousands of epochs. */
export const recoveryMessageBytesMax = 64 << 20;

/** Reads a message; who signed it is not looked at yet. A sentence when it is no such message. */
export function readRecoveryMessage(bytes: Uint8Array, type: RecoveryMessageType): RecoveryMessage | string {
  if (bytes.length > recoveryMessageBytesMax) return 'it is too long';
  let message: CoseSign1;
  try {
    message = coseDecode(bytes, { bytesMax: recoveryMessageBytesMax, depthMax: 8 });
  } catch (error) {
    if (error instanceof CocoError) return error.message;
    throw error;
  }
  const { protectedHeader } = message;
  if (protectedHeader.get('ccf.gov.msg.type') !== type) return `what was signed is no ${type}`;
  const keyId = protectedHeader.get(4);
  const actorId = keyId instanceof Uint8Array ? fromUtf8(keyId) : undefined;
  if (actorId === undefined || !/^[0-9a-f]{64}$/.test(actorId)) return 'it does not say who signed it';
  const payload = parseObject(message.payload);
  if (payload === undefined) return 'its payload is no JSON object';
  const createdAt = countOf(protectedHeader.get('ccf.gov.msg.created_at')) ?? 0;
  return { actorId, createdAt, payload, message };
}

/**
 * The registered actor that signed; a sentence when none did. Certificates that have run out since the disaster count: the lists
 * of the ledger say who the actors are.
 */
export function signerOf(reader: Reader, { actorId, message }: RecoveryMessage): ActorView | string {
  const { members, participants } = readActors(reader);
  const actor = [...members, ...participants].find(({ id }) => id === actorId);
  if (actor === undefined) return `${actorId} is not a member or participant of the network`;
  const verdict = verifySigner(message, actor, undefined);
  return 'refused' in verdict ? verdict.refused : actor;
}

/** The limit of nesting that rows have is too slow for long messages; what reads one looks at two levels of it. */
function parseObject(bytes: Uint8Array | undefined): JsonObject | undefined {
  const text = bytes === undefined ? undefined : fromUtf8(bytes);
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
