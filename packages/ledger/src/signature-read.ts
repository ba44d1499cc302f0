/**
 * Reads signature transactions, strictly: every byte of one must follow from what it means, because nothing later
 * needs to sign it. What is read here is not yet believed (see signature-verify.ts).
 */
import { type CoseSign1, coseDecode, coseEncode } from '@coco/crypto';
import { CocoError, equalBytes, formatTxId, fromBase64, fromUtf8, type TxId, utf8 } from '@coco/primitives';
import { type EntryLayout, noClaims } from './entry.js';
import { decodeMaps, encodeMaps } from './maps.js';
import type { MerkleTree } from './merkle.js';
import { ccfLedgerSha256, coseLabels, type NodeSignature, signatureJson } from './signature.js';
import { ledgerTables, singletonKey, singletonValue } from './tables.js';
import { decodeTree } from './tree-table.js';

/** What of an entry is read as a signature transaction. */
export type SignatureSource = TxId &
  Pick<EntryLayout, 'publicMaps' | 'claimsDigest'> & {
    readonly privateLength: number;
    /** Default 0, as it must be. */
    readonly maxConflictVersion?: number;
  };

/** A signature transaction, taken apart. At least one of `node` and `service` is there. */
export interface SignatureRecord extends TxId {
  readonly node?: NodeSignature;
  /** The COSE_Sign1 by the service, payload detached. */
  readonly service?: CoseSign1;
  readonly serviceBytes?: Uint8Array;
  readonly treeBytes: Uint8Array;
  readonly tree: MerkleTree;
}

/**
 * Reads the signature transaction `source`. Throws COCO_LEDGER_SIGNATURE_MALFORMED, or COCO_LEDGER_SIGNATURE_TREE
 * for the serialised tree.
 */
export function readSignature(source: SignatureSource): SignatureRecord {
  const { view, seqno, publicMaps, privateLength, claimsDigest, maxConflictVersion = 0 } = source;
  const tables = decodeMaps(publicMaps);
  for (const { table, puts, removes } of tables) {
    if (!isSignatureTable(table)) throw malformed(source, 'it writes a table that is not its own');
    const [row] = puts;
    if (row === undefined || puts.length + removes.length !== 1 || !equalBytes(row.key, singletonKey)) {
      throw malformed(source, 'a table has not exactly its one row');
    }
  }
  const ascending = tables.every(({ table }, i) => i === 0 || (tables[i - 1]?.table ?? '') < table);
  if (!ascending || !equalBytes(encodeMaps(tables), publicMaps)) {
    throw malformed(source, 'its public domain is not canonical');
  }
  if (privateLength > 0) throw malformed(source, 'it has a private domain');
  if (maxConflictVersion !== 0) throw malformed(source, 'its conflict version is not 0');
  if (claimsDigest !== undefined && !equalBytes(claimsDigest, noClaims)) throw malformed(source, 'it claims');
  const json = singletonValue(tables, ledgerTables.signatures);
  const cose = singletonValue(tables, ledgerTables.coseSignatures);
  const treeBytes = singletonValue(tables, ledgerTables.tree);
  if (treeBytes === undefined) throw malformed(source, 'it has no tree');
  if (json === undefined && cose === undefined) throw malformed(source, 'it has no signature');
  return {
    view,
    seqno,
    treeBytes,
    tree: decodeTree(treeBytes),
    ...(json !== undefined && { node: readNodeSignature(source, json) }),
    ...(cose !== undefined && readServiceSignature(source, cose)),
  };
}

/** True for the tables that a signature transaction writes. */
export function isSignatureTable(table: string): boolean {
  return signatureTables.has(table);
}

const signatureTables: ReadonlySet<string> = new Set([
  ledgerTables.signatures,
  ledgerTables.coseSignatures,
  ledgerTables.tree,
]);

function readNodeSignature(txId: TxId, value: Uint8Array): NodeSignature {
  const text = fromUtf8(value) ?? '';
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null) throw malformed(txId, 'its JSON is not an object');
  const { cert, node, root, seqno, sig, view } = parsed as Record<string, unknown>;
  const strings = [cert, node, root, sig].every((field) => typeof field === 'string');
  if (!strings || typeof seqno !== 'number' || typeof view !== 'number') {
    throw malformed(txId, 'its JSON has not the fields of a signature');
  }
  const signature = { cert, node, root, seqno, sig, view } as NodeSignature;
  if (signatureJson(signature) !== text) throw malformed(txId, 'its JSON is not canonical');
  if (seqno !== txId.seqno || view !== txId.view) throw malformed(txId, 'its JSON names another transaction');
  decodeBase64(txId, signature.sig);
  return signature;
}

function readServiceSignature(
  txId: TxId,
  value: Uint8Array,
): { readonly service: CoseSign1; readonly serviceBytes: Uint8Array } {
  const text = fromUtf8(value) ?? '';
  const parsed = parseJson(text);
  if (typeof parsed !== 'string' || JSON.stringify(parsed) !== text) {
    throw malformed(txId, 'its COSE signature is not a JSON string');
  }
  const bytes = decodeBase64(txId, parsed);
  let message: CoseSign1;
  try {
    message = coseDecode(bytes);
  } catch {
    throw malformed(txId, 'its COSE signature cannot be read');
  }
  if (message.payload !== undefined) throw malformed(txId, 'its COSE payload is not detached');
  if (!equalBytes(coseEncode({ ...message, unprotectedHeader: new Map() }), bytes)) {
    throw malformed(txId, 'its COSE signature is not canonical');
  }
  if (signedTxId(message) !== formatTxId(txId))
    throw malformed(txId, 'its COSE header names another transaction');
  if (message.protectedHeader.get(coseLabels.verifiableDataStructure) !== ccfLedgerSha256) {
    throw malformed(txId, 'its COSE header names another kind of ledger');
  }
  return { service: message, serviceBytes: bytes };
}

/** The transaction that a COSE signature says that it is in. */
export function signedTxId(message: CoseSign1): string | undefined {
  const ccf = message.protectedHeader.get(coseLabels.ccf);
  const txid: unknown = ccf instanceof Map ? ccf.get('txid') : undefined;
  return typeof txid === 'string' ? txid : undefined;
}

/** True when the header of `message` names the key with this fingerprint. */
export function isSignedUnder(message: CoseSign1, fingerprint: string): boolean {
  const kid = message.protectedHeader.get(coseLabels.kid);
  return kid instanceof Uint8Array && equalBytes(kid, utf8(fingerprint));
}

/** Bytes of canonical base64: the only text that encodes them. */
function decodeBase64(txId: TxId, text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw malformed(txId, 'it has malformed base64');
  return bytes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed({ view, seqno }: TxId, reason: string): CocoError {
  const sentence = `the signature transaction ${view}.${seqno} is malformed: ${reason}`;
  return new CocoError('COCO_LEDGER_SIGNATURE_MALFORMED', sentence, { view, seqno });
}
