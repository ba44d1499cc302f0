/**
 * Signing keys of token issuers (ACT-4), as CCF keeps them: a list of {public_key, issuer, constraint?} by key id, the key
 * being a SubjectPublicKeyInfo in base64 of DER (RFC 5280, RFC 8017, RFC 5480).
 */
import { publicKeyFromDer } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { concatBytes, fromBase64, fromHex, toBase64 } from '@coco/primitives';
import { isJsonObject, type JsonObject, putRow, readRow, rowKey, textOf, textRows } from '../rows.js';
import { governanceTables } from '../tables.js';
import { publicKeyInfo } from './x509.js';

const table = governanceTables.jwtKeys;

/** Makes the keys of `jwks` (RFC 7517) those of `issuer`, instead of what it had. Throws an Error that says what is wrong. */
export function setJwtKeys(transaction: Transaction, issuer: string, jwks: unknown): void {
  const keys = isJsonObject(jwks) && Array.isArray(jwks['keys']) ? (jwks['keys'] as readonly unknown[]) : [];
  if (keys.length === 0) throw new Error('the key set has no keys');
  const rows = new Map<string, JsonObject>();
  for (const key of keys) {
    const id = isJsonObject(key) ? textOf(key['kid']) : undefined;
    if (!isJsonObject(key) || id === undefined) throw new Error('a key of the key set has no kid');
    const constraint = textOf(key['issuer']);
    if (constraint !== undefined && !isOfDomain(issuer, constraint)) {
      throw new Error(`the key ${id} is for ${constraint}, which is not a domain of ${issuer}`);
    }
    const row = { public_key: toBase64(keyOf(key, id)), issuer };
    rows.set(id, constraint === undefined ? row : { ...row, constraint });
  }
  removeJwtKeys(transaction, issuer);
  for (const [id, row] of rows) putRow(transaction, table, id, [...rowsOf(transaction, id), row]);
}

/** Removes every key of `issuer`. */
export function removeJwtKeys(transaction: Transaction, issuer: string): void {
  for (const [id] of [...textRows(transaction, table)]) {
    const before = rowsOf(transaction, id);
    const after = before.filter((row) => row['issuer'] !== issuer);
    if (after.length === before.length) continue;
    if (after.length > 0) putRow(transaction, table, id, after);
    else transaction.remove(table, rowKey(id));
  }
}

function rowsOf(transaction: Transaction, id: string): readonly JsonObject[] {
  const row = readRow(transaction, table, id);
  return Array.isArray(row) ? row.filter(isJsonObject) : [];
}

/** The SubjectPublicKeyInfo of a JSON Web Key: by its numbers, else of its first certificate. */
function keyOf(key: JsonObject, id: string): Uint8Array {
  const part = (name: string): Uint8Array | undefined => fromBase64Url(textOf(key[name]));
  const [n, e, x, y] = [part('n'), part('e'), part('x'), part('y')];
  const info =
    n !== undefined && e !== undefined
      ? rsaKey(n, e)
      : x !== undefined && y !== undefined
        ? curveKey(textOf(key['crv']) ?? '', x, y)
        : certificateKey(key['x5c']);
  if (info === undefined)
    throw new Error(`the key ${id} has neither a usable RSA or EC key nor a certificate`);
  return info;
}

const rsaAlgorithm = bytesOf('300d06092a864886f70d0101010500');

function rsaKey(n: Uint8Array, e: Uint8Array): Uint8Array | undefined {
  if (n.length < 256 || n.length > 1024 || e.length === 0 || e.length > 8) return undefined;
  return element(0x30, rsaAlgorithm, bitString(element(0x30, integer(n), integer(e))));
}

const curves: Readonly<Record<string, { readonly objectId: string; readonly size: number }>> = {
  'P-256': { objectId: '06082a8648ce3d030107', size: 32 },
  'P-384': { objectId: '06052b81040022', size: 48 },
  'P-521': { objectId: '06052b81040023', size: 66 },
};

function curveKey(name: string, x: Uint8Array, y: Uint8Array): Uint8Array | undefined {
  const curve = Object.hasOwn(curves, name) ? curves[name] : undefined;
  if (curve === undefined || x.length !== curve.size || y.length !== curve.size) return undefined;
  const algorithm = element(0x30, bytesOf('06072a8648ce3d0201'), bytesOf(curve.objectId));
  const info = element(0x30, algorithm, bitString(concatBytes(new Uint8Array([4]), x, y)));
  try {
    return publicKeyFromDer(info).der;
  } catch {
    return undefined;
  }
}

function certificateKey(chain: unknown): Uint8Array | undefined {
  const first = Array.isArray(chain) ? textOf(chain[0]) : undefined;
  const der = first === undefined ? undefined : fromBase64(first);
  return der === undefined ? undefined : publicKeyInfo(der);
}

function integer(unsigned: Uint8Array): Uint8Array {
  const first = unsigned.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? new Uint8Array(1) : unsigned.subarray(first);
  const padding = new Uint8Array((digits[0] as number) >= 0x80 ? 1 : 0);
  return element(0x02, padding, digits);
}

function bitString(content: Uint8Array): Uint8Array {
  return element(0x03, new Uint8Array(1), content);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(new Uint8Array([tag, ...size]), content);
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

function fromBase64Url(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || text === '') return undefined;
  const base64 = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(base64.padEnd(Math.ceil(base64.length / 4) * 4, '='));
}

/** A key may be kept for the domain of its issuer, or for one that this is beneath. */
function isOfDomain(issuer: string, constraint: string): boolean {
  const [issued, constrained] = [hostOf(issuer), hostOf(constraint)];
  if (constrained === '') return false;
  return issued === constrained || issued.endsWith(`.${constrained}`);
}

function hostOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#:]+)/i.exec(url)?.[1]?.toLowerCase() ?? '';
}
