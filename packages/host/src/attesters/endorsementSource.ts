/**
 * Where endorsements come from: vendors' services over HTTP, with what they gave kept on disk. What is kept is used until its
 * own content says that it should be fresher, then asked for again; while the service does not answer, what is there is used on,
 * with a warning: whether it still counts is for those to say who verify it. Nothing that was kept is trusted: it is checked
 * like what comes from the network (keptAnswers.ts).
 */
import { CocoError } from '@coco/primitives';
import type { Log } from '../log.js';
import { type BoundedAnswer, boundedFetch } from './boundedFetch.js';
import type { Clock } from './clock.js';
import { dropAnswer, type KeptAnswer, loadAnswer, saveAnswer } from './keptAnswers.js';

export interface EndorsementSource {
  /** What `wanted.url` gives. COCO_ATTESTER_SOURCE when it gives nothing that does, and nothing was kept. */
  get<Value>(wanted: Wanted<Value>): Promise<Value>;
  /** Drops what was kept of these, since it turned out not to do; but not what was fetched just now. True if it dropped any. */
  forget(urls: readonly string[]): Promise<boolean>;
}

export interface Wanted<Value> {
  readonly url: string;
  /** For people: "AMD's certificate of the machine's key". */
  readonly what: string;
  readonly requestHeaders?: Readonly<Record<string, string>>;
  /** Headers of the answer that are a part of it. */
  readonly headers?: readonly string[];
  /** The value, and until when it is fresh (milliseconds since 1970), when fetched at `fetchedMs`. Throws on what does not do. */
  readonly read: (answer: BoundedAnswer, fetchedMs: number) => Fresh<Value>;
}

export interface Fresh<Value> {
  readonly value: Value;
  readonly freshUntilMs: number;
}

export interface EndorsementSourceOptions {
  /** Undefined: nothing is kept beyond the process. */
  readonly directory?: string;
  /** For a whole answer. */
  readonly timeoutMs: number;
  /** Of an answer. */
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A service that failed is left alone for so long. */
const pauseMs = 60_000;
/** The same where nothing was kept: perhaps the network was not up yet. */
const shortPauseMs = 2000;

export function openEndorsementSource(options: EndorsementSourceOptions): EndorsementSource {
  const kept = new Map<string, KeptAnswer>();
  const failed = new Map<string, { readonly untilMs: number; readonly error: unknown }>();
  const underWay = new Map<string, Promise<KeptAnswer>>();
  const state: State = { options, kept, failed, underWay };
  return {
    async get(wanted) {
      const { url } = wanted;
      const old = kept.get(url) ?? (await loadAnswer(url, options));
      const value = old === undefined ? undefined : unlessBad(() => readAnswer(wanted, old));
      if (old === undefined || value === undefined) return (await fetchOnce(wanted, state)).value;
      kept.set(url, old);
      const nowMs = options.clock.nowMs();
      if (nowMs < value.freshUntilMs && old.fetchedMs <= nowMs) return value.value;
      return (
        await fetchOnce(wanted, state).catch((error) => insteadUse(value, { wanted, old, error }, options))
      ).value;
    },
    async forget(urls) {
      const nowMs = options.clock.nowMs();
      let dropped = false;
      for (const url of urls) {
        const old = kept.get(url);
        if (old === undefined || (old.fetchedMs <= nowMs && nowMs - old.fetchedMs < pauseMs)) continue;
        kept.delete(url);
        await dropAnswer(url, options);
        dropped = true;
      }
      return dropped;
    },
  };
}

interface State {
  readonly options: EndorsementSourceOptions;
  readonly kept: Map<string, KeptAnswer>;
  readonly failed: Map<string, { readonly untilMs: number; readonly error: unknown }>;
  readonly underWay: Map<string, Promise<KeptAnswer>>;
}

/** One request at a time for the same, and none for what has failed just now. */
async function fetchOnce<Value>(wanted: Wanted<Value>, state: State): Promise<Fresh<Value>> {
  const { url } = wanted;
  const { options, kept, failed, underWay } = state;
  const failure = failed.get(url);
  if (failure !== undefined && options.clock.nowMs() < failure.untilMs) throw failure.error;
  const fetching = underWay.get(url) ?? fetchAnswer(wanted, options).finally(() => underWay.delete(url));
  underWay.set(url, fetching);
  try {
    const answer = await fetching;
    const value = readAnswer(wanted, answer);
    failed.delete(url);
    if (kept.get(url) !== answer) {
      kept.set(url, answer);
      await saveAnswer(answer, options);
    }
    return value;
  } catch (error) {
    const untilMs = options.clock.nowMs() + (kept.has(url) ? pauseMs : shortPauseMs);
    failed.set(url, { untilMs, error });
    throw error;
  }
}

async function fetchAnswer(wanted: Wanted<unknown>, options: EndorsementSourceOptions): Promise<KeptAnswer> {
  const { url, requestHeaders = {}, headers: names = [] } = wanted;
  const { timeoutMs, bytesMax, clock } = options;
  const { body, header } = await boundedFetch({ url, headers: requestHeaders, timeoutMs, bytesMax });
  const headers = Object.fromEntries(names.map((name) => [name, header(name) ?? '']));
  return { url, fetchedMs: clock.nowMs(), headers, body };
}

/** COCO_ATTESTER_SOURCE for what does not do. */
function readAnswer<Value>(
  { url, what, read }: Wanted<Value>,
  { headers, body, fetchedMs }: KeptAnswer,
): Fresh<Value> {
  try {
    return read({ body, header: (name) => headers[name] }, fetchedMs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = `what ${url} gives as ${what} cannot be used: ${reason}`;
    throw new CocoError('COCO_ATTESTER_SOURCE', sentence, { url, reason });
  }
}

function unlessBad<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    // Somebody else's file, or one that a newer version reads differently: as if it was not there.
    return undefined;
  }
}

interface Instead {
  readonly wanted: Wanted<unknown>;
  readonly old: KeptAnswer;
  readonly error: unknown;
}

function insteadUse<Value>(
  value: Fresh<Value>,
  { wanted, old, error }: Instead,
  { log }: EndorsementSourceOptions,
): Fresh<Value> {
  const reason = error instanceof Error ? error.message : String(error);
  const fetched = new Date(old.fetchedMs).toISOString();
  log.warn(`using an old copy of ${wanted.what}: its source gives no new one`, {
    url: wanted.url,
    fetched,
    reason,
  });
  return value;
}
