/**
 * Asks a network something by any of its nodes: the next one when one is not reached, the primary when it is named, and
 * again after a while when the answer says so. What cannot be mended by waiting is thrown.
 */
import { CocoError, fromUtf8 } from '@coco/primitives';
import { type Address, formatAddress, parseAddress } from './address.js';
import {
  type Pin,
  type PinnedAnswer,
  type PinnedRequest,
  type PinnedSession,
  pinnedRequest,
  withPinnedSession,
} from './pinnedRequest.js';

/** Why it is waited. */
export interface Waiting {
  readonly code: string;
  readonly message: string;
}

export interface AskOptions {
  readonly pin: Pin;
  /** Where to ask, best first; looked at again before every try. */
  readonly addresses: () => readonly Address[];
  readonly onWaiting?: (waiting: Waiting) => void;
  /** The longest pause between two tries. Default 5000. */
  readonly retryMsMax?: number;
}

export interface NetworkAnswer extends PinnedAnswer {
  /** The node that answered in the end. */
  readonly from: Address;
}

/** Several requests on one connection; what it returns is the answer that counts. */
export type Exchange = (session: PinnedSession, at: Address) => Promise<PinnedAnswer>;

const redirectsMax = 5;

/** Asks until there is an answer with status 200 or 206. Failures have the code and sentence that the node gave. */
export async function askNetwork(
  asked: PinnedRequest | Exchange,
  options: AskOptions,
  onBody?: Parameters<typeof pinnedRequest>[3],
): Promise<NetworkAnswer> {
  let best: string | undefined;
  for (let turn = 0; ; turn++) {
    options.pin.signal?.throwIfAborted();
    const addresses = options.addresses();
    // Somebody better is known than when this began: another primary, as a rule.
    const first = addresses[0] && formatAddress(addresses[0]);
    if (first !== best) turn = 0;
    best = first;
    const to = addresses[turn % addresses.length];
    if (to === undefined) throw new CocoError('COCO_JOIN_UNREACHABLE', 'no address of a node is known');
    const outcome = await tryOnce(to, asked, options, onBody);
    if ('answer' in outcome) return outcome.answer;
    options.onWaiting?.(outcome.waiting);
    await pause(Math.min(outcome.pauseMs, options.retryMsMax ?? 5000), options.pin.signal);
  }
}

type Outcome = { readonly answer: NetworkAnswer } | { readonly waiting: Waiting; readonly pauseMs: number };

async function tryOnce(
  to: Address,
  asked: PinnedRequest | Exchange,
  { pin }: AskOptions,
  onBody: Parameters<typeof pinnedRequest>[3],
): Promise<Outcome> {
  try {
    let from = to;
    let path: string | undefined;
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const at = from;
      const answer =
        typeof asked === 'function'
          ? await withPinnedSession(at, pin, (session) => asked(session, at))
          : await pinnedRequest(at, { ...asked, path: path ?? asked.path }, pin, onBody);
      const { status } = answer;
      if (status === 200 || status === 206) return { answer: { ...answer, from } };
      if (status !== 307 && status !== 308) return judge(answer);
      const next = locationOf(answer);
      if (next === undefined) break;
      from = next.address;
      path = next.path;
    }
    return { waiting: { code: 'PrimaryNotFound', message: 'the nodes point at one another' }, pauseMs: 1000 };
  } catch (error) {
    if (!(error instanceof CocoError) || error.code !== 'COCO_JOIN_UNREACHABLE') throw error;
    return { waiting: { code: error.code, message: error.message }, pauseMs: 500 };
  }
}

/** Wait when the answer says for how long, or that it is busy; else it is final. */
function judge({ status, headers, body }: PinnedAnswer): Outcome {
  const { code, message } = errorOf(body) ?? { code: `HTTP ${status}`, message: 'the node does not say why' };
  const after = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isNaN(after) && status !== 202 && status !== 503) throw new CocoError(code, message, { status });
  return { waiting: { code, message }, pauseMs: Number.isNaN(after) ? 1000 : after * 1000 };
}

function errorOf(body: Uint8Array): Waiting | undefined {
  try {
    const { error } = JSON.parse(fromUtf8(body) ?? '') as { error?: { code?: unknown; message?: unknown } };
    const { code, message } = error ?? {};
    const isGood = typeof code === 'string' && code.length <= 100 && typeof message === 'string';
    return isGood ? { code, message: message.slice(0, 1000) } : undefined;
  } catch {
    return undefined;
  }
}

function locationOf({
  headers,
}: PinnedAnswer): { readonly address: Address; readonly path: string } | undefined {
  const { location } = headers;
  const match = /^https:\/\/([^/]+)(\/.*)$/.exec(typeof location === 'string' ? location : '');
  const address = parseAddress(match?.[1] ?? '');
  return address === undefined ? undefined : { address, path: match?.[2] as string };
}

/** Each address once. */
export function distinctAddresses(addresses: readonly (Address | undefined)[]): readonly Address[] {
  const found = new Map<string, Address>();
  for (const address of addresses) if (address !== undefined) found.set(formatAddress(address), address);
  return [...found.values()];
}

/** Waits; rejects when it is called off. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
