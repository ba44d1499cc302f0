/**
 * A contract's code as the fuzzer makes it and takes it apart again: a list of instructions with symbolic jump targets
 * and attached data, so that instructions can be left out without moving what is left.
 */
import { toHex } from '@coco/primitives';
import { nameOf } from '../opcodes.js';

/** One element of a program. */
export type Instruction =
  /** A byte as it is: an opcode, or anything. */
  | { readonly byte: number }
  /** PUSHn of 1 to 32 bytes. */
  | { readonly push: Uint8Array }
  /** A JUMPDEST that jumps can name. */
  | { readonly label: number }
  /** PUSH2 of where a label is; of 0 if it is gone. */
  | { readonly pushLabel: number }
  /** PUSH2 of where some data is, or of how long. */
  | { readonly pushData: number; readonly part: 'offset' | 'size' };

/** What is pushed: the init code of another contract, or the input of a precompile. */
export type Data = Program | Uint8Array;

/** Instructions, followed by the data that they copy. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly data: readonly Data[];
}

const JUMPDEST = 0x5b;
const PUSH1 = 0x60;
const PUSH2 = 0x61;
const STOP = 0x00;

/** The code of a program. */
export function assembleProgram({ instructions, data }: Program): Uint8Array {
  const blobs = data.map((part) => (part instanceof Uint8Array ? part : assembleProgram(part)));
  const labels = new Map<number, number>();
  let size = 0;
  for (const instruction of instructions) {
    if ('label' in instruction) labels.set(instruction.label, size);
    size += sizeOf(instruction);
  }
  const offsets: number[] = [];
  // A STOP keeps execution from running into the data.
  let end = size + (blobs.length > 0 ? 1 : 0);
  for (const blob of blobs) {
    offsets.push(end);
    end += blob.length;
  }
  const code = new Uint8Array(end);
  let at = 0;
  for (const instruction of instructions) {
    if ('byte' in instruction) code[at] = instruction.byte;
    else if ('label' in instruction) code[at] = JUMPDEST;
    else if ('push' in instruction) {
      code[at] = PUSH1 + instruction.push.length - 1;
      code.set(instruction.push, at + 1);
    } else {
      const value =
        'pushLabel' in instruction
          ? (labels.get(instruction.pushLabel) ?? 0)
          : instruction.part === 'offset'
            ? (offsets[instruction.pushData] ?? 0)
            : (blobs[instruction.pushData]?.length ?? 0);
      code.set([PUSH2, (value >> 8) & 255, value & 255], at);
    }
    at += sizeOf(instruction);
  }
  if (blobs.length > 0) code[at] = STOP;
  for (const [index, blob] of blobs.entries()) code.set(blob, offsets[index]);
  return code;
}

function sizeOf(instruction: Instruction): number {
  if ('push' in instruction) return 1 + instruction.push.length;
  return 'byte' in instruction || 'label' in instruction ? 1 : 3;
}

/** One instruction a line, with its offset. */
export function disassemble(code: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < code.length; ) {
    const byte = code[at] as number;
    const length = byte >= PUSH1 && byte < PUSH1 + 32 ? byte - PUSH1 + 1 : 0;
    const operand = length === 0 ? '' : ` 0x${toHex(code.subarray(at + 1, at + 1 + length))}`;
    lines.push(`${at.toString().padStart(5)}  ${nameOf(byte)}${operand}`);
    at += 1 + length;
  }
  return lines.join('\n');
}
