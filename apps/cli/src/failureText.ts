/**
 * A failure on one line: the sentence, its code, and for refusals of the network what to do about them.
 */
import type { CocoError } from '@coco/primitives';

/** What to do, by the code of a refusal in Microsoft CCF's list. */
const hints: Readonly<Record<string, string>> = {
  InvalidAuthenticationInfo: 'check certificate and key, and the clock of this machine',
  ProposalNotFound: 'coco proposal list shows what there is',
  ProposalNotOpen: 'coco proposal list shows what is open',
  ProposalFailedToValidate: 'coco proposal rehearse says why before it is proposed',
  ProposalReplay: 'the same signed request was submitted before; propose it anew if it is wanted twice',
  ProposalCreatedTooLongAgo: 'prepare and sign it again',
  TooManyPendingTransactions: 'try again in a moment',
  TransactionReplicationFailed: 'the primary changed meanwhile; try again',
  PrimaryNotFound: 'the network has no primary at the moment; try again',
};

const notActive = /must acknowledge a state digest/;

/** `error` for people. */
export function failureText({ message, code, facts }: CocoError): string {
  const { errorCode } = facts;
  if (code !== 'COCO_CLIENT_HTTP' || typeof errorCode !== 'string' || errorCode === 'none') {
    return `${message} [${code}]`;
  }
  const known = Object.hasOwn(hints, errorCode) ? hints[errorCode] : undefined;
  const hint = notActive.test(message) ? 'coco member activate does it' : known;
  return `${message}${hint === undefined ? '' : `; ${hint}`} [${code} ${errorCode}]`;
}
