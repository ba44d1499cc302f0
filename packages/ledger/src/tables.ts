/**
 * Names of the tables of CCF's format that the ledger itself reads or writes, and how their rows look.
 */
import type { TableChanges } from '@coco/kv';
import { equalBytes } from '@coco/primitives';

/** Table names, by what they hold. */
export const ledgerTables = {
  signatures: 'public:ccf.internal.signatures',
  coseSignatures: 'public:ccf.internal.cose_signatures',
  tree: 'public:ccf.internal.tree',
  nodesInfo: 'public:ccf.gov.nodes.info',
  nodesCertificates: 'public:ccf.gov.nodes.endorsed_certificates',
  serviceInfo: 'public:ccf.gov.service.info',
  serviceConfig: 'public:ccf.gov.service.config',
  previousServiceIdentity: 'public:ccf.internal.previous_service_identity_endorsement',
  historicalLedgerSecret: 'public:ccf.internal.historical_encrypted_ledger_secret',
  recoveryShares: 'public:ccf.internal.recovery_shares',
  /** Coco's own: the secret of the entries that follow, sealed to each node (rekey.ts). */
  ledgerSecrets: 'public:coco.ledger.secrets',
} as const;

/** The key of the only row of a table that has one row: 8 zero bytes. */
export const singletonKey = new Uint8Array(8);

/** The value of the one row of `table`, when `tables` sets it. */
export function singletonValue(tables: readonly TableChanges[], table: string): Uint8Array | undefined {
  const changes = tables.find((one) => one.table === table);
  return changes?.puts.find((put) => equalBytes(put.key, singletonKey))?.value;
}
