/**
 * The table of certificates that the host of an SNP guest hands over with a report (GHCB specification, document 56421):
 * entries of GUID, offset and length, ended by one of zeros, and then the certificates.
 */

const guids = {
  vcek: '63da758de6644564adc5f4b93be8accd',
  ask: '4ab7b379bbac4fe4a02f05aef327c782',
  ark: 'c0b406a4a803495297433fb6014cd0ae',
  crl: '92f81bc358114d3d97ffd19f88dc67ea',
} as const;

const entryBytes = 24;

export function certificateTable(
  parts: Readonly<Partial<Record<keyof typeof guids, Uint8Array | undefined>>>,
): Uint8Array {
  const kinds = (Object.keys(guids) as (keyof typeof guids)[]).flatMap((kind) => {
    const bytes = parts[kind];
    return bytes === undefined ? [] : [{ guid: guids[kind], bytes }];
  });
  const entries = Buffer.alloc((kinds.length + 1) * entryBytes);
  let offset = entries.length;
  for (const [index, { guid, bytes }] of kinds.entries()) {
    entries.write(guid, index * entryBytes, 'hex');
    entries.writeUInt32LE(offset, index * entryBytes + 16);
    entries.writeUInt32LE(bytes.length, index * entryBytes + 20);
    offset += bytes.length;
  }
  return new Uint8Array(Buffer.concat([entries, ...kinds.map(({ bytes }) => bytes)]));
}
