/**
 * Which family of processors made a report: it decides how the TCB and the chip id are read. The root under which AMD
 * certifies a family says so, and from version 3 on the report itself must say the same.
 */
import { refused } from '../../refused.js';
import type { AmdFamily, Anchors } from '../../types.js';
import type { X509 } from '../../x509/certificate.js';
import { productOf } from './keyCertificate.js';
import { cpuidText, type SnpReport } from './report.js';

const families = ['milan', 'genoa', 'turin'] as const satisfies readonly AmdFamily[];

/**
 * Throws COCO_ATTESTATION_CHAIN when the root is nobody's, and COCO_ATTESTATION_CHIP when the processor is of no family that
 * the root is trusted for. A root that members have voted in may be trusted for several families; then the report decides,
 * and before version 3 the name of the product in the certificate.
 */
export function familyOf({ report, ark, leaf, anchors }: FamilyInput): AmdFamily {
  const trusted = families.filter((family) => anchors.amd[family].includes(ark.publicKeyDigest));
  if (trusted.length === 0) {
    throw refused('COCO_ATTESTATION_CHAIN', `${ark.subjectText} is not a root that is trusted`, {
      publicKeyDigest: ark.publicKeyDigest,
    });
  }
  if (report.cpuid !== undefined) return familyOfCpuid(report.cpuid, trusted);
  const product = trusted.length === 1 ? undefined : (productOf(leaf)?.toLowerCase() ?? '');
  const family = product === undefined ? trusted[0] : trusted.find((name) => product.startsWith(name));
  if (family === undefined) {
    throw refused('COCO_ATTESTATION_CHIP', 'neither report nor certificate says of which family the chip is');
  }
  return family;
}

export interface FamilyInput {
  readonly report: SnpReport;
  readonly ark: X509;
  /** The certificate of the key that signed. */
  readonly leaf: X509;
  readonly anchors: Anchors;
}

/** Genoa's root certifies Bergamo and Siena too (models 0xa0 to 0xaf). */
const models: readonly (readonly [AmdFamily, number, number, number])[] = [
  ['milan', 0x19, 0x00, 0x0f],
  ['genoa', 0x19, 0x10, 0x1f],
  ['genoa', 0x19, 0xa0, 0xaf],
  ['turin', 0x1a, 0x00, 0x1f],
];

function familyOfCpuid(cpuid: NonNullable<SnpReport['cpuid']>, trusted: readonly AmdFamily[]): AmdFamily {
  const found = models.find(
    ([, family, first, last]) => cpuid.family === family && cpuid.model >= first && cpuid.model <= last,
  )?.[0];
  if (found !== undefined && trusted.includes(found)) return found;
  throw refused(
    'COCO_ATTESTATION_CHIP',
    `the report is of a processor ${found ?? 'of an unknown family'}, and its root is trusted for ${trusted.join(', ')}`,
    { cpuid: cpuidText(cpuid) },
  );
}
