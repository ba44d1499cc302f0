/**
 * The configuration of the service (`public:ccf.gov.service.config`), with what holds where it does not say.
 */
import type { Reader } from '@coco/kv';
import { countOf, readObject } from './rows.js';
import { governanceTables } from './tables.js';

/** As in CCF. */
export const serviceConfigDefaults = { certificateDays: 365, recentProposals: 100 } as const;

export interface ServiceConfig {
  /** How many members recover the service together; 0 when it does not say. */
  readonly recoveryThreshold: number;
  /** How many days certificates may be valid that the service issues to nodes, and its own. */
  readonly nodeCertificateDays: number;
  readonly serviceCertificateDays: number;
  /** How many signed proposals the replay window remembers. */
  readonly recentProposals: number;
}

export function readServiceConfig(reader: Reader): ServiceConfig {
  const row = readObject(reader, governanceTables.serviceConfig) ?? {};
  const { certificateDays, recentProposals } = serviceConfigDefaults;
  const count = (name: string): number | undefined => countOf(row[name]);
  return {
    recoveryThreshold: count('recovery_threshold') ?? 0,
    nodeCertificateDays: count('maximum_node_certificate_validity_days') ?? certificateDays,
    serviceCertificateDays: count('maximum_service_certificate_validity_days') ?? certificateDays,
    recentProposals: count('recent_cose_proposals_window_size') ?? recentProposals,
  };
}
