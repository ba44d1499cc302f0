/**
 * Services that the present one took over from after disasters (CONF-4): rows of `public:coco.services.former`, by the last entry of
 * each in ten decimal digits.
 *
 *     { cert (PEM), endorsed (PEM: a certificate of the same name and key, issued by the service that followed) }
 *
 * Receipts of their entries hold with these certificates in between, for who trusts the present service alone.
 */
import { type Certificate, issueCertificate, parseCertificate } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import type { LedgerIdentity, Receipt } from '@coco/ledger';
import { CocoError, type Seqno } from '@coco/primitives';
import { objectRows, putRow, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';

export interface FormerServiceRecord {
  readonly certificate: Certificate;
  /** The last entry that was its own. */
  readonly upTo: Seqno;
  /** Issued by the service that followed. */
  readonly endorsedPem: string;
}

/** In the order in which they were. Rows that do not read are left out. */
export function readFormerServices(reader: Reader): readonly FormerServiceRecord[] {
  return [...objectRows(reader, governanceTables.formerServices)].flatMap(([key, row]) => {
    const [cert, endorsedPem] = [textOf(row['cert']), textOf(row['endorsed'])];
    const upTo = /^\d{10}$/.test(key) ? Number(key) : undefined;
    if (cert === undefined || endorsedPem === undefined || upTo === undefined) return [];
    try {
      return [{ certificate: parseCertificate(cert), upTo, endorsedPem }];
    } catch (error) {
      if (error instanceof CocoError) return [];
      throw error;
    }
  });
}

/** For receipts of the entry `seqno`: from the service that signed it to the one that the present service endorses. */
export function endorsementsAt(former: readonly FormerServiceRecord[], seqno: Seqno): readonly string[] {
  return former.filter(({ upTo }) => seqno <= upTo).map(({ endorsedPem }) => endorsedPem);
}

/** The receipt of that entry, as who trusts the present service alone can verify it. */
export function withEndorsements(
  receipt: Receipt,
  former: readonly FormerServiceRecord[],
  seqno: Seqno,
): Receipt {
  const endorsements = endorsementsAt(former, seqno);
  return endorsements.length === 0 ? receipt : { ...receipt, service_endorsements: endorsements };
}

export interface FormerService {
  readonly former: Certificate;
  readonly upTo: Seqno;
  readonly service: Pick<LedgerIdentity, 'serviceKey' | 'serviceCertificate'>;
  /** 16 bytes that no other certificate of the service has. */
  readonly serialNumber: Uint8Array;
}

export function writeFormerService(transaction: Transaction, written: FormerService): void {
  const { former, upTo, service, serialNumber } = written;
  const { serviceKey: key, serviceCertificate: certificate } = service;
  const endorsed = issueCertificate(
    {
      subjectCommonName: commonNameOf(former),
      publicKey: former.publicKey,
      notBeforeMs: former.notBeforeMs,
      notAfterMs: certificate.notAfterMs,
      isCa: true,
      serialNumber,
    },
    { key, certificate },
  );
  putRow(transaction, governanceTables.formerServices, String(upTo).padStart(10, '0'), {
    cert: former.pem,
    endorsed: endorsed.pem,
  });
}

/** What a service is called in its certificate. */
export function commonNameOf({ subject }: Pick<Certificate, 'subject'>): string {
  return /^CN=(.+)$/m.exec(subject)?.[1] ?? subject;
}
