import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Configuration, type RaftRules, raftRules } from '@coco/consensus';
import { runCommandLine } from './command-line.js';
import { runScenario } from './run.js';

const folder = fileURLToPath(new URL('../../scenarios/', import.meta.url));
const textOf = (name: string) => readFileSync(join(folder, `${name}.scenario`), 'utf8');

describe('Every scenario holds', () => {
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.scenario'))
    .sort()) {
    test(file, () => {
      for (let seed = 1; seed <= 5; seed++) {
        const outcome = runScenario(file, readFileSync(join(folder, file), 'utf8'), { seed });
        assert.ok(outcome.ok, outcome.ok ? '' : `seed ${seed}: ${outcome.reason}`);
      }
    });
  }
});

describe('A scenario fails when the rule that it is for is broken', () => {
  const broken: [scenario: string, rules: Partial<RaftRules>][] = [
    ['one-vote-in-a-view', { mayGrantVote: ({ upToDate }) => upToDate }],
    ['vote-only-for-a-log-that-is-up-to-date', { isUpToDate: () => true }],
    ['election-by-last-signature', { electionPosition: ({ last }) => last }],
    ['vote-survives-stepping-down', { voteInView: () => undefined }],
    ['vote-survives-a-restart', { hardStateToPersist: ({ view }) => ({ view }) }],
    ['pre-vote-while-a-primary-is-heard', { mayGrantPreVote: ({ upToDate }) => upToDate }],
    ['check-quorum', { mayKeepLeading: () => true }],
    ['check-quorum-in-every-configuration', { mayKeepLeading: anyConfigurationHeard }],
    ['majority-of-four', { quorumOf: (size) => Math.floor(size / 2) }],
    ['commit-in-every-configuration', { agreedByConfigurations: (agreed) => Math.max(...agreed) }],
    ['election-in-every-configuration', { wonInConfigurations: (won) => won.some((each) => each) }],
    ['commit-only-in-the-own-view', { commitOnPrimary: ({ signature }) => signature?.seqno }],
    ['commit-only-signatures', { commitOnPrimary: ({ agreed }) => agreed }],
    ['backup-commits-only-what-is-proved', { commitOnBackup: ({ primaryCommit }) => primaryCommit }],
    ['backup-commits-at-signatures', { roundToSignature: ({ seqno }) => seqno }],
    ['messages-of-older-views-are-refused', { acceptsAppend: () => true }],
    ['log-matching', { previousMatches: () => true }],
    ['only-conflicts-are-truncated', { truncateTo: ({ to, last }) => (last > to ? to : undefined) }],
    ['conflicts-are-truncated', { truncateTo: () => undefined }],
    ['acknowledge-only-the-range', { acknowledgeUpTo: ({ last }) => last }],
    ['late-acknowledgements-are-not-counted', { isCurrentResponse: () => true }],
    ['match-never-decreases', { matchAfterSuccess: ({ acknowledged }) => acknowledged }],
    ['refusals-move-nothing', { matchAfterFailure: ({ hint }) => hint }],
    ['unsigned-entries-are-dropped', { keepWithoutPrimary: ({ last }) => last }],
    ['joining-from-a-snapshot', { sendAfter: ({ hint }) => hint }],
    ['joining-from-a-snapshot', { mayCampaign: ({ gone }) => !gone }],
    ['removing-the-primary', { mayFallSilent: ({ removed }) => removed }],
    ['removing-the-primary', { mayFallSilent: () => false }],
    ['retirement-is-rolled-back', { keepsConfiguration: () => true }],
    ['return-after-a-received-removal', { mayAnswer: ({ gone }) => !gone }],
    ['return-after-a-received-removal', { mayFallSilent: ({ recorded }) => recorded }],
    ['a-gone-node-votes', { mayAnswer: ({ gone, election }) => !(gone && election) }],
    ['return-is-rolled-back', { keepsConfiguration: () => true }],
    ['return-is-rolled-back', { leavingAfter: takesReturnForCommitted }],
    ['return-of-the-gone-is-rolled-back', { mayFallSilent: ({ recorded }) => recorded }],
    ['cutting-off-needs-a-majority', { mayLeaveOut: () => true }],
    [
      'cutting-off-needs-a-majority',
      { mayRecord: ({ configurations, nodes }) => mayRecordAt(configurations[0], nodes) },
    ],
    ['commit-in-every-configuration', { activeConfigurations: onlyCommitted }],
    ['signed-entries-survive-an-election', { keepWithoutPrimary: ({ commit }) => commit }],
    ['forgotten-vote', { startsInDoubt: () => false }],
    ['forgotten-vote', { carries: ({ quorum, sure, unsure }) => sure + unsure >= quorum }],
    ['forgotten-vote', { fenceKnown: ({ commit }) => commit }],
    ['forgotten-vote', { mayFence: () => true }],
    ['forgotten-vote', { matchInDoubt: ({ acknowledged }) => acknowledged }],
  ];
  for (const [scenario, rules] of broken) {
    test(`${scenario}, without ${Object.keys(rules).join()}`, () => {
      const outcome = runScenario(scenario, textOf(scenario), { rules });
      assert.equal(outcome.ok, false);
    });
  }

  test('every rule has a scenario, but the one that an ordered disk hides', () => {
    const covered = new Set(broken.flatMap(([, rules]) => Object.keys(rules)));
    const missing = Object.keys(raftRules).filter((rule) => !covered.has(rule));
    // Nothing is sent before it is on disk here, so nobody acknowledges what the primary’s own disk lacks.
    assert.deepEqual(missing, ['selfMatch']);
  });
});

describe('The command language', () => {
  const cases: [why: string, text: string, reason: string][] = [
    ['an unknown command', 'start_node,0\nfly,0', 'x:2: unknown command "fly"'],
    ['a command that every object has', 'constructor', 'x:1: unknown command "constructor"'],
    ['too few arguments', 'start_node', 'x:1: wrong number of arguments (0); the form is start_node,ID'],
    ['too many arguments', 'state_all,0', 'x:1: wrong number of arguments (1); the form is state_all'],
    ['an unknown node', 'start_node,0\n\ndispatch_one,7', 'x:3: there is no node 7 (dispatch_one,7)'],
    ['a node made twice', 'nodes,0\ncreate_new_node,0', 'x:2: node 0 exists already (create_new_node,0)'],
    [
      'a view without a primary',
      'start_node,0\nreplicate,9,x',
      'x:2: there is no primary in view 9 (replicate,9,x)',
    ],
    [
      'a time that is none',
      'start_node,0\nperiodic_all,soon',
      'x:2: "soon" is not a whole number (periodic_all,soon)',
    ],
    ['a failed assertion', 'start_node,0\nassert_commit_idx,0,9', 'x:2: the commit of node 0 is 0, not 9'],
    ['an unknown field', 'start_node,0\nassert_detail,0,mood,good', 'x:2: node 0 has no mood'],
    ['an end without a primary', 'nodes,0,1', 'x:1: there is no primary that could bring the nodes in sync'],
  ];
  for (const [why, text, reason] of cases) {
    test(`${why} is reported with its line`, () => {
      const outcome = runScenario('x', text);
      assert.ok(!outcome.ok && outcome.reason.startsWith(reason), JSON.stringify(outcome));
    });
  }

  test('comments, blank lines, spaces at the end and a line of ==== are understood', () => {
    const text =
      '# a comment\n\nstart_node,0   # first\nemit_signature,2\r\nassert_commit_idx,0,2\n====\nnonsense';
    assert.deepEqual(runScenario('x', text), { ok: true, commands: 3 });
  });

  test('nothing is run before every line is understood', () => {
    const printed: string[] = [];
    runScenario('x', 'start_node,0\nstate_all\nfly', { print: (line) => printed.push(line) });
    assert.deepEqual(printed, []);
  });

  test('the same seed gives the same run', () => {
    const run = () => {
      const lines: string[] = [];
      const trace = (line: object) => lines.push(JSON.stringify(line));
      runScenario('x', textOf('duplicates-and-reordering'), { seed: 7, trace });
      return lines;
    };
    assert.deepEqual(run(), run());
  });
});

describe('npm run scenario', () => {
  test('writes the trace as JSON lines: each command, and the actions that follow from it', (t) => {
    t.mock.method(process.stdout, 'write', () => true);
    const place = mkdtempSync(join(tmpdir(), 'scenario-'));
    const trace = join(place, 'trace');
    assert.equal(runCommandLine(['--trace', trace, join(folder, 'leadership-transfer.scenario')]), 0);
    const lines = readFileSync(trace, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    rmSync(place, { recursive: true });
    assert.equal(lines[0].cmd, 'start_node,0');
    assert.ok(lines.some(({ msg }) => msg?.function === 'recv_propose_request_vote'));
    assert.ok(lines.some(({ msg }) => msg?.function === 'drop_pending_to'));
  });

  test('tells by its exit status whether all hold, one fails, or it was called wrongly', (t) => {
    t.mock.method(process.stdout, 'write', () => true);
    t.mock.method(process.stderr, 'write', () => true);
    const place = mkdtempSync(join(tmpdir(), 'scenario-'));
    const bad = join(place, 'bad');
    writeFileSync(bad, 'start_node,0\nassert_commit_idx,0,1\n');
    const good = join(folder, 'check-quorum.scenario');
    assert.deepEqual(
      [
        runCommandLine([good]),
        runCommandLine([good, bad]),
        runCommandLine([join(place, 'none')]),
        runCommandLine([]),
        runCommandLine(['--fly']),
        runCommandLine(['--help']),
      ],
      [0, 1, 2, 2, 2, 0],
    );
    rmSync(place, { recursive: true });
  });
});

/** A configuration counts only from its commit on. */
function onlyCommitted({ configurations, commit }: Parameters<RaftRules['activeConfigurations']>[0]) {
  return configurations.filter(({ seqno }) => seqno <= commit);
}

/** Whom a later configuration has is not leaving, even if that is rolled back. */
function takesReturnForCommitted(question: Parameters<RaftRules['leavingAfter']>[0]): readonly string[] {
  return raftRules.leavingAfter(question).filter((node) => !question.later.includes(node));
}

/** Only the configuration in force is asked. */
function mayRecordAt(configuration: Configuration | undefined, nodes: readonly string[]): boolean {
  return raftRules.mayRecord({ configurations: configuration === undefined ? [] : [configuration], nodes });
}

/** A majority heard in one configuration is taken for enough. */
function anyConfigurationHeard(question: Parameters<RaftRules['mayKeepLeading']>[0]): boolean {
  return question.silentMs.some((nodes) => raftRules.mayKeepLeading({ ...question, silentMs: [nodes] }));
}
