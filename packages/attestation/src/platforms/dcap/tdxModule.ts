/**
 * The TDX module that guards a trust domain, compared with the identities of modules in Intel's TCB info. Since TDX 1.5 the second
 * byte of TEE_TCB_SVN is the module's major version, with an identity "TDX_<version>" of its own, and the first its SVN.
 */
import { toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { TdReport } from './body.js';
import { masked } from './qeIdentity.js';
import type { JsonFields } from './signedJson.js';
import { readLevels, type TcbLevelStatus } from './tcbStatus.js';

const identitiesMax = 64;

/**
 * The status of the module, none when its version is 0 (its SVN is then judged with the platform's components). Throws
 * COCO_ATTESTATION_MODULE when it is none that Intel identifies.
 */
export function matchTdxModule(tcbInfo: JsonFields, td: TdReport, what: string): readonly TcbLevelStatus[] {
  const [svn, version] = td.teeTcbSvn as unknown as readonly [number, number];
  const id = `TDX_${toHex(Uint8Array.of(version)).toUpperCase()}`;
  const identity =
    version === 0
      ? tcbInfo.object('tdxModule')
      : tcbInfo
          .objects('tdxModuleIdentities', identitiesMax)
          .find((item) => item.text('id', 16).toUpperCase() === id);
  if (identity === undefined) throw another(`Intel has no identity ${id}`, { id });
  if (td.mrSignerSeam !== identity.hex('mrsigner', 48)) {
    throw another(`its signer is ${td.mrSignerSeam}`, { signer: td.mrSignerSeam });
  }
  if (masked(identity, 'attributesMask', td.seamAttributes) !== identity.hex('attributes', 8)) {
    throw another(`its attributes are ${toHex(td.seamAttributes)}`, { attributes: toHex(td.seamAttributes) });
  }
  if (version === 0) return [];
  const level = readLevels(identity, what).find(({ isvSvn }) => isvSvn <= svn);
  if (level === undefined) throw another(`${id} has no TCB level for its SVN ${svn}`, { id, svn });
  return [level];
}

function another(reason: string, facts: Readonly<Record<string, string | number>>): Error {
  return refused(
    'COCO_ATTESTATION_MODULE',
    `the TDX module is not one that Intel identifies: ${reason}`,
    facts,
  );
}
