/**
 * What can be seen of an execution, as texts by name: two engines agree when all texts are the same. State is seen as
 * it is afterwards, where it differs from before; writes that change nothing are nobody's business.
 */
import { toHex } from '@coco/primitives';
import { keccak256 } from '../../codec/keccak.js';
import type { CallOutcome, EvmEngine, Execution, StateChanges, TransactionOutcome } from '../../types.js';
import { accountCode, assembledAction, contextOf, type FuzzAccount, type FuzzCase } from './fuzzCase.js';

/** Named texts. */
export type Observation = Readonly<Record<string, string>>;

/** Executes a case and tells what is seen; what is thrown is seen too. */
export async function observe(engine: EvmEngine, fuzzCase: FuzzCase): Promise<Observation> {
  const action = assembledAction(fuzzCase.action);
  const context = contextOf(fuzzCase);
  try {
    const outcome =
      action.kind === 'call'
        ? await engine.call(action.message, context)
        : await engine.execute(action.item, context);
    return describe(outcome, fuzzCase.accounts);
  } catch (error) {
    return { outcome: `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

/** Names of what two observations differ in. */
export function differences(a: Observation, b: Observation): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]);
}

function describe(outcome: TransactionOutcome | CallOutcome, accounts: readonly FuzzAccount[]): Observation {
  if (outcome.outcome === 'refused') return { outcome: `refused ${plain(outcome.refusal)}` };
  const { execution, changes } = outcome;
  return {
    outcome: 'executed',
    ...describeExecution(execution),
    ...('effectiveGasPrice' in outcome ? { price: `${outcome.effectiveGasPrice}` } : {}),
    state: describeChanges(changes, accounts),
  };
}

function describeExecution(execution: Execution): Observation {
  const { status, gasUsed, logs, output, error, createdAddress } = execution;
  return {
    status: error === 'revert' ? 'reverted' : `${status}`,
    gasUsed: `${gasUsed}`,
    logs: plain(logs),
    output: toHex(output),
    created: createdAddress === undefined ? 'none' : toHex(createdAddress),
  };
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (part instanceof Uint8Array) return toHex(part);
    return typeof part === 'bigint' ? `${part}` : part;
  });
}

/** One line for each account and slot that is not as it was. */
function describeChanges(changes: StateChanges, accounts: readonly FuzzAccount[]): string {
  const before = new Map<string, string>();
  const codes = new Set<string>();
  for (const account of accounts) {
    const key = toHex(account.address);
    const code = accountCode(account);
    if (code.length > 0) codes.add(toHex(keccak256(code)));
    before.set(
      key,
      accountText(account.nonce, account.balance, code.length > 0 ? keccak256(code) : undefined),
    );
    for (const [slot, value] of account.storage) before.set(`${key} ${toHex(slot)}`, shortHex(value));
  }
  const after = new Map(before);
  for (const { codeHash, code } of changes.code) {
    codes.add(toHex(keccak256(code)) === toHex(codeHash) ? toHex(codeHash) : 'a hash that is wrong');
  }
  for (const address of changes.clearedStorage) {
    for (const key of [...after.keys()]) if (key.startsWith(`${toHex(address)} `)) after.delete(key);
  }
  for (const { address, account } of changes.accounts) {
    if (account === undefined) after.delete(toHex(address));
    else after.set(toHex(address), accountText(account.nonce, account.balance, account.codeHash));
    if (account?.codeHash !== undefined && !codes.has(toHex(account.codeHash))) {
      after.set(`${toHex(address)} code`, 'is not there');
    }
  }
  for (const { address, slot, value } of changes.storage) {
    const key = `${toHex(address)} ${toHex(slot)}`;
    const text = shortHex(value);
    if (text === '') after.delete(key);
    else after.set(key, text);
  }
  const lines: string[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(key) !== after.get(key)) lines.push(`${key}: ${after.get(key) ?? 'gone'}`);
  }
  return lines.sort().join('\n');
}

function accountText(nonce: bigint, balance: bigint, codeHash: Uint8Array | undefined): string {
  return `nonce ${nonce}, balance ${balance}, code ${codeHash === undefined ? 'none' : toHex(codeHash)}`;
}

function shortHex(value: Uint8Array): string {
  return toHex(value).replace(/^(00)+/, '');
}
