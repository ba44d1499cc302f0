/**
 * By what evidence a node takes part: a row of `public:coco.nodes.evidence`, by node id, with all that anybody needs who wants
 * to decide it again:
 *
 *     { purpose: "join" | "lease", at (ms), platform, evidence (base64 of a CMW collection in CBOR), nonce (hex), exporter (hex),
 *       code_id (hex), component, instance (hex), share_key? (hex), epoch_key? (hex) }
 */
import type { Platform, VerifiedClaims } from '@coco/attestation';
import type { Reader, Transaction } from '@coco/kv';
import { fromBase64, fromHex, type NodeId, toBase64, toHex } from '@coco/primitives';
import { countOf, type JsonObject, putRow, readObject, rowKey, textOf } from './rows.js';
import { governanceTables } from './tables.js';
import { isPlatform } from './teeRow.js';
import type { NodeAttestation, NodeEvidence } from './types.js';

/** A recorded decision: what was decided, and on what. */
export interface AttestationRecord extends NodeAttestation {
  readonly nodeId: NodeId;
  readonly purpose: 'join' | 'lease';
  readonly platform: Platform;
  readonly codeId: string;
  readonly component: string;
  /** Which start of the node it was: of the guest, where the platform tells, or else of the process. Hex. */
  readonly instance: string;
  /** Hex, 32 bytes each. */
  readonly shareKey?: string;
  readonly epochKey?: string;
}

/** The record of a node; undefined when there is none, or none that reads. */
export function readAttestation(reader: Reader, nodeId: NodeId): AttestationRecord | undefined {
  const row = readObject(reader, governanceTables.nodeEvidence, nodeId);
  const short = row === undefined ? undefined : evidenceOf(row);
  if (row === undefined || short === undefined) return undefined;
  const purpose = row['purpose'] === 'join' || row['purpose'] === 'lease' ? row['purpose'] : undefined;
  const evidence = fromBase64(textOf(row['evidence']) ?? '');
  const nonce = fromHex(textOf(row['nonce']) ?? '');
  const exporter = fromHex(textOf(row['exporter']) ?? '');
  const component = textOf(row['component']);
  const instance = textOf(row['instance']);
  if (purpose === undefined || evidence === undefined || nonce === undefined || exporter === undefined) {
    return undefined;
  }
  if (component === undefined || instance === undefined) return undefined;
  return { nodeId, purpose, ...short, evidence, nonce, exporter, component, instance };
}

/** What the view of the network tells of it; undefined when the node has no record, or none that reads. */
export function readEvidence(reader: Reader, nodeId: NodeId): NodeEvidence | undefined {
  const row = readObject(reader, governanceTables.nodeEvidence, nodeId);
  return row === undefined ? undefined : evidenceOf(row);
}

function evidenceOf(row: JsonObject): NodeEvidence | undefined {
  const platform = textOf(row['platform']) ?? '';
  const codeId = textOf(row['code_id']);
  const atMs = countOf(row['at']);
  const shareKey = textOf(row['share_key']);
  const epochKey = textOf(row['epoch_key']);
  if (!isPlatform(platform) || codeId === undefined || atMs === undefined) return undefined;
  return {
    platform,
    codeId,
    atMs,
    ...(shareKey !== undefined && { shareKey }),
    ...(epochKey !== undefined && { epochKey }),
  };
}

/** Whether there is a row, whatever it says. */
export function hasAttestation(reader: Reader, nodeId: NodeId): boolean {
  return reader.get(governanceTables.nodeEvidence, rowKey(nodeId)) !== undefined;
}

export function writeAttestation(transaction: Transaction, record: AttestationRecord): void {
  putRow(transaction, governanceTables.nodeEvidence, record.nodeId, {
    purpose: record.purpose,
    at: record.atMs,
    platform: record.platform,
    evidence: toBase64(record.evidence),
    nonce: toHex(record.nonce),
    exporter: toHex(record.exporter),
    code_id: record.codeId,
    component: record.component,
    instance: record.instance,
    ...(record.shareKey !== undefined && { share_key: record.shareKey }),
    ...(record.epochKey !== undefined && { epoch_key: record.epochKey }),
  });
}

/** Which start of the node the evidence is of. */
export function instanceOf({ instanceId, claims }: VerifiedClaims): string {
  return instanceId ?? toHex(claims.instance);
}
