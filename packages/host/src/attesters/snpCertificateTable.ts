/**
 * The certificates that the host of an SNP guest hands over with an extended report (GHCB specification, document 56421,
 * "SNP Extended Guest Request"), as configfs-tsm's auxblob has them. Little-endian:
 *
 *   entry = GUID 16, offset 4, length 4        offset from the beginning of the table; an entry of zeros ends the list
 *
 * The host wrote it, so it is a suggestion: whether certificates fit is for verification to say.
 */
import { CocoError, toHex } from '@coco/primitives';

/** Throws COCO_ATTESTER_DEVICE when the table does not hold together; certificates of unknown kinds are left out. */
export function readSnpCertificateTable(table: Uint8Array): SnpCertificates {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const found: Partial<Record<keyof SnpCertificates, Uint8Array>> = {};
  for (let index = 0; ; index++) {
    const at = index * entryBytes;
    if (index > entriesMax || at + entryBytes > table.length) throw broken('it has no end');
    const guid = toHex(table.subarray(at, at + 16));
    const offset = view.getUint32(at + 16, true);
    const length = view.getUint32(at + 20, true);
    if (guid === noGuid) break;
    if (offset + length > table.length) throw broken(`entry ${index} lies beyond its ${table.length} bytes`);
    const kind = kinds[guid];
    if (kind !== undefined && length > 0) found[kind] ??= table.slice(offset, offset + length);
  }
  return found;
}

/** DER or PEM, by kind. */
export interface SnpCertificates {
  readonly vcek?: Uint8Array;
  readonly vlek?: Uint8Array;
  readonly ask?: Uint8Array;
  readonly ark?: Uint8Array;
  readonly crl?: Uint8Array;
}

const entryBytes = 24;
const entriesMax = 64;
const noGuid = '0'.repeat(32);

const kinds: Readonly<Record<string, keyof SnpCertificates>> = {
  '63da758de6644564adc5f4b93be8accd': 'vcek',
  a8074bc2a25a483eaae639c045a0b8a1: 'vlek',
  '4ab7b379bbac4fe4a02f05aef327c782': 'ask',
  c0b406a4a803495297433fb6014cd0ae: 'ark',
  '92f81bc358114d3d97ffd19f88dc67ea': 'crl',
};

function broken(reason: string): CocoError {
  return new CocoError('COCO_ATTESTER_DEVICE', `the host's table of certificates cannot be read: ${reason}`, {
    reason,
  });
}
