/**
 * Bugs stop the process: going on with a broken invariant could put a wrong entry into everybody's ledger.
 */

/** Throws an `AssertionError` (never a CocoError: nobody maps it to a reply) when `condition` is false. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) {
    throw new AssertionError(message);
  }
}

/** Marks the branch of a union that the types say cannot be reached. */
export function assertNever(value: never, what: string): never {
  throw new AssertionError(`${what}: unexpected ${JSON.stringify(value)}`);
}

/** An invariant of ours does not hold. The host ends the process when it sees one. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}
