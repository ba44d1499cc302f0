/**
 * Remembers what the EVM library finds out about a contract before it runs: where its jumps may lead, and its push
 * values. The library analyses the whole code again at every message, which for large contracts takes longer than
 * running them. Code is recognised by the array that holds it (see CodeCache).
 */

import { assert } from '@coco/primitives';
import type { EVM } from '@ethereumjs/evm';

/** The methods of the library's interpreter that this is about; it exports no class to extend. */
interface Interpreter {
  readonly _evm: EVM;
  readonly _env: { readonly isCreate: boolean };
  _getValidJumpDestinations(code: Uint8Array): unknown;
}

/** The analysis of code takes about thirty times its size. */
const CODE_BYTES_MAX = 2 * 1024 * 1024;

class Analyses {
  readonly #known = new Map<Uint8Array, unknown>();
  #bytes = 0;

  get(code: Uint8Array, analyse: () => unknown): unknown {
    let analysis = this.#known.get(code);
    if (analysis === undefined) {
      analysis = analyse();
      if (this.#bytes + code.length > CODE_BYTES_MAX) {
        this.#known.clear();
        this.#bytes = 0;
      }
      this.#known.set(code, analysis);
      this.#bytes += code.length;
    }
    return analysis;
  }
}

const perEvm = new WeakMap<EVM, Analyses>();
let installed = false;

/** Makes `evm` remember; it must be able to read its state. */
export async function rememberJumpAnalysis(evm: EVM): Promise<void> {
  perEvm.set(evm, new Analyses());
  if (installed) return;
  const { runState } = await evm.runCode({ code: Uint8Array.of(0), gasLimit: 1n });
  assert(runState !== undefined, 'running code tells its interpreter');
  const prototype = Object.getPrototypeOf(runState.interpreter) as Interpreter;
  const analyse = prototype._getValidJumpDestinations;
  prototype._getValidJumpDestinations = function (this: Interpreter, code) {
    // Code that creates a contract runs once.
    const analyses = this._env.isCreate ? undefined : perEvm.get(this._evm);
    const run = () => analyse.call(this, code);
    return analyses === undefined ? run() : analyses.get(code, run);
  };
  installed = true;
}
