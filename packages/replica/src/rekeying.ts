/**
 * When the primary changes the secret of the ledger (MIT-4): as soon as a node that knew it is out, and when the members decide
 * so. The new one is made and sealed by the host; from the entry on that tells it to the nodes that take part, whoever left
 * can read nothing any more.
 */
import { isRekeyDue, type SecretTime, secretRecipients, writeLedgerSecret } from '@coco/governance';
import type { Reader, Transaction } from '@coco/kv';
import { CocoError, type NodeId } from '@coco/primitives';
import type { MakeLedgerSecret } from './types.js';

/** The governance tables as the log says, and how often they have changed. */
export interface RekeyTables {
  readonly changes: number;
  newest(): Reader;
}

export class Rekeying {
  readonly #self: NodeId;
  readonly #make: MakeLedgerSecret | undefined;
  /** At which change of the tables it was looked last. */
  #lookedAt: number | undefined;
  #isDue = false;
  #trouble: string | undefined;

  constructor(self: NodeId, make: MakeLedgerSecret | undefined) {
    this.#self = self;
    this.#make = make;
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
    if (this.#make === undefined) return false;
    if (this.#lookedAt !== tables.changes) {
      this.#lookedAt = tables.changes;
      this.#look(tables.newest(), nowMs);
    }
    return this.#isDue;
  }

  #look(reader: Reader, nowMs: number): void {
    this.#isDue = false;
    this.#trouble = undefined;
    if (!isRekeyDue(reader, nowMs)) return;
    const why = this.#refusal(reader);
    if (why === undefined) this.#isDue = true;
    else this.#trouble = `the key of the ledger should change and does not: ${why}`;
  }

  #refusal(reader: Reader): string | undefined {
    if (this.#make === undefined) return 'this node makes no keys';
    const { recipients, keyless } = secretRecipients(reader);
    const [first] = keyless;
    if (first !== undefined) {
      return `${keyless.length} nodes have no epoch key on record until they renew their leases, the first of them ${first}`;
    }
    if (recipients.some(({ nodeId }) => nodeId === this.#self)) return undefined;
    return 'this node leaves the network: the next primary changes it';
  }

  /** Writes a new secret. Why that cannot be, in words for people; then nothing was written. */
  write(transaction: Transaction, at: SecretTime): string | undefined {
    const why = this.#refusal(transaction);
    if (why !== undefined || this.#make === undefined) return why;
    try {
      const made = this.#make(secretRecipients(transaction).recipients);
      if (!Object.hasOwn(made.nodes, this.#self)) return 'it cannot be told to this node itself';
      writeLedgerSecret(transaction, made, at);
      return undefined;
    } catch (error) {
      if (error instanceof CocoError) return error.message;
      throw error;
    }
  }

  /** Does what is due. True when `transaction` has it. */
  rekey(transaction: Transaction, at: SecretTime): boolean {
    this.#isDue = false;
    const why = this.write(transaction, at);
    if (why !== undefined) this.#trouble = `the key of the ledger should change and does not: ${why}`;
    return why === undefined;
  }
}
