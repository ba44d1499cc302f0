import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { GovernedNode } from './testing/governedNode.js';
import { openGovernedNode } from './testing/governedNode.js';
import { runCocoAs } from './testing/runCocoAs.js';

let node: GovernedNode;
before(async () => {
  node = await openGovernedNode();
});
after(() => node.close());

const file = (name: string): string => path.join(node.directory, name);

/** What a command that has to succeed prints with --json. */
async function json(name: string, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await runCocoAs(node.as(name), ...words, '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function refused(
  status: number,
  says: RegExp,
  name: string,
  ...words: readonly string[]
): Promise<void> {
  const outcome = await runCocoAs(node.as(name), ...words);
  assert.equal(outcome.status, status, outcome.stdout + outcome.stderr);
  assert.match(outcome.stderr, says);
}

test('GOV-3, GOV-6: a member proposes, the others see it, vote, and it takes effect; the new member acknowledges', async () => {
  const cert = file('outsider.cert.pem');
  const rehearsed = await runCocoAs(
    node.as('member0'),
    'proposal',
    'rehearse',
    'add-member',
    cert,
    '--name',
    'dora',
  );
  assert.equal(rehearsed.status, 0, rehearsed.stderr);
  for (const part of [
    'Admit the member “dora”',
    'Adds the member "dora"',
    'needed: 2 more in favour',
    'member1',
  ]) {
    assert.ok(rehearsed.stdout.includes(part), `${part} in ${rehearsed.stdout}`);
  }
  const made = await json('member0', 'proposal', 'create', 'add-member', cert, '--name', 'dora', '--vote');
  assert.equal(made['proposalState'], 'Open');
  const id = String(made['proposalId']);
  const waiting = runCocoAs(node.as('member0'), 'proposal', 'watch', id.slice(0, 8));
  const shown = await runCocoAs(node.as('member1'), 'proposal', 'show', id.slice(0, 8));
  assert.match(shown.stdout, /✓ {2}member0 +in favour[\s\S]*member1 +has not voted/);
  const voted = await json('member1', 'proposal', 'vote', id.slice(0, 8), 'yes');
  assert.equal(voted['proposalState'], 'Accepted');
  const watched = await waiting;
  assert.equal(watched.status, 0, watched.stderr);
  await refused(
    1,
    /must acknowledge.*coco member activate/,
    'outsider',
    'proposal',
    'create',
    'make-snapshot',
  );
  await json('outsider', 'member', 'activate');
  const listed = await runCocoAs(node.as('outsider'), 'member', 'list');
  assert.match(listed.stdout, /dora \(you\) +[0-9a-f]{12} +Active/);
});

test('ACT-3: a vote that is prepared here, signed by OpenSSL alone, and submitted, counts', async () => {
  const made = await json('member0', 'proposal', 'create', 'set-voting-policy', 'remove_member', 'unanimous');
  const id = String(made['proposalId']);
  const { COCO_KEY, ...withoutKey } = node.as('member1');
  const request = file('request.json');
  const prepared = await runCocoAs(withoutKey, 'proposal', 'vote', id, 'yes', '--prepare', request);
  assert.equal(prepared.status, 0, prepared.stderr);
  const openssl = spawnSync('openssl', [
    'dgst',
    '-sha256',
    '-sign',
    COCO_KEY ?? '',
    '-out',
    file('sig'),
    `${request}.tbs`,
  ]);
  const signing =
    openssl.status === 0
      ? await runCocoAs({}, 'request', 'sign', request, '--signature', file('sig'), '--out', file('signed'))
      : await runCocoAs({ COCO_KEY: COCO_KEY ?? '' }, 'request', 'sign', request, '--out', file('signed'));
  assert.equal(signing.status, 0, signing.stderr);
  const submitted = await runCocoAs(withoutKey, 'request', 'submit', file('signed'));
  assert.match(submitted.stdout, /✓ {2}member1 +in favour/);
  writeFileSync(request, readFileSync(request, 'utf8').replace('true', 'false'));
  const forged = await runCocoAs({}, 'request', 'sign', request, '--key', COCO_KEY ?? '');
  assert.match(forged.stderr, /do not sign it.*COCO_CLIENT_REQUEST/);
});

test('without a node to ask, a proposal is prepared or written from what is at hand', async () => {
  const { COCO_CERT = '' } = node.as('member2');
  const written = file('proposal.json');
  assert.equal((await runCocoAs({}, 'proposal', 'create', 'make-snapshot', '--write', written)).status, 0);
  const prepared = await runCocoAs(
    { COCO_CERT },
    'proposal',
    'create',
    written,
    '--prepare',
    file('offline.json'),
  );
  assert.equal(prepared.status, 0, prepared.stderr);
  const { actor_id, payload } = JSON.parse(readFileSync(file('offline.json'), 'utf8')) as Record<
    string,
    string
  >;
  assert.equal(actor_id, node.idOf('member2'));
  assert.deepEqual(JSON.parse(payload ?? ''), { actions: [{ name: 'trigger_snapshot', args: {} }] });
});

test('a proposal is withdrawn by its proposer alone, and voted against by the others', async () => {
  const id = String(
    (await json('member2', 'proposal', 'create', 'set-setting', 'lease_seconds=30'))['proposalId'],
  );
  await refused(1, /can only be withdrawn by/, 'member0', 'proposal', 'withdraw', id);
  assert.equal((await json('member2', 'proposal', 'withdraw', id))['proposalState'], 'Withdrawn');
  await refused(
    1,
    /coco proposal list shows what is open.*ProposalNotOpen/,
    'member0',
    'proposal',
    'vote',
    id,
    'no',
  );
});

test('a command line that is wrong says how it is right, with exit status 2', async () => {
  const wrong: readonly (readonly [RegExp, ...string[]])[] = [
    [/WHAT is needed/, 'proposal', 'create'],
    [/nothing like "add-memmber"/, 'proposal', 'create', 'add-memmber'],
    [/add-member takes CERT\.pem --name NAME/, 'proposal', 'create', 'add-member'],
    [/a vote is yes or no, not "maybe"/, 'proposal', 'vote', 'abcd', 'maybe'],
    [/did you mean "proposal list"/, 'proposal', 'lits'],
  ];
  for (const [says, ...words] of wrong) await refused(2, says, 'member0', ...words);
  const { COCO_URL: _, ...lost } = node.as('member0');
  const outcome = await runCocoAs(lost, 'proposal', 'list');
  assert.equal(outcome.status, 2);
  assert.match(outcome.stderr, /--url is needed \(or COCO_URL in the environment\)/);
});

test('GOV-1: the constitution is shown, compared with an earlier one, and its history told', async () => {
  const summary = await json('member0', 'constitution', 'show');
  writeFileSync(file('before.json'), JSON.stringify({ ...summary, settings: {} }));
  const shown = await runCocoAs(node.as('member0'), 'constitution', 'show');
  assert.match(shown.stdout, new RegExp(`^Constitution ${String(summary['digest'])}`));
  assert.ok(shown.stdout.split('\n').every((line) => line.length <= 100));
  const compared = await runCocoAs(node.as('member0'), 'constitution', 'diff', file('before.json'));
  assert.equal(compared.status, 1);
  assert.match(compared.stdout, /^\+ setting/m);
  const history = await runCocoAs(node.as('member0'), 'constitution', 'history');
  assert.match(history.stdout, /member0 +member0, member1 +set_member/);
});
