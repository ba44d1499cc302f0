/**
 * What nodes say of the shared key, as bytes: JSON with the fields of the types, byte strings in base64 and nothing else in it.
 *
 *     {"kind": "deal", "ceremony": hex, "deal": base64, "shares": {actor id: {share key (hex): base64}}}
 *     {"kind": "ready", "ceremony": hex, "counted": [dealer, …]}
 *     {"kind": "complaint", "ceremony": hex, "dealer": n, "share"?: base64}
 *     {"kind": "answer", "ceremony": hex, "dealer": n, "recipient": n, "share": base64}
 *     {"kind": "missing", "ceremony": hex}
 */
import { thresholdActorsMax, thresholdBytesMax } from '@coco/crypto';
import { CocoError, fromBase64, toBase64 } from '@coco/primitives';
import { isJsonObject, type JsonObject, jsonBytes, parseJson, textOf } from '../rows.js';
import { sealedShareBytesMax, signedShareBytesMax } from './signedShare.js';
import type { KeyContribution, SealedShares } from './types.js';

/** COCO_KEY_CONTRIBUTION when it is not in that form, or too long. */
export function decodeKeyContribution(bytes: Uint8Array): KeyContribution {
  if (bytes.length > keyContributionBytesMax) throw malformed('it is too long');
  const value = parseJson(bytes);
  if (!isJsonObject(value)) throw malformed('it is no JSON object');
  const kind = textOf(value['kind']) ?? '';
  const fields = Object.hasOwn(fieldsOf, kind) ? fieldsOf[kind as KeyContribution['kind']] : undefined;
  if (fields === undefined) throw malformed('its kind is not known');
  const names = new Set<string>(['kind', 'ceremony', ...fields]);
  if (Object.keys(value).some((name) => !names.has(name))) throw malformed('it has a field too many');
  return contributionOf(kind as KeyContribution['kind'], digestIn(value['ceremony']), value);
}

export function encodeKeyContribution(contribution: KeyContribution): Uint8Array {
  const plain = Object.entries(contribution).map(([name, value]) => [name, plainOf(value)]);
  return jsonBytes(Object.fromEntries(plain));
}

/** 64 actors with 16 keys each. */
export const keyContributionBytesMax = 1 << 20;

const fieldsOf = {
  deal: ['deal', 'shares'],
  ready: ['counted'],
  complaint: ['dealer', 'share'],
  answer: ['dealer', 'recipient', 'share'],
  missing: [],
} as const;

function contributionOf(kind: KeyContribution['kind'], ceremony: string, row: JsonObject): KeyContribution {
  switch (kind) {
    case 'deal':
      return {
        kind,
        ceremony,
        deal: bytesIn(row['deal'], thresholdBytesMax),
        shares: sharesIn(row['shares']),
      };
    case 'ready':
      return { kind, ceremony, counted: countedIn(row['counted']) };
    case 'complaint': {
      const about = { kind, ceremony, dealer: numberIn(row['dealer']) };
      if (row['share'] === undefined) return about;
      return { ...about, share: bytesIn(row['share'], signedShareBytesMax) };
    }
    case 'answer': {
      const [dealer, recipient] = [numberIn(row['dealer']), numberIn(row['recipient'])];
      return { kind, ceremony, dealer, recipient, share: bytesIn(row['share'], signedShareBytesMax) };
    }
    case 'missing':
      return { kind, ceremony };
  }
}

function plainOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toBase64(value);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainOf(inner)]));
}

function sharesIn(value: unknown): SealedShares {
  const actors = isJsonObject(value) ? Object.entries(value) : [];
  if (actors.length < 1 || actors.length > thresholdActorsMax)
    throw malformed('its shares are not for actors');
  return Object.fromEntries(
    actors.map(([actorId, keys]) => {
      const entries = isJsonObject(keys) ? Object.entries(keys) : [];
      if (entries.length < 1) throw malformed('an actor has no share in it');
      const sealed = entries.map(
        ([key, bytes]) => [digestIn(key), bytesIn(bytes, sealedShareBytesMax)] as const,
      );
      return [digestIn(actorId), Object.fromEntries(sealed)];
    }),
  );
}

function countedIn(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > thresholdActorsMax) {
    throw malformed('it counts no deals');
  }
  const numbers = value.map(numberIn);
  if (numbers.some((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0))) {
    throw malformed('its deals are not ascending');
  }
  return numbers;
}

function numberIn(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= thresholdActorsMax) {
    return value;
  }
  throw malformed(`a number in it is not 1 to ${thresholdActorsMax}`);
}

function bytesIn(value: unknown, bytesMax: number): Uint8Array {
  const bytes = fromBase64(textOf(value) ?? '');
  if (bytes === undefined || bytes.length < 1 || bytes.length > bytesMax) {
    throw malformed(`a byte string in it is not base64 of 1 to ${bytesMax} bytes`);
  }
  return bytes;
}

/** 32 bytes in hex. */
function digestIn(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw malformed('a name in it is not 64 hexadecimal digits');
}

function malformed(reason: string): CocoError {
  return new CocoError(
    'COCO_KEY_CONTRIBUTION',
    `what a node says of the network's key cannot be read: ${reason}`,
  );
}
