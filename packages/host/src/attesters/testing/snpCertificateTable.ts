/**
 * A table of certificates as the host of an SNP guest hands it over: the other direction of ../snpCertificateTable.ts.
 */
import { concatBytes, fromHex } from '@coco/primitives';

const guids = {
  vcek: '63da758de6644564adc5f4b93be8accd',
  vlek: 'a8074bc2a25a483eaae639c045a0b8a1',
  ask: '4ab7b379bbac4fe4a02f05aef327c782',
  ark: 'c0b406a4a803495297433fb6014cd0ae',
  crl: '92f81bc358114d3d97ffd19f88dc67ea',
  other: '00000000000000000000000000000001',
};

export function snpCertificateTable(
  parts: Readonly<Partial<Record<keyof typeof guids, Uint8Array>>>,
): Uint8Array {
  const entries = Object.entries(parts) as [keyof typeof guids, Uint8Array][];
  const table = new Uint8Array((entries.length + 1) * 24);
  const view = new DataView(table.buffer);
  let offset = table.length;
  for (const [index, [kind, { length }]] of entries.entries()) {
    table.set(fromHex(guids[kind]) ?? [], index * 24);
    view.setUint32(index * 24 + 16, offset, true);
    view.setUint32(index * 24 + 20, length, true);
    offset += length;
  }
  return concatBytes(table, ...entries.map(([, bytes]) => bytes));
}
