/**
 * A small assembler for EVM contracts in tests and benchmarks, so that none needs a compiler. Words are separated by
 * white space: an opcode's name, a number (pushed with as few bytes as it has), `:label` (a JUMPDEST), `@label` (pushes
 * where it is, two bytes), `#label` (marks a place without a JUMPDEST); `//` begins a comment.
 */
import { fromHex } from '@coco/primitives';
import { OPCODES } from './opcodes.js';

const JUMPDEST = 0x5b;
const PUSH0_CODE = 0x5f;

/** The code that `source` stands for. */
export function assemble(source: string): Uint8Array {
  const words = source
    .replace(/\/\/.*$/gm, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const labels = new Map<string, number>();
  const code: number[] = [];
  const holes: { readonly at: number; readonly label: string }[] = [];
  for (const word of words) {
    if (word.startsWith(':') || word.startsWith('#')) {
      labels.set(word.slice(1), code.length);
      if (word.startsWith(':')) code.push(JUMPDEST);
    } else if (word.startsWith('@')) {
      holes.push({ at: code.length + 1, label: word.slice(1) });
      code.push(PUSH0_CODE + 2, 0, 0);
    } else {
      code.push(...instruction(word));
    }
  }
  for (const { at, label } of holes) {
    const target = labels.get(label);
    if (target === undefined) throw new Error(`no label ${label}`);
    code[at] = target >> 8;
    code[at + 1] = target & 255;
  }
  return Uint8Array.from(code);
}

function instruction(word: string): readonly number[] {
  const named = OPCODES.get(word);
  if (named !== undefined) return [named.code];
  const numbered = /^(DUP|SWAP)(\d+)$/.exec(word);
  if (numbered !== null) return [(numbered[1] === 'DUP' ? 0x7f : 0x8f) + Number(numbered[2])];
  const digits = word.startsWith('0x') ? word.slice(2) : BigInt(word).toString(16);
  const bytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  if (bytes === undefined || bytes.length > 32) throw new Error(`not an instruction: ${word}`);
  return [PUSH0_CODE + bytes.length, ...bytes];
}

/** Code of a constructor that does `first` and then deploys `runtime`. */
export function initcode(runtime: Uint8Array, first = ''): Uint8Array {
  const head = assemble(`${first} ${runtime.length} DUP1 @runtime 0x00 CODECOPY 0x00 RETURN #runtime`);
  return Uint8Array.from([...head, ...runtime]);
}
