/**
 * Decides again, from the ledger alone, by what evidence nodes were admitted and kept (GOV-1, MIT-2): every record, by the manifests
 * of the version that wrote it and as of the time that it says. A primary that wrote down what does not hold is found out here.
 */
import { decideAttestation, governanceTables, readAttestation } from '@coco/governance';
import { createStore } from '@coco/kv';
import { type ChunkSource, type ReadEntry, readLedger } from '@coco/ledger';
import { fromUtf8, type NodeId, type Seqno } from '@coco/primitives';

/** A record that does not hold. */
export interface UnfoundedRecord {
  readonly seqno: Seqno;
  readonly nodeId: NodeId;
  readonly code: string;
  readonly sentence: string;
}

export interface EvidenceAudit {
  /** Admissions and renewals that were decided again. */
  readonly judged: number;
  readonly unfounded: readonly UnfoundedRecord[];
}

/** Of a ledger whose audit found no fault. What a snapshot that it begins with says was decided before, and is not judged. */
export function auditEvidence(files: readonly ChunkSource[]): EvidenceAudit {
  const store = createStore();
  const unfounded: UnfoundedRecord[] = [];
  let judged = 0;
  for (const entry of readLedger(files)) {
    const { seqno } = entry.txId;
    const changes = entry.publicWrites.filter(({ table }) => isPolicy(table));
    if (changes.length === 0) continue;
    store.apply(changes, seqno);
    store.compact(seqno);
    for (const nodeId of entry.entryType === snapshotType ? [] : recordedIn(entry)) {
      judged++;
      const refusal = refusalOf(store.read(seqno), nodeId);
      if (refusal !== undefined) unfounded.push({ seqno, nodeId, ...refusal });
    }
  }
  return { judged, unfounded };
}

const snapshotType = 1;

function isPolicy(table: string): boolean {
  return table.startsWith('public:ccf.gov.') || table.startsWith('public:coco.');
}

function recordedIn({ publicWrites }: ReadEntry): readonly NodeId[] {
  const records = publicWrites.find(({ table }) => table === governanceTables.nodeEvidence);
  return (records?.puts ?? []).map(({ key }) => fromUtf8(key) ?? '');
}

function refusalOf(
  reader: Parameters<typeof decideAttestation>[0],
  nodeId: NodeId,
): { readonly code: string; readonly sentence: string } | undefined {
  const record = readAttestation(reader, nodeId);
  if (record === undefined) {
    return { code: 'COCO_ATTESTATION_MALFORMED', sentence: 'the record of its evidence cannot be read' };
  }
  const decision = decideAttestation(reader, record);
  if (decision.outcome === 'refused') return decision.refusal;
  if (decision.codeId === record.codeId) return undefined;
  return { code: 'COCO_ATTESTATION_CODE', sentence: 'the record names other code than its evidence' };
}
