/**
 * What quotes say: the report of an SGX enclave (also the quoting enclave's), and the report of a trust domain (TDX).
 *
 *     SGX, 384 bytes: CPUSVN(16) MISCSELECT(4) 12 ISVEXTPRODID(16) ATTRIBUTES(16) MRENCLAVE(32) 32 MRSIGNER(32) 32
 *                     CONFIGID(64) ISVPRODID u16 ISVSVN u16 CONFIGSVN u16 42 ISVFAMILYID(16) REPORTDATA(64)
 *     TDX, 584 bytes: TEE_TCB_SVN(16) MRSEAM(48) MRSIGNERSEAM(48) SEAMATTRIBUTES(8) TDATTRIBUTES(8) XFAM(8) MRTD(48)
 *                     MRCONFIGID(48) MROWNER(48) MROWNERCONFIG(48) RTMR0..3(4 * 48) REPORTDATA(64)
 *     TDX 1.5, 648:   the same, then TEE_TCB_SVN2(16) MRSERVICETD(48)
 */
import { toHex } from '@coco/primitives';

export interface EnclaveReport {
  readonly cpuSvn: string;
  readonly miscSelect: string;
  /** Flags (8 bytes) and XFRM. */
  readonly attributes: Uint8Array;
  readonly mrSigner: string;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly reportData: Uint8Array;
  /** By name; numbers are written with the highest byte first. */
  readonly registers: Readonly<Record<string, string>>;
}

export interface TdReport {
  readonly teeTcbSvn: Uint8Array;
  readonly mrSignerSeam: string;
  readonly seamAttributes: Uint8Array;
  /** 8 bytes. */
  readonly attributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly reportData: Uint8Array;
  /** TDX 1.5: of the service domain that may act for it, for example to move it. All zero: none. */
  readonly mrServiceTd?: string;
  readonly registers: Readonly<Record<string, string>>;
}

/** `bytes` has 384 bytes. */
export function readEnclaveReport(bytes: Uint8Array): EnclaveReport {
  const hex = (at: number, length: number): string => toHex(bytes.subarray(at, at + length));
  const number = (at: number): number => (bytes[at] as number) + 256 * (bytes[at + 1] as number);
  const numberHex = (at: number): string => number(at).toString(16).padStart(4, '0');
  const mrSigner = hex(128, 32);
  return {
    cpuSvn: hex(0, 16),
    miscSelect: hex(16, 4),
    attributes: bytes.subarray(48, 64),
    mrSigner,
    isvProdId: number(256),
    isvSvn: number(258),
    reportData: bytes.subarray(320, 384),
    registers: {
      mrenclave: hex(64, 32),
      mrsigner: mrSigner,
      isv_prod_id: numberHex(256),
      isv_svn: numberHex(258),
      config_id: hex(192, 64),
      config_svn: numberHex(260),
      isv_ext_prod_id: hex(32, 16),
      isv_family_id: hex(304, 16),
      misc_select: hex(16, 4),
    },
  };
}

/** `bytes` has 584 or 648 bytes. */
export function readTdReport(bytes: Uint8Array): TdReport {
  const hex = (at: number, length = 48): string => toHex(bytes.subarray(at, at + length));
  const mrServiceTd = bytes.length > 584 ? hex(600) : undefined;
  const service = mrServiceTd === undefined ? {} : { mr_service_td: mrServiceTd };
  return {
    teeTcbSvn: bytes.subarray(0, 16),
    mrSignerSeam: hex(64),
    seamAttributes: bytes.subarray(112, 120),
    attributes: bytes.subarray(120, 128),
    xfam: bytes.subarray(128, 136),
    reportData: bytes.subarray(520, 584),
    ...(mrServiceTd === undefined ? {} : { mrServiceTd }),
    registers: {
      mrtd: hex(136),
      rtmr0: hex(328),
      rtmr1: hex(376),
      rtmr2: hex(424),
      rtmr3: hex(472),
      mr_config_id: hex(184),
      mr_owner: hex(232),
      mr_owner_config: hex(280),
      mr_seam: hex(16),
      mr_signer_seam: hex(64),
      ...service,
    },
  };
}
