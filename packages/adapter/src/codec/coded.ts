/**
 * One code for everything that is wrong with a message, whichever part of the reader found it.
 */
import { CocoError } from '@coco/primitives';
import { malformed } from './messageFields.js';

/** Runs `decode`; what the reader of bytes refuses becomes COCO_ADAPTER_MESSAGE. */
export function coded<Message>(decode: () => Message): Message {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof CocoError) || !error.code.startsWith('COCO_BYTES_')) throw error;
    throw malformed(error.message);
  }
}
