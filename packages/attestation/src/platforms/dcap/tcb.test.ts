/**
 * What Intel says of quoting enclaves, TDX modules and levels of firmware, and what it comes to.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DcapCollateralOptions, DcapQuoteOverrides } from '../../testing/dcapAuthority.js';
import { syntheticDcapAtMs } from '../../testing/dcapAuthority.js';
import { type DcapBend, intel, judge, machines, refuses, withFields } from '../../testing/dcapBench.js';

const levelsOf = (document: Record<string, unknown>) => document['tcbLevels'] as Record<string, unknown>[];

test('DCAP: the quoting enclave must be one that Intel identifies', () => {
  for (const machine of [machines.sgx, machines.tdx4, machines.tdx5]) {
    for (const [field, value] of [
      ['mrsigner', '00'.repeat(32)],
      ['isv_prod_id', '0003'],
      ['misc_select', '01000000'],
      ['attributes', '1700000000000000e700000000000000'],
      ['attributes', '1100000000000001e700000000000000'],
      ['isv_svn', '0004'],
    ] as const) {
      refuses('QE', { machine, quote: { qe: { [field]: value } } });
    }
    // What the masks leave out is not compared: bit 2 of the flags, and XFRM.
    const attributes = '1100000000000000ff00000000000000';
    assert.equal(judge({ machine, quote: { qe: { attributes } } }).tcbStatus, 'UpToDate');
    const old = judge({ machine, quote: { qe: { isv_svn: '0006' } } });
    assert.equal(old.tcbStatus, 'OutOfDate');
    assert.deepEqual(old.advisories, ['INTEL-SA-00002']);
  }
});

test('TDX: the module must be one that Intel identifies, at a level that it lists', () => {
  for (const machine of [machines.tdx4, machines.tdx5]) {
    const module = (body: Record<string, string>): DcapBend => ({ machine, quote: { body } });
    refuses('MODULE', module({ mr_signer_seam: `01${'00'.repeat(47)}` }));
    refuses('MODULE', module({ seam_attributes: '0100000000000000' }));
    refuses('MODULE', module({ tee_tcb_svn: `0502${'03'.padEnd(28, '0')}` }), /TDX_02/);
    refuses('MODULE', module({ tee_tcb_svn: `0201${'03'.padEnd(28, '0')}` }), /SVN 2/);
    const old = judge(module({ tee_tcb_svn: `0401${'03'.padEnd(28, '0')}` }));
    assert.equal(old.tcbStatus, 'OutOfDate');
    assert.deepEqual(old.advisories, ['INTEL-SA-00003']);
    // Version 0 is judged with the platform's components.
    assert.equal(judge(module({ tee_tcb_svn: `0500${'03'.padEnd(28, '0')}` })).tcbStatus, 'UpToDate');
    assert.equal(judge(module({ tee_tcb_svn: `0400${'03'.padEnd(28, '0')}` })).tcbStatus, 'OutOfDate');
    refuses('MODULE', {
      ...module({ mr_signer_seam: 'ff'.repeat(48), tee_tcb_svn: `0500${'03'.padEnd(28, '0')}` }),
    });
    refuses('TCB', module({ tee_tcb_svn: `0501${'00'.padEnd(28, '0')}` }));
  }
});

test('DCAP: the first level that is reached in every component counts, and none is a refusal', () => {
  const components = [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
  const raised = (at: number) => (document: Record<string, unknown>) => {
    const [first, ...rest] = levelsOf(document);
    const tcb = first?.['tcb'] as { sgxtcbcomponents: { svn: number }[] };
    const svns = tcb.sgxtcbcomponents.map(({ svn }, index) => ({ svn: index === at ? svn + 1 : svn }));
    return { ...document, tcbLevels: [{ ...first, tcb: { ...tcb, sgxtcbcomponents: svns } }, ...rest] };
  };
  for (const machine of [machines.sgx, machines.tdx5]) {
    for (let at = 0; at < 16; at++) {
      const below = judge({ machine, collateral: { tcbInfo: raised(at) } });
      assert.equal(below.tcbStatus, 'OutOfDate', `component ${at}`);
      assert.deepEqual(below.advisories, ['INTEL-SA-00001']);
    }
    const only = (document: Record<string, unknown>) => {
      const bent = raised(0)(document);
      return { ...bent, tcbLevels: bent.tcbLevels.slice(0, 1) };
    };
    refuses('TCB', { machine, collateral: { tcbInfo: only } });
    refuses('TCB', { machine, collateral: { tcbInfo: withFields({ tcbLevels: [] }) } });
  }
  const older = intel.machine({ components, pceSvn: 5 });
  const newer = intel.machine({ components: components.map((svn) => svn + 1), pceSvn: 14 });
  const level13 = machines.tdx5.collateral();
  const fields = JSON.parse(Buffer.from(level13).toString()) as Record<string, string>;
  const { tcb_info = '', tcb_info_signature = '' } = fields;
  assert.equal(
    judge({ machine: older, collateral: { fields: { tcb_info, tcb_info_signature } } }).tcbStatus,
    'OutOfDate',
  );
  assert.equal(
    judge({ machine: newer, collateral: { fields: { tcb_info, tcb_info_signature } } }).tcbStatus,
    'UpToDate',
  );
});

test('DCAP: statuses are merged to the worst, as by the verifier of Intel; Revoked is refused', () => {
  const oldQe: DcapQuoteOverrides = { qe: { isv_svn: '0006' } };
  for (const [status, merged] of [
    ['UpToDate', 'OutOfDate'],
    ['SWHardeningNeeded', 'OutOfDate'],
    ['ConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['ConfigurationAndSWHardeningNeeded', 'OutOfDateConfigurationNeeded'],
    ['OutOfDate', 'OutOfDate'],
    ['OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
  ] as const) {
    const collateral = { status, advisories: ['INTEL-SA-00009', 'INTEL-SA-00002'] };
    const alone = judge({ collateral });
    assert.equal(alone.tcbStatus, status);
    assert.deepEqual(alone.advisories, ['INTEL-SA-00002', 'INTEL-SA-00009']);
    const both = judge({ collateral, quote: oldQe });
    assert.equal(both.tcbStatus, merged);
    assert.deepEqual(both.advisories, ['INTEL-SA-00002', 'INTEL-SA-00009']);
  }
  refuses('TCB', { collateral: { status: 'Revoked' } }, /revoked/);
  const revokedQe = withFields({ tcbLevels: [{ tcb: { isvsvn: 1 }, tcbStatus: 'Revoked' }] });
  refuses('TCB', { collateral: { qeIdentity: revokedQe } }, /revoked/);
  refuses('COLLATERAL', { collateral: { status: 'Fine' } });
  refuses('COLLATERAL', { collateral: { status: 'toString' } });
});

test('DCAP: signed documents must be for this platform, of the known version, in date and well formed', () => {
  const bends: readonly (readonly [string, object])[] = [
    ['COLLATERAL', { id: 'QE' }],
    ['COLLATERAL', { id: undefined }],
    ['COLLATERAL', { version: 1 }],
    ['COLLATERAL', { version: '3' }],
    ['COLLATERAL', { tcbEvaluationDataNumber: -1 }],
    ['COLLATERAL', { tcbEvaluationDataNumber: 1.5 }],
    ['COLLATERAL', { issueDate: '2026-01-01' }],
    ['COLLATERAL', { issueDate: '2026-02-30T00:00:00Z' }],
    ['COLLATERAL', { nextUpdate: null }],
    ['COLLATERAL', { tcbLevels: {} }],
    ['COLLATERAL', { tcbLevels: [7] }],
    ['COLLATERAL', { tcbLevels: Array.from({ length: 129 }, () => ({})) }],
    ['EXPIRED', { nextUpdate: '2026-01-01T00:00:00Z' }],
    ['EXPIRED', { issueDate: '2026-01-01T00:00:01Z' }],
  ];
  for (const [code, fields] of bends) {
    refuses(code, { collateral: { tcbInfo: withFields(fields) } });
    refuses(code, { collateral: { qeIdentity: withFields(fields) } });
  }
  for (const fields of [
    { fmspc: '90C06F000001' },
    { pceId: '0001' },
    { tcbType: 1 },
    { fmspc: '90c06f0000' },
    { tdxModule: undefined, tdxModuleIdentities: undefined },
  ]) {
    refuses('COLLATERAL', { collateral: { tcbInfo: withFields(fields) } });
  }
  for (const fields of [{ mrsigner: 'zz'.repeat(32) }, { attributesMask: 'FF' }, { isvprodid: 65536 }]) {
    refuses('COLLATERAL', { collateral: { qeIdentity: withFields(fields) } });
  }
  const number = (bend: DcapCollateralOptions) => judge({ collateral: bend }).tcbEvaluationNumber;
  assert.equal(number({ tcbEvaluationNumber: 20 }), 20);
  assert.equal(number({ qeIdentity: withFields({ tcbEvaluationDataNumber: 17 }) }), 17);
});

test('DCAP: the oldest of TCB info, QE identity and PCK CRL tells the age of the collateral', () => {
  const issued = (bend: DcapCollateralOptions) => judge({ collateral: bend }).collateralIssuedMs;
  const issueDate = '2025-12-30T00:00:00Z';
  assert.equal(issued({ tcbInfo: withFields({ issueDate }) }), Date.parse(issueDate));
  assert.equal(issued({ qeIdentity: withFields({ issueDate }) }), Date.parse(issueDate));
  assert.equal(issued({ pckCrl: { thisUpdateMs: Date.parse(issueDate) } }), Date.parse(issueDate));
  assert.equal(issued({ rootCrl: { thisUpdateMs: Date.parse(issueDate) } }), syntheticDcapAtMs);
});
