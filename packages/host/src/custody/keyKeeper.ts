/**
 * This node's part in making the network's key and its shares (CONF-3): looks at the ledger for what is to be said next, says it
 * to the primary until it is on the ledger, and keeps the shares. What is to be said is decided in governance.
 */
import { encodeKeyContribution, type KeyContribution, type KeyParticipant } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import type { Log } from '../log.js';

export interface KeyKeeperOptions {
  readonly participant: KeyParticipant;
  /** Governance tables as committed. */
  readonly tables: () => Reader;
  /** Tells the primary; resolves when it is on the ledger. Rejects with its refusal. */
  readonly tell: (body: Uint8Array, signal: AbortSignal) => Promise<void>;
  readonly log: Pick<Log, 'info' | 'warn' | 'debug'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export interface KeyKeeper {
  /** Looks whether there is something to say; to be called several times a second. */
  look(): void;
  stop(): void;
}

const pauseMs = 1000;

export function createKeyKeeper(options: KeyKeeperOptions): KeyKeeper {
  const { participant, tables, tell, log, nowMs } = options;
  const end = new AbortController();
  let telling = false;
  let notBeforeMs = 0;
  let told = '';

  async function say(contributions: readonly KeyContribution[]): Promise<void> {
    telling = true;
    try {
      for (const contribution of contributions) {
        await tell(encodeKeyContribution(contribution), end.signal);
        log.info("contributed to the network's key", { what: contribution.kind });
      }
      told = '';
    } catch (error) {
      if (end.signal.aborted) return;
      notBeforeMs = nowMs() + pauseMs;
      const { code, message } =
        error instanceof CocoError ? error : { code: 'COCO_KEY_TROUBLE', message: String(error) };
      if (code !== told) log.warn(`a contribution to the network's key was not taken: ${message}`, { code });
      told = code;
    } finally {
      telling = false;
    }
  }

  return {
    look() {
      if (telling || end.signal.aborted || nowMs() < notBeforeMs) return;
      const contributions = participant.look(tables(), nowMs());
      if (contributions.length > 0) void say(contributions);
    },
    stop: () => end.abort(),
  };
}
