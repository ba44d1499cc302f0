/**
 * Calls that read: one at a time, as an engine wants it, over a state and a block that the client chose.
 */
import type { CallMessage, CallOutcome, EvmEngine, ExecutionContext } from '../types.js';
import { limitError } from './errors.js';

/** Lets one call after the other into an engine that nobody else uses. */
export class CallQueue {
  readonly #engine: EvmEngine;
  readonly #waitingMax: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: EvmEngine, waitingMax: number) {
    this.#engine = engine;
    this.#waitingMax = waitingMax;
  }

  /** Executes `message` when all calls before it are done. */
  call(message: CallMessage, context: ExecutionContext): Promise<CallOutcome> {
    if (this.#waiting >= this.#waitingMax)
      throw limitError(`too many calls at once: ${this.#waitingMax} wait`);
    this.#waiting += 1;
    const outcome = this.#last.then(() => this.#engine.call(message, context));
    this.#last = outcome.then(
      () => this.#done(),
      () => this.#done(),
    );
    return outcome;
  }

  #done(): void {
    this.#waiting -= 1;
  }
}
