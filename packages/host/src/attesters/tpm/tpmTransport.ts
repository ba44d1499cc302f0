/**
 * The way to a TPM: a command in, its response out. Linux gives it as a device through a resource manager.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { deviceFailure } from '../deviceFile.js';

export interface TpmTransport {
  /** One whole command; its whole response (TPM 2.0 Library, part 1, section 18). One at a time. */
  send(command: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Responses are never longer (TPM2_PT_MAX_RESPONSE_SIZE of all known TPMs). */
const responseBytesMax = 4096;

/** The TPM at `device`, for example /dev/tpmrm0. COCO_ATTESTER_DEVICE, COCO_ATTESTER_PRIVILEGE. */
export async function openTpmDevice(device: string): Promise<TpmTransport> {
  const hints = {
    ENOENT: 'there is no TPM here',
    EBUSY: 'another process holds it: use the resource manager, /dev/tpmrm0',
  };
  try {
    const handle = await open(device, constants.O_RDWR);
    return {
      async send(command) {
        try {
          await handle.write(command);
          const response = new Uint8Array(responseBytesMax);
          const { bytesRead } = await handle.read(response, 0, response.length, null);
          return response.slice(0, bytesRead);
        } catch (error) {
          throw deviceFailure(`talk to the TPM at ${device}`, error);
        }
      },
      close: () => handle.close(),
    };
  } catch (error) {
    throw deviceFailure(`open the TPM at ${device}`, error, hints);
  }
}
