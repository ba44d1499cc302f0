/**
 * When the primary changes the secret of the ledger (CONF-2, MIT-4): when the epoch is over, as soon as the actors are others or a
 * node that knew it is out, and when the members decide so. The new one is made and sealed by the host; from the entry on that tells
 * it to the nodes that take part, whoever left can read nothing any more. Secrets from the time before the network had a key
 * are sealed to that with the first that has one.
 */
import {
  currentEpoch,
  type EpochRecord,
  isRekeyDue,
  type NetworkKey,
  readEpochs,
  readNetworkKey,
  sealEpoch,
  sealSecret,
  secretRecipients,
  writeLedgerSecret,
} from '@coco/governance';
import type { Reader, Transaction } from '@coco/kv';
import { type Ledger, secretDigest } from '@coco/ledger';
import { assert, CocoError, type NodeId, type Seqno } from '@coco/primitives';
import { SealedSecrets } from './sealedSecrets.js';
import type { Custody } from './types.js';

/** The governance tables as the log says, and how often they have changed. */
export interface RekeyTables {
  readonly changes: number;
  newest(): Reader;
  /** As the last signature in the log has them. */
  readonly signedTables: Reader;
}

/** When, by the wall clock (ms since 1970), and after which entry a new secret is told; and the tables as the last signature has them. */
export interface RekeyAt {
  readonly nowMs: number;
  readonly last: Seqno;
  readonly signed: Reader;
}

/** Epochs end by the clock: so often it is looked, if nothing happens. */
const everyMs = 1000;

export class Rekeying {
  readonly #self: NodeId;
  readonly #custody: Custody | undefined;
  readonly #ledger: Pick<Ledger, 'secrets'>;
  readonly #sealed: SealedSecrets;
  /** At which change of the tables it was looked last, and when. */
  #lookedAt: number | undefined;
  #lookedMs = 0;
  #isDue = false;
  #trouble: string | undefined;

  constructor(
    self: NodeId,
    custody: Custody | undefined,
    ledger: Pick<Ledger, 'secrets'>,
    sealed: SealedSecrets = new SealedSecrets(),
  ) {
    this.#self = self;
    this.#custody = custody;
    this.#ledger = ledger;
    this.#sealed = sealed;
  }

  /** Why the secret is not changed although it should be; undefined when there is no such reason. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** This node is not the primary, or not any more. */
  rest(): void {
    this.#lookedAt = undefined;
    this.#isDue = false;
    this.#trouble = undefined;
  }

  /** Whether this node, which acts as primary, must change the secret now. */
  isDue(tables: RekeyTables, nowMs: number): boolean {
    if (this.#custody === undefined) return false;
    if (this.#lookedAt !== tables.changes || nowMs >= this.#lookedMs + everyMs) {
      this.#lookedAt = tables.changes;
      this.#lookedMs = nowMs;
      this.#look(tables, nowMs);
    }
    return this.#isDue;
  }

  #look(tables: RekeyTables, nowMs: number): void {
    this.#isDue = false;
    this.#trouble = undefined;
    const reader = tables.newest();
    if (!isRekeyDue(reader, nowMs, tables.signedTables)) return;
    const why = this.#refusal(reader);
    if (why === undefined) this.#isDue = true;
    else this.#trouble = `the key of the ledger should change and does not: ${why}`;
  }

  #refusal(reader: Reader): string | undefined {
    if (this.#custody === undefined) return 'this node makes no keys';
    const { recipients, keyless } = secretRecipients(reader);
    const [first] = keyless;
    if (first !== undefined) {
      return `${keyless.length} nodes have no epoch key on record until they renew their leases, the first of them ${first}`;
    }
    if (recipients.some(({ nodeId }) => nodeId === this.#self)) return undefined;
    return 'this node leaves the network: the next primary changes it';
  }

  /** Writes a new secret. Why that cannot be, in words for people; then nothing was written. */
  write(transaction: Transaction, at: RekeyAt): string | undefined {
    const why = this.#refusal(transaction);
    if (why !== undefined || this.#custody === undefined) return why;
    try {
      this.#begin(transaction, at, this.#custody);
      return undefined;
    } catch (error) {
      if (error instanceof CocoError) return error.message;
      throw error;
    }
  }

  #begin(transaction: Transaction, { nowMs, last, signed }: RekeyAt, custody: Custody): void {
    const { recipients } = secretRecipients(transaction);
    // Whoever does not open its copy acknowledges what is signed before, and so the key is committed with which others help it. With
    // a key that comes after that signature nobody could help those who may be needed for committing it.
    const networkKey = readNetworkKey(signed) && readNetworkKey(transaction);
    const epoch = currentEpoch(transaction) + 1;
    // The entry that tells it comes next, and it holds from the one after that.
    const from = last + 2;
    const present = this.#ledger.secrets.at(-1)?.key;
    assert(present !== undefined, 'whoever makes entries has the secret that seals them');
    const made = custody.makeSecret({ recipients, epoch, from, present, ...(networkKey && { networkKey }) });
    if (!Object.hasOwn(made.nodes, this.#self)) {
      throw new CocoError('COCO_REPLICA_SECRET', 'it cannot be told to this node itself');
    }
    const older = networkKey === undefined ? [] : this.#sealOlder(transaction, networkKey, last + 1);
    writeLedgerSecret(transaction, made, { nowMs, from });
    for (const record of older) sealEpoch(transaction, record);
  }

  /** Those that nobody could bring back if all nodes stopped now; what another primary sealed badly is among them. */
  #sealOlder(reader: Reader, networkKey: NetworkKey, sealedAt: Seqno): readonly EpochRecord[] {
    const records = new Map(readEpochs(reader).map((record) => [record.from, record]));
    const { network } = networkKey;
    return this.#ledger.secrets.flatMap(({ fromSeqno: from, key: secret }) => {
      const genesis: EpochRecord = { epoch: 1, from, atMs: 0, network, digest: secretDigest(secret) };
      const record = records.get(from) ?? (from === 1 ? genesis : undefined);
      if (record?.digest !== secretDigest(secret) || this.#sealed.has(record, secret, networkKey)) return [];
      return [{ ...record, ...sealSecret(secret, networkKey, record), sealedAt }];
    });
  }

  /** Does what is due. True when `transaction` has it. */
  rekey(transaction: Transaction, at: RekeyAt): boolean {
    this.#isDue = false;
    const why = this.write(transaction, at);
    if (why !== undefined) this.#trouble = `the key of the ledger should change and does not: ${why}`;
    return why === undefined;
  }
}
