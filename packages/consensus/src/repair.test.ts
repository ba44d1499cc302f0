import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { primary, Solo, viewsOf } from './solo.test.js';
import type { EntryInfo } from './types.js';

describe('Raft figure 7: a primary brings any log in line with its own, one exchange per view', () => {
  const leader = '2s 2e 2s 5e 5s 6e 6s 7e 7e 7s';
  const followers: [name: string, log: string][] = [
    ['lacks entries', '2s 2e 2s 5e 5s 6e 6s 7e'],
    ['lacks whole views', '2s 2e 2s'],
    ['has more of the last view', '2s 2e 2s 5e 5s 6e 6s 7e 7e 7s 7s'],
    ['has a later, foreign view', '2s 2e 2s 5e 5s 6e 6s 7e 7e 7s 8e 8s'],
    ['lacks some and has others', '2s 2e 2s 5e 5s 5e 5s'],
    ['diverged long ago', '2s 2e 2s 3e 3e 3s 4e 4e 4e 4e 4s'],
    ['has nothing', ''],
  ];
  for (const [name, log] of followers) {
    test(`a backup that ${name}`, () => {
      const node = primary(leader, {}, 9);
      const backup = new Solo({ id: 'b', hardState: { view: 8 } });
      backup.hear('c', 8, { view: 0, seqno: 0 });
      appendAll(backup, log);
      const held = new Map(node.append('s').append?.map((entry) => [entry.seqno, entry]));
      const exchanges = align(node, backup, held, leader);
      assert.equal(viewsOf(backup.raft), viewsOf(node.raft));
      // One to ask, then one for each of the five views at most.
      assert.ok(exchanges <= 6, `${exchanges} exchanges`);
    });
  }
});

/** Gives a backup the entries of `text`, one view at a time. */
function appendAll(backup: Solo, text: string): void {
  for (const word of text.split(' ').filter((each) => each !== '')) {
    backup.hear('c', 8, backup.raft.last, word);
  }
}

/** Carries messages between the two until nothing is left to say; gives the number of exchanges. */
function align(node: Solo, backup: Solo, held: Map<number, EntryInfo>, text: string): number {
  const words = text.split(' ');
  let exchanges = 0;
  let outgoing = node.elapse(10).send.filter(({ to }) => to === 'b');
  while (outgoing.length > 0 && exchanges < 20) {
    exchanges += 1;
    const [{ message } = { message: undefined }] = outgoing;
    if (message?.type !== 'appendEntries') break;
    const entries: EntryInfo[] = [];
    for (let seqno = message.previous.seqno + 1; seqno <= message.to; seqno++) {
      const word = words[seqno - 1] ?? '';
      entries.push(
        held.get(seqno) ?? { view: Number.parseInt(word, 10), seqno, signature: word.endsWith('s') },
      );
    }
    const [answer] = backup.receive('a', { ...message, entries }).send;
    const more = answer === undefined ? [] : node.receive('b', answer.message).send;
    const fresh = more.filter(({ to }) => to === 'b');
    const refused = answer?.message.type === 'appendEntriesResponse' && !answer.message.success;
    outgoing = refused ? fresh : [...outgoing.slice(1), ...fresh];
  }
  return exchanges;
}
