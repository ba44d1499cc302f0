/**
 * SGX quotes under Gramine, through its files (Gramine documentation, "Attestation and secret provisioning"):
 *
 *   read   <directory>/attestation_type     "dcap"
 *   write  <directory>/user_report_data     64 bytes
 *   read   <directory>/quote                an SGX quote, version 3, over them
 */
import path from 'node:path';
import { CocoError, equalBytes, fromUtf8 } from '@coco/primitives';
import type { Clock } from './clock.js';
import { deviceFailure, patiently, readDeviceFile, writeDeviceFile } from './deviceFile.js';

/** The quote. One at a time: the files are the process's. COCO_ATTESTER_DEVICE, COCO_ATTESTER_PRIVILEGE, COCO_ATTESTER_TIMEOUT. */
export async function readGramineQuote(
  { directory, reportData, timeoutMs }: GramineRequest,
  clock: Clock,
): Promise<Uint8Array> {
  const what = `get an SGX quote from ${directory}`;
  const type = await readDeviceFile(path.join(directory, 'attestation_type'), textBytesMax).catch((error) => {
    throw deviceFailure(what, error, {
      ENOENT: 'it is not there. Is this process running under Gramine (gramine-sgx)?',
    });
  });
  const found = (fromUtf8(type) ?? '').trim();
  if (found !== 'dcap') {
    throw new CocoError(
      'COCO_ATTESTER_DEVICE',
      `Gramine attests with "${found}", and "dcap" is needed: set sgx.remote_attestation = "dcap" in its manifest`,
      { found },
    );
  }
  const time = { clock, untilMs: clock.nowMs() + timeoutMs };
  await patiently(
    async () => {
      await writeDeviceFile(path.join(directory, 'user_report_data'), reportData);
      return true;
    },
    { ...time, what: 'say what the quote shall be for (user_report_data)' },
  );
  const read = async (): Promise<Uint8Array | undefined> => {
    const quote = await readDeviceFile(path.join(directory, 'quote'), quoteBytesMax);
    // What is still there of another request is not ours.
    return equalBytes(quote.subarray(reportDataAt, reportDataAt + reportData.length), reportData)
      ? quote
      : undefined;
  };
  return patiently(read, { ...time, what: 'read its quote', again: ['ENOENT'] });
}

export interface GramineRequest {
  /** /dev/attestation. */
  readonly directory: string;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  readonly timeoutMs: number;
}

const textBytesMax = 64;
const quoteBytesMax = 64 * 1024;
/** Of a quote of version 3: header of 48 bytes, and the last 64 of the report of 384. */
const reportDataAt = 48 + 320;
