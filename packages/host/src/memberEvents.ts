/**
 * News for members as server-sent events (GOV-6): proposals opened, voted on and decided; nodes, actors and the
 * constitution changed. Everything is derived from committed tables, so that no node tells what may still be undone.
 *
 *     id: <seqno>.<count>   the commit at which this node saw it, and a count within it
 *     event: proposal_opened | ballot | proposal_decided | node | actor | constitution | resync
 *     data: JSON
 *
 * A subscriber that was away says the last id it had (`Last-Event-ID`) and gets what it missed; when that is no longer
 * known, or this node did not see it, it gets `resync` and reads the lists again.
 */
import type { NetworkView } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { fromUtf8, type Seqno } from '@coco/primitives';
import type { HttpStream } from './http.js';
import type { Timing } from './timing.js';

export interface MemberEventsOptions {
  readonly subscribersMax: number;
  /** How many events are kept for those who come back. */
  readonly keptMax: number;
  /** A subscriber that leaves more bytes than this untaken is let go; it comes back by its last id. */
  readonly waitingBytesMax: number;
  /** A comment is sent this often, so that both sides notice when the other is gone. */
  readonly heartbeatMs: number;
  readonly timing: Pick<Timing, 'after'>;
}

export interface MemberEvents {
  /** Begins with what is committed at the start, which is no news. */
  begin(network: NetworkView, tables: Reader): void;
  /** Governance tables were committed. */
  tables(tables: Reader): void;
  /** The committed network is this now. */
  network(network: NetworkView): void;
  /** False when there are too many subscribers; `stream` is then not used. */
  subscribe(stream: HttpStream, lastEventId: string | undefined): boolean;
  readonly hasRoom: boolean;
  close(): void;
}

interface News {
  readonly seqno: Seqno;
  readonly count: number;
  readonly text: string;
}

/** What is remembered of a proposal. */
interface Seen {
  readonly state: string;
  readonly ballots: readonly string[];
}

const proposalTable = 'public:ccf.gov.proposals_info';

export function createMemberEvents(options: MemberEventsOptions): MemberEvents {
  const subscribers = new Set<HttpStream>();
  let kept: News[] = [];
  let proposals: ReadonlyMap<string, Seen> = new Map();
  let view: NetworkView | undefined;
  /** Up to here events are known without a gap. */
  let since: Seqno = 0;
  let closed = false;

  function tell(seqno: Seqno, event: string, data: unknown): void {
    const last = kept.at(-1);
    const at = Math.max(seqno, last?.seqno ?? 0);
    const count = last?.seqno === at ? last.count + 1 : 0;
    const text = `id: ${at}.${count}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    kept.push({ seqno: at, count, text });
    if (kept.length > options.keptMax) {
      since = (kept[0] as News).seqno + 1;
      kept = kept.slice(1);
    }
    for (const stream of subscribers) send(stream, text);
  }

  function send(stream: HttpStream, text: string): void {
    stream.write(text);
    if (stream.waiting > options.waitingBytesMax) stream.end();
  }

  function heartbeat(): void {
    if (closed) return;
    for (const stream of subscribers) send(stream, ': still here\n\n');
    options.timing.after(options.heartbeatMs, heartbeat);
  }
  options.timing.after(options.heartbeatMs, heartbeat);

  return {
    begin(network, tables) {
      view = network;
      proposals = readProposals(tables);
      since = tables.seqno + 1;
    },
    tables(tables) {
      const now = readProposals(tables);
      for (const [id, proposal] of now) {
        for (const { event, data } of proposalNews(id, proposals.get(id), proposal)) {
          tell(tables.seqno, event, data);
        }
      }
      proposals = now;
    },
    network(network) {
      const before = view;
      view = network;
      if (before === undefined) return;
      for (const { event, data } of networkNews(before, network)) tell(network.seqno, event, data);
    },
    get hasRoom() {
      return !closed && subscribers.size < options.subscribersMax;
    },
    subscribe(stream, lastEventId) {
      if (closed || subscribers.size >= options.subscribersMax) return false;
      subscribers.add(stream);
      stream.onClose(() => subscribers.delete(stream));
      stream.write('retry: 1000\n\n');
      if (lastEventId === undefined) return true;
      const missed = missedSince(kept, since, lastEventId);
      if (missed === undefined) stream.write('event: resync\ndata: {}\n\n');
      else for (const { text } of missed) stream.write(text);
      return true;
    },
    close() {
      closed = true;
      for (const stream of subscribers) stream.end();
    },
  };
}

/** What came after `lastEventId`; undefined when this node cannot say. */
function missedSince(kept: readonly News[], since: Seqno, lastEventId: string): readonly News[] | undefined {
  const match = /^(\d{1,16})\.(\d{1,9})$/.exec(lastEventId);
  if (match === null) return undefined;
  const [seqno, count] = [Number(match[1]), Number(match[2])];
  if (seqno < since) return undefined;
  return kept.filter((news) => news.seqno > seqno || (news.seqno === seqno && news.count > count));
}

type Told = { readonly event: string; readonly data: unknown };

function readProposals(tables: Reader): ReadonlyMap<string, Seen> {
  const found = new Map<string, Seen>();
  for (const { key, value } of tables.range(proposalTable)) {
    const row = parseRow(value);
    const id = fromUtf8(key);
    if (id === undefined || row === undefined) continue;
    const ballots = typeof row.ballots === 'object' && row.ballots !== null ? Object.keys(row.ballots) : [];
    found.set(id, { state: String(row.state), ballots });
  }
  return found;
}

function parseRow(value: Uint8Array): { readonly state?: unknown; readonly ballots?: unknown } | undefined {
  try {
    const row: unknown = JSON.parse(fromUtf8(value) ?? '');
    return typeof row === 'object' && row !== null ? row : undefined;
  } catch {
    return undefined;
  }
}

function proposalNews(id: string, before: Seen | undefined, { state, ballots }: Seen): Told[] {
  const told: Told[] = [];
  if (before === undefined) told.push({ event: 'proposal_opened', data: { proposalId: id } });
  for (const memberId of ballots) {
    if (before?.ballots.includes(memberId) === true) continue;
    told.push({ event: 'ballot', data: { proposalId: id, memberId } });
  }
  if (state !== 'Open' && state !== before?.state) {
    told.push({ event: 'proposal_decided', data: { proposalId: id, proposalState: state } });
  }
  return told;
}

function networkNews(before: NetworkView, after: NetworkView): Told[] {
  const told: Told[] = [];
  if (before.constitutionDigest !== after.constitutionDigest) {
    told.push({ event: 'constitution', data: { constitutionDigest: after.constitutionDigest } });
  }
  const nodeOf = (view: NetworkView): readonly Thing[] =>
    view.nodes.map(({ nodeId, status, retiredCommitted }) => ({
      id: nodeId,
      data: { nodeId, status, retiredCommitted },
    }));
  const actorOf = (view: NetworkView): readonly Thing[] =>
    [...view.members, ...view.participants].map(({ id, kind, name, status }) => ({
      id,
      data: { id, kind, name, status },
    }));
  const compare = (event: string, things: (view: NetworkView) => readonly Thing[]): void => {
    for (const data of changes(things(before), things(after))) told.push({ event, data });
  };
  compare('node', nodeOf);
  compare('actor', actorOf);
  return told;
}

interface Thing {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is new or different, then what is gone. */
function changes(before: readonly Thing[], after: readonly Thing[]): unknown[] {
  const texts = new Map(before.map(({ id, data }) => [id, JSON.stringify(data)]));
  const changed = after
    .filter(({ id, data }) => texts.get(id) !== JSON.stringify(data))
    .map(({ data }) => data);
  const ids = new Set(after.map(({ id }) => id));
  const gone = before.filter(({ id }) => !ids.has(id)).map(({ data }) => ({ ...data, status: 'Removed' }));
  return [...changed, ...gone];
}
