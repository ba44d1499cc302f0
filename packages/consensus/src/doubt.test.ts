import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onlyIn, Solo, type SoloOptions, sentIn } from './solo.test.js';
import type { Clearance, Doubt, Message, Ready } from './types.js';

/** Node a of {a, b, c} starts again with a log that ends at 2.2, and has no vote in view 2. */
function restarted(options: SoloOptions = {}): Solo {
  return new Solo({ log: '2e 2s', hardState: { view: 2 }, inDoubt: true, ...options });
}

/** The life of a node in doubt, as its answers tell it. */
function lifeOf(node: Solo): number {
  return onlyIn(node.askFirst('b', 1, { view: 1, seqno: 1 }), 'requestPreVoteResponse').life as number;
}

function grant(node: Solo, from: string, type: 'requestPreVoteResponse' | 'requestVoteResponse'): Ready {
  return node.receive(from, { type, view: node.raft.view, granted: true, askedBy: lifeOf(node) });
}

/** An append message of b in view 3 after 2.2, with one signature, and this clearance. */
function cleared(node: Solo, clearance: Clearance): Ready {
  const { message } = {
    message: {
      type: 'appendEntries',
      view: 3,
      previous: { view: 2, seqno: 2 },
      to: 3,
      entriesView: 3,
      commit: 2,
      entries: [{ view: 3, seqno: 3, signature: true }],
      clearance,
    } satisfies Message,
  };
  return node.receive('b', message);
}

describe('A node that starts from a disk that may have been turned back', () => {
  test('says so with its votes and acknowledgements, and what its disk showed', () => {
    const node = restarted();
    const doubt = { view: 2, signed: { view: 2, seqno: 2 } };
    assert.deepEqual(onlyIn(node.ask('b', 3, { view: 2, seqno: 2 }), 'requestVoteResponse').doubt, doubt);
    const answer = onlyIn(node.hear('b', 3, { view: 2, seqno: 2 }, '3s'), 'appendEntriesResponse');
    assert.deepEqual([answer.success, answer.last, answer.doubt], [true, 3, doubt]);
    assert.deepEqual(node.raft.status().doubt, {});
  });

  test('asks first, and is elected by all or by a majority without it, not by its own vote', () => {
    const node = restarted();
    assert.deepEqual(Object.keys(sentIn(node.elapse(100), 'requestPreVote')), ['b', 'c']);
    grant(node, 'b', 'requestPreVoteResponse');
    assert.equal(node.raft.status().leadership, 'PreVoteCandidate');
    grant(node, 'c', 'requestPreVoteResponse');
    assert.equal(node.raft.status().leadership, 'Candidate');
    grant(node, 'b', 'requestVoteResponse');
    assert.equal(node.raft.isLeader, false);
    grant(node, 'c', 'requestVoteResponse');
    assert.equal(node.raft.isLeader, true);
  });

  test('counts no vote that was given to an earlier life of it', () => {
    const node = restarted();
    node.elapse(100);
    for (const from of ['b', 'c']) {
      node.receive(from, { type: 'requestPreVoteResponse', view: 2, granted: true, askedBy: 1 });
    }
    assert.equal(node.raft.status().leadership, 'PreVoteCandidate');
  });

  test('does not campaign because a primary proposes it: it has to ask first', () => {
    const node = restarted();
    node.hear('b', 3, { view: 2, seqno: 2 });
    assert.deepEqual(node.receive('b', { type: 'proposeRequestVote', view: 3 }), { send: [] });
  });

  test('is cleared when it holds the log of a primary up to the fence, and votes for nobody else in that view', () => {
    const node = restarted();
    const ready = cleared(node, { life: lifeOf(node), fence: 3 });
    assert.equal(onlyIn(ready, 'appendEntriesResponse').doubt, undefined);
    assert.deepEqual(ready.hardState, { view: 3, votedFor: 'b' });
    assert.equal(node.raft.status().doubt, undefined);
    assert.equal(onlyIn(node.ask('c', 3, { view: 3, seqno: 9 }), 'requestVoteResponse').granted, false);
  });

  test('is not cleared by what is meant for another life, lies beyond the message, or is not decided', () => {
    const node = restarted();
    const life = lifeOf(node);
    for (const clearance of [{ life: life - 1, fence: 3 }, { life, fence: 4 }, { life }]) {
      const answer = onlyIn(cleared(node, clearance), 'appendEntriesResponse');
      assert.notEqual(answer.doubt, undefined);
    }
  });

  test('learns that its disk was turned back, and says so once', () => {
    const node = restarted();
    const remembered = { view: 4, signed: { view: 2, seqno: 5 }, signedInView: 2 };
    const clearance = { life: lifeOf(node), remembered };
    const shown = { view: 2, signed: { view: 2, seqno: 2 } };
    assert.deepEqual(cleared(node, clearance).turnedBack, [{ node: 'a', shown, remembered }]);
    assert.equal(cleared(node, clearance).turnedBack, undefined);
    assert.deepEqual(node.raft.status().doubt, { turnedBack: remembered });
  });

  test('alone in its network it has only its disk to believe', () => {
    const node = restarted({ nodes: ['a'] });
    assert.equal(node.elapse(100).role?.state, 'Leader');
    node.append('s');
    assert.equal(node.raft.commit, 0);
    assert.equal(node.persist().commit, 3);
    assert.equal(node.raft.status().doubt, undefined);
  });

  test('no correct node says such things of its doubt', () => {
    const base = { type: 'requestVoteResponse', view: 3, granted: true } as const;
    const signed = { view: 2, seqno: 2 };
    const wrong: Message[] = [
      { ...base, life: 0 },
      { ...base, life: 2 ** 32 },
      { ...base, life: 1.5 },
      { ...base, doubt: { view: -1, signed } },
      { ...base, doubt: { view: 1, signed } },
      { ...base, doubt: { view: 3, signed: { view: 2, seqno: 0.5 } } },
    ];
    for (const message of wrong) {
      assert.throws(() => restarted().receive('b', message), { code: 'COCO_CONSENSUS_MESSAGE' });
    }
    for (const clearance of [{ life: 0 }, { life: 1, fence: -1 }]) {
      assert.throws(() => cleared(restarted(), clearance), { code: 'COCO_CONSENSUS_MESSAGE' });
    }
  });
});

const shown: Doubt = { view: 2, signed: { view: 0, seqno: 0 } };

/** Node a leads; of the others, `inDoubt` answer so. Its log is two signatures long and durable. */
function leading(options: SoloOptions = {}): Solo {
  const node = new Solo(options);
  node.lead(options.nodes ?? ['b', 'c', 'd', 'e']);
  node.append('s s');
  node.persist();
  return node;
}

function ackInDoubt(node: Solo, from: string, last: number, life = 7): Ready {
  const { view } = node.raft;
  const lastView = node.raft.viewAt(last) ?? view;
  return node.receive(from, {
    type: 'appendEntriesResponse',
    view,
    success: true,
    last,
    lastView,
    life,
    doubt: shown,
  });
}

/** What a peer is told in the last message to it. */
function told(ready: Ready, node: string): Clearance | undefined {
  const message = ready.send.findLast(({ to }) => to === node)?.message;
  return message?.type === 'appendEntries' ? message.clearance : undefined;
}

describe('A primary that hears of a node in doubt', () => {
  test('does not count what it acknowledges, and wants a signature', () => {
    const node = leading();
    const ready = ackInDoubt(node, 'b', 2);
    assert.equal(ready.commit, undefined);
    assert.equal(ready.sign, true);
    assert.equal(ackInDoubt(node, 'b', 2).sign, undefined);
    assert.equal(node.elapse(10).sign, true);
    assert.equal(node.raft.status().peers.b?.inDoubt, true);
  });

  test('clears it when a majority without it holds a signature that came after that', () => {
    const node = leading();
    ackInDoubt(node, 'b', 2);
    assert.deepEqual(told(node.ack('c', 2), 'b'), { life: 7 });
    node.append('e');
    node.persist();
    node.ack('c', 3);
    assert.deepEqual(told(node.elapse(10), 'b'), { life: 7 });
    node.append('s');
    node.persist();
    assert.deepEqual(told(node.ack('c', 4), 'b'), { life: 7, fence: 4 });
    node.ack('b', 4);
    assert.equal(node.raft.status().peers.b?.inDoubt, undefined);
  });

  test('gives each life of it another fence', () => {
    const node = leading();
    ackInDoubt(node, 'b', 2);
    node.append('s');
    node.persist();
    assert.deepEqual(told(node.ack('c', 3), 'b'), { life: 7, fence: 3 });
    assert.equal(ackInDoubt(node, 'b', 2, 8).sign, true);
    assert.deepEqual(told(node.ack('c', 3), 'b'), undefined);
    assert.deepEqual(told(node.elapse(10), 'b'), { life: 8 });
  });

  test('an acknowledgement of an earlier life, late, ends no doubt', () => {
    const node = leading();
    ackInDoubt(node, 'b', 2);
    node.append('s');
    node.persist();
    node.ack('b', 2);
    assert.equal(node.raft.status().peers.b?.inDoubt, true);
  });

  test('two nodes: whoever is left knows all that the other promised, so both together are enough', () => {
    const node = leading({ nodes: ['a', 'b'] });
    ackInDoubt(node, 'b', 2);
    node.append('s');
    node.persist();
    assert.deepEqual(told(ackInDoubt(node, 'b', 3), 'b'), { life: 7, fence: 3 });
  });

  test('clears all when all hold the fence, however many are in doubt', () => {
    const node = leading();
    ackInDoubt(node, 'b', 2);
    ackInDoubt(node, 'c', 2);
    node.append('s');
    node.persist();
    ackInDoubt(node, 'b', 3);
    assert.equal(told(node.elapse(10), 'b')?.fence, undefined);
    const ready = ackInDoubt(node, 'c', 3);
    assert.deepEqual([told(ready, 'b')?.fence, told(ready, 'c')?.fence], [3, 3]);
  });

  test('does so in every configuration that counts', () => {
    const node = leading({ nodes: ['a', 'b', 'c'] });
    node.raft.step({
      type: 'append',
      entries: [{ view: node.raft.view, seqno: 3, signature: false, configuration: ['a', 'b', 'd', 'e'] }],
    });
    ackInDoubt(node, 'b', 3);
    node.append('s');
    node.persist();
    assert.equal(told(node.ack('c', 4), 'b')?.fence, undefined);
    node.ack('d', 4);
    assert.equal(told(node.elapse(10), 'b')?.fence, undefined);
    assert.equal(told(node.ack('e', 4), 'b')?.fence, 4);
  });

  test('where a node is missing, it trusts a disk after the time that is set, and not before', () => {
    const node = leading({ settings: { trustDiskAfterMs: 50 } });
    ackInDoubt(node, 'b', 2);
    node.append('s');
    node.persist();
    ackInDoubt(node, 'b', 3);
    assert.equal(told(node.elapse(40), 'b')?.fence, undefined);
    assert.equal(told(node.elapse(20), 'b')?.fence, 3);
  });

  test('it does not trust the disk of a node of which it remembers more', () => {
    const node = leading({ settings: { trustDiskAfterMs: 50 } });
    node.ack('b', 2);
    const remembered = { view: 2, signed: { view: 2, seqno: 2 }, signedInView: 2 };
    const ready = ackInDoubt(node, 'b', 2);
    assert.deepEqual(ready.turnedBack, [{ node: 'b', shown, remembered }]);
    node.append('s');
    node.persist();
    ackInDoubt(node, 'b', 3);
    node.elapse(60);
    assert.deepEqual(told(node.elapse(10), 'b'), { life: 7, remembered });
    assert.equal(told(node.ack('c', 3), 'b')?.fence, 3);
  });

  test('a disk that is turned back once more is remembered by what the node told before', () => {
    const node = leading();
    node.ack('b', 2);
    ackInDoubt(node, 'b', 2, 7);
    assert.equal(ackInDoubt(node, 'b', 2, 8).turnedBack?.[0]?.remembered.signed.seqno, 2);
  });
});
