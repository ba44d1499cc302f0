/**
 * Auditors on real nodes: who was granted epoch k reads k, and neither k-1 nor k+1, for as long as the members let it; M of the
 * actors' nodes give it, and each has it on the ledger first.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CocoError, toHex, utf8 } from '@coco/primitives';
import type { GovernedNode } from '../governed/governedNode.js';
import { decide, type Person } from '../governed/person.js';
import { until } from '../until.js';
import { CustodyNetwork, timeoutMs } from './custodyNetwork.js';

/** Something private, and the epoch in which it was written. */
interface Planted {
  readonly epoch: number;
  /** Hex. */
  readonly marker: string;
}

interface Summary {
  readonly seqnos: { readonly from: number; readonly to: number };
  readonly entries: number;
  readonly receipts: number;
  readonly confirmed?: { readonly actors: readonly string[] };
}

interface Read {
  readonly grant: string;
  readonly auditor: string;
  readonly node_id: string;
  readonly epochs?: readonly number[];
  readonly tables?: readonly string[];
}

let network: CustodyNetwork;
let nodes: readonly [GovernedNode, GovernedNode, GovernedNode];
let members: readonly [Person, Person];
let auditor: Person;
let planted: readonly [Planted, Planted, Planted];
let grant: string;

before(async () => {
  // A secret is soon forgotten, so that what is read later takes the actors' shares.
  network = await CustodyNetwork.open({
    members: ['acme', 'bolt', 'cora'],
    settings: { epoch_seconds: 0, secret_hold_seconds: 1 },
  });
  const { governed } = network;
  nodes = [...governed.nodes] as unknown as typeof nodes;
  members = [governed.member('acme'), governed.member('bolt')];
  auditor = governed.person('audit', 'participant');
  await auditor.keygen();
  planted = [await plant(), await plant(), await plant()];
  const [k1, k, k2] = planted.map(({ epoch }) => epoch) as [number, number, number];
  assert.deepEqual([k1, k2], [k - 1, k + 1]);
  grant = await granted('--epochs', String(k), '--valid-for', '1h');
});
after(() => network?.close());

/** Writes a marker in an epoch of its own, and ends that. */
async function plant(): Promise<Planted> {
  const [node] = nodes;
  const { epoch } = await network.secrets(node);
  const marker = randomBytes(32);
  await network.transact(node, { data: new Uint8Array(marker) });
  assert.equal((await network.secrets(node)).epoch, epoch);
  await decide(members[0], [members[1]], 'change-key');
  await network.until(node, 'is in the next epoch', (now) => now.epoch > epoch);
  return { epoch, marker: toHex(new Uint8Array(marker)) };
}

function granted(...what: readonly string[]): Promise<string> {
  const [acme, bolt] = members;
  return decide(acme, [bolt], 'grant-audit', auditor.certificateFile, '--name', 'Audit & Co', ...what);
}

let directories = 0;

/** Runs `coco audit fetch`; what it says and what is in the files that it wrote. */
async function fetchAudit(...options: readonly string[]) {
  const out = `audit-${++directories}`;
  const { status, stdout, stderr } = await auditor.run('audit', 'fetch', '--out', out, '--json', ...options);
  const directory = path.join(network.governed.directory, out);
  const said = `${stdout}${stderr}`;
  if (status !== 0) return { said, files: '', lines: [], summary: undefined };
  const files = readdirSync(directory).map((file) => readFileSync(path.join(directory, file), 'utf8'));
  const entries = readFileSync(path.join(directory, 'entries.jsonl'), 'utf8').trim();
  return { said, files: files.join(''), lines: entries.split('\n'), summary: JSON.parse(stdout) as Summary };
}

async function reads(of: string): Promise<readonly Read[]> {
  const all = JSON.parse(await auditor.ok('audit', 'reads', '--json')) as readonly Read[];
  return all.filter((read) => read.grant === of);
}

/** The status of a node's answer, and its code if it is a refusal. */
async function asked(node: GovernedNode, who: Person | undefined, target: string, body?: object) {
  const client = network.governed.client(node.administrativeUrl, who);
  try {
    const answer = await (body === undefined
      ? client.get(target)
      : client.post(target, 'application/json', utf8(JSON.stringify(body))));
    return [answer.status];
  } catch (error) {
    if (!(error instanceof CocoError) || error.code !== 'COCO_CLIENT_HTTP') throw error;
    return [error.facts['status'], error.facts['errorCode']];
  } finally {
    client.close();
  }
}

test('who was granted epoch k reads k, every entry of it proved, and neither k-1 nor k+1', async () => {
  const { summary, files, said } = await fetchAudit('--grant', grant);
  assert.ok(summary !== undefined, said);
  const [k1, k, k2] = planted;
  assert.deepEqual(
    [k1, k, k2].map(({ marker }) => files.includes(marker)),
    [false, true, false],
  );
  const { seqnos, entries, receipts, confirmed } = summary;
  assert.deepEqual([entries, receipts], [seqnos.to - seqnos.from + 1, entries]);
  assert.ok((confirmed?.actors.length ?? 0) >= 2, said);
});

test('each node that answered has it on the ledger: nodes of M actors at least, in every file of the ledger', async () => {
  const found = await reads(grant);
  const tellers = new Set(found.map(({ node_id }) => node_id));
  assert.ok(tellers.size >= 2, JSON.stringify(found));
  for (const read of found) {
    assert.deepEqual([read.auditor, read.epochs], [auditor.id, [planted[1].epoch]]);
    assert.ok(nodes.some(({ nodeId }) => nodeId === read.node_id));
  }
  for (const { ledger, name } of nodes) {
    await until(`the ledger of ${name} has them`, timeoutMs, async () => {
      const shown = await auditor.ok(
        'ledger',
        'show',
        ledger,
        '--table',
        'public:coco.audit.reads',
        '--json',
      );
      return shown.split(grant).length - 1 >= found.length;
    });
  }
});

test('k+1 and k-1 are refused by every node, to anybody else k is, and nothing of it is recorded', async () => {
  const before = (await reads(grant)).length;
  const [k1, k, k2] = planted.map(({ epoch }) => epoch) as [number, number, number];
  const mallory = network.governed.person('mallory', 'participant');
  await mallory.keygen();
  const body = (...epochs: readonly number[]) => ({ grant, epochs });
  const partials = '/node/audit/partials';
  for (const node of nodes) {
    const refused = [403, 'COCO_AUDIT_EPOCH'];
    assert.deepEqual(await asked(node, auditor, partials, body(k2)), refused);
    assert.deepEqual(await asked(node, auditor, partials, body(k1)), refused);
    assert.deepEqual(await asked(node, auditor, partials, body(k, k2)), refused);
    assert.deepEqual(await asked(node, auditor, '/node/audit/rows', { grant, from: 1 }), [
      403,
      'COCO_AUDIT_TABLE',
    ]);
    const entries = `/node/audit/entries?grant=${grant}&from=1`;
    assert.deepEqual(await asked(node, auditor, entries), [403, 'COCO_AUDIT_RANGE']);
    assert.deepEqual(await asked(node, mallory, partials, body(k)), [403, 'COCO_AUDIT_CALLER']);
    assert.deepEqual(await asked(node, members[0], partials, body(k)), [403, 'COCO_AUDIT_CALLER']);
    assert.deepEqual(await asked(node, undefined, partials, body(k)), [401, 'COCO_AUDIT_ANONYMOUS']);
    // The secrets of the ledger are for nodes: an auditor has no other way to them.
    const sealed = { epoch: k, from: 1, digest: '0'.repeat(64), sealed: '' };
    assert.deepEqual(await asked(node, auditor, '/node/partials', { epochs: [sealed] }), [
      403,
      'COCO_SECRETS_UNLISTED',
    ]);
  }
  const { said } = await fetchAudit('--grant', grant, '--epochs', String(k2));
  assert.match(said, new RegExp(`the grant is for epoch ${k}, and not for epoch ${k2}`));
  assert.equal((await reads(grant)).length, before);
});

test('of named tables a node opens the rows in the range, and nothing else', async () => {
  const [, { marker }] = planted;
  const whole = await fetchAudit('--grant', grant);
  const { seqnos } = whole.summary ?? { seqnos: { from: 0, to: 0 } };
  const tables = whole.lines.flatMap((line) => {
    const { tables: written } = JSON.parse(line) as { tables: { table: string }[] };
    return written.filter((one) => !one.table.startsWith('public:') && JSON.stringify(one).includes(marker));
  });
  const table = tables[0]?.table ?? '';
  assert.notEqual(table, '');
  const named = await granted(
    '--tables',
    table,
    '--seqnos',
    `${seqnos.from}-${seqnos.to}`,
    '--valid-for',
    '1h',
  );
  const { lines, files, summary, said } = await fetchAudit('--grant', named);
  assert.ok(summary !== undefined && summary.entries > 0 && summary.entries === summary.receipts, said);
  assert.ok(files.includes(marker));
  for (const line of lines) {
    const { tables: written } = JSON.parse(line) as { tables: { table: string }[] };
    assert.deepEqual([...new Set(written.map((one) => one.table))], [table]);
  }
  for (const { marker: other } of [planted[0], planted[2]]) assert.ok(!files.includes(other));
  const [read] = await reads(named);
  assert.deepEqual([read?.tables, read?.auditor], [[table], auditor.id]);
  const outside = { grant: named, from: seqnos.to + 1 };
  assert.deepEqual(await asked(nodes[1], auditor, '/node/audit/rows', outside), [403, 'COCO_AUDIT_RANGE']);
  const partials = { grant: named, epochs: [planted[1].epoch] };
  assert.deepEqual(await asked(nodes[1], auditor, '/node/audit/partials', partials), [
    403,
    'COCO_AUDIT_EPOCH',
  ]);
});

test('a grant that has ended or was revoked opens nothing any more', async () => {
  const epoch = String(planted[1].epoch);
  const short = await granted('--epochs', epoch, '--valid-for', '5s');
  await until('the grant has ended', timeoutMs, async () => {
    const { said } = await fetchAudit('--grant', short);
    return /COCO_AUDIT_EXPIRED/.test(said);
  });
  const other = await granted('--epochs', epoch, '--valid-for', '1h');
  await decide(members[0], [members[1]], 'revoke-audit', other);
  const { said } = await fetchAudit('--grant', other);
  assert.match(said, /COCO_AUDIT_GRANT.*there is no such grant, or it was revoked/);
  for (const node of nodes) {
    const body = { grant: other, epochs: [planted[1].epoch] };
    const answer = () => asked(node, auditor, '/node/audit/partials', body);
    await until('every node refuses it', timeoutMs, async () => (await answer())[1] === 'COCO_AUDIT_GRANT');
  }
});

test('2 of 3 are needed: with two nodes away it is refused, and the sentence says why', async () => {
  const [first, second, third] = nodes;
  network.governed.ask(first);
  for (const node of [second, third]) await network.kill(node);
  const { said, summary } = await fetchAudit('--grant', grant);
  assert.equal(summary, undefined);
  assert.match(said, /partial decryptions of 2 of 3 actors, and too few have answered/);
  assert.match(said, /COCO_SECRETS_UNREACHABLE/);
});
