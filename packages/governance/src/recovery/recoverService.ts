/**
 * The entry with which a service goes on that was lost with all its nodes (CONF-4): another identity, which endorses the former one; one
 * node, which its actor has signed for; none of the former ones; and no shared key, for who knows what became of its shares. A new epoch
 * begins, and all secrets wait to be sealed to the key that the network will make.
 */
import { type Certificate, parseCertificate } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { encodeEndorsement, type LedgerIdentity } from '@coco/ledger';
import { CocoError, formatTxId, type NodeId, parseTxId, type TxId, utf8 } from '@coco/primitives';
import { networkDigest } from '../decideAttestation.js';
import { writeLedgerSecret } from '../ledgerSecret.js';
import { actorsOfEpoch, readEpochs, writeEpoch } from '../networkKey/epochs.js';
import { genesisNodeRow } from '../nodeRow.js';
import { type JsonObject, objectRows, putRow, readObject, rowKey, textOf } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { verifyNodeTuple } from '../tuple.js';
import { writeFormerService } from './formerServices.js';

export interface RecoveredService {
  /** The entry that is written. */
  readonly at: TxId;
  /** The last signed entry before it, and the Merkle root up to there. */
  readonly last: TxId;
  readonly root: Uint8Array;
  readonly service: Pick<LedgerIdentity, 'serviceKey' | 'serviceCertificate'>;
  readonly nodeCertificatePem: string;
  /** The signed tuple of the node: see tuple.ts. */
  readonly tuple: JsonObject;
  /** `secretDigest` of the new epoch's secret: hex. */
  readonly secretDigest: string;
  /** For a certificate that the service issues: 16 random bytes. */
  readonly serialNumber: Uint8Array;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** COCO_RECOVERY_NODE when the tuple does not hold; COCO_RECOVERY_SERVICE when the ledger does not say whose it was. */
export function recoverService(transaction: Transaction, made: RecoveredService): void {
  const { at, nodeCertificatePem, tuple, secretDigest, nowMs } = made;
  const verdict = verifyNodeTuple(transaction, tuple);
  if (verdict.outcome === 'refused') {
    throw new CocoError('COCO_RECOVERY_NODE', `the tuple of the new node does not hold: ${verdict.reason}`);
  }
  replaceService(transaction, made);
  retireNodes(transaction);
  const { nodeId, peerAddress, applicationAddress, administrativeAddress } = verdict.tuple;
  checkNew(transaction, nodeId);
  const addresses = { peerAddress, applicationAddress, administrativeAddress };
  const row = genesisNodeRow({ nodeId, certificatePem: nodeCertificatePem, ...addresses });
  putRow(transaction, tables.nodeInfo, nodeId, row);
  putRow(transaction, tables.nodeTuples, nodeId, tuple);
  transaction.put(tables.nodeCertificates, utf8(nodeId), utf8(nodeCertificatePem));
  for (const table of [tables.networkKey, tables.keyCeremony, tables.keyDeals]) transaction.clear(table);
  unsealEpochs(transaction);
  // The node has it on its disk, sealed; there is nobody else who could be told.
  writeLedgerSecret(transaction, { digest: secretDigest, nodes: {} }, { nowMs, from: at.seqno + 1 });
}

function replaceService(transaction: Transaction, made: RecoveredService): void {
  const { at, last, root, service, serialNumber, nowMs } = made;
  const { previous_service_identity_version: _, ...info } = readObject(transaction, tables.serviceInfo) ?? {};
  const former = certificateIn(info);
  const from = parseTxId(textOf(info['current_service_create_txid']) ?? '') ?? { view: 2, seqno: 1 };
  const recoveries = info['recovery_count'];
  const endorsedBefore = transaction.has(tables.serviceEndorsement, rowKey(undefined));
  const endorsement = encodeEndorsement({
    service,
    endorsed: former.publicKey,
    from,
    to: last,
    root,
    // The entry that began the former service has its endorsement of the one before it.
    ...(endorsedBefore && { previousVersion: from.seqno }),
    issuedAtSeconds: Math.floor(nowMs / 1000),
  });
  transaction.put(tables.serviceEndorsement, rowKey(undefined), endorsement);
  writeFormerService(transaction, { former, upTo: last.seqno, service, serialNumber });
  putRow(transaction, tables.formerService, undefined, former.pem);
  putRow(transaction, tables.serviceInfo, undefined, {
    ...info,
    cert: service.serviceCertificate.pem,
    status: 'Recovering',
    recovery_count: typeof recoveries === 'number' ? recoveries + 1 : 1,
    previous_service_identity_version: from.seqno,
    current_service_create_txid: formatTxId(at),
  });
}

function certificateIn(info: JsonObject): Certificate {
  try {
    return parseCertificate(textOf(info['cert']) ?? '');
  } catch {
    throw new CocoError(
      'COCO_RECOVERY_SERVICE',
      'the ledger does not say which service it was: its certificate cannot be read',
    );
  }
}

/** None of them can come back: it could have promised something that this ledger does not have. */
function retireNodes(transaction: Transaction): void {
  for (const [nodeId, row] of [...objectRows(transaction, tables.nodeInfo)]) {
    if (row['status'] === 'Pending') continue;
    putRow(transaction, tables.nodeInfo, nodeId, { ...row, status: 'Retired', retired_committed: true });
  }
  transaction.clear(tables.nodeLeases);
}

function checkNew(transaction: Transaction, nodeId: NodeId): void {
  const known = [tables.nodeInfo, tables.formerNodes].some((table) => transaction.has(table, utf8(nodeId)));
  if (known) {
    throw new CocoError(
      'COCO_RECOVERY_NODE',
      `node ${nodeId} was in the network before: a recovery begins with a new one`,
    );
  }
}

/** What is sealed to a key that is given up must be sealed again, and for the new service. */
function unsealEpochs(transaction: Transaction): void {
  const network = networkDigest(transaction);
  for (const { epoch, from, atMs, digest } of readEpochs(transaction)) {
    writeEpoch(transaction, { epoch, from, atMs, digest, network }, actorsOfEpoch(transaction, epoch));
  }
}
