/**
 * The smallest protocol that shows every part of the contract: named counters. It is what tests of the worker run,
 * and a model to begin a new adapter from.
 *
 * POST /counter/add with `{"name": "apples", "by": 2}` answers `{"name", "value", "txId"}` once committed, or at once
 * with `prefer: respond-async`. GET /counter/value?name=apples answers `{"name", "value"}`. A counter stays
 * between 0 and 1,000,000. Values are private, the number of additions is public.
 */
import type { Reader, Transaction } from '@coco/kv';
import { CocoError, formatTxId, fromUtf8, utf8 } from '@coco/primitives';
import type {
  Adapter,
  AdapterRequest,
  AdapterResponse,
  AdapterServices,
  BatchLimits,
  Handled,
} from '../types.js';

/** Adds `by`, which may be negative, to the counter `name`. */
export interface CounterItem {
  readonly name: string;
  readonly by: number;
}

/** The new value, or undefined when the counter would have left its range. */
export interface CounterResult {
  readonly value: number | undefined;
}

export type CounterAdapter = Adapter<CounterItem, CounterResult>;

export const counterTables = { values: 'counter.values', additions: 'public:counter.additions' } as const;

const valueMax = 1_000_000;
const nameLengthMax = 64;
const bodyBytesMax = 1024;

/** A new counter adapter. Its genesis is `{"<name>": <value>, …}` or nothing. */
export function createCounterAdapter(): CounterAdapter {
  let services: AdapterServices<CounterItem, CounterResult> | undefined;
  return {
    name: 'counter',
    routes: [
      { method: 'POST', path: '/counter/add' },
      { method: 'GET', path: '/counter/value' },
    ],
    tablePrefixes: ['counter.', 'public:counter.'],
    async genesis(transaction, genesis = {}) {
      for (const [name, value] of Object.entries(parseGenesis(genesis))) writeValue(transaction, name, value);
    },
    start(given) {
      services = given;
    },
    async handle(request) {
      if (services === undefined) throw new Error('requests come after start');
      if (request.method === 'GET') return answer(200, readQuery(services, request.query));
      return add(services, request);
    },
    async execute(transaction, items, _context, limits) {
      return { results: executeItems(transaction, items, limits) };
    },
    rolledBack() {},
    committed() {},
  };
}

async function add(
  services: AdapterServices<CounterItem, CounterResult>,
  request: AdapterRequest,
): Promise<Handled> {
  const item = parseItem(request.body);
  if (item === undefined) return answer(400, { error: 'the body is not {"name": text, "by": integer}' });
  if (!services.isPrimary) return { kind: 'forward' };
  try {
    const { result, txId, final } = await services.submit(item);
    if (result.value === undefined)
      return answer(409, { error: `a counter stays between 0 and ${valueMax}` });
    const { prefer } = request.headers;
    if (prefer !== 'respond-async' && (await final) !== 'Committed') {
      return answer(503, { error: 'the addition was lost with its primary; send it again' });
    }
    const { response } = answer(200, { name: item.name, value: result.value, txId: formatTxId(txId) });
    return { kind: 'response', response: { ...response, txId } };
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return error.code === 'COCO_WORKER_NOT_PRIMARY'
      ? { kind: 'forward' }
      : answer(503, { error: error.code });
  }
}

function executeItems(
  transaction: Transaction,
  items: readonly CounterItem[],
  limits: BatchLimits,
): CounterResult[] {
  const results: CounterResult[] = [];
  for (const { name, by } of items.slice(0, limits.itemsMax)) {
    const savepoint = transaction.savepoint();
    const additions = readNumber(transaction, counterTables.additions, '');
    writeNumber(transaction, counterTables.additions, '', additions + 1);
    const value = readNumber(transaction, counterTables.values, name) + by;
    if (value >= 0 && value <= valueMax) {
      writeValue(transaction, name, value);
      results.push({ value });
    } else {
      transaction.rollbackTo(savepoint);
      results.push({ value: undefined });
    }
  }
  return results;
}

function readQuery(services: AdapterServices<CounterItem, CounterResult>, query: string): unknown {
  const name = /^name=([a-z]{1,64})$/.exec(query)?.[1] ?? '';
  return { name, value: readNumber(services.committed(), counterTables.values, name) };
}

function parseItem(body: Uint8Array): CounterItem | undefined {
  const parsed = body.length > bodyBytesMax ? undefined : parseJson(body);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { name, by } = parsed as Record<string, unknown>;
  const good = typeof name === 'string' && name.length > 0 && name.length <= nameLengthMax;
  return good && typeof by === 'number' && Number.isSafeInteger(by) ? { name, by } : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body) ?? '');
  } catch {
    return undefined;
  }
}

function parseGenesis(genesis: unknown): Readonly<Record<string, number>> {
  const good =
    typeof genesis === 'object' && genesis !== null && Object.values(genesis).every(Number.isSafeInteger);
  if (!good)
    throw new CocoError('COCO_ADAPTER_GENESIS', 'the genesis of counters is not an object of integers');
  return genesis as Record<string, number>;
}

function writeValue(transaction: Transaction, name: string, value: number): void {
  writeNumber(transaction, counterTables.values, name, value);
}

function readNumber(reader: Reader, table: string, name: string): number {
  const value = reader.get(table, utf8(name));
  return value === undefined ? 0 : Number(fromUtf8(value));
}

function writeNumber(transaction: Transaction, table: string, name: string, value: number): void {
  transaction.put(table, utf8(name), utf8(String(value)));
}

function answer(status: number, body: unknown): { kind: 'response'; response: AdapterResponse } {
  const headers = { 'content-type': 'application/json' };
  return { kind: 'response', response: { status, headers, body: utf8(JSON.stringify(body)) } };
}
