/**
 * A synthetic signer of endorsements of utility VMs, as Microsoft is one for Azure's containers, in both forms.
 */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { cborEncode, coseEncode } from '@coco/crypto';
import { toHex, utf8 } from '@coco/primitives';
import { freshKeyPair } from './freshKeyPair.js';
import { objectIds, syntheticCertificate } from './snpDer.js';

/** What to endorse, and how. */
export interface SyntheticUvm {
  readonly measurement: Uint8Array;
  readonly feed?: string;
  readonly svn?: number;
  /** `cwt` since ContainerPlat 0.2.10. Default cwt. */
  readonly form?: 'json' | 'cwt';
  /** Instead of the right one. */
  readonly did?: string;
  /** COSE's number of the algorithm that is named. Default -38 (PS384) with RSA, -35 (ES384) else. */
  readonly algorithm?: number;
  /** Changes the protected header before it is signed. */
  readonly bend?: (header: Map<unknown, unknown>) => void;
  /** Instead of the payload that form and measurement make. */
  readonly payload?: Uint8Array;
  /** The unprotected header, made of the signature. Default: empty. */
  readonly beside?: (signature: Uint8Array) => ReadonlyMap<unknown, unknown>;
}

export interface UvmSigner {
  /** did:x509 of the root, with the key usage that the leaf has. */
  readonly did: string;
  /** Leaf first, DER. */
  readonly chain: readonly Uint8Array[];
  /** A COSE_Sign1. */
  endorse(uvm: SyntheticUvm): Uint8Array;
}

export const uvmFeed = 'ContainerPlat-AMD-UVM';
export const uvmKeyUsage = '1.3.6.1.4.1.311.76.59.1.1';

/** A root, an authority and a signer; P-384 keys by default, since RSA's take long to make. */
export function createUvmSigner(
  options: { readonly rsa?: boolean; readonly keyUsage?: string } = {},
): UvmSigner {
  const kind = options.rsa === true ? 2048 : 'secp384r1';
  const [root, authority, leaf] = [freshKeyPair(kind), freshKeyPair(kind), freshKeyPair(kind)];
  const validity = { notBeforeMs: Date.UTC(2022, 1, 17), notAfterMs: Date.UTC(2042, 1, 17) };
  const rootDer = syntheticCertificate({
    subject: 'Supply Chain Root',
    issuer: 'Supply Chain Root',
    publicKey: root.publicKey,
    signedBy: root.privateKey,
    serial: 1,
    ca: {},
    ...validity,
  });
  const authorityDer = syntheticCertificate({
    subject: 'Products CA',
    issuer: 'Supply Chain Root',
    publicKey: authority.publicKey,
    signedBy: root.privateKey,
    serial: 2,
    ca: { pathLengthMax: 0 },
    ...validity,
  });
  const leafDer = syntheticCertificate({
    subject: 'ContainerPlat',
    issuer: 'Products CA',
    publicKey: leaf.publicKey,
    signedBy: authority.privateKey,
    serial: 3,
    // A year, long over: see uvm.ts.
    notBeforeMs: Date.UTC(2023, 0, 5),
    notAfterMs: Date.UTC(2024, 0, 3),
    extensions: [['2.5.29.37', objectIds(uvmKeyUsage)]],
  });
  const fingerprint = createHash('sha256').update(rootDer).digest('base64url');
  const did = `did:x509:0:sha256:${fingerprint}::eku:${options.keyUsage ?? uvmKeyUsage}`;
  const chain = [leafDer, authorityDer, rootDer];
  return { did, chain, endorse: (uvm) => endorse(uvm, { did, chain, key: leaf.privateKey }) };
}

function endorse(
  uvm: SyntheticUvm,
  signer: { readonly did: string; readonly chain: readonly Uint8Array[]; readonly key: KeyObject },
): Uint8Array {
  const { measurement, feed = uvmFeed, svn = 104, form = 'cwt', did = signer.did } = uvm;
  const rsa = signer.key.asymmetricKeyType === 'rsa';
  const header = new Map<unknown, unknown>([
    [1, uvm.algorithm ?? (rsa ? -38 : -35)],
    [33, signer.chain],
  ]);
  let payload = measurement;
  if (form === 'cwt') {
    header.set(
      15,
      new Map<unknown, unknown>([
        [1, did],
        [2, feed],
        ['svn', svn],
      ]),
    );
    header.set(259, 'application/json');
  } else {
    header.set(3, 'application/json').set('iss', did).set('feed', feed);
    const content = {
      'x-ms-sevsnpvm-guestsvn': `${svn}`,
      'x-ms-sevsnpvm-launchmeasurement': toHex(measurement),
    };
    payload = utf8(JSON.stringify(content));
  }
  payload = uvm.payload ?? payload;
  uvm.bend?.(header);
  const protectedBytes = cborEncode(header);
  const toBeSigned = cborEncode(['Signature1', protectedBytes, new Uint8Array(0), payload]);
  const signature = new Uint8Array(
    rsa
      ? sign('sha384', toBeSigned, { key: signer.key, padding: 6, saltLength: 48 })
      : sign('sha384', toBeSigned, { key: signer.key, dsaEncoding: 'ieee-p1363' }),
  );
  const unprotectedHeader = uvm.beside?.(signature) ?? new Map();
  return coseEncode({ protectedBytes, unprotectedHeader, payload, signature });
}
