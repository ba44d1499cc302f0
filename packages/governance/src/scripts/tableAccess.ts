/**
 * Which tables a script of governance reaches (CCF's access matrix, formats of CCF, 1.3): enforced here, on the host's side,
 * whatever happens inside the interpreter.
 *
 *                                           ballot, validate, resolve    apply
 *     public:ccf.internal.*                 read                         read
 *     public:ccf.gov.*, public:coco.*       read                         read and write
 *     those of them that are the nodes'     read                         read
 *       alone (`nodesTables`)
 *     ccf.internal.*, ccf.gov.*, coco.*     –                            –
 *     other names with ccf. at the front    –                            –
 *     tables of applications                –                            –
 *
 * CCF lets `apply` write public tables of applications since 6.0.8; here a worker has those, and scripts do not reach them.
 */
import { nodesTables } from '../tables.js';
import type { ScriptSituation } from './types.js';

export type TableAccess = 'read' | 'write';

/** Why `table` cannot be reached for `access`; undefined when it can. Names are case-sensitive. */
export function accessRefusal(
  table: string,
  access: TableAccess,
  situation: ScriptSituation,
): string | undefined {
  const isPublic = table.startsWith('public:');
  const name = isPublic ? table.slice('public:'.length) : table;
  const internal = name.startsWith('ccf.internal.');
  const governance = name.startsWith('ccf.gov.') || name.startsWith('coco.');
  if (!internal && !governance) {
    return name.startsWith('ccf.')
      ? `there is no table ${table}: names that begin with ccf. are reserved`
      : `the table ${table} belongs to an application: scripts of governance do not reach it`;
  }
  if (!isPublic) return `the table ${table} is private: scripts of governance do not reach it`;
  if (access === 'read') return undefined;
  if (internal || nodesTables.has(table)) {
    return `the table ${table} is written by the nodes alone: scripts can only read it`;
  }
  return situation === 'apply'
    ? undefined
    : `the table ${table} cannot be written in ${situation}: only apply can`;
}
