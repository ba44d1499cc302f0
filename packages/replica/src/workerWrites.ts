/**
 * Whether what a worker proposes is what an honest one writes: application tables only, each in its own domain, in the one
 * form in which rows are written, and within the limits of a store. Every node takes these bytes over for good, so what some
 * node could not read, or would read in another way, must not get into the ledger at all (MIT-1, ARC-3).
 */
import type { FromWorker } from '@coco/adapter';
import { checkMaps } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import { workerFault } from './workerFault.js';

type Proposal = Extract<FromWorker, { readonly type: 'propose' }>;

/** Both domains of an entry together, with room for what the manager adds. */
const entryBytesMax = 60 * 2 ** 20;
/** The largest batch that a node can be configured for. */
const itemsMax = 100_000;

/** COCO_REPLICA_WORKER when it is not. A worker in this process may have sent something that is no message at all. */
export function checkWrites({ publicMaps, privateMaps, claimsDigest }: Proposal): void {
  if (!isPlain(publicMaps) || !isPlain(privateMaps))
    throw workerFault('its writes are no bytes of their own');
  if (claimsDigest !== undefined && !(isPlain(claimsDigest) && claimsDigest.length === 32))
    throw workerFault('its claims digest has not 32 bytes');
  if (publicMaps.length + privateMaps.length > entryBytesMax)
    throw workerFault('it proposed more than an entry can hold');
  try {
    checkMaps(publicMaps, ofPublic);
    checkMaps(privateMaps, ofPrivate);
  } catch (error) {
    if (!(error instanceof CocoError) || error.code === 'COCO_REPLICA_WORKER') throw error;
    throw workerFault(`its writes are malformed: ${error.message}`);
  }
}

/** COCO_REPLICA_WORKER when an entry cannot have so many transactions. */
export function checkItems(items: number, isGenesis: boolean): void {
  if (isGenesis && items !== 0) throw workerFault('it counted transactions in the genesis');
  if (!isGenesis && !(Number.isSafeInteger(items) && items >= 1 && items <= itemsMax))
    throw workerFault('it counted more transactions than a batch has, or none');
}

/** COCO_REPLICA_WORKER when a worker writes no such table to this domain. */
export function checkTable(table: string, isPublic: boolean): void {
  if (table.startsWith('public:') !== isPublic) throw workerFault('it wrote to a table in the wrong domain');
  const at = isPublic ? 'public:'.length : 0;
  if (table.startsWith('ccf.', at) || table.startsWith('coco.', at))
    throw workerFault('it wrote to a table of governance, which is not its own');
}

const ofPublic = (table: string): void => checkTable(table, true);
const ofPrivate = (table: string): void => checkTable(table, false);

/** Whether these are bytes, which nobody else holds: memory that a thread shares could change once it has been looked at. */
export function isPlain(bytes: unknown): boolean {
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer;
}
