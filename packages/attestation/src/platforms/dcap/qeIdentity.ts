/**
 * Intel's identity of its quoting enclaves ("QE" for SGX, "TD_QE" for TDX, version 2), compared with the quoting enclave that
 * vouched for the attestation key.
 */
import { fromHex, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { EnclaveReport } from './body.js';
import { type DocumentTimes, readTimes } from './documentTimes.js';
import { type JsonFields, readJson, unusable } from './signedJson.js';
import { readLevels, type TcbLevelStatus } from './tcbStatus.js';

export interface QeIdentity extends DocumentTimes {
  readonly level: TcbLevelStatus;
}

const what = 'the QE identity';

/** Throws COCO_ATTESTATION_COLLATERAL when it cannot be used, _EXPIRED, and COCO_ATTESTATION_QE when the enclave is another. */
export function matchQeIdentity(
  text: string,
  report: EnclaveReport,
  platform: 'sgx' | 'tdx',
  atMs: number,
): QeIdentity {
  const fields = readJson(text, what);
  const id = fields.text('id', 16);
  if (id !== (platform === 'sgx' ? 'QE' : 'TD_QE')) throw unusable(what, 'it is for another platform');
  if (fields.number('version', 255) !== 2) throw unusable(what, 'it is not of version 2');
  const times = readTimes(fields, atMs, what);
  const found = {
    mrsigner: report.mrSigner,
    isvprodid: report.isvProdId,
    miscselect: masked(fields, 'miscselectMask', fromHex(report.miscSelect) as Uint8Array),
    attributes: masked(fields, 'attributesMask', report.attributes),
  };
  const expected = {
    mrsigner: fields.hex('mrsigner', 32),
    isvprodid: fields.number('isvprodid', 65535),
    miscselect: fields.hex('miscselect', 4),
    attributes: fields.hex('attributes', 16),
  };
  for (const name of ['mrsigner', 'isvprodid', 'miscselect', 'attributes'] as const) {
    if (found[name] !== expected[name]) throw another(name, found[name], expected[name]);
  }
  const levels = readLevels(fields, what);
  const level = levels.find(({ isvSvn }) => isvSvn <= report.isvSvn);
  if (level === undefined) throw another('isvsvn', report.isvSvn, levels.at(-1)?.isvSvn ?? 0);
  return { ...times, level };
}

/** The bits of `value` that the mask `name` is about. */
export function masked(fields: JsonFields, name: string, value: Uint8Array): string {
  const mask = fromHex(fields.hex(name, value.length)) as Uint8Array;
  return toHex(value.map((byte, index) => byte & (mask[index] as number)));
}

function another(name: string, found: string | number, expected: string | number): Error {
  return refused(
    'COCO_ATTESTATION_QE',
    `the quoting enclave is not one that Intel identifies: its ${name} is ${found}, not ${expected}`,
    { field: name, found, expected },
  );
}
