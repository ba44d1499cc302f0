/**
 * One HTTP request whose answer may be slow, large, or not come: limits for all of it. No redirects are followed, so that only
 * the configured places are asked. What comes back is hostile until it is verified.
 */
import { CocoError, concatBytes } from '@coco/primitives';

/** COCO_ATTESTER_SOURCE when there is no answer with status 200 within the limits. */
export async function boundedFetch(request: BoundedRequest): Promise<BoundedAnswer> {
  const { url, method = 'GET', headers = {}, body, timeoutMs, bytesMax } = request;
  const abort = new AbortController();
  let stop = (): void => undefined;
  // Not by the signal alone: when it is given, whoever reads may be anywhere.
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no whole answer within ${timeoutMs} ms`));
      abort.abort();
    }, timeoutMs);
    stop = () => clearTimeout(timer);
  });
  const asking = async (): Promise<BoundedAnswer> => {
    const init = { method, headers: { ...headers }, redirect: 'error' as const, signal: abort.signal };
    const response = await fetch(url, body === undefined ? init : { ...init, body });
    if (response.status !== 200) throw new Error(`it answered with status ${response.status}`);
    const answer = await readAll(response, bytesMax);
    return { body: answer, header: (name) => response.headers.get(name) ?? undefined };
  };
  try {
    return await Promise.race([asking(), late]);
  } catch (error) {
    const reason = reasonOf(error);
    throw new CocoError('COCO_ATTESTER_SOURCE', `${url} gives nothing: ${reason}`, { url, reason });
  } finally {
    stop();
    abort.abort();
  }
}

export interface BoundedRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

export interface BoundedAnswer {
  readonly body: Uint8Array;
  /** By name, whatever its case. */
  header(name: string): string | undefined;
}

async function readAll(response: Response, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return concatBytes(...parts);
    length += value.length;
    if (length > bytesMax) throw new Error(`its answer has more than ${bytesMax} bytes`);
    parts.push(new Uint8Array(value));
  }
}

/** What fetch says is "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  const { message = String(error), cause } = error as { readonly message?: string; readonly cause?: unknown };
  const { code, message: inner } = (cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return code;
  return typeof inner === 'string' && inner !== '' ? inner : message;
}
