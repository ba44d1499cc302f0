/**
 * A failure: something the caller can be told about, with a code that never changes its meaning.
 *
 * Coco knows three kinds of "no". An *outcome* is expected and returned as part of a union. A *failure* is
 * this class, thrown at a door (socket, file, peer, request) and mapped once to HTTP or JSON-RPC. A *bug* is
 * `assert`, which stops the process.
 */

/** Facts about a failure: plain, printable, never a secret. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean>>;

/**
 * A coded failure. `code` has the form `COCO_ROOM_WHAT` and is documented in docs/reference/errors.md;
 * `message` is one sentence that says what is wrong and, where possible, what to do about it.
 */
export class CocoError extends Error {
  readonly code: string;
  readonly facts: ErrorFacts;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.name = 'CocoError';
    this.code = code;
    this.facts = facts;
  }

  /** What may leave the process: code, sentence and facts; no stack, no cause. */
  toJSON(): { code: string; message: string; facts: ErrorFacts } {
    return { code: this.code, message: this.message, facts: this.facts };
  }
}
