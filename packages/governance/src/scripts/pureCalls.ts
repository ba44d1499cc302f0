/**
 * What scripts can compute with the host's help, without any table: texts, digests, certificates, signatures.
 */
import {
  type Certificate,
  parseCertificate,
  publicKeyFromPem,
  sha256,
  sha384,
  sha512,
  verifyRaw,
} from '@coco/crypto';
import { fromBase64, fromUtf8, utf8 } from '@coco/primitives';
import type { HostFunction, ScriptValue } from '@coco/sandbox';
import { isJsonObject } from '../rows.js';
import { bytesArgument, textArgument } from './callArguments.js';
import { bundleId, isValidChain, readBundle } from './x509.js';

export const pureCalls: Readonly<Record<string, HostFunction>> = {
  strToBuf: (text) => utf8(textArgument(text)),
  bufToStr(bytes) {
    const given = bytesArgument(bytes);
    return fromUtf8(given) ?? lenientText(given);
  },
  digest(algorithm, data) {
    const name = textArgument(algorithm);
    const hash = Object.hasOwn(hashes, name) ? hashes[name] : undefined;
    if (hash === undefined) throw new Error(`the digest algorithm ${name} is not offered`);
    return hash(bytesArgument(data));
  },
  pemToId(pem) {
    const id = bundleId(textArgument(pem));
    if (id === undefined) throw new Error('the certificate is not X.509 in PEM');
    return id;
  },
  isBundle: (pem) => readBundle(textArgument(pem)) !== undefined,
  isChain: (chain, trusted) => isValidChain(textArgument(chain), textArgument(trusted)),
  /** RFC 7468, the labels of public keys; an elliptic-curve key or an RSA key. */
  isPublicKey(pem) {
    const [, base64 = ''] =
      /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]{1,4000})-----END PUBLIC KEY-----\s*$/.exec(
        textArgument(pem),
      ) ?? [];
    const der = fromBase64(base64.replace(/\s/g, ''));
    return der !== undefined && der.length > 60 && der[0] === 0x30;
  },
  readCertificate(pem) {
    let certificate: Certificate;
    try {
      certificate = parseCertificate(textArgument(pem));
    } catch {
      throw new Error('it is not one X.509 certificate in PEM with an elliptic-curve key');
    }
    return { id: certificate.fingerprint, subject: certificate.subject, is_ca: certificate.isCa };
  },
  verifySignature(algorithm, key, signature, data) {
    const { name, hash } = isJsonObject(algorithm) ? algorithm : {};
    const signed =
      typeof hash === 'string' && Object.hasOwn(signatureHashes, hash) ? signatureHashes[hash] : undefined;
    if (name !== 'ECDSA' || signed === undefined) {
      throw new Error('only ECDSA with SHA-256, SHA-384 or SHA-512 is offered');
    }
    const pem = textArgument(key);
    const publicKey = pem.includes('BEGIN CERTIFICATE')
      ? parseCertificate(pem).publicKey
      : publicKeyFromPem(pem);
    return verifyRaw(publicKey, bytesArgument(data), bytesArgument(signature), { hash: signed });
  },
};

/** Steps that calls cost besides what every call costs; a step is about 0.05 ms. */
export const pureCallSteps: Readonly<Record<string, number>> = {
  pemToId: 2,
  isBundle: 2,
  isChain: 20,
  isPublicKey: 1,
  readCertificate: 5,
  verifySignature: 10,
};

const hashes: Readonly<Record<string, (data: Uint8Array) => ScriptValue>> = {
  'SHA-256': (data) => sha256(data),
  'SHA-384': (data) => sha384(data),
  'SHA-512': (data) => sha512(data),
};

const signatureHashes: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Bytes that are not UTF-8, as text all the same: what does not read becomes U+FFFD, as in CCF. */
function lenientText(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const text = fromUtf8(bytes.subarray(at, at + size));
    parts.push(text ?? '\ufffd');
    at += text === undefined ? 1 : size;
  }
  return parts.join('');
}
