/**
 * What Intel says of a TCB level. A status is a set of complaints; several are merged by uniting them, which gives what Intel's
 * own verifier gives: what is out of date needs no word on hardening, and what is revoked needs no other.
 */
import { type JsonFields, unusable } from './signedJson.js';

export interface TcbLevelStatus {
  readonly status: string;
  /** Ids of advisories. */
  readonly advisories: readonly string[];
}

/** Intel lists fewer than 30. */
export const levelsMax = 128;

const advisoriesMax = 128;

const revoked = 8;
const outOfDate = 4;
const configuration = 2;
const hardening = 1;

const complaints: Readonly<Record<string, number>> = {
  UpToDate: 0,
  SWHardeningNeeded: hardening,
  ConfigurationNeeded: configuration,
  ConfigurationAndSWHardeningNeeded: configuration | hardening,
  OutOfDate: outOfDate,
  OutOfDateConfigurationNeeded: outOfDate | configuration,
  Revoked: revoked,
};

/** The worst of all `levels`, with all their advisories, ascending. */
export function mergeStatuses(levels: readonly TcbLevelStatus[]): TcbLevelStatus {
  const united = levels.reduce((all, { status }) => all | (complaints[status] ?? revoked), 0);
  const kept = united >= revoked ? revoked : united >= outOfDate ? united & ~hardening : united;
  const status = Object.keys(complaints).find((name) => complaints[name] === kept) as string;
  return { status, advisories: [...new Set(levels.flatMap(({ advisories }) => advisories))].sort() };
}

/** The status and advisories of one TCB level. */
export function levelStatus(level: JsonFields, what: string): TcbLevelStatus {
  const status = level.text('tcbStatus', 64);
  if (!Object.hasOwn(complaints, status)) throw unusable(what, 'a TCB status in it is not known');
  return { status, advisories: level.texts('advisoryIDs', advisoriesMax, 64) };
}

/** The levels of an enclave or a module, in the order that Intel lists them: the highest SVN first. */
export function readLevels(
  fields: JsonFields,
  what: string,
): readonly (TcbLevelStatus & { readonly isvSvn: number })[] {
  return fields.objects('tcbLevels', levelsMax).map((level) => ({
    ...levelStatus(level, what),
    isvSvn: level.object('tcb').number('isvsvn', 65535),
  }));
}
