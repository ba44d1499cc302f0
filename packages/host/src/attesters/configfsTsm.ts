/**
 * Reports of confidential VMs through Linux's configfs-tsm (kernel 6.7 on; Documentation/ABI/testing/configfs-tsm-report):
 *
 *   mkdir  <directory>/<entry>               an entry of our own
 *   read   <entry>/generation                counts the writes to the entry
 *   write  <entry>/inblob                    64 bytes, at once
 *   read   <entry>/outblob, provider         the report, and who made it: sev_guest, tdx_guest
 *   read   <entry>/auxblob                   of sev_guest: a table of certificates, if the host gave one
 *   read   <entry>/generation                one more than before, or somebody else wrote too: everything again
 *   rmdir  <entry>
 */
import { mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { randomBytes } from '@coco/crypto';
import { CocoError, fromUtf8, toHex } from '@coco/primitives';
import type { Clock } from './clock.js';
import {
  deviceFailure,
  errorCode,
  type Patience,
  patiently,
  readDeviceFile,
  writeDeviceFile,
} from './deviceFile.js';

/** Throws COCO_ATTESTER_DEVICE, COCO_ATTESTER_PRIVILEGE, COCO_ATTESTER_TIMEOUT. */
export async function readTsmReport(request: TsmRequest, clock: Clock): Promise<TsmReport> {
  const untilMs = clock.nowMs() + request.timeoutMs;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const report = await oneReport(request, { clock, untilMs });
    if (report !== undefined) return report;
  }
  throw new CocoError(
    'COCO_ATTESTER_DEVICE',
    `somebody else wrote to this node's entry in ${request.directory} ${attemptsMax} times`,
    { directory: request.directory },
  );
}

export interface TsmRequest {
  /** /sys/kernel/config/tsm/report. */
  readonly directory: string;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  readonly timeoutMs: number;
}

export interface TsmReport {
  /** Name of the kernel's module: "sev_guest", "tdx_guest". */
  readonly provider: string;
  readonly outblob: Uint8Array;
  readonly auxblob?: Uint8Array;
}

const attemptsMax = 5;
const outblobBytesMax = 64 * 1024;
const auxblobBytesMax = 64 * 1024;
const textBytesMax = 64;

type Time = Pick<Patience, 'clock' | 'untilMs'>;

/** Undefined when the entry's generation says that somebody else wrote to it. */
async function oneReport({ directory, reportData }: TsmRequest, time: Time): Promise<TsmReport | undefined> {
  const entry = path.join(directory, `coco-${process.pid}-${toHex(randomBytes(8))}`);
  await patiently(() => makeEntry(entry), { ...time, what: `make an entry in ${directory}` });
  try {
    const before = await generation(entry, time);
    await patiently(
      async () => {
        await writeDeviceFile(path.join(entry, 'inblob'), reportData);
        return true;
      },
      { ...time, what: 'say what the report shall be for (inblob)' },
    );
    const outblob = await readSoon(entry, 'outblob', outblobBytesMax, time);
    const provider = textOf(await readSoon(entry, 'provider', textBytesMax, time));
    const auxblob = provider === 'sev_guest' ? await readAuxblob(entry, time) : undefined;
    const after = await generation(entry, time);
    if (after !== before + 1) return undefined;
    return { provider, outblob, ...(auxblob !== undefined && { auxblob }) };
  } finally {
    // Whatever went wrong above matters more; the kernel drops what is left when the machine stops.
    await rmdir(entry).catch(() => undefined);
  }
}

async function makeEntry(entry: string): Promise<true> {
  try {
    await mkdir(entry);
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (!(code in notThere)) throw error;
    throw deviceFailure(`get a report from ${path.dirname(entry)}`, error, notThere);
  }
}

const notThere: Readonly<Record<string, string>> = {
  ENOENT:
    'it is not there. It takes Linux 6.7 in a confidential VM, the module sev-guest or tdx-guest, and configfs mounted',
  ENOTDIR: 'it is no directory',
  ENXIO: 'no module gives reports. Load sev-guest or tdx-guest; outside of a confidential VM there is none',
};

async function generation(entry: string, time: Time): Promise<number> {
  const text = textOf(await readSoon(entry, 'generation', textBytesMax, time));
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CocoError('COCO_ATTESTER_DEVICE', `the generation of a report is "${text}", and no number`, {
    text,
  });
}

/** A file that may appear a little later, where something other than the kernel serves the directory. */
async function readSoon(entry: string, name: string, bytesMax: number, time: Time): Promise<Uint8Array> {
  const read = async (): Promise<Uint8Array | undefined> => {
    const bytes = await readDeviceFile(path.join(entry, name), bytesMax);
    return bytes.length === 0 ? undefined : bytes;
  };
  return patiently(read, { ...time, what: `read ${name} of its report`, again: ['ENOENT'] });
}

async function readAuxblob(entry: string, time: Time): Promise<Uint8Array | undefined> {
  const read = async (): Promise<Uint8Array> => {
    try {
      return await readDeviceFile(path.join(entry, 'auxblob'), auxblobBytesMax);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return new Uint8Array(0);
      throw error;
    }
  };
  const bytes = await patiently(read, { ...time, what: 'read auxblob of its report' });
  return bytes.length === 0 ? undefined : bytes;
}

function textOf(bytes: Uint8Array): string {
  return (fromUtf8(bytes) ?? '').trim();
}
