/**
 * What two nodes say to one another about themselves, in marked frames (frameReader.ts) of the connection between them:
 *
 *   1 challenge   nonce[32]                          prove what you run
 *   2 evidence    CMW                                the answer to a challenge
 *   3 accepted                                       the evidence is good, by the members' manifests
 *   4 refused     u8 n, code[n], sentence (UTF-8)    it is not, or none can be had; the connection ends
 *
 * Each begins with its number, one byte.
 */
import { concatBytes, fromUtf8, utf8 } from '@coco/primitives';

export type SessionMessage =
  | { readonly type: 'challenge'; readonly nonce: Uint8Array }
  | { readonly type: 'evidence'; readonly evidence: Uint8Array }
  | { readonly type: 'accepted' }
  | { readonly type: 'refused'; readonly code: string; readonly sentence: string };

/** Evidence with all its endorsements (a CMW) is no longer than this, and no message much longer. */
export const evidenceBytesMax = 1024 * 1024;
export const sessionMessageBytesMax = evidenceBytesMax + 1;

export const sessionNonceBytes = 32;
const codeCharsMax = 64;
const sentenceCharsMax = 1000;

export function encodeSessionMessage(message: SessionMessage): Uint8Array {
  switch (message.type) {
    case 'challenge':
      return concatBytes(new Uint8Array([1]), message.nonce);
    case 'evidence':
      return concatBytes(new Uint8Array([2]), message.evidence);
    case 'accepted':
      return new Uint8Array([3]);
    case 'refused': {
      const code = utf8(message.code.slice(0, codeCharsMax));
      return concatBytes(
        new Uint8Array([4, code.length]),
        code,
        utf8(message.sentence.slice(0, sentenceCharsMax)),
      );
    }
  }
}

/** Undefined when `bytes` is no such message. */
export function decodeSessionMessage(bytes: Uint8Array): SessionMessage | undefined {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case 1:
      return body.length === sessionNonceBytes ? { type: 'challenge', nonce: body } : undefined;
    case 2:
      return body.length > 0 ? { type: 'evidence', evidence: body } : undefined;
    case 3:
      return body.length === 0 ? { type: 'accepted' } : undefined;
    case 4:
      return refusedOf(body);
    default:
      return undefined;
  }
}

function refusedOf(body: Uint8Array): SessionMessage | undefined {
  const length = body[0] ?? 0;
  const code = fromUtf8(body.subarray(1, 1 + length)) ?? '';
  const sentence = fromUtf8(body.subarray(1 + length));
  const isGood =
    /^COCO_[A-Z0-9_]{1,59}$/.test(code) && sentence !== undefined && sentence.length <= 4 * sentenceCharsMax;
  return isGood ? { type: 'refused', code, sentence: sentence.slice(0, sentenceCharsMax) } : undefined;
}
