/**
 * The environment of a block as words, made once per block.
 */
import type { BlockEnvironment } from '../types.js';
import { bytesWord, putBigInt, SLOT, toWord, type Word } from '../words/word.js';

export interface Block {
  readonly number: number;
  readonly coinbaseAddress: Uint8Array;
  readonly coinbase: Word;
  readonly timestamp: Word;
  readonly numberWord: Word;
  readonly gasLimit: Word;
  readonly baseFee: Word;
  readonly difficulty: Word;
  readonly prevRandao: Word;
  readonly blobBaseFee: Word;
}

const known = new WeakMap<BlockEnvironment, Block>();

export function blockOf(environment: BlockEnvironment): Block {
  let block = known.get(environment);
  if (block === undefined) {
    block = {
      number: environment.number,
      coinbaseAddress: environment.coinbase,
      coinbase: bytesWord(environment.coinbase),
      timestamp: bigIntWord(BigInt(environment.timestamp)),
      numberWord: bigIntWord(BigInt(environment.number)),
      gasLimit: bigIntWord(environment.gasLimit),
      baseFee: bigIntWord(environment.baseFee),
      difficulty: bigIntWord(environment.difficulty),
      prevRandao: bytesWord(environment.prevRandao),
      blobBaseFee: bigIntWord(environment.blobBaseFee),
    };
    known.set(environment, block);
  }
  return block;
}

function bigIntWord(value: bigint): Word {
  const slot = new Uint32Array(SLOT);
  putBigInt(slot, 0, value);
  return toWord(slot, 0);
}
