/**
 * What a node says of itself, and the hash of it for which the hardware vouches. Deterministic CBOR (RFC 8949, section
 * 4.2.1), so that the same claims have one encoding:
 *
 *     { "v": 1, "purpose": text, "code": bstr(32), "instance": bstr(16), "node_key": bstr(32), ? "network": bstr(32),
 *       ? "share_key": bstr(32), ? "epoch_key": bstr(32), ? "nonce": bstr(16..64), ? "exporter": bstr(32) }
 *     report data = SHA-384 of it, and 16 zeros: 48 bytes fit a report, a quote, and the qualifying data of a TPM.
 */
import { cborEncode, sha384 } from '@coco/crypto';
import { assert } from '@coco/primitives';
import { cborItems } from './cborItems.js';
import { refused } from './refused.js';
import type { Purpose, RuntimeClaims } from './types.js';

/** `claims` in deterministic CBOR. */
export function encodeClaims(claims: RuntimeClaims): Uint8Array {
  const map = new Map<string, unknown>([
    ['v', version],
    ['purpose', claims.purpose],
  ]);
  for (const [field, { key, lengthMin, lengthMax }] of fields) {
    const value = claims[field];
    if (value === undefined) continue;
    assert(value.length >= lengthMin && value.length <= lengthMax, `${key} has a length that is allowed`);
    map.set(key, value);
  }
  return cborEncode(map);
}

/** Reads what `encodeClaims` wrote, and nothing else. Throws COCO_ATTESTATION_MALFORMED, COCO_ATTESTATION_TOO_LARGE. */
export function decodeClaims(bytes: Uint8Array): RuntimeClaims {
  if (bytes.length > claimsBytesMax) {
    throw refused(
      'COCO_ATTESTATION_TOO_LARGE',
      `the runtime claims are longer than ${claimsBytesMax} bytes`,
      {
        length: bytes.length,
      },
    );
  }
  const items = cborItems(bytes, 'the runtime claims');
  const read: { -readonly [Key in keyof RuntimeClaims]?: RuntimeClaims[Key] } = {};
  let readVersion = 0;
  items.map(2 + fields.length, (key) => {
    if (key === 'v') {
      readVersion = items.unsigned();
      return;
    }
    if (key === 'purpose') {
      read.purpose = purposeOf(items.text(16));
      return;
    }
    const found = fields.find(([, { key: name }]) => name === key);
    if (found === undefined) throw malformed(`the field ${JSON.stringify(key)} is unknown`);
    const [field, { lengthMin, lengthMax }] = found;
    const value = items.bytes(lengthMax);
    if (value.length < lengthMin) throw malformed(`${key} is shorter than ${lengthMin} bytes`);
    read[field] = value;
  });
  items.end();
  if (readVersion !== version) throw malformed(`their version is ${readVersion}, not ${version}`);
  const { purpose, nodeKey, code, instance } = read;
  if (purpose === undefined || nodeKey === undefined || code === undefined || instance === undefined) {
    throw malformed('purpose, node_key, code or instance is missing');
  }
  return { ...read, purpose, nodeKey, code, instance };
}

/** The 64 bytes that the hardware is asked to vouch for: SHA-384 of `claims` (encoded), and 16 zeros. */
export function reportDataOf(claims: Uint8Array): Uint8Array {
  const reportData = new Uint8Array(64);
  reportData.set(sha384(claims));
  return reportData;
}

/** Claims are no longer than this: they are a dozen hashes. */
export const claimsBytesMax = 1024;

const version = 1;

const purposes: readonly Purpose[] = ['certificate', 'session', 'join', 'lease', 'secrets', 'client'];

type Field = Exclude<keyof RuntimeClaims, 'purpose'>;

const of = (key: string, lengthMin: number, lengthMax = lengthMin) => ({ key, lengthMin, lengthMax });

const fields = Object.entries({
  network: of('network', 32),
  nodeKey: of('node_key', 32),
  shareKey: of('share_key', 32),
  epochKey: of('epoch_key', 32),
  nonce: of('nonce', 16, 64),
  exporter: of('exporter', 32),
  code: of('code', 32),
  instance: of('instance', 16),
} satisfies Record<Field, ReturnType<typeof of>>) as [Field, ReturnType<typeof of>][];

function purposeOf(text: string): Purpose {
  const purpose = purposes.find((name) => name === text);
  if (purpose === undefined) throw malformed(`nobody makes evidence for the purpose ${JSON.stringify(text)}`);
  return purpose;
}

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `the runtime claims cannot be read: ${reason}`);
}
