/**
 * Why a request is not answered: status and code of CCF's list (formats of CCF, 1.15), and one sentence. Thrown by handlers,
 * and turned into a response once, in governance.ts.
 */

/** The codes of CCF's list that governance uses. */
export type RefusalCode =
  | 'AuthorizationFailed'
  | 'InternalError'
  | 'InvalidAuthenticationInfo'
  | 'InvalidCreatedAt'
  | 'InvalidInput'
  | 'InvalidQueryParameterValue'
  | 'InvalidResourceName'
  | 'MissingApiVersionParameter'
  | 'NotImplemented'
  | 'ProposalCreatedTooLongAgo'
  | 'ProposalFailedToValidate'
  | 'ProposalNotFound'
  | 'ProposalNotOpen'
  | 'ProposalReplay'
  | 'RequestBodyTooLarge'
  | 'ResourceNotFound'
  | 'StateDigestMismatch'
  | 'TooManyPendingTransactions'
  | 'UnsupportedApiVersionValue'
  | 'UnsupportedContentType'
  | 'UnsupportedHttpVerb'
  | 'VoteAlreadyExists'
  | 'VoteNotFound';

export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;

  constructor(status: number, code: RefusalCode, sentence: string) {
    super(sentence);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

/** Ends the request with an answer that says why. */
export function refuse(status: number, code: RefusalCode, sentence: string): never {
  throw new Refusal(status, code, sentence);
}
