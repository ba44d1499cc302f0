/**
 * Signature transactions: what makes everything before them provable. One at sequence number s writes, and writes
 * nothing else:
 *
 *     public:ccf.internal.signatures       JSON: the node's ECDSA signature over the root of leaves 0..s-1
 *     public:ccf.internal.cose_signatures  JSON string, base64 of a COSE_Sign1 by the service key, root detached
 *     public:ccf.internal.tree             the part of the tree since an earlier signature (see tree-table.ts)
 *
 *     JSON = {"cert","commit_seqno":0,"commit_view":0,"hashed_nonce":"00…","node","root","seqno","sig","view"}
 *     COSE protected header = {1: alg, 4: kid, 15: {1: issuer, 2: subject, 6: iat}, 395: 2, "ccf.v1": {"txid"}}
 *
 * No later byte of the ledger signs the last signature transaction, so it is read strictly: it must be, byte for
 * byte, what encoding its meaning gives.
 */
import { coseSign1, signDer } from '@coco/crypto';
import type { TableChanges } from '@coco/kv';
import { assert, formatTxId, type TxId, toBase64, toHex, utf8 } from '@coco/primitives';
import { encodeMaps } from './maps.js';
import type { MerkleTree } from './merkle.js';
import { ledgerTables, singletonKey } from './tables.js';
import { encodeTree } from './tree-table.js';
import type { LedgerIdentity } from './types.js';

/** What to sign, and who signs. */
export interface SignatureRequest {
  /** The place of the signature transaction. */
  readonly txId: TxId;
  /** Leaves 0..seqno-1. */
  readonly tree: MerkleTree;
  /** The first leaf to repeat in the tree table. */
  readonly treeFrom: number;
  readonly identity: LedgerIdentity;
  /** Seconds since 1970, told by a clock that nobody must trust. */
  readonly issuedAtSeconds: number;
}

/** A signature transaction that was made: its public domain, and what receipts repeat of it. */
export interface SignatureContents {
  readonly publicMaps: Uint8Array;
  readonly node: NodeSignature;
  readonly serviceBytes: Uint8Array;
}

/** Signs: makes the public domain of a signature transaction. */
export function makeSignature(request: SignatureRequest): SignatureContents {
  const { txId, tree, treeFrom, identity } = request;
  const root = tree.root();
  const preimage = tree.rootPreimage();
  assert(preimage !== undefined, 'a signature follows at least one entry');
  const node: NodeSignature = {
    cert: identity.nodeCertificate.pem,
    node: identity.nodeId,
    root: toHex(root),
    seqno: txId.seqno,
    sig: toBase64(signDer(identity.nodeKey, preimage)),
    view: txId.view,
  };
  const serviceBytes = coseSign1({
    protectedHeader: new Map<unknown, unknown>([
      [coseLabels.kid, utf8(identity.serviceCertificate.publicKey.fingerprint)],
      [
        coseLabels.claims,
        new Map<unknown, unknown>([
          [1, coseIssuer],
          [2, coseSubject],
          [6, request.issuedAtSeconds],
        ]),
      ],
      [coseLabels.verifiableDataStructure, ccfLedgerSha256],
      [coseLabels.ccf, new Map([['txid', formatTxId(txId)]])],
    ]),
    payload: root,
    detached: true,
    key: identity.serviceKey,
  });
  const publicMaps = encodeMaps(signatureTables({ node, serviceBytes, tree: encodeTree(tree, treeFrom) }));
  return { publicMaps, node, serviceBytes };
}

/** What a signature transaction writes. */
export function signatureTables(signed: {
  readonly node: NodeSignature;
  readonly serviceBytes: Uint8Array;
  /** As `encodeTree` gives it. */
  readonly tree: Uint8Array;
}): readonly TableChanges[] {
  return [
    singleton(ledgerTables.coseSignatures, utf8(JSON.stringify(toBase64(signed.serviceBytes)))),
    singleton(ledgerTables.signatures, utf8(signatureJson(signed.node))),
    singleton(ledgerTables.tree, signed.tree),
  ];
}

function singleton(table: string, value: Uint8Array): TableChanges {
  return { table, puts: [{ key: singletonKey, value }], removes: [] };
}

/** The node's signature, as its JSON says it. */
export interface NodeSignature {
  /** PEM. */
  readonly cert: string;
  readonly node: string;
  /** Lower-case hex. */
  readonly root: string;
  readonly seqno: number;
  /** Base64 of DER. */
  readonly sig: string;
  readonly view: number;
}

/** The one text of a node's signature: keys ascending, no spaces, and zeros where CCF no longer keeps anything. */
export function signatureJson({ cert, node, root, seqno, sig, view }: NodeSignature): string {
  return JSON.stringify({
    cert,
    commit_seqno: 0,
    commit_view: 0,
    hashed_nonce: '00'.repeat(32),
    node,
    root,
    seqno,
    sig,
    view,
  });
}

/** Labels in COSE headers that CCF uses (RFC 9052, RFC 9597, draft-ietf-cose-merkle-tree-proofs). */
export const coseLabels = {
  kid: 4,
  claims: 15,
  verifiableDataStructure: 395,
  verifiableDataProof: 396,
  ccf: 'ccf.v1',
} as const;

/** The verifiable data structure: a CCF ledger with SHA-256. */
export const ccfLedgerSha256 = 2;

const coseIssuer = 'service.coco';
const coseSubject = 'ledger.signature';
