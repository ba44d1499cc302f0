/**
 * The documents that a synthetic Intel signs: what it says of levels of firmware, of TDX modules, of quoting enclaves.
 */

export interface SyntheticDocuments {
  readonly platform: 'tdx' | 'sgx';
  readonly fmspc: string;
  readonly pceId: string;
  readonly components: readonly number[];
  readonly pceSvn: number;
  readonly issuedMs: number;
  readonly nextUpdateMs: number;
  readonly tcbEvaluationNumber: number;
  /** Of the platform's own level. */
  readonly status: string;
  readonly advisories: readonly string[];
}

/** As the TDX module reports it: SVN 5 of version 1, then the SVNs of other components. */
export const teeTcbSvn = '05010300000000000000000000000000';

/** What the quoting enclave's report says, see dcapQuote.ts. */
export function quotingEnclave(platform: 'tdx' | 'sgx'): Readonly<Record<string, string>> {
  return {
    mrsigner: 'a5'.repeat(32),
    isv_prod_id: platform === 'sgx' ? '0001' : '0002',
    isv_svn: '0008',
    attributes: '1500000000000000e700000000000000',
  };
}

/** The TCB info: the platform's own level, one that is out of date, and modules "TDX_01" (SVN 5 and 3) and "TDX_03". */
export function tcbInfo(from: SyntheticDocuments): Record<string, unknown> {
  const { platform, components, pceSvn, status, advisories } = from;
  const level = (svns: readonly number[], pcesvn: number, tdx: readonly number[]) => ({
    sgxtcbcomponents: svns.map((svn) => ({ svn })),
    pcesvn,
    ...(platform === 'tdx' ? { tdxtcbcomponents: padded(tdx).map((svn) => ({ svn })) } : {}),
  });
  const none = components.map(() => 0);
  return {
    id: platform.toUpperCase(),
    version: 3,
    ...times(from),
    fmspc: from.fmspc.toUpperCase(),
    pceId: from.pceId,
    tcbType: 0,
    tcbEvaluationDataNumber: from.tcbEvaluationNumber,
    ...(platform === 'tdx' ? modules() : {}),
    tcbLevels: [
      {
        tcb: level(components, pceSvn, [5, 0, 3]),
        tcbDate: '2025-01-01T00:00:00Z',
        tcbStatus: status,
        ...(advisories.length === 0 ? {} : { advisoryIDs: advisories }),
      },
      {
        tcb: level(none, 0, [3, 0, 1]),
        tcbDate: '2018-01-04T00:00:00Z',
        tcbStatus: 'OutOfDate',
        advisoryIDs: ['INTEL-SA-00001'],
      },
    ],
  };
}

/** The identity of the quoting enclave: SVN 8 is current, 5 is out of date. */
export function qeIdentity(from: SyntheticDocuments): Record<string, unknown> {
  const qe = quotingEnclave(from.platform);
  return {
    id: from.platform === 'sgx' ? 'QE' : 'TD_QE',
    version: 2,
    ...times(from),
    tcbEvaluationDataNumber: from.tcbEvaluationNumber,
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: '11000000000000000000000000000000',
    attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
    mrsigner: qe['mrsigner']?.toUpperCase(),
    isvprodid: Number(qe['isv_prod_id']),
    tcbLevels: [isvLevel(8, 'UpToDate'), isvLevel(5, 'OutOfDate', ['INTEL-SA-00002'])],
  };
}

function modules(): Record<string, unknown> {
  const module = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };
  const old = isvLevel(3, 'OutOfDate', ['INTEL-SA-00003']);
  return {
    tdxModule: module,
    tdxModuleIdentities: [
      { id: 'TDX_03', ...module, tcbLevels: [isvLevel(3, 'UpToDate')] },
      { id: 'TDX_01', ...module, tcbLevels: [isvLevel(5, 'UpToDate'), old] },
    ],
  };
}

function isvLevel(isvsvn: number, tcbStatus: string, advisoryIDs: readonly string[] = []) {
  return {
    tcb: { isvsvn },
    tcbDate: '2025-01-01T00:00:00Z',
    tcbStatus,
    ...(advisoryIDs.length === 0 ? {} : { advisoryIDs }),
  };
}

function times({ issuedMs, nextUpdateMs }: SyntheticDocuments): Record<string, string> {
  const text = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  return { issueDate: text(issuedMs), nextUpdate: text(nextUpdateMs) };
}

function padded(svns: readonly number[]): readonly number[] {
  return Array.from({ length: 16 }, (_, index) => svns[index] ?? 0);
}
