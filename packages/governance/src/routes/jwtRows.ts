/**
 * Keys of token issuers as rows, in CCF's format: a list of {public_key (DER, base64), issuer, constraint?} by key id.
 */
import type { Reader } from '@coco/kv';
import { isJsonObject, parseJson, textOf, textRows } from '../rows.js';
import { governanceTables } from '../tables.js';

/** The keys by their ids, as `/gov/service/jwk` shows them. */
export function* jwtKeys(reader: Reader): Generator<readonly [string, readonly unknown[]]> {
  for (const [id, bytes] of textRows(reader, governanceTables.jwtKeys)) {
    const row = parseJson(bytes);
    const keys = Array.isArray(row) ? row.filter(isJsonObject) : [];
    yield [
      id,
      keys.map((key) => ({
        publicKey: pem(textOf(key['public_key']) ?? ''),
        issuer: textOf(key['issuer']) ?? '',
        ...(key['constraint'] !== undefined && { constraint: key['constraint'] }),
      })),
    ];
  }
}

/** PEM bundles by name, JSON strings as CCF writes them. */
export function* caBundles(reader: Reader): Generator<readonly [string, string]> {
  for (const [name, bytes] of textRows(reader, governanceTables.caBundles)) {
    const bundle = textOf(parseJson(bytes));
    if (bundle !== undefined) yield [name, bundle];
  }
}

/** RFC 7468: lines of 64 characters. */
function pem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}
