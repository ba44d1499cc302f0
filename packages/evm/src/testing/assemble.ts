/**
 * A small assembler for this room's tests: names of instructions, numbers (pushed with as few bytes as they have),
 * `:label` (a JUMPDEST) and `@label` (pushes where it is).
 */
import { fromHex } from '@coco/primitives';
import { OPCODES } from '../interpreter/opcodes.js';

const JUMPDEST = 0x5b;
const PUSH1 = 0x60;
const codes = new Map(OPCODES.map(({ name, code }) => [name, code]));

/** The code that `source` stands for. */
export function assemble(source: string): Uint8Array {
  const code: number[] = [];
  const labels = new Map<string, number>();
  const holes: [number, string][] = [];
  for (const word of source.split(/\s+/).filter((text) => text !== '')) {
    const named = codes.get(word);
    if (named !== undefined) code.push(named);
    else if (word.startsWith(':')) {
      labels.set(word.slice(1), code.length);
      code.push(JUMPDEST);
    } else if (word.startsWith('@')) {
      holes.push([code.length + 1, word.slice(1)]);
      code.push(PUSH1, 0);
    } else code.push(...push(word));
  }
  for (const [at, label] of holes) code[at] = labels.get(label) ?? 0;
  return Uint8Array.from(code);
}

function push(word: string): readonly number[] {
  const digits = word.startsWith('0x') ? word.slice(2) : BigInt(word).toString(16);
  const bytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  if (bytes === undefined || bytes.length > 32) throw new Error(`not an instruction: ${word}`);
  return [PUSH1 - 1 + bytes.length, ...bytes];
}
