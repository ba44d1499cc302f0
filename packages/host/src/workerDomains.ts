/**
 * Whether what a worker proposes is what an honest one writes: application tables only, each in its own domain, everything
 * in ascending order and within the limits of a store. Every node takes these bytes over for good, so what some node could
 * not read, or would read in another way, must not get into the ledger at all.
 */
import { storeLimitsDefault, type TableChanges } from '@coco/kv';
import { decodeMaps } from '@coco/ledger';
import { CocoError, compareBytes, utf8 } from '@coco/primitives';

/** Both domains of an entry together, with room for what the manager adds. */
const entryBytesMax = 60 * 2 ** 20;

/** What is wrong, as the end of a sentence about the worker; undefined when nothing is. */
export function checkDomains(publicMaps: Uint8Array, privateMaps: Uint8Array): string | undefined {
  if (publicMaps.length + privateMaps.length > entryBytesMax)
    return 'it proposed more than an entry can hold';
  try {
    return checkDomain(publicMaps, true) ?? checkDomain(privateMaps, false);
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return `its writes are malformed: ${error.message}`;
  }
}

function checkDomain(bytes: Uint8Array, isPublic: boolean): string | undefined {
  let last = '';
  /** As long as these rows make it. */
  let length = 0;
  for (const changes of decodeMaps(bytes)) {
    const { table } = changes;
    if (table <= last) return 'its tables do not ascend by name';
    last = table;
    if (table.startsWith('public:') !== isPublic) return 'it wrote to a table in the wrong domain';
    if (/^(public:)?(ccf|coco)\./.test(table))
      return 'it wrote to a table of governance, which is not its own';
    const nameBytes = utf8(table).length;
    if (nameBytes > storeLimitsDefault.tableNameBytesMax) return 'the name of a table is too long';
    const objection = checkRows(changes);
    if (objection !== undefined) return objection;
    length += tableHeadBytes + nameBytes + rowsBytes(changes);
  }
  return length === bytes.length ? undefined : 'it proposed more than rows';
}

/** Of a name's length, the version read, and the numbers of reads, writes and removals, of which there is one each. */
const tableHeadBytes = 40;

function rowsBytes({ puts, removes }: TableChanges): number {
  let length = 0;
  for (const { key, value } of puts) length += 16 + key.length + value.length;
  for (const key of removes) length += 8 + key.length;
  return length;
}

function checkRows({ puts, removes }: TableChanges): string | undefined {
  const { keyBytesMax, valueBytesMax } = storeLimitsDefault;
  if (puts.length + removes.length === 0) return 'it names a table without writing to it';
  let last: Uint8Array | undefined;
  for (const { key, value } of puts) {
    if (key.length > keyBytesMax || value.length > valueBytesMax) return 'a row is too long';
    if (last !== undefined && compareBytes(last, key) >= 0) return 'its rows do not ascend';
    last = key;
  }
  last = undefined;
  let at = 0;
  for (const key of removes) {
    if (key.length > keyBytesMax) return 'a row is too long';
    if (last !== undefined && compareBytes(last, key) >= 0) return 'its rows do not ascend';
    last = key;
    while (at < puts.length && compareBytes((puts[at] as { readonly key: Uint8Array }).key, key) < 0) at++;
    const set = puts[at];
    if (set !== undefined && compareBytes(set.key, key) === 0) return 'it set and removed the same row';
  }
  return undefined;
}
