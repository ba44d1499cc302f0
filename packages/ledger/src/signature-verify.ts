/**
 * Whether a signature transaction tells the truth: the root is ours, the node's certificate was issued by the
 * service identity, and both signatures hold.
 */
import {
  type Certificate,
  type CoseSign1,
  coseVerify,
  isIssuedBy,
  type PublicKey,
  parseCertificate,
  verifyDer,
  verifyPrehash,
} from '@coco/crypto';
import { CocoError, equalBytes, fromBase64, type TxId, toHex } from '@coco/primitives';
import type { MerkleTree } from './merkle.js';
import type { NodeSignature } from './signature.js';
import { isSignedUnder, type SignatureRecord } from './signature-read.js';
import { encodeTree } from './tree-table.js';

/**
 * Checks `record` against our own `tree`, which has the leaves before it and maybe more, and the service identity. Throws
 * COCO_LEDGER_SIGNATURE_ROOT, _TREE, _CERTIFICATE, _NODE or _SERVICE; validity times of certificates are not looked
 * at, since a node in an enclave has no clock that it can trust.
 */
export function verifySignature(record: SignatureRecord, tree: MerkleTree, checker: SignatureChecker): void {
  const root = tree.root(record.seqno);
  if (record.node !== undefined) {
    if (record.node.root !== toHex(root))
      throw failure(record, 'COCO_LEDGER_SIGNATURE_ROOT', 'signs another Merkle root than ours');
    const { publicKey } = checker.nodeCertificate(record, record.node);
    if (!isNodeSignature(record.node, publicKey, tree, record.seqno)) {
      throw failure(
        record,
        'COCO_LEDGER_SIGNATURE_NODE',
        'has a signature that is not that of the node that it names',
      );
    }
  }
  if (record.service !== undefined && !isServiceSignature(record.service, checker.service.publicKey, root)) {
    throw failure(
      record,
      'COCO_LEDGER_SIGNATURE_SERVICE',
      'has a COSE signature that is not that of the service over our Merkle root',
    );
  }
  if (!isTreeOf(record, tree))
    throw failure(record, 'COCO_LEDGER_SIGNATURE_TREE', 'repeats another part of the Merkle tree than ours');
}

/** Checks nodes' certificates against one service identity, and remembers the good ones. */
export interface SignatureChecker {
  readonly service: Certificate;
  /**
   * The certificate of the node that made `signature`, once it is found to be canonical, the node's own, and issued
   * by the service. The same object for the same certificate. Throws COCO_LEDGER_SIGNATURE_CERTIFICATE.
   */
  nodeCertificate(txId: TxId, signature: NodeSignature): Certificate;
}

/** How many certificates a checker remembers: more than a network has nodes. */
const certificatesMax = 256;

export function createSignatureChecker(service: Certificate): SignatureChecker {
  const known = new Map<string, Certificate>();
  return {
    service,
    nodeCertificate(txId, { cert, node }) {
      const good = known.get(cert);
      if (good?.publicKey.fingerprint === node) return good;
      const certificate = readCertificate(txId, cert);
      if (certificate.publicKey.fingerprint !== node) {
        throw failure(
          txId,
          'COCO_LEDGER_SIGNATURE_CERTIFICATE',
          'has a certificate with another key than that of the node',
        );
      }
      if (!isIssuedBy(certificate, service)) {
        throw failure(
          txId,
          'COCO_LEDGER_SIGNATURE_CERTIFICATE',
          'has a certificate that the service identity did not issue',
        );
      }
      if (known.size === certificatesMax) known.clear();
      known.set(cert, certificate);
      return certificate;
    },
  };
}

function readCertificate(txId: TxId, pem: string): Certificate {
  let certificate: Certificate;
  try {
    certificate = parseCertificate(pem);
  } catch {
    throw failure(txId, 'COCO_LEDGER_SIGNATURE_CERTIFICATE', 'has a certificate that cannot be read');
  }
  if (certificate.pem !== pem)
    throw failure(txId, 'COCO_LEDGER_SIGNATURE_CERTIFICATE', 'has a certificate that is not canonical PEM');
  return certificate;
}

/** Whether the node with `key` signed the root over the first `size` leaves of `tree`. */
export function isNodeSignature(
  { sig }: NodeSignature,
  key: PublicKey,
  tree: MerkleTree,
  size: number = tree.size,
): boolean {
  const der = fromBase64(sig) ?? new Uint8Array(0);
  const preimage = tree.rootPreimage(size);
  return preimage === undefined ? verifyPrehash(key, tree.root(size), der) : verifyDer(key, preimage, der);
}

/** Whether the service with `key` signed `root`. */
export function isServiceSignature(message: CoseSign1, key: PublicKey, root: Uint8Array): boolean {
  return isSignedUnder(message, key.fingerprint) && coseVerify(message, key, root);
}

/** Whether the tree table repeats, exactly, leaves of `tree` that we still hold, up to the signature. */
export function isTreeOf(record: SignatureRecord, tree: MerkleTree): boolean {
  const from = record.tree.flushed;
  if (record.tree.size !== record.seqno || record.seqno > tree.size || from < tree.flushed) return false;
  return equalBytes(record.treeBytes, encodeTree(tree, from, record.seqno));
}

function failure({ view, seqno }: TxId, code: string, what: string): CocoError {
  return new CocoError(code, `the signature transaction ${view}.${seqno} ${what}`, { view, seqno });
}
