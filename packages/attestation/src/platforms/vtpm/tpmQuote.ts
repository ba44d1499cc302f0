/**
 * What a TPM signs when it quotes PCRs: TPMS_ATTEST (TPM 2.0 Library, part 2, section 10.12). Big-endian:
 *
 *     u32 0xff544347, u16 0x8018 (TPM_ST_ATTEST_QUOTE), TPM2B qualified signer, TPM2B qualifying data,
 *     clock: u64, u32 reset count, u32 restart count, u8 safe; u64 firmware version,
 *     u32 1, u16 0x000b (SHA-256), u8 size, bit map of PCRs (lowest bit of the first byte is PCR 0), TPM2B digest
 */
import { refused } from '../../refused.js';

export interface TpmQuote {
  /** What the caller of TPM2_Quote handed in. */
  readonly qualifyingData: Uint8Array;
  /** Grows whenever the TPM starts afresh, with its machine. */
  readonly resetCount: number;
  /** Indexes, ascending, in the bank of SHA-256. */
  readonly pcrs: readonly number[];
  /** SHA-256 over the values of `pcrs`, in that order. */
  readonly pcrDigest: Uint8Array;
}

/** Throws COCO_ATTESTATION_MALFORMED. */
export function readTpmQuote(bytes: Uint8Array): TpmQuote {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw malformed('it ends early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const unsigned = (size: number): number => take(size).reduce((value, byte) => value * 256 + byte, 0);
  const sized = (): Uint8Array => take(unsigned(2));

  if (unsigned(4) !== generatedValue)
    throw malformed('no TPM made it (its first bytes are not TPM_GENERATED_VALUE)');
  if (unsigned(2) !== quoteType) throw malformed('it attests something else than PCRs');
  sized();
  const qualifyingData = sized();
  take(8);
  const resetCount = unsigned(4);
  take(4 + 1 + 8);
  if (unsigned(4) !== 1 || unsigned(2) !== sha256Bank)
    throw malformed('it is not over the bank of SHA-256 alone');
  const pcrs = indexesIn(take(unsigned(1)));
  const pcrDigest = sized();
  if (at !== bytes.length) throw malformed('bytes are left over');
  return { qualifyingData, resetCount, pcrs, pcrDigest };
}

const generatedValue = 0xff544347;
const quoteType = 0x8018;
const sha256Bank = 0x000b;

function indexesIn(bitMap: Uint8Array): readonly number[] {
  if (bitMap.length > 4) throw malformed('its selection of PCRs is too long');
  return [...bitMap].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (1 << bit)) !== 0).map((bit) => 8 * index + bit),
  );
}

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `the quote of the TPM cannot be read: ${reason}`);
}
