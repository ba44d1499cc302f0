import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../command.js';
import { votingPoliciesOf } from '../genesis/networkAnswers.js';
import { parseNodeAddresses } from '../genesis/nodeAddresses.js';
import { describeAction } from './actionText.js';
import { constitutionDiff } from './constitutionDiff.js';
import { describeConstitution } from './constitutionText.js';
import { formatDuration, parseDuration } from './duration.js';
import { viewOf } from './jsonView.js';
import { findNamed, namerOf } from './naming.js';
import { describeRehearsal } from './rehearsalText.js';
import { describeTally } from './tallyText.js';
import { diffFigures, diffLines, formatDiff } from './textDiff.js';
import { describePolicy, parsePolicyText } from './votingPolicyText.js';

test('lengths of time are read and said in the units of people', () => {
  assert.deepEqual(
    ['90s', '30m', '12h', '7d'].map((text) => parseDuration(text, '--expires')),
    [90, 1800, 43_200, 604_800],
  );
  for (const wrong of ['', '7', 'd', '7w', '-1d', '1.5h', '0s', '99999999999d']) {
    assert.throws(() => parseDuration(wrong, '--expires'), UsageError, wrong);
  }
  assert.deepEqual([0, 1, 61, 3600, 93_600, 604_800].map(formatDuration), [
    '0 seconds',
    '1 second',
    '1 minute 1 second',
    '1 hour',
    '1 day 2 hours',
    '7 days',
  ]);
});

test('GOV-4: every kind of voting policy can be written, and is said in words', () => {
  assert.deepEqual(parsePolicyText('majority'), { kind: 'majority' });
  assert.deepEqual(parsePolicyText('m-of-n:3,quorum=4,expires=7d'), {
    kind: 'm_of_n',
    m: 3,
    quorum: 4,
    expiresAfterSeconds: 604_800,
  });
  assert.equal(describePolicy(parsePolicyText('one-of-n')), 'one member in favour');
  assert.equal(
    describePolicy(parsePolicyText('unanimous,quorum=2,expires=12h')),
    'every member in favour, at least 2 voting, within 12 hours',
  );
  for (const wrong of [
    '',
    'most',
    'm-of-n',
    'm-of-n:0',
    'm-of-n:x',
    'majority:2',
    'majority,quorum',
    'majority,x=1',
  ]) {
    assert.throws(() => parsePolicyText(wrong), UsageError, wrong);
  }
  assert.deepEqual(votingPoliciesOf(['unanimous', 'add_node=one-of-n']), {
    default: { kind: 'unanimous' },
    add_node: { kind: 'one_of_n' },
  });
  assert.deepEqual(votingPoliciesOf([]), { default: { kind: 'majority' } });
});

test('addresses of a node are given by one port or three', () => {
  assert.deepEqual(parseNodeAddresses('10.0.0.1:8545'), {
    host: '10.0.0.1',
    application: '10.0.0.1:8545',
    administrative: '10.0.0.1:8645',
    peer: '10.0.0.1:8745',
  });
  assert.equal(parseNodeAddresses('[::1]:1,2,3').peer, '[::1]:3');
  assert.equal(parseNodeAddresses('node.example:1,2,3').administrative, 'node.example:2');
  for (const wrong of [
    '',
    'host',
    'host:',
    ':80',
    'host:0',
    'host:65536',
    'host:65400',
    'host:1,2',
    'host:1,1,2',
  ]) {
    assert.throws(() => parseNodeAddresses(wrong), UsageError, wrong);
  }
});

test('what is meant is found by its name, its id, or the beginning of it; and never guessed', () => {
  const acme = { id: 'ab12'.repeat(16), name: 'acme' };
  const bolt = { id: 'ab13'.repeat(16), name: 'bolt' };
  const cafe = { id: 'ff00'.repeat(16), name: 'ab12' };
  const actors = [acme, bolt, cafe];
  assert.equal(findNamed('acme', actors, 'member'), acme);
  assert.equal(findNamed(bolt.id, actors, 'member'), bolt);
  assert.equal(findNamed('AB13', actors, 'member'), bolt);
  assert.equal(findNamed('ab12', actors, 'member'), cafe, 'a name comes before an id');
  for (const wrong of ['ab1', 'dora', '', 'zz12']) {
    assert.throws(() => findNamed(wrong, actors, 'member'), { code: 'COCO_CLI_NAME' }, wrong);
  }
  const twins = [{ id: 'abcd1'.padEnd(64, '0') }, { id: 'abcd2'.padEnd(64, '0') }];
  assert.throws(() => findNamed('abcd', twins, 'node'), {
    code: 'COCO_CLI_NAME',
    message: /2 nodes are meant/,
  });
  assert.equal(namerOf(actors.map((one) => ({ ...one }))).name(acme.id), 'acme');
});

test('texts are compared line by line with the fewest changes', () => {
  const before = 'a\nb\nc\nd\n';
  const cases: readonly (readonly [string, number, number])[] = [
    [before, 0, 0],
    ['a\nb\nx\nd\n', 1, 1],
    ['', 0, 4],
    ['z\na\nb\nc\nd\ne\n', 2, 0],
    ['d\nc\nb\na\n', 3, 3],
  ];
  for (const [after, added, removed] of cases) {
    const lines = diffLines(before, after);
    assert.deepEqual(diffFigures(lines), { added, removed }, after);
    const side = (kind: string): string =>
      lines
        .filter((line) => line.kind !== kind)
        .map((line) => line.text)
        .join('\n');
    assert.equal(side('added'), before.trim(), after);
    assert.equal(side('removed'), after.trim(), after);
  }
  const many = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const changed = many.map((line, index) => (index === 20 ? 'other' : line));
  assert.deepEqual(formatDiff(diffLines(many.join('\n'), changed.join('\n')), 1), [
    '@@ line 20 @@',
    ' line 19',
    '-line 20',
    '+other',
    ' line 21',
  ]);
});

test('GOV-6: a rehearsal says in sentences what would change, and who must still vote', () => {
  const tally = {
    voted: [],
    missing: [{ memberId: 'aa'.repeat(32), name: 'acme' }],
    inFavour: 0,
    against: 0,
    inFavourMissing: 1,
    policies: [{ action: 'set_member', sentence: 'one member in favour is enough', votedNeeded: 0 }],
  };
  const changes = [
    { table: 'x', key: 'k', before: null, after: 1, sentence: 'Adds x.' },
    { table: 'x', key: 'l', before: 1, after: null, sentence: 'Removes x.' },
    {
      table: 'public:ccf.gov.constitution',
      key: '',
      before: 'a\nb',
      after: 'a\nc',
      sentence: 'Replaces it.',
    },
  ];
  const rehearsal = {
    valid: true,
    description: '',
    stateAtOnce: 'Open',
    acceptedAtOnce: false,
    changes,
    effects: [{ kind: 'snapshot', sentence: 'Makes a snapshot.' }],
    tally,
  };
  const text = describeRehearsal(viewOf(rehearsal), { full: false, tally: true });
  for (const part of [
    '+ Adds x.',
    '- Removes x.',
    '~ Replaces it.',
    '→ Makes a snapshot.',
    '1 lines come, 1 go',
    '-b',
    '+c',
    'acme',
    'has not voted',
  ]) {
    assert.ok(text.includes(part), part);
  }
  assert.match(text, /needed: 1 more in favour/);
  assert.match(
    describeRehearsal(viewOf({ valid: false, description: 'no such action' }), { full: false, tally: true }),
    /no such action/,
  );
  const failing = { ...rehearsal, failure: { reason: 'no active member would be left' } };
  assert.match(
    describeRehearsal(viewOf(failing), { full: false, tally: true }),
    /would fail.*\n.*no active member/,
  );
});

test('GOV-1: what is demanded of platforms, and that a node is distrusted, is said in words', () => {
  const said = (name: string, args: unknown): readonly string[] =>
    describeAction(viewOf({ name, args }), namerOf([]));
  const snp = {
    platform: 'sev-snp',
    description: 'cloud A',
    minimum_tcb: { milan: { snp: 8, boot_loader: 3 }, turin: { fmc: 1 } },
    signers: ['vcek', 'vlek'],
    machines: ['aa', 'bb'],
    roots: ['cc'],
    vmpl_max: 0,
  };
  assert.deepEqual(said('set_tee', snp), [
    'Let in nodes on the platform “sev-snp”',
    'cloud A; firmware from milan snp 8, boot loader 3 / turin fmc 1; signed by VCEK or VLEK; only on 2 machines; 1 more root; vmpl max 0',
  ]);
  assert.deepEqual(said('set_tee', { platform: 'virtual', code: 'any' })[1], 'any code');
  assert.deepEqual(said('set_tee', { platform: 'tdx' }), ['Let in nodes on the platform “tdx”']);
  const node_id = 'ab'.repeat(32);
  assert.deepEqual(said('distrust_node', { node_id, reason: 'stolen' }), [
    'Distrust the node abababababab, whatever it proves',
    'stolen',
  ]);
  assert.deepEqual(said('trust_node', { node_id }), [
    'Let the node abababababab come back when it proves what it runs',
  ]);
});

test('GOV-1: the constitution says what attestation is worth', () => {
  const assurance = { level: 'none', weakest: 'virtual', reasons: ['virtual: its nodes prove nothing'] };
  const summary = { teeManifest: { virtual: { code: 'any' } }, assurance };
  const text = describeConstitution(viewOf(summary));
  for (const part of [
    'virtual',
    'any code',
    'What nodes prove',
    'nothing is proved',
    'its nodes prove nothing',
  ]) {
    assert.ok(text.includes(part), part);
  }
});

test('what comes from a node cannot move the cursor, whatever its shape', () => {
  const esc = '\u001b[2J\u202e';
  const tally = {
    voted: [{ memberId: `${esc}00`, name: `a${esc}`, inFavour: true, failure: 7 }],
    missing: [{ name: [esc] }, 5],
    policies: [{ sentence: esc, action: esc }],
    inFavour: esc,
  };
  for (const hostile of [tally, [], null, 'x', { voted: {}, missing: 'x', policies: 1 }]) {
    const text = describeTally(viewOf(hostile), true);
    assert.ok(!text.includes('\u001b') && !text.includes('\u202e'));
  }
});

test('two constitutions are compared by what they say', () => {
  const before = {
    members: [{ id: 'aa'.repeat(32), name: 'acme', status: 'Active', subject: 'CN=acme' }],
    votingPolicies: [{ action: 'default', sentence: 'a majority' }],
    settings: { lease_seconds: 10 },
    scripts: { sha256: 'x' },
  };
  const after = {
    members: [{ id: 'bb'.repeat(32), name: 'bolt', status: 'Active', subject: 'CN=bolt' }],
    votingPolicies: [{ action: 'default', sentence: 'everybody' }],
    settings: { lease_seconds: 10, epoch_seconds: 60 },
    scripts: { sha256: 'y' },
  };
  assert.deepEqual(constitutionDiff(viewOf(before), viewOf(before)), []);
  assert.deepEqual(constitutionDiff(viewOf(before), viewOf(after)), [
    '- member acme aaaaaaaaaaaa: Active, CN=acme',
    '+ member bolt bbbbbbbbbbbb: Active, CN=bolt',
    '~ decided everything else: everybody (before: a majority)',
    '+ setting epoch_seconds: 60',
    '~ scripts SHA-256: y (before: x)',
  ]);
});
