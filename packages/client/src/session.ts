/**
 * What a client has seen committed, so that no node can show it an older state than it has seen already. A node whose host
 * cut its links, or held it up, answers from what it has: its answers say how far that goes.
 */
import { CocoError, type Seqno } from '@coco/primitives';
import type { ClientOptions, HttpReply } from './types.js';

/** May be shared by clients of several nodes, and kept across runs. */
export interface Session {
  /** Everything up to here was committed when somebody said so. */
  readonly committedSeqno: Seqno;
  /** Takes notice of a committed seqno. */
  saw(seqno: Seqno): void;
}

/** A session that has seen everything up to `committedSeqno`; by default nothing. */
export function createSession(committedSeqno: Seqno = 0): Session {
  let seen = committedSeqno;
  return {
    get committedSeqno() {
      return seen;
    },
    saw(seqno) {
      seen = Math.max(seen, seqno);
    },
  };
}

/**
 * Checks an answer to a request that was sent when the session had seen everything up to `seenBefore`. COCO_CLIENT_BEHIND when the
 * node has committed less than that, or does not say; COCO_CLIENT_STALE when it says that it is out of touch, where `refuseStale`
 * is set.
 */
export function checkFreshness(
  { status, headers }: Pick<HttpReply, 'status' | 'headers'>,
  { session, refuseStale = false, url }: Pick<ClientOptions, 'session' | 'refuseStale' | 'url'>,
  seenBefore: Seqno,
): void {
  const staleMs = headers['x-coco-stale-ms'];
  if (refuseStale && staleMs !== undefined) {
    const sentence = 'the node is out of touch with its network: its answer may be old';
    throw new CocoError('COCO_CLIENT_STALE', sentence, { url, staleMs });
  }
  if (session === undefined || status >= 400) return;
  const text = headers['x-coco-committed-seqno'] ?? '';
  const committed = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (committed < seenBefore) {
    const sentence =
      committed < 0
        ? 'the node does not say how far it has committed'
        : `the node has committed up to ${committed}, this session has seen ${seenBefore}: its answer is too old`;
    throw new CocoError('COCO_CLIENT_BEHIND', sentence, { url, committed, seen: seenBefore });
  }
  session.saw(committed);
}
