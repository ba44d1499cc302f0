/**
 * Tables as scripts reach them: every call is checked against the access matrix.
 */
import type { Transaction } from '@coco/kv';
import type { HostFunction, ScriptValue } from '@coco/sandbox';
import { bytesArgument, textArgument } from './callArguments.js';
import { accessRefusal, type TableAccess } from './tableAccess.js';
import type { ScriptSituation } from './types.js';

export function tableCalls(
  transaction: Transaction,
  situation: ScriptSituation,
): Readonly<Record<string, HostFunction>> {
  const reached = (name: ScriptValue, access: TableAccess): string => {
    const table = textArgument(name);
    const refusal = accessRefusal(table, access, situation);
    if (refusal !== undefined) throw new Error(refusal);
    return table;
  };
  return {
    tableHas: (name, key) => transaction.has(reached(name, 'read'), bytesArgument(key)),
    /** A list of one, or null. */
    tableGet(name, key) {
      const value = transaction.get(reached(name, 'read'), bytesArgument(key));
      return value === undefined ? null : [value];
    },
    tableKeys: (name) => [...transaction.range(reached(name, 'read'))].map(({ key }) => key),
    tableSet(name, key, value) {
      transaction.put(reached(name, 'write'), bytesArgument(key), bytesArgument(value));
      return undefined;
    },
    tableDelete(name, key) {
      const table = reached(name, 'write');
      const bytes = bytesArgument(key);
      const had = transaction.has(table, bytes);
      transaction.remove(table, bytes);
      return had;
    },
    tableClear(name) {
      transaction.clear(reached(name, 'write'));
      return undefined;
    },
  };
}
