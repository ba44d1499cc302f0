/**
 * The few commands of a TPM that evidence needs (TPM 2.0 Library, part 3). Big-endian:
 *
 *   command  = u16 tag, u32 size, u32 code, handles, [u32 size, password session], parameters
 *   response = u16 tag, u32 size, u32 response code, [u32 size of parameters], parameters, [session]
 *   tag      = 0x8001 without sessions, 0x8002 with;  password session = u32 0x40000009, u16 0, u8 0, u16 0 (empty password)
 */
import { CocoError, concatBytes } from '@coco/primitives';
import type { Clock } from '../clock.js';
import type { TpmTransport } from './tpmTransport.js';

export interface Tpm {
  /** All of the NV index `index`. */
  readNv(index: number): Promise<Uint8Array>;
  /** Values of the SHA-256 bank by index. */
  readPcrs(indexes: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>>;
  /** What the key `key` signs of these PCRs: TPMS_ATTEST, and its RSASSA-PKCS1-v1_5 signature with SHA-256, bare. */
  quote(key: number, qualifyingData: Uint8Array, indexes: readonly number[]): Promise<TpmSigned>;
}

export interface TpmSigned {
  readonly attest: Uint8Array;
  readonly signature: Uint8Array;
}

/** COCO_ATTESTER_TPM for what the TPM refuses, and for what is no response. */
export function tpmOver(transport: TpmTransport, clock: Clock): Tpm {
  const run = (command: TpmCommand): Promise<Reader> => runCommand(command, transport, clock);
  return {
    readNv: (index) => readNv(index, run),
    readPcrs: (indexes) => readPcrs(indexes, run),
    quote: (key, qualifyingData, indexes) => quote(run, key, qualifyingData, indexes),
  };
}

interface TpmCommand {
  /** For people. */
  readonly name: string;
  readonly code: number;
  readonly handles: readonly number[];
  /** Its first handle needs authorisation, which is an empty password. */
  readonly authorised: boolean;
  readonly parameters: Uint8Array;
}

type Run = (command: TpmCommand) => Promise<Reader>;

const sha256Algorithm = 0x000b;
const ownerHandle = 0x40000001;

/** So many bytes at a time: every TPM can (TPM2_PT_NV_BUFFER_MAX). */
const nvPartBytes = 512;
const nvOwnerRead = 1 << 17;

async function readNv(index: number, run: Run): Promise<Uint8Array> {
  const publicArea = await run({
    name: 'TPM2_NV_ReadPublic',
    code: 0x169,
    handles: [index],
    authorised: false,
    parameters: u(),
  });
  publicArea.u16();
  publicArea.u32();
  publicArea.u16();
  const attributes = publicArea.u32();
  publicArea.sized();
  const size = publicArea.u16();
  // By the owner of the machine where that is allowed, else by the index itself; neither has a password.
  const authority = (attributes & nvOwnerRead) === 0 ? index : ownerHandle;
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < size; ) {
    const parameters = concatBytes(u16(Math.min(nvPartBytes, size - offset)), u16(offset));
    const answer = await run({
      name: 'TPM2_NV_Read',
      code: 0x14e,
      handles: [authority, index],
      authorised: true,
      parameters,
    });
    const part = answer.sized();
    if (part.length === 0) throw broken('TPM2_NV_Read gives nothing');
    parts.push(part);
    offset += part.length;
  }
  return concatBytes(...parts);
}

async function readPcrs(indexes: readonly number[], run: Run): Promise<ReadonlyMap<number, Uint8Array>> {
  const values = new Map<number, Uint8Array>();
  while (values.size < indexes.length) {
    const missing = indexes.filter((index) => !values.has(index));
    const answer = await run({
      name: 'TPM2_PCR_Read',
      code: 0x17e,
      handles: [],
      authorised: false,
      parameters: selection(missing),
    });
    answer.u32();
    const given = answer.selected();
    const count = answer.u32();
    if (count !== given.length || count === 0) throw broken('it has no SHA-256 bank of PCRs, or not these');
    for (const index of given) values.set(index, answer.sized());
  }
  return values;
}

async function quote(
  run: Run,
  key: number,
  qualifyingData: Uint8Array,
  indexes: readonly number[],
): Promise<TpmSigned> {
  const schemeOfKey = u16(0x0010);
  const parameters = concatBytes(sized(qualifyingData), schemeOfKey, selection(indexes));
  const answer = await run({ name: 'TPM2_Quote', code: 0x158, handles: [key], authorised: true, parameters });
  const attest = answer.sized();
  const [scheme, hash] = [answer.u16(), answer.u16()];
  if (scheme !== 0x0014 || hash !== sha256Algorithm) {
    throw broken(
      `the key signs with scheme 0x${scheme.toString(16)} and hash 0x${hash.toString(16)}, not RSASSA with SHA-256`,
    );
  }
  return { attest, signature: answer.sized() };
}

/** "Again": the TPM has something else to do, tests itself, or gave way to another command. */
const again: readonly number[] = [0x922, 0x90a, 0x908];
const triesMax = 40;

async function runCommand(command: TpmCommand, transport: TpmTransport, clock: Clock): Promise<Reader> {
  const { name, code, handles, authorised, parameters } = command;
  const body = concatBytes(
    u32(code),
    ...handles.map(u32),
    ...(authorised ? [u32(9), passwordSession] : []),
    parameters,
  );
  const bytes = concatBytes(u16(authorised ? 0x8002 : 0x8001), u32(6 + body.length), body);
  for (let tries = 1; ; tries++) {
    const response = new Reader(await transport.send(bytes));
    const tag = response.u16();
    if (response.u32() !== response.length) throw broken(`its response to ${name} is cut off`);
    const result = response.u32();
    if (result === 0) return tag === 0x8002 ? new Reader(response.take(response.u32())) : response;
    if (!again.includes(result) || tries === triesMax) throw refused(name, result);
    await clock.wait(Math.min(5 * tries, 100));
  }
}

const passwordSession = Uint8Array.of(0x40, 0, 0, 9, 0, 0, 0, 0, 0);

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw broken('its response ends early');
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  u16(): number {
    const [high = 0, low = 0] = this.take(2);
    return high * 256 + low;
  }

  u32(): number {
    return this.u16() * 65_536 + this.u16();
  }

  /** TPM2B. */
  sized(): Uint8Array {
    return this.take(this.u16());
  }

  /** TPML_PCR_SELECTION of the SHA-256 bank: indexes, ascending. */
  selected(): readonly number[] {
    const banks = this.u32();
    const found: number[] = [];
    for (let bank = 0; bank < banks; bank++) {
      const algorithm = this.u16();
      const bits = this.take(this.take(1)[0] ?? 0);
      if (algorithm !== sha256Algorithm) continue;
      for (let index = 0; index < 8 * bits.length; index++) {
        if (((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) found.push(index);
      }
    }
    return found;
  }
}

/** TPML_PCR_SELECTION: one bank, SHA-256, a bit map of three bytes. */
function selection(indexes: readonly number[]): Uint8Array {
  const bits = new Uint8Array(3);
  for (const index of indexes) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  return concatBytes(u32(1), u16(sha256Algorithm), Uint8Array.of(bits.length), bits);
}

const u = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
const u16 = (value: number): Uint8Array => u(value >>> 8, value & 255);
const u32 = (value: number): Uint8Array =>
  u(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const sized = (bytes: Uint8Array): Uint8Array => concatBytes(u16(bytes.length), bytes);

function broken(reason: string): CocoError {
  return new CocoError('COCO_ATTESTER_TPM', `the TPM does not do what is needed: ${reason}`, { reason });
}

/** Part 2, section 6.6; the low bits of errors that concern a handle, a session or a parameter. */
const meanings: Readonly<Record<number, string>> = {
  395: 'a handle in it is not there: is this an Azure confidential VM?',
  523: 'a handle in it is not there',
  329: 'the NV index is not to be read so',
  330: 'the NV index has never been written',
  303: 'it needs a password',
  2446: 'it needs a password',
  2338: 'it is busy, again and again',
};

function refused(name: string, code: number): CocoError {
  const meaning = meanings[code];
  const hex = `0x${code.toString(16).padStart(3, '0')}`;
  const sentence = `the TPM refuses ${name} with ${hex}${meaning === undefined ? '' : `: ${meaning}`}`;
  return new CocoError('COCO_ATTESTER_TPM', sentence, { command: name, code: hex });
}
