/**
 * Has the primary write down what this node is about to answer to an auditor, and waits until this node finds it committed in its
 * own ledger: a primary that says so without having done it gets nothing told.
 */
import { type AuditRead, auditReadKey, auditReadRow, governanceTables } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { CocoError, equalBytes, utf8 } from '@coco/primitives';
import { askNetwork, pause, type Waiting } from '../askNetwork.js';
import { type Asker, ownPin, whomToAsk } from '../attestation/whomToAsk.js';

export interface ReadRecorder {
  /**
   * Resolves when it is on the ledger. COCO_AUDIT_UNRECORDED or COCO_AUDIT_BUSY when that cannot be had now, another COCO_AUDIT_*
   * when the primary refuses: it must not be answered then.
   */
  record(read: AuditRead): Promise<void>;
}

export interface ReadRecorderOptions {
  /** Has the primary write it down; rejects with its refusal. `onWaiting` hears why it takes long. */
  readonly tell: (
    body: string,
    signal: AbortSignal,
    onWaiting: (waiting: Pick<Waiting, 'message'>) => void,
  ) => Promise<void>;
  /** Governance tables as committed. */
  readonly tables: () => Reader;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** Reads that are being recorded at once: each is a change of governance, of which the primary takes few. */
const recordsMax = 4;
const pollMs = 20;

export function createReadRecorder({ tell, tables, timeoutMs = 10_000 }: ReadRecorderOptions): ReadRecorder {
  let recording = 0;

  async function isCommitted(read: AuditRead, signal: AbortSignal): Promise<void> {
    const key = utf8(auditReadKey(read));
    const row = utf8(JSON.stringify(auditReadRow(read)));
    for (;;) {
      const found = tables().get(governanceTables.auditReads, key);
      if (found !== undefined && equalBytes(found, row)) return;
      await pause(pollMs, signal);
    }
  }

  async function write(read: AuditRead): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    const body = JSON.stringify({ read: read.id, ...auditReadRow(read) });
    let why = 'the primary does not answer';
    try {
      await tell(body, signal, ({ message }) => {
        why = message;
      });
      why = 'this node does not find it committed';
      await isCommitted(read, signal);
    } catch (error) {
      if (signal.aborted) throw unrecorded(why);
      const isOther = error instanceof CocoError && !error.code.startsWith('COCO_AUDIT_');
      throw isOther ? unrecorded(error.message) : error;
    }
  }

  return {
    async record(read) {
      if (recording >= recordsMax) {
        throw new CocoError('COCO_AUDIT_BUSY', 'this node answers other auditors just now; ask again');
      }
      recording++;
      await write(read).finally(() => {
        recording--;
      });
    },
  };
}

/** Of a running node. */
export function nodeReadRecorder(options: Asker & Pick<ReadRecorderOptions, 'tables'>): ReadRecorder {
  return createReadRecorder({
    tables: options.tables,
    async tell(body, signal, onWaiting) {
      await askNetwork(
        { method: 'POST', path: '/node/audit/reads', body },
        { pin: ownPin(options, signal), addresses: () => whomToAsk(options), onWaiting, retryMsMax: 500 },
      );
    },
  });
}

function unrecorded(why: string): CocoError {
  const sentence = `the read cannot be written on the ledger now, and is not answered without that: ${why}`;
  return new CocoError('COCO_AUDIT_UNRECORDED', sentence);
}
