/**
 * The adapters of one worker together: names, routes and tables belong to one of them each.
 */
import type { Adapter, AdapterRequest, AdapterResponse } from '@coco/adapter';
import type { WriteSet } from '@coco/kv';
import { assert, utf8 } from '@coco/primitives';

/** An adapter whose items and results are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: only the adapter itself ever looks into its items and results
export type AnyAdapter = Adapter<any, any>;

/** What governance keeps for itself. */
const governancePrefixes = ['public:ccf.', 'public:coco.', 'ccf.', 'coco.'];

export class AdapterSet implements Iterable<AnyAdapter> {
  readonly #adapters: readonly AnyAdapter[];
  /** By path, then by method. */
  readonly #routes = new Map<string, Map<string, AnyAdapter>>();

  /** Asserts that no two adapters want the same name, route or table. */
  constructor(adapters: readonly AnyAdapter[]) {
    this.#adapters = adapters;
    assert(
      new Set(adapters.map(({ name }) => name)).size === adapters.length,
      'adapters have distinct names',
    );
    for (const adapter of adapters) {
      const others = adapters
        .filter((other) => other !== adapter)
        .flatMap(({ tablePrefixes }) => tablePrefixes);
      for (const prefix of adapter.tablePrefixes) {
        const overlaps = [...others, ...governancePrefixes].some(
          (other) => other.startsWith(prefix) || prefix.startsWith(other),
        );
        assert(!overlaps, `the tables ${prefix}* belong to the adapter ${adapter.name} alone`);
      }
      for (const { method, path } of adapter.routes) {
        const methods = this.#routes.get(path) ?? new Map<string, AnyAdapter>();
        assert(!methods.has(method), `${method} ${path} belongs to one adapter`);
        this.#routes.set(path, methods.set(method, adapter));
      }
    }
  }

  [Symbol.iterator](): Iterator<AnyAdapter> {
    return this.#adapters[Symbol.iterator]();
  }

  /** The adapter that answers `request`, or the answer that there is none. */
  route({ method, path }: AdapterRequest): AnyAdapter | AdapterResponse {
    const methods = this.#routes.get(path);
    if (methods === undefined) {
      return errorResponse(404, 'COCO_WORKER_NO_ROUTE', 'no adapter of this network serves this path');
    }
    const adapter = methods.get(method);
    if (adapter !== undefined) return adapter;
    const allow = [...methods.keys()].sort().join(', ');
    return errorResponse(405, 'COCO_WORKER_METHOD', `this path is served for ${allow}`, { allow });
  }
}

/** The first table of `writeSet` that is not one of `adapter`'s. */
export function foreignTable(adapter: AnyAdapter, writeSet: WriteSet): string | undefined {
  return writeSet.find(({ table }) => !adapter.tablePrefixes.some((prefix) => table.startsWith(prefix)))
    ?.table;
}

/** An error as the worker itself answers it. */
export function errorResponse(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): AdapterResponse {
  const body = utf8(JSON.stringify({ error: { code, message } }));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}
