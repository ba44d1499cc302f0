/**
 * From an append message and the bytes behind it to entries that consensus may hear of. Entries are opened first: what
 * does not authenticate is refused at the door and cannot be acknowledged. Each is opened with the secrets that those before it
 * tell, which may be others than those of the entries that it is to replace. What is sealed under a secret that this node was not
 * told it leaves aside, and waits: it may be told yet.
 */
import type { Consensus, EntryInfo, Message } from '@coco/consensus';
import { describeEntry, type Ledger, type OpenedEntry, type SealedEntry } from '@coco/ledger';
import { CocoError, type Seqno } from '@coco/primitives';
import { cutEntries } from './frames.js';
import { infoOf } from './recovery.js';

export type AppendMessage = Extract<Message, { readonly type: 'appendEntries' }>;

/** The description of every entry of the message, and the contents of those that this node does not have yet. */
export interface OpenedAppendMessage {
  readonly infos: readonly EntryInfo[];
  /** How far they go: the message's own `to`, or as far as this node can open them. */
  readonly to: Seqno;
  readonly opened: readonly { readonly sealed: SealedEntry; readonly opened: OpenedEntry }[];
}

/** COCO_REPLICA_FRAME when the entries are not the announced ones, COCO_LEDGER_ENTRY_* when one does not open. */
export function openAppendMessage(
  message: AppendMessage,
  bytes: Uint8Array,
  entriesMax: number,
  ledger: Ledger,
  consensus: Consensus,
): OpenedAppendMessage {
  const count = message.to - message.previous.seqno;
  if (count < 0 || count > entriesMax) {
    throw new CocoError('COCO_REPLICA_FRAME', 'a peer sent an append message of an impossible length', {
      count,
    });
  }
  const { previous } = message;
  // They cannot follow, and it is not known which secret holds there.
  if (consensus.viewAt(previous.seqno) !== previous.view) {
    return { infos: [], opened: [], to: previous.seqno };
  }
  const infos: EntryInfo[] = [];
  const opened: { readonly sealed: SealedEntry; readonly opened: OpenedEntry }[] = [];
  // What an entry makes of the network follows from the network before it, also where that is not added here yet.
  let trusted = ledger.configurationAt(previous.seqno) ?? [];
  let secrets: ReturnType<Ledger['secretsAfter']> | undefined;
  for (const [index, entry] of cutEntries(bytes, count).entries()) {
    const description = describeEntry(entry, { configuration: trusted });
    if (
      description.seqno !== message.previous.seqno + 1 + index ||
      description.view !== message.entriesView
    ) {
      const { seqno, view } = description;
      throw new CocoError('COCO_REPLICA_FRAME', 'a peer sent an entry that is not the one announced', {
        seqno,
        view,
      });
    }
    if (consensus.viewAt(description.seqno) === description.view) {
      trusted = ledger.configurationAt(description.seqno) ?? trusted;
    } else {
      secrets ??= ledger.secretsAfter(description.seqno - 1);
      if ((secrets.untoldFrom ?? Number.POSITIVE_INFINITY) <= description.seqno) {
        return { infos, opened, to: description.seqno - 1 };
      }
      const one = ledger.open(entry, trusted, secrets);
      secrets.follow(one);
      opened.push({ sealed: { ...description, bytes: entry }, opened: one });
      trusted = description.configuration ?? trusted;
    }
    infos.push(infoOf(description));
  }
  return { infos, opened, to: message.to };
}

/** Adds an entry that consensus has accepted: a signature that does not hold now means an unsound primary, or ledger. */
export function addOrStop(ledger: Ledger, opened: OpenedEntry): void {
  try {
    ledger.add(opened);
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    const message = `the primary's ledger does not verify: ${error.message}`;
    throw new CocoError('COCO_REPLICA_UNSOUND', message, { ...error.facts, cause: error.code });
  }
}
