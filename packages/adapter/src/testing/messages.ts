/**
 * Messages of every type with every field bent this way and that, for tests of whoever carries them.
 */
import type { Random } from '@coco/primitives';
import type { Difference, FromWorker, ToWorker } from '../boundary.js';
import type { AdapterRequest, AdapterResponse, Caller } from '../types.js';

export interface MessageMaker {
  toWorker(): ToWorker;
  fromWorker(): FromWorker;
}

/** Makes messages out of `random`: the same seed, the same messages. */
export function createMessageMaker(random: Random): MessageMaker {
  const whole = (below: number): number => random.integer(below);
  const number = (): number => [0, 1, whole(2 ** 31), Number.MAX_SAFE_INTEGER][whole(4)] as number;
  const flag = (): boolean => whole(2) === 1;
  const bytes = (length = whole(100)): Uint8Array => Uint8Array.from({ length }, () => whole(256));
  const oneOf = <Value>(...values: readonly Value[]): Value => values[whole(values.length)] as Value;
  const text = (): string => oneOf('', 'a', '/counter/add', 'grüße', '漢字 😀', 'x'.repeat(whole(300)));
  const txId = () => ({ view: number(), seqno: number() });
  const headers = (): Record<string, string> =>
    Object.fromEntries(
      ['content-type', 'prefer', 'x-7'].filter(flag).map((name) => [name, oneOf('', 'text/plain', 'é\t~')]),
    );
  const caller = (): Caller => {
    const kind = oneOf('anonymous' as const, 'member' as const, 'participant' as const, 'node' as const);
    if (kind === 'anonymous') return { kind };
    return flag() ? { kind, id: text() } : { kind, id: text(), subject: text() };
  };
  const request = (): AdapterRequest => ({
    method: oneOf('GET', 'POST'),
    path: text(),
    query: text(),
    headers: headers(),
    body: bytes(),
    caller: caller(),
  });
  const response = (): AdapterResponse => ({
    status: 200 + whole(400),
    headers: headers(),
    body: bytes(),
    ...(flag() && { txId: txId() }),
  });
  const difference = (): Difference => {
    const rows = Array.from({ length: whole(4) }, () => ({
      table: oneOf('a', 'public:b', 'ü'),
      key: bytes(),
    }));
    const digests = { recorded: bytes(32), reexecuted: bytes(32) };
    return { ...digests, claims: flag(), rows, rowCount: rows.length + whole(9) };
  };
  const toWorker: readonly (() => ToWorker)[] = [
    () => ({ type: 'request', id: number(), request: request(), nowMs: number() }),
    () => ({
      type: 'genesis',
      proposal: number(),
      genesis: oneOf<unknown>(undefined, null, 5, { a: [1, { b: text() }] }),
      nowMs: number(),
    }),
    () => ({ type: 'assigned', proposal: number(), txId: txId() }),
    () => ({ type: 'refused', proposal: number(), retry: flag() }),
    () => ({
      type: 'apply',
      txId: txId(),
      publicMaps: bytes(),
      privateMaps: bytes(),
      ...(flag() && { claimsDigest: bytes(32) }),
    }),
    () => ({ type: 'snapshot', id: number(), seqno: number() }),
    () => ({ type: 'snapshotNext', id: number() }),
    () => ({ type: 'snapshotEnd', id: number() }),
    () => ({ type: 'restore', seqno: number(), tables: bytes(), last: flag() }),
    () => ({ type: 'rollback', seqno: number() }),
    () => ({ type: 'committed', seqno: number() }),
    () => ({ type: 'role', primary: flag(), view: number() }),
    () => ({ type: 'clock', nowMs: number(), entropy: bytes(32) }),
    () => ({ type: 'sampling', ppm: number() }),
  ];
  const fromWorker: readonly (() => FromWorker)[] = [
    () => ({ type: 'response', id: number(), response: response() }),
    () => ({ type: 'forward', id: number() }),
    () => ({
      type: 'propose',
      proposal: number(),
      view: number(),
      publicMaps: bytes(),
      privateMaps: bytes(),
      ...(flag() && { claimsDigest: bytes(32) }),
      items: number(),
    }),
    () => ({
      type: 'snapshotPart',
      id: number(),
      publicTables: bytes(),
      privateTables: bytes(),
      last: flag(),
    }),
    () => ({ type: 'snapshotFailed', id: number(), reason: text() }),
    () => ({ type: 'trouble', message: text() }),
    () => ({ type: 'failed', message: text() }),
    () => ({
      type: 'reexecuted',
      txId: txId(),
      outcome: oneOf('equal' as const, 'unrepeatable' as const, 'dropped' as const),
    }),
    () => ({ type: 'reexecuted', txId: txId(), outcome: 'differing', difference: difference() }),
  ];
  return { toWorker: () => oneOf(...toWorker)(), fromWorker: () => oneOf(...fromWorker)() };
}
