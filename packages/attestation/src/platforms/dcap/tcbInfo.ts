/**
 * Intel's TCB info (version 3): which levels of microcode and firmware a family of processors (FMSPC) may have, best first, and what
 * Intel says of each. The first level that a platform reaches in every component is its own.
 */
import { toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { TdReport } from './body.js';
import { type DocumentTimes, readTimes } from './documentTimes.js';
import type { PckExtensions } from './pckExtensions.js';
import { type JsonFields, readJson, unusable } from './signedJson.js';
import { levelStatus, levelsMax, type TcbLevelStatus } from './tcbStatus.js';
import { matchTdxModule } from './tdxModule.js';

export interface TcbInfo extends DocumentTimes {
  /** Of the platform, and of the TDX module where it has one of its own. */
  readonly levels: readonly TcbLevelStatus[];
}

const what = 'the TCB info';

/**
 * Throws COCO_ATTESTATION_COLLATERAL when it cannot be used or is for another family, _EXPIRED, _MODULE, and
 * COCO_ATTESTATION_TCB when the platform reaches no level.
 */
export function matchTcbInfo(
  text: string,
  pck: PckExtensions,
  td: TdReport | undefined,
  atMs: number,
): TcbInfo {
  const fields = readJson(text, what);
  if (fields.text('id', 16) !== (td === undefined ? 'SGX' : 'TDX'))
    throw unusable(what, 'it is for another platform');
  if (fields.number('version', 255) !== 3) throw unusable(what, 'it is not of version 3');
  const times = readTimes(fields, atMs, what);
  if (fields.number('tcbType', 255) !== 0)
    throw unusable(what, 'it compares TCBs in a way that is not supported');
  const [fmspc, pceId] = [fields.hex('fmspc', 6), fields.hex('pceId', 2)];
  if (fmspc !== pck.fmspc || pceId !== pck.pceId) {
    throw unusable(what, `it is for FMSPC ${fmspc} and PCE ${pceId}, not ${pck.fmspc} and ${pck.pceId}`);
  }
  const module = td === undefined ? [] : matchTdxModule(fields, td, what);
  const level = fields.objects('tcbLevels', levelsMax).find((item) => reaches(item.object('tcb'), pck, td));
  if (level === undefined) {
    throw refused(
      'COCO_ATTESTATION_TCB',
      "the platform's firmware is below every TCB level that Intel lists",
      {
        fmspc,
        pceSvn: pck.pceSvn,
        components: pck.components.join('.'),
        ...(td === undefined ? {} : { teeTcbSvn: toHex(td.teeTcbSvn) }),
      },
    );
  }
  return { ...times, levels: [levelStatus(level, what), ...module] };
}

function reaches(tcb: JsonFields, pck: PckExtensions, td: TdReport | undefined): boolean {
  if (pck.pceSvn < tcb.number('pcesvn', 65535)) return false;
  if (!atLeast(pck.components, components(tcb, 'sgxtcbcomponents'), 0)) return false;
  if (td === undefined) return true;
  // Where the module has an identity of its own, that judges its SVN and version, the first two bytes.
  const from = td.teeTcbSvn[1] === 0 ? 0 : 2;
  return atLeast([...td.teeTcbSvn], components(tcb, 'tdxtcbcomponents'), from);
}

function atLeast(found: readonly number[], floors: readonly number[], from: number): boolean {
  return floors.every((floor, index) => index < from || (found[index] as number) >= floor);
}

function components(tcb: JsonFields, name: string): readonly number[] {
  const svns = tcb.objects(name, 16).map((component) => component.number('svn', 65535));
  if (svns.length !== 16) throw unusable(what, `a level has not 16 of ${name}`);
  return svns;
}
