/**
 * Whether the ledger has the secrets of epochs as M of the actors can bring them back. Looking takes some milliseconds, so what was
 * found good is remembered.
 */
import { type EpochRecord, isSealed, type NetworkKey } from '@coco/governance';
import { toHex } from '@coco/primitives';

export class SealedSecrets {
  readonly #good = new Map<number, string>();

  /** True when the row of the epoch has `secret`, encrypted to the network's key. */
  has(record: EpochRecord, secret: Uint8Array, networkKey: NetworkKey): boolean {
    if (record.sealed === undefined) return false;
    const known = `${record.from} ${record.digest} ${toHex(record.sealed)}`;
    if (this.#good.get(record.epoch) === known) return true;
    if (!isSealed(record, secret, networkKey)) return false;
    if (this.#good.size >= goodMax) this.#good.clear();
    this.#good.set(record.epoch, known);
    return true;
  }
}

const goodMax = 10_000;
