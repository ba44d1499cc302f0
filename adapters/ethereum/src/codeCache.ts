/**
 * Contract code by its hash, kept between blocks: the same few contracts run again and again, and engines recognise
 * code that they have analysed by the array that holds it. Content addresses itself, so that nothing gets stale.
 */

import type { Reader } from '@coco/kv';
import { assert } from '@coco/primitives';
import { mapKey } from './codec/address.js';
import { TABLES } from './tables.js';
import type { Hash } from './types.js';

export class CodeCache {
  readonly #codes = new Map<string, Uint8Array>();
  readonly #bytesMax: number;
  #bytes = 0;

  /** Keeps at most `bytesMax` bytes of code. */
  constructor(bytesMax = 64 * 1024 * 1024) {
    this.#bytesMax = bytesMax;
  }

  /** The code with this hash; it is a bug if there is none. */
  read(reader: Reader, codeHash: Hash): Uint8Array {
    const key = mapKey(codeHash);
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const code = reader.get(TABLES.code, codeHash);
    assert(code !== undefined, 'code that an account names is stored');
    if (this.#bytes + code.length > this.#bytesMax) {
      this.#codes.clear();
      this.#bytes = 0;
    }
    this.#codes.set(key, code);
    this.#bytes += code.length;
    return code;
  }
}
