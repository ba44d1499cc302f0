/**
 * Requests and answers of a recovery as files, to be carried between machines: {"what": "…", "cose": "<base64 of the COSE_Sign1>"}.
 */
import { writeFileSync } from 'node:fs';
import { type Signer, signRequest } from '@coco/client';
import { type RecoveryMessageType, recoveryMessageBytesMax } from '@coco/governance';
import { CocoError, fromBase64, toBase64 } from '@coco/primitives';
import { readText } from '../ledger/textFile.js';

/** What `payload` becomes when it is said in the name of `actorId`: the message. COCO_CLIENT_SIGNER, COCO_CLIENT_SIGNATURE. */
export function signRecovery(
  type: RecoveryMessageType,
  actorId: string,
  payload: Uint8Array,
  signer: Signer,
): Promise<Uint8Array> {
  return signRequest({ type, actorId, createdAt: Math.floor(Date.now() / 1000), payload }, signer);
}

export function writeSigned(file: string, type: RecoveryMessageType, message: Uint8Array): void {
  writeFileSync(file, signedText(type, message), { mode: 0o600 });
}

export function signedText(type: RecoveryMessageType, message: Uint8Array): string {
  return `${JSON.stringify({ what: names[type], cose: toBase64(message) }, null, 2)}\n`;
}

/** The message in `file`. COCO_CLI_FILE when it holds none of this kind. */
export function readSigned(file: string, type: RecoveryMessageType): Uint8Array {
  const text = readText(file, fileBytesMax);
  const { what, cose } = fieldsOf(text);
  const message = what === names[type] && typeof cose === 'string' ? fromBase64(cose) : undefined;
  if (message !== undefined) return message;
  throw new CocoError('COCO_CLI_FILE', `${file} is no file with a ${names[type]}`, { path: file });
}

const fileBytesMax = 2 * recoveryMessageBytesMax;

const names: Readonly<Record<RecoveryMessageType, string>> = {
  recovery_request: 'coco recovery request',
  recovery_answer: 'coco recovery answer',
};

function fieldsOf(text: string): { readonly what?: unknown; readonly cose?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
