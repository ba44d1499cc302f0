/**
 * News of a network: server-sent events of a node, taken up again where they broke off; from a node that sends none, by
 * asking again and again.
 */
import type { Client, ServerEvent } from '@coco/client';
import { CocoError } from '@coco/primitives';
import { viewOf } from './jsonView.js';
import { readProposals } from './networkReader.js';
import type { News } from './newsText.js';

export interface WatchTimes {
  /** Before the connection is tried again. Default 1000. */
  readonly retryMs: number;
  /** Between two questions. Default 2000. */
  readonly pollMs: number;
}

const timesDefault: WatchTimes = { retryMs: 1000, pollMs: 2000 };

/** Tells `tell` of everything that happens, in order, until `signal` aborts. */
export async function watchNetwork(
  client: Client,
  tell: (news: News) => Promise<void>,
  signal: AbortSignal,
  times: WatchTimes = timesDefault,
): Promise<void> {
  let lastId: string | undefined;
  let telling = Promise.resolve();
  const onEvent = ({ event, data, id }: ServerEvent): void => {
    if (id !== undefined) lastId = id;
    telling = telling.then(() => (signal.aborted ? undefined : tell({ event, data: viewOf(parsed(data)) })));
  };
  while (!signal.aborted) {
    try {
      await client.events('/node/events', onEvent, { signal, ...(lastId !== undefined && { lastId }) });
      await telling;
    } catch (error) {
      await telling;
      if (!(error instanceof CocoError)) throw error;
      const isAbsent =
        error.code === 'COCO_CLIENT_HTTP' && [404, 405, 501].includes(Number(error.facts['status']));
      if (isAbsent) return poll(client, tell, signal, times.pollMs);
      if (error.code !== 'COCO_CLIENT_CONNECTION' && error.code !== 'COCO_CLIENT_TIMEOUT') throw error;
    }
    await pause(times.retryMs, signal);
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
}

/** Compares the list of proposals with what it was. */
async function poll(
  client: Client,
  tell: (news: News) => Promise<void>,
  signal: AbortSignal,
  pollMs: number,
): Promise<void> {
  let known: ReadonlyMap<string, { readonly state: string; readonly ballots: number }> | undefined;
  while (!signal.aborted) {
    const now = new Map(
      (await readProposals(client)).map((proposal) => [
        proposal.raw('proposalId'),
        { state: proposal.text('proposalState'), ballots: proposal.number('ballotCount') ?? 0 },
      ]),
    );
    for (const [proposalId, { state, ballots }] of known === undefined ? [] : now) {
      const before = known?.get(proposalId);
      if (before === undefined) await tell({ event: 'proposal_opened', data: viewOf({ proposalId }) });
      if (ballots > (before?.ballots ?? 0)) await tell({ event: 'ballot', data: viewOf({ proposalId }) });
      if (state !== 'Open' && state !== before?.state) {
        await tell({ event: 'proposal_decided', data: viewOf({ proposalId, proposalState: state }) });
      }
    }
    known = now;
    await pause(pollMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
