/**
 * The signature algorithms that hardware vendors use, from their AlgorithmIdentifiers (RFC 5758, RFC 4055): ECDSA with the
 * hash as long as the curve, RSASSA-PKCS1-v1_5, and RSASSA-PSS with all parameters written out, MGF1 over the same hash
 * and a salt as long as the hash. Any other is refused.
 */
import { type DerNode, rawSignature, type SignatureScheme } from '@coco/crypto';
import { malformed, objectId, readDer, sequence, smallNumber, unsigned } from './asn1.js';

const ecdsa: Readonly<Record<string, SignatureScheme>> = {
  '1.2.840.10045.4.3.2': 'ecdsa-p256-sha256',
  '1.2.840.10045.4.3.3': 'ecdsa-p384-sha384',
};

const pkcs1: Readonly<Record<string, SignatureScheme>> = {
  '1.2.840.113549.1.1.11': 'rsa-pkcs1-sha256',
  '1.2.840.113549.1.1.12': 'rsa-pkcs1-sha384',
  '1.2.840.113549.1.1.13': 'rsa-pkcs1-sha512',
};

const pss: Readonly<Record<string, readonly [SignatureScheme, number]>> = {
  '2.16.840.1.101.3.4.2.1': ['rsa-pss-sha256', 32],
  '2.16.840.1.101.3.4.2.2': ['rsa-pss-sha384', 48],
  '2.16.840.1.101.3.4.2.3': ['rsa-pss-sha512', 64],
};

/** The scheme that an AlgorithmIdentifier means. Throws COCO_ATTESTATION_MALFORMED. */
export function signatureAlgorithm(node: DerNode | undefined, what: string): SignatureScheme {
  const [id, parameters, ...more] = sequence(node, what);
  const oid = objectId(id, what);
  const scheme =
    more.length > 0
      ? undefined
      : oid === '1.2.840.113549.1.1.10'
        ? pssScheme(parameters, what)
        : parameters === undefined
          ? ecdsa[oid]
          : isNull(parameters)
            ? pkcs1[oid]
            : undefined;
  if (scheme === undefined)
    throw malformed(what, `its signature algorithm ${oid} is not one of those supported`);
  return scheme;
}

/** The signature as SignatureCheck wants it: ECDSA's two numbers in DER become r || s. Throws COCO_ATTESTATION_MALFORMED. */
export function signatureValue(scheme: SignatureScheme, signature: Uint8Array, what: string): Uint8Array {
  if (!scheme.startsWith('ecdsa')) return signature;
  const numbers = sequence(readDer(signature, what, { bytesMax: 256, nodesMax: 3 }), what);
  for (const number of numbers) unsigned(number, what);
  const raw = rawSignature(scheme === 'ecdsa-p256-sha256' ? 'P-256' : 'P-384', signature);
  if (numbers.length !== 2 || raw === undefined)
    throw malformed(what, 'its ECDSA signature is not two numbers');
  return raw;
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] hash, [1] MGF1 with its hash, [2] length of the salt, [3] trailer DEFAULT 1 } */
function pssScheme(parameters: DerNode | undefined, what: string): SignatureScheme | undefined {
  const fields = sequence(parameters, what);
  const inside = fields.map((field, index) => sequence(field, what, 0xa0 + index)[0]);
  const [hash, mask, salt, trailer] = inside;
  const [maskId, maskHash] = sequence(mask, what);
  if (objectId(maskId, what) !== '1.2.840.113549.1.1.8') return undefined;
  const [scheme, saltLength] = pss[hashId(hash, what)] ?? [];
  if (hashId(maskHash, what) !== hashId(hash, what) || smallNumber(salt, what) !== saltLength)
    return undefined;
  if (fields.length > 4 || (trailer !== undefined && smallNumber(trailer, what) !== 1)) return undefined;
  return scheme;
}

/** The parameters of a hash are absent or NULL (RFC 4055 2.1). */
function hashId(node: DerNode | undefined, what: string): string {
  const [id, parameters] = sequence(node, what);
  return parameters === undefined || isNull(parameters) ? objectId(id, what) : '';
}

function isNull(node: DerNode): boolean {
  return node.tag === 0x05 && node.content.length === 0;
}
