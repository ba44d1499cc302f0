import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onlyIn, primary, Solo, sentIn, viewsOf } from './solo.test.js';
import type { EntryInfo, Ready } from './types.js';

const nothing = { view: 0, seqno: 0 };
const at = (view: number, seqno: number) => ({ view, seqno });

describe('Raft 5.3: a primary sends what it appends', () => {
  test('entries go to everyone, with the place that they follow', () => {
    const node = primary('2e 2s');
    const sent = sentIn(node.append('e s'), 'appendEntries');
    assert.deepEqual(Object.keys(sent), ['b', 'c']);
    const expected = { type: 'appendEntries', view: 3, previous: at(2, 2), to: 4, entriesView: 3, commit: 0 };
    assert.deepEqual(sent.b, [expected]);
  });

  test('a message holds entries of one view only, and no more than the limit', () => {
    const node = primary('2e 2s 3e 3s 3s', { appendEntriesMax: 2 });
    node.append('s');
    node.nack('b', 0, 0);
    const sent = sentIn(node.ack('b', 2), 'appendEntries').b ?? [];
    const ranges = sent.map(({ previous, to, entriesView }) => [previous.seqno, to, entriesView]);
    assert.deepEqual(ranges, [
      [2, 4, 3],
      [4, 5, 3],
      [5, 6, 4],
    ]);
  });

  test('no more is in flight than the window allows, and acknowledgements move it', () => {
    const node = primary('', { inFlightEntriesMax: 2 });
    assert.equal(sentIn(node.append('e e e s'), 'appendEntries').b?.at(-1)?.to, 2);
    assert.equal(sentIn(node.append('s'), 'appendEntries').b, undefined);
    assert.equal(sentIn(node.ack('b', 2), 'appendEntries').b?.at(-1)?.to, 4);
  });

  test('where it is asked to wait, entries leave with the heartbeat', () => {
    const node = primary('', { sendAtOnce: false });
    assert.deepEqual(node.append('e s').send, []);
    assert.equal(sentIn(node.elapse(10), 'appendEntries').b?.[0]?.to, 2);
  });

  test('a refusal is followed by one message, and each acknowledgement opens the window by one more', () => {
    const node = primary('2e 2s', { appendEntriesMax: 1 });
    for (let count = 0; count < 5; count++) node.append('s');
    assert.deepEqual(rangesTo('b', node.nack('b', 1, 2)), [[1, 2]]);
    assert.deepEqual(rangesTo('b', node.append('s')), []);
    const two = [
      [2, 3],
      [3, 4],
    ];
    assert.deepEqual(rangesTo('b', node.ack('b', 2)), two);
    const more = [
      [4, 5],
      [5, 6],
    ];
    assert.deepEqual(rangesTo('b', node.ack('b', 3)), more);
  });

  test('refusals that come in a burst, or late, do not multiply what is sent', () => {
    const node = primary('2e 2s', { appendEntriesMax: 1 });
    for (let count = 0; count < 100; count++) node.append('s');
    let messages = 0;
    for (let count = 2; count < 102; count++) {
      messages += rangesTo('b', node.nack('b', count, 3)).length;
      messages += rangesTo('b', node.ack('b', count)).length;
    }
    assert.ok(messages <= 200, `${messages} messages`);
  });

  test('refusals that are no news wait for the heartbeat, unless what they ask for is acknowledged', () => {
    const node = primary('2e 2s');
    for (let count = 0; count < 8; count++) node.append('s');
    assert.deepEqual(rangesTo('b', node.nack('b', 3, 3)), [[3, 10]]);
    node.ack('b', 8);
    assert.deepEqual(rangesTo('b', node.nack('b', 9, 3)), []);
    assert.deepEqual(rangesTo('b', node.elapse(10)), [[9, 10]]);
    node.nack('b', 8, 3);
    node.nack('b', 9, 3);
    node.ack('b', 10);
    assert.deepEqual(rangesTo('b', node.elapse(10)), [[10, 10]]);
  });
});

describe('Raft 5.3, 5.4.2 with signatures: when a primary commits', () => {
  test('a signature of its view on a majority, its own disk included, is committed', () => {
    const node = primary();
    node.append('e s e');
    assert.equal(node.persist().commit, undefined);
    assert.equal(node.ack('b', 3).commit, 2);
  });

  test('it does not count itself before its own disk has the entries', () => {
    const node = primary();
    node.append('e s');
    assert.equal(node.ack('b', 2).commit, undefined);
    assert.equal(node.persist().commit, 2);
  });

  test('news of a disk about entries that were rolled back since are void', () => {
    const node = primary();
    node.append('s e e');
    node.hear('b', 3, at(2, 1), '3e 3s');
    node.raft.step({ type: 'persisted', upTo: at(2, 3) });
    node.lead();
    node.append('s');
    node.ack('b', 4);
    assert.equal(node.raft.commit, 0);
    assert.equal(node.persist().commit, 4);
  });

  test('entries after the last signature are not committed', () => {
    const node = primary();
    node.append('s e e');
    node.persist();
    assert.equal(node.ack('b', 3).commit, 1);
    node.ack('c', 3);
    assert.equal(node.raft.commit, 1);
  });

  test('figure 8: a majority for an entry of an older view does not commit it; one of the present view does', () => {
    const node = primary('2e 2s');
    node.persist();
    node.ack('b', 2);
    node.ack('c', 2);
    assert.equal(node.raft.commit, 0);
    node.append('s');
    node.persist();
    assert.equal(node.ack('b', 3).commit, 3);
  });

  for (const [size, acks, committed] of [
    [5, 1, false],
    [5, 2, true],
    [4, 1, false],
    [4, 2, true],
  ] as const) {
    test(`of ${size} nodes, ${acks} besides the primary are ${committed ? '' : 'not '}enough`, () => {
      const nodes = ['a', 'b', 'c', 'd', 'e'].slice(0, size);
      const node = new Solo({ nodes });
      node.lead(nodes.slice(1));
      node.append('s');
      node.persist();
      for (const peer of nodes.slice(1, 1 + acks)) node.ack(peer, 1);
      assert.equal(node.raft.commit, committed ? 1 : 0);
    });
  }

  test('the others hear of the commit at once', () => {
    const node = primary();
    node.append('s');
    node.persist();
    const news = sentIn(node.ack('b', 1), 'appendEntries');
    assert.deepEqual([news.b?.[0]?.commit, news.c?.[0]?.commit], [1, 1]);
  });

  test('a node alone commits when its disk has the entry', () => {
    const node = new Solo({ nodes: ['a'] });
    node.lead();
    assert.equal(node.append('e s').commit, undefined);
    assert.equal(node.persist().commit, 2);
  });
});

describe('What a primary knows of its peers', () => {
  test('what is acknowledged never becomes less', () => {
    const node = primary();
    node.append('e e s');
    node.ack('b', 3);
    node.ack('b', 1);
    assert.equal(node.raft.status().peers.b?.match, 3);
  });

  test('acknowledgements of another view are not counted', () => {
    const node = primary('2e 2s');
    node.append('s');
    node.persist();
    node.ack('b', 3, 2);
    assert.equal(node.raft.commit, 0);
    assert.equal(node.raft.status().peers.b?.match, 0);
  });

  test('a refusal moves neither what is acknowledged nor the commit, only where sending begins', () => {
    const node = primary();
    node.append('e e s');
    node.persist();
    node.ack('b', 2);
    node.nack('b', 3, 2);
    node.nack('c', 3, 2);
    assert.equal(node.raft.commit, 0);
    assert.equal(node.raft.status().peers.b?.match, 2);
  });

  test('a peer that lost its unsigned entries in a restart is sent them again', () => {
    const node = primary();
    node.append('s e e');
    node.ack('b', 3);
    node.append('s');
    node.nack('b', 1, 2);
    assert.deepEqual(rangesTo('b', node.elapse(10)), [[1, 4]]);
  });

  test('a peer that claims more than there is, is not counted', () => {
    const node = primary();
    node.append('s');
    node.persist();
    node.ack('b', 9);
    assert.equal(node.raft.commit, 0);
  });

  test('a response of somebody who is no peer changes nothing', () => {
    const node = primary();
    node.append('s');
    node.persist();
    assert.deepEqual(node.ack('z', 1), { send: [] });
    assert.deepEqual(node.nack('z', 0, 0, 99), { send: [] });
  });
});

describe('Raft 5.3: what a backup does with entries', () => {
  test('it takes over what follows its log, and acknowledges in the same step as it persists', () => {
    const node = new Solo({ log: '2e 2s' });
    const ready = node.hear('b', 3, at(2, 2), '3e 3s');
    assert.deepEqual(ready.append?.map(short), ['3.3', '3.4s']);
    assert.deepEqual(ready.hardState, { view: 3 });
    const answer = { type: 'appendEntriesResponse', view: 3, success: true, last: 4, lastView: 3 };
    assert.deepEqual(onlyIn(ready, 'appendEntriesResponse'), answer);
  });

  test('it refuses a range that its log does not reach, and says how far it is', () => {
    const node = new Solo({ log: '2e 2s' });
    const answer = onlyIn(node.hear('b', 3, at(3, 9), '3s'), 'appendEntriesResponse');
    assert.deepEqual([answer.success, answer.last, answer.lastView], [false, 2, 2]);
  });

  test('it refuses a range after an entry of another view, and steps over that whole view at once', () => {
    const node = new Solo({ log: '2e 2s 4e 4e 4e 4s' });
    const answer = onlyIn(node.hear('b', 5, at(3, 5), '3s'), 'appendEntriesResponse');
    assert.deepEqual([answer.success, answer.last, answer.lastView], [false, 2, 2]);
  });

  const own = '2e 2s 3e 3s';
  const cases: [what: string, after: { view: number; seqno: number }, text: string, expected: string][] = [
    ['repeats what is there', at(2, 2), '3e 3s', '2 2 3 3'],
    ['repeats less than what is there', at(0, 0), '2e', '2 2 3 3'],
    ['is empty', at(2, 2), '', '2 2 3 3'],
    ['overlaps and goes on', at(2, 2), '3e 3s 3e', '2 2 3 3 3'],
    ['goes on', at(3, 4), '5e', '2 2 3 3 5'],
    ['contradicts the last view', at(2, 2), '5e', '2 2 5'],
    ['contradicts everything', nothing, '5e 5s', '5 5'],
  ];
  for (const [what, after, text, expected] of cases) {
    test(`only what contradicts is dropped: a message that ${what}`, () => {
      const node = new Solo({ log: own });
      node.hear('b', 9, after, text);
      assert.equal(viewsOf(node.raft), expected);
    });
  }

  test('what is dropped is reported before what replaces it', () => {
    const node = new Solo({ log: own });
    const ready = node.hear('b', 5, at(2, 2), '5e');
    assert.equal(ready.rollbackTo, 2);
    assert.deepEqual(ready.append?.map(short), ['5.3']);
  });

  test('late, repeated and reordered messages of one primary do no harm', () => {
    const node = new Solo();
    node.hear('b', 2, nothing, '2e 2s');
    node.hear('b', 2, at(2, 2), '2e 2s', 2);
    node.hear('b', 2, nothing, '2e', 0);
    node.hear('b', 2, nothing, '2e 2s', 2);
    assert.equal(viewsOf(node.raft), '2 2 2 2');
    assert.equal(node.raft.commit, 2);
  });

  test('an entry that is committed here is never dropped: that would be a bug, and stops the process', () => {
    const node = new Solo({ log: own, commit: 4 });
    assert.throws(() => node.hear('b', 9, at(2, 2), '9e'), { name: 'AssertionError' });
  });

  test('two primaries in one view are a bug, and stop the process', () => {
    const node = primary();
    assert.throws(() => node.hear('b', 2, nothing), { name: 'AssertionError' });
  });

  test('it acknowledges no further than the range it received', () => {
    const node = new Solo({ log: own });
    assert.equal(onlyIn(node.hear('b', 9, nothing, '2e 2s'), 'appendEntriesResponse').last, 2);
  });

  const commits: [commit: number, text: string, expected: number][] = [
    [0, '3e 3s 3e', 0],
    [2, '3e 3s 3e', 2],
    [3, '3e 3s 3e', 2],
    [4, '3e 3s 3e', 4],
    [9, '3e 3s 3e', 4],
    [9, '', 2],
    [1, '', 0],
  ];
  for (const [commit, text, expected] of commits) {
    test(`with the primary at ${commit} and [${text}] proved, it commits ${expected}`, () => {
      const node = new Solo({ log: '2e 2s' });
      node.hear('b', 3, at(2, 2), text, commit);
      assert.equal(node.raft.commit, expected);
    });
  }

  test('it does not commit its own suffix beyond what a message proves', () => {
    const node = new Solo({ log: '2e 2s 3e 3s' });
    assert.equal(node.hear('b', 4, at(2, 2), '', 4).commit, 2);
  });
});

describe('CCF: unsigned entries do not outlive their primary', () => {
  test('a new primary drops what follows its last signature', () => {
    const node = new Solo({ log: '2e 2s', hardState: { view: 2 } });
    node.hear('b', 2, at(2, 2), '2e 2e');
    const ready = node.lead();
    assert.equal(ready.rollbackTo, 2);
    assert.deepEqual(node.raft.last, at(2, 2));
  });

  test('so does a primary that steps down, and a backup that learns of a later view', () => {
    const node = primary('2e 2s');
    node.append('e s e e');
    assert.equal(node.elapse(100).rollbackTo, 4);

    const backup = new Solo({ log: '2e 2s', hardState: { view: 2 } });
    backup.hear('b', 2, at(2, 2), '2e 2e');
    assert.equal(backup.ask('c', 3, at(2, 2)).rollbackTo, 2);
  });

  test('signed entries stay, committed or not', () => {
    const node = new Solo({ log: '2e 2s 2e 2s' });
    assert.equal(node.lead().rollbackTo, undefined);
    assert.deepEqual(node.raft.last, at(2, 4));
  });
});

function rangesTo(peer: string, ready: Ready): number[][] {
  return (sentIn(ready, 'appendEntries')[peer] ?? []).map(({ previous, to }) => [previous.seqno, to]);
}

function short({ view, seqno, signature }: EntryInfo): string {
  return `${view}.${seqno}${signature ? 's' : ''}`;
}
