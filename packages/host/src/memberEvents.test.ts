import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore, type Reader, type Store } from '@coco/kv';
import { utf8 } from '@coco/primitives';
import type { HttpStream } from './http.js';
import { testIdentity, testNetworkView, testNodeView } from './identities.test.js';
import { createMemberEvents, type MemberEvents, type MemberEventsOptions } from './memberEvents.js';

interface Subscriber extends HttpStream {
  readonly texts: string[];
  readonly ended: () => boolean;
  backlog: number;
  leave(): void;
}

function subscriber(): Subscriber {
  const texts: string[] = [];
  let ended = false;
  let closed = (): void => undefined;
  return {
    texts,
    ended: () => ended,
    backlog: 0,
    get waiting() {
      return this.backlog;
    },
    write: (text) => void texts.push(text),
    end() {
      ended = true;
      closed();
    },
    leave: () => closed(),
    onClose(callback) {
      closed = callback;
    },
  };
}

/** Names and ids of the events that `stream` got. */
function eventsOf({ texts }: Subscriber): string[] {
  return texts.flatMap((text) => {
    const [, id = '-', event] = /^(?:id: (\S+)\n)?event: (\S+)\n/.exec(text) ?? [];
    return event === undefined ? [] : [`${id} ${event}`];
  });
}

interface World {
  readonly events: MemberEvents;
  readonly store: Store;
  /** Sets the row of a proposal, and gives the tables. */
  proposal(id: string, state: string, ballots?: readonly string[]): Reader;
  /** Lets the heartbeat beat. */
  beat(): void;
}

function world(options: Partial<MemberEventsOptions> = {}): World {
  let beat = (): void => undefined;
  const events = createMemberEvents({
    subscribersMax: 10,
    keptMax: 100,
    waitingBytesMax: 1000,
    heartbeatMs: 1000,
    timing: {
      after: (_ms, callback) => {
        beat = callback;
        return () => undefined;
      },
    },
    ...options,
  });
  const store = createStore();
  let seqno = 10;
  store.advance(seqno);
  events.begin(testNetworkView(), store.read(seqno));
  return {
    events,
    store,
    proposal(id, state, ballots = []) {
      seqno += 2;
      const row = { state, ballots: Object.fromEntries(ballots.map((one) => [one, ''])) };
      const transaction = store.begin();
      transaction.put('public:ccf.gov.proposals_info', utf8(id), utf8(JSON.stringify(row)));
      store.commit(transaction, seqno);
      return store.read(seqno);
    },
    beat: () => beat(),
  };
}

test('GOV-6: members hear of proposals that are opened, voted on and decided, as they are committed', () => {
  const { events, proposal } = world();
  const stream = subscriber();
  assert.equal(events.subscribe(stream, undefined), true);
  events.tables(proposal('p1', 'Open'));
  events.tables(proposal('p1', 'Open', ['alice']));
  events.tables(proposal('p2', 'Accepted', ['bob']));
  assert.deepEqual(eventsOf(stream), [
    '12.0 proposal_opened',
    '14.0 ballot',
    '16.0 proposal_opened',
    '16.1 ballot',
    '16.2 proposal_decided',
  ]);
  assert.match(stream.texts.at(-1) ?? '', /data: \{"proposalId":"p2","proposalState":"Accepted"\}\n\n$/);
});

test('what was there when the node started is no news', () => {
  const { events, proposal } = world();
  const before = proposal('old', 'Open');
  events.begin(testNetworkView(), before);
  const stream = subscriber();
  events.subscribe(stream, undefined);
  events.tables(before);
  assert.deepEqual(eventsOf(stream), []);
});

test('members hear of nodes, actors and the constitution', () => {
  const { events } = world();
  const stream = subscriber();
  events.subscribe(stream, undefined);
  const [node, alice] = [testIdentity('node'), testIdentity('alice')];
  const pending = testNetworkView({ nodes: [testNodeView(node, { status: 'Pending' })], members: [alice] });
  events.network({ ...pending, seqno: 12 });
  events.network({
    ...testNetworkView({ nodes: [testNodeView(node)] }),
    seqno: 14,
    constitutionDigest: 'e'.repeat(64),
  });
  assert.deepEqual(eventsOf(stream), [
    '12.0 node',
    '12.1 actor',
    '14.0 constitution',
    '14.1 node',
    '14.2 actor',
  ]);
  assert.match(stream.texts.at(-1) ?? '', /"status":"Removed"/);
});

test('whoever comes back with its last id gets what it missed, and nothing twice', () => {
  const { events, proposal } = world();
  for (const id of ['a', 'b', 'c']) events.tables(proposal(id, 'Accepted', ['m']));
  const stream = subscriber();
  events.subscribe(stream, '14.0');
  assert.deepEqual(eventsOf(stream), [
    '14.1 ballot',
    '14.2 proposal_decided',
    '16.0 proposal_opened',
    '16.1 ballot',
    '16.2 proposal_decided',
  ]);
  const uptodate = subscriber();
  events.subscribe(uptodate, '16.2');
  assert.deepEqual(eventsOf(uptodate), []);
});

test('when the node cannot know what was missed, it says so', () => {
  const { events, proposal } = world({ keptMax: 2 });
  for (const id of ['a', 'b', 'c', 'd']) events.tables(proposal(id, 'Open'));
  for (const last of ['3.0', '12.0', 'rubbish', '-1.0', '99999999999999999999.0']) {
    const stream = subscriber();
    events.subscribe(stream, last);
    assert.deepEqual(eventsOf(stream), ['- resync'], last);
  }
  const recent = subscriber();
  events.subscribe(recent, '16.0');
  assert.deepEqual(eventsOf(recent), ['18.0 proposal_opened']);
});

test('there is a limit on subscribers, and a slow one is let go', () => {
  const { events, proposal, beat } = world({ subscribersMax: 2 });
  const [slow, quick, third] = [subscriber(), subscriber(), subscriber()];
  assert.equal(events.subscribe(slow, undefined), true);
  assert.equal(events.subscribe(quick, undefined), true);
  assert.equal(events.hasRoom, false);
  assert.equal(events.subscribe(third, undefined), false);
  beat();
  assert.equal(quick.texts.at(-1), ': still here\n\n');
  slow.backlog = 2000;
  events.tables(proposal('p', 'Open'));
  assert.deepEqual([slow.ended(), quick.ended()], [true, false]);
  assert.equal(events.hasRoom, true);
  quick.leave();
  events.close();
  assert.equal(events.hasRoom, false);
});

test('a row that is no proposal is passed over', () => {
  const { events, store } = world();
  const stream = subscriber();
  events.subscribe(stream, undefined);
  const transaction = store.begin();
  for (const value of ['', 'null', '[]', '{"state":', '{"ballots":5}']) {
    transaction.put('public:ccf.gov.proposals_info', utf8(`p${value}`), utf8(value));
  }
  store.commit(transaction, 20);
  events.tables(store.read(20));
  assert.ok(eventsOf(stream).every((text) => /proposal/.test(text)));
});
