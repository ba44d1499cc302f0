/**
 * Makes a case on which engines differ smaller, as long as they differ: leaves out accounts, instructions, data,
 * storage, lists. What remains is read by people.
 */
import type { CallMessage, EthereumTransaction } from '../../types.js';
import type { FuzzAccount, FuzzAction, FuzzCase } from './fuzzCase.js';
import type { Data, Program } from './program.js';

const ATTEMPTS_MAX = 5_000;
const MINIMISE_MS_MAX = 60_000;

/** The smallest case found within a minute of asking whether the engines still differ. */
export async function minimise(
  fuzzCase: FuzzCase,
  differs: (smaller: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let best = fuzzCase;
  let attempts = 0;
  const until = performance.now() + MINIMISE_MS_MAX;
  const exhausted = () => attempts >= ATTEMPTS_MAX || performance.now() > until;
  const attempt = async (candidate: FuzzCase): Promise<boolean> => {
    if (exhausted()) return false;
    attempts++;
    if (!(await differs(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let progress = true; progress && !exhausted(); ) {
    progress = false;
    for (const { count, without } of lists) {
      for (let size = Math.max(1, count(best) >> 1); size >= 1; size >>= 1) {
        for (let at = count(best) - size; at >= 0; at -= size) {
          if (await attempt(without(best, at, size))) progress = true;
        }
      }
    }
  }
  return best;
}

/** A list somewhere in a case, and the case without some of it. */
interface Shrinkable {
  count(fuzzCase: FuzzCase): number;
  without(fuzzCase: FuzzCase, at: number, size: number): FuzzCase;
}

function cut<T>(list: readonly T[], at: number, size: number): readonly T[] {
  return [...list.slice(0, at), ...list.slice(at + size)];
}

/** All programs of a case in a row, as one list of instructions. */
const lists: readonly Shrinkable[] = [
  {
    count: ({ accounts }) => accounts.length,
    without: (fuzzCase, at, size) => ({ ...fuzzCase, accounts: cut(fuzzCase.accounts, at, size) }),
  },
  {
    count: (fuzzCase) => programsOf(fuzzCase).reduce((sum, { instructions }) => sum + instructions.length, 0),
    without(fuzzCase, at, size) {
      let passed = 0;
      return mapPrograms(fuzzCase, (program) => {
        const instructions = program.instructions.filter(
          (_, i) => passed + i < at || passed + i >= at + size,
        );
        passed += program.instructions.length;
        return { ...program, instructions };
      });
    },
  },
  {
    count: (fuzzCase) => programsOf(fuzzCase).reduce((sum, { data }) => sum + data.length, 0),
    without(fuzzCase, at, size) {
      let passed = 0;
      return mapPrograms(fuzzCase, (program) => {
        const from = passed;
        passed += program.data.length;
        // Their places stay, so that what pushes other data still means it.
        return {
          ...program,
          data: program.data.map((data, i) => (inside(from + i, at, size) ? EMPTY : data)),
        };
      });
    },
  },
  {
    count: ({ accounts }) => accounts.reduce((sum, { storage }) => sum + storage.length, 0),
    without(fuzzCase, at, size) {
      let passed = 0;
      const accounts = fuzzCase.accounts.map((account): FuzzAccount => {
        const from = passed;
        passed += account.storage.length;
        return { ...account, storage: account.storage.filter((_, i) => !inside(from + i, at, size)) };
      });
      return { ...fuzzCase, accounts };
    },
  },
  listOf('accessList'),
  listOf('authorizationList'),
  {
    count: ({ action }) => fieldsOf(action).data.length,
    without: (fuzzCase, at, size) =>
      withFields(fuzzCase, {
        data: Uint8Array.from(cut([...fieldsOf(fuzzCase.action).data], at, size)),
      }),
  },
];

const EMPTY = new Uint8Array(0);

function inside(index: number, at: number, size: number): boolean {
  return index >= at && index < at + size;
}

type Fields = EthereumTransaction | CallMessage;

function fieldsOf(action: FuzzAction): Fields {
  return action.kind === 'call' ? action.message : action.item.transaction;
}

function withFields(fuzzCase: FuzzCase, fields: Partial<Fields>): FuzzCase {
  const { action } = fuzzCase;
  if (action.kind === 'call') {
    return { ...fuzzCase, action: { ...action, message: { ...action.message, ...fields } as CallMessage } };
  }
  const transaction = { ...action.item.transaction, ...fields } as EthereumTransaction;
  return { ...fuzzCase, action: { ...action, item: { ...action.item, transaction } } };
}

function listOf(name: 'accessList' | 'authorizationList'): Shrinkable {
  const list = (fuzzCase: FuzzCase) =>
    (fieldsOf(fuzzCase.action) as { readonly [key in typeof name]?: readonly unknown[] })[name] ?? [];
  return {
    count: (fuzzCase) => list(fuzzCase).length,
    without: (fuzzCase, at, size) =>
      withFields(fuzzCase, { [name]: cut(list(fuzzCase), at, size) } as Partial<Fields>),
  };
}

/** The programs of a case with those inside them, always in the same order. */
function programsOf(fuzzCase: FuzzCase): readonly Program[] {
  const all: Program[] = [];
  mapPrograms(fuzzCase, (program) => {
    all.push(program);
    return program;
  });
  return all;
}

function mapPrograms(fuzzCase: FuzzCase, change: (program: Program) => Program): FuzzCase {
  const mapData = (data: Data): Data => (data instanceof Uint8Array ? data : mapProgram(data));
  const mapProgram = (program: Program): Program => {
    const { instructions, data } = change({ instructions: program.instructions, data: program.data });
    return { instructions, data: data.map(mapData) };
  };
  const accounts = fuzzCase.accounts.map((account): FuzzAccount => {
    return account.code === undefined ? account : { ...account, code: mapData(account.code) };
  });
  const { action } = fuzzCase;
  const initcode = action.initcode === undefined ? {} : { initcode: mapProgram(action.initcode) };
  return { ...fuzzCase, accounts, action: { ...action, ...initcode } };
}
