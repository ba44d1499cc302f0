/**
 * Quotes of Intel's DCAP, parsed: SGX version 3, TDX versions 4 and 5. Little-endian.
 *
 *     quote    = header(48) [version 5: body type u16, size u32] body  auth length u32  auth  zeros
 *     header   = version u16, key type u16 (2: ECDSA P-256), TEE type u32 (0 SGX, 0x81 TDX), 4 bytes, QE vendor(16), user data(20)
 *     auth     = signature(64), attestation key(64), then in version 3 the QE part, in 4 and 5 a certification datum of type 6
 *     QE part  = QE report(384), its signature(64), QE data with u16 length, certification datum of type 5
 *     datum    = type u16, length u32, bytes;  type 5: PEM chain of the PCK, leaf first;  type 6: a QE part
 *
 * What is signed by the attestation key ends with the body. Some clouds pad quotes with zeros: nothing else may follow.
 */
import { ByteReader, CocoError, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import { malformed } from '../../x509/asn1.js';

export interface Quote {
  readonly version: 3 | 4 | 5;
  readonly platform: 'sgx' | 'tdx';
  /** What the attestation key signs: header, description of the body, body. */
  readonly signed: Uint8Array;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  /** x || y on P-256. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  readonly qeData: Uint8Array;
  /** PEM. */
  readonly pckChain: Uint8Array;
}

const what = 'the quote';
const enclaveReportBytes = 384;
const td10Bytes = 584;
const td15Bytes = 648;
const intelVendor = '939a7233f79c4ca9940a0db3957f0607';

/** Parses a quote. Throws COCO_ATTESTATION_MALFORMED, and COCO_ATTESTATION_QE for the quoting enclave of another vendor. */
export function readQuote(bytes: Uint8Array): Quote {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_BYTES_TRUNCATED')
      throw malformed(what, 'it is cut off');
    throw error;
  }
}

function parse(bytes: Uint8Array): Quote {
  const reader = new ByteReader(bytes);
  const version = u16(reader);
  const keyType = u16(reader);
  const teeType = reader.u32();
  reader.take(4);
  const vendor = toHex(reader.take(16));
  reader.take(20);
  if (version !== 3 && version !== 4 && version !== 5) throw malformed(what, `its version is ${version}`);
  if (keyType !== 2) throw malformed(what, `its attestation key is of type ${keyType}`);
  if (vendor !== intelVendor) {
    throw refused('COCO_ATTESTATION_QE', `the quoting enclave is not Intel's but that of ${vendor}`, {
      vendor,
    });
  }
  const platform = version === 3 ? 'sgx' : 'tdx';
  if (teeType !== (platform === 'sgx' ? 0 : 0x81)) {
    throw malformed(what, `a quote of version ${version} with TEE type ${teeType} is not supported`);
  }
  const body = reader.take(bodyLength(reader, version));
  const signed = bytes.subarray(0, reader.offset);
  const auth = new ByteReader(reader.sized32());
  if (reader.take(reader.remaining).some((byte) => byte !== 0)) {
    throw malformed(what, 'something other than zeros follows it');
  }
  const signature = auth.take(64);
  const attestationKey = auth.take(64);
  const qePart = version === 3 ? auth : new ByteReader(datum(auth, 6));
  const qe = {
    qeReport: qePart.take(enclaveReportBytes),
    qeReportSignature: qePart.take(64),
    qeData: qePart.take(u16(qePart)),
    pckChain: datum(qePart, 5),
  };
  if (auth.remaining > 0 || qePart.remaining > 0)
    throw malformed(what, 'its signature data have more than they should');
  return { version, platform, signed, body, signature, attestationKey, ...qe };
}

/** Versions 3 and 4 have one kind of body each; version 5 says which it is. */
function bodyLength(reader: ByteReader, version: 3 | 4 | 5): number {
  if (version !== 5) return version === 3 ? enclaveReportBytes : td10Bytes;
  const type = u16(reader);
  const length = reader.u32();
  if (length !== { 2: td10Bytes, 3: td15Bytes }[type]) {
    throw malformed(what, `a body of type ${type} with ${length} bytes is not supported`);
  }
  return length;
}

/** A certification datum, which must be of `type`. */
function datum(reader: ByteReader, type: number): Uint8Array {
  const found = u16(reader);
  if (found !== type) throw malformed(what, `its certification data are of type ${found}, not ${type}`);
  return reader.sized32();
}

function u16(reader: ByteReader): number {
  return reader.u8() + 256 * reader.u8();
}
