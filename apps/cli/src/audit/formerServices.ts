/**
 * Services that signed earlier entries of the ledger, before it was recovered: believed only as far as each is endorsed by the one
 * that followed it, up to the service that the auditor trusts.
 */
import { type Certificate, isIssuedBy, parseCertificate } from '@coco/crypto';
import type { FormerServiceRecord } from '@coco/governance';
import { CocoError } from '@coco/primitives';
import type { JsonView } from '../governance/jsonView.js';
import { auditFailure } from './grantedAudit.js';

/** In the order in which they were. COCO_CLI_AUDIT when one of them is not endorsed. */
export function endorsedServices(
  told: readonly JsonView[],
  service: Certificate,
): readonly FormerServiceRecord[] {
  const records = told.map(recordOf).toSorted((a, b) => a.upTo - b.upTo);
  for (const [index, { certificate, endorsedPem }] of records.entries()) {
    const endorsed = parseCertificate(endorsedPem);
    const issuer = records[index + 1]?.certificate ?? service;
    const isItsKey = endorsed.publicKey.fingerprint === certificate.publicKey.fingerprint;
    if (!isItsKey || !isIssuedBy(endorsed, issuer)) throw unendorsed();
  }
  return records;
}

function recordOf(view: JsonView): FormerServiceRecord {
  try {
    const endorsedPem = parseCertificate(view.raw('endorsed')).pem;
    return { certificate: parseCertificate(view.raw('cert')), upTo: view.number('up_to') ?? 0, endorsedPem };
  } catch (error) {
    if (error instanceof CocoError) throw unendorsed();
    throw error;
  }
}

function unendorsed(): CocoError {
  return auditFailure('the node names a former service that the one after it has not endorsed');
}
