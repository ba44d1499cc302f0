/**
 * What a node of the platform virtual would send along to prove itself, for requests that tests make in its name: evidence over a
 * nonce that was asked for on the same connection.
 */
import {
  encodeClaims,
  encodeEvidence,
  type RuntimeClaims,
  reportDataOf,
  virtualEvidence,
} from '@coco/attestation';
import { parseCertificate, privateKeyFromPem, signRaw } from '@coco/crypto';
import { measureCode } from '@coco/host';
import { fromHex, toBase64 } from '@coco/primitives';

let measured: Promise<string> | undefined;

/** Evidence in base64, for the code of this installation. */
export async function virtualProof(
  bound: Pick<RuntimeClaims, 'purpose' | 'nonce' | 'exporter'>,
  node: { readonly privateKeyPem: string },
  serviceCertificatePem: string,
): Promise<string> {
  measured ??= measureCode().then(({ tree }) => tree);
  const key = privateKeyFromPem(node.privateKeyPem);
  const tree = bytesOf(await measured);
  const instance = new Uint8Array(16).fill(1);
  const claims = encodeClaims({
    ...bound,
    network: bytesOf(parseCertificate(serviceCertificatePem).fingerprint),
    nodeKey: bytesOf(key.publicKey.fingerprint),
    shareKey: new Uint8Array(32).fill(9),
    epochKey: new Uint8Array(32).fill(9),
    code: tree,
    instance,
  });
  const evidence = virtualEvidence({
    reportData: reportDataOf(claims),
    tree,
    instance,
    publicKeyDer: key.publicKey.der,
    sign: (toBeSigned) => signRaw(key, toBeSigned),
  });
  return toBase64(encodeEvidence({ platform: 'virtual', evidence, claims, endorsements: {} }));
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`no hexadecimal: ${hex}`);
  return bytes;
}
