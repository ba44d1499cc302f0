/**
 * The chapters between the beginning of the network and its end: what its members change while it is used.
 */
import type { Person } from '../governed/person.js';
import { holdConnections } from './openConnections.js';
import { join, majority, must, pass, remove, type Stage } from './stage.js';

/** A fourth member is voted in. It cannot vote before it has acknowledged the state of the ledger. */
export async function admitMember(stage: Stage, name: string): Promise<Person> {
  const { network, narrator, members } = stage;
  const newcomer = network.person(name, 'member');
  await newcomer.keygen();
  const what = ['add-member', newcomer.certificateFile, '--name', name];
  const rehearsal = await majority(stage)[0].json('proposal', 'rehearse', ...what);
  must(rehearsal['valid'] === true, 'the rehearsal finds nothing wrong');
  const before = (await members[0]?.ok('constitution', 'show', '--digest')) ?? '';
  await pass(stage, ...what);
  const after = (await members[0]?.ok('constitution', 'show', '--digest')) ?? '';
  must(before !== after, 'the constitution has another digest with another member');
  narrator.see(`${name} is a member by ${majority(stage).length} of ${members.length} votes`);
  const early = await newcomer.run('proposal', 'create', 'set-setting', 'lease_seconds=11');
  must(early.status === 1, 'who has not acknowledged anything cannot propose');
  await newcomer.ok('member', 'activate');
  stage.members = [...members, newcomer];
  narrator.see(`${name} was refused before it acknowledged the ledger, and is active now`);
  return newcomer;
}

/** With two of four votes nothing happens; the newcomer's is the third. */
export async function newcomerVotes(stage: Stage, newcomer: Person): Promise<void> {
  const [first, second] = stage.members;
  must(first !== undefined && second !== undefined, 'there are members');
  const proposed = await first.propose('set-setting', 'lease_seconds=20');
  const half = await second.vote(proposed.proposalId);
  must(half.state === 'Open', 'two of four votes are not more than half');
  const { state } = await newcomer.vote(proposed.proposalId);
  must(state === 'Accepted', `three of four votes are more than half (it is ${state})`);
  stage.narrator.see(`the vote of ${newcomer.name} decided a change of the settings, as the third of four`);
}

/** To unanimous, by the old policy; back, by the one that is in force then. */
export async function unanimityAndBack(stage: Stage): Promise<void> {
  const { narrator, members } = stage;
  const [first, second, third, fourth] = members;
  must(
    first !== undefined && second !== undefined && third !== undefined && fourth !== undefined,
    'four members',
  );
  await pass(stage, 'set-voting-policy', 'default', 'unanimous');
  narrator.see('unanimous from now on; that itself was decided by 3 of 4, under the old policy');
  const back = await first.propose('set-voting-policy', 'default', 'majority');
  const states = [back.state];
  for (const member of [second, third, fourth]) states.push((await member.vote(back.proposalId)).state);
  must(states.join() === 'Open,Open,Open,Accepted', `only all four together decide (${states})`);
  narrator.see('back to majority: open with 2 and with 3 of 4 votes, accepted with the fourth');
}

/** A participant comes, uses the network, and is removed: its open connections are cut, new ones refused. */
export async function comeAndGo(stage: Stage, name: string): Promise<void> {
  const { network, narrator, nodes } = stage;
  const participant = network.person(name, 'participant');
  await participant.keygen();
  await pass(stage, 'add-participant', participant.certificateFile, '--name', name);
  const held = await Promise.all(nodes.map((node) => holdConnections(network, node, participant)));
  must(
    held.every((one) => one.open),
    'the participant is connected to every node',
  );
  narrator.see(`${name} is in, with connections to the ${nodes.length} nodes`);
  const [proposer, ...others] = majority(stage);
  const { proposalId } = await proposer.propose('remove-participant', name);
  for (const other of others.slice(0, -1)) await other.vote(proposalId);
  must(
    held.every((one) => one.open),
    'a participant stays connected while its removal is only proposed',
  );
  const last = others.at(-1);
  must(last !== undefined, 'there is a member to decide');
  const { state } = await last.vote(proposalId);
  const answeredMs = performance.now();
  must(state === 'Accepted', `the removal is ${state}`);
  const cutMs = await Promise.all(held.map((one) => one.cut(5_000)));
  const late = Math.max(...cutMs) - answeredMs;
  narrator.see(
    `removed: its connections were cut ${late <= 0 ? 'before the vote was answered' : `${Math.ceil(late)} ms after the vote was answered`}`,
  );
  for (const node of nodes) {
    const refusal = await holdConnections(network, node, participant).then(
      (again) => `connected: ${again.open}`,
      (error: unknown) => String(error),
    );
    must(/401/.test(refusal), `${node.name} refuses it from now on (${refusal})`);
  }
  narrator.see('new connections of it are refused by every node');
}

/** Every one of `originals` gives way to a new node of the same member, one after the other. */
export async function replace(stage: Stage, originals: Stage['nodes']): Promise<void> {
  const { network, narrator, load } = stage;
  for (const original of originals) {
    const actor = network.member(original.actor);
    await narrator.step(`${actor.name} replaces ${original.name}.`, async () => {
      const startedMs = performance.now();
      const by = await join(stage, actor, 'proposal');
      const joinedMs = performance.now();
      const wasPrimary = (await network.primary()) === original;
      await remove(stage, original);
      const goneMs = performance.now();
      const joinPauseMs = load.longestPauseMs(startedMs, joinedMs);
      const leavePauseMs = load.longestPauseMs(joinedMs, goneMs);
      stage.replacements.push({ node: original.name, by: by.name, wasPrimary, joinPauseMs, leavePauseMs });
      narrator.see(
        `${original.name} was ${wasPrimary ? 'the primary' : 'a backup'}; the longest time without an acknowledged ` +
          `transaction: ${Math.round(joinPauseMs)} ms while ${by.name} joined, ${Math.round(leavePauseMs)} ms while ${original.name} left`,
      );
    });
  }
}
