/**
 * What hardware said, on one screen.
 */
import { codeId, type PlatformClaims } from '@coco/attestation';
import { toHex } from '@coco/primitives';
import { fields, yellow } from '../terminal.js';

export function platformClaimsText(claims: PlatformClaims): string {
  const { tcb, uvm } = claims;
  const rows: (readonly [string, string])[] = [
    ['platform', `${claims.platform}, format version ${claims.version}`],
    ['signed by', claims.signer + (claims.cspId === undefined ? '' : ` of ${claims.cspId}`)],
    ...(claims.root === undefined ? [] : [['root', claims.root] as const]),
    ...(tcb.family === undefined ? [] : [['processor', tcb.family] as const]),
    [
      'firmware',
      Object.entries(tcb.parts)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
  ];
  if (claims.tcbStatus !== undefined) {
    rows.push(['TCB status', claims.tcbStatus === 'UpToDate' ? claims.tcbStatus : yellow(claims.tcbStatus)]);
    rows.push(['advisories', claims.advisories.length === 0 ? 'none' : claims.advisories.join(', ')]);
  }
  if (claims.vmpl !== undefined) rows.push(['VMPL', String(claims.vmpl)]);
  if (claims.migratable) rows.push(['migration', yellow('an agent may move the guest')]);
  if (claims.machineId !== undefined) rows.push(['machine', claims.machineId]);
  if (uvm !== undefined) rows.push(['utility VM', `${uvm.feed}, security version ${uvm.svn}, by ${uvm.did}`]);
  for (const [name, value] of Object.entries(claims.registers)) rows.push([name, value]);
  rows.push(['code id', codeId(claims.platform, claims.registers)]);
  rows.push(['report data', toHex(claims.reportData)]);
  if (Number.isFinite(claims.validUntilMs)) {
    rows.push(['valid until', new Date(claims.validUntilMs).toISOString()]);
  }
  return fields(rows.map(([name, value]) => [`  ${name}`, value] as const));
}
