/**
 * CONF-4 by its commands: a ledger without nodes, holders of shares that answer from files alone, and the service that goes on.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { fromBase64, toBase64 } from '@coco/primitives';
import { runCoco } from '../ledger/testing/runCoco.js';
import { forgedAnswer } from '../recovery/testing/forgedAnswer.js';
import { type LostActor, makeLostNetwork } from '../recovery/testing/lostNetwork.js';

const lost = await makeLostNetwork();
const { root, ledger, actors, values } = lost;
after(() => rmSync(root, { recursive: true }));
const at = (name: string): string => path.join(root, name);
const actor = (i: number): LostActor => actors[i] as LostActor;

/** What the commands say in JSON. */
interface Said {
  readonly error?: { readonly code: string };
  readonly ledger?: string;
  readonly epochs?: number;
  readonly needed?: number;
  readonly missing?: number;
  readonly unsigned?: number;
  readonly holders?: readonly string[];
  readonly request?: string;
  readonly refused?: readonly {
    readonly code: string;
    readonly actor?: string;
    readonly epochs?: readonly number[];
  }[];
  readonly privateEntries?: number;
  readonly privateTables?: readonly string[];
  readonly at?: string;
  readonly drill?: boolean;
  readonly opened?: boolean;
  readonly failure?: unknown;
  readonly services?: readonly { readonly status: string; readonly endorsed: boolean }[];
  readonly publicKey?: string;
}

function coco(...words: readonly string[]): { readonly status: number | null; readonly json: Said } {
  const { status, stdout, stderr } = runCoco(...words, '--json');
  const said = stdout === '' ? stderr : stdout;
  return { status, json: JSON.parse(said.trim().split('\n').at(-1) ?? '') };
}

function begin(directory: string, ...more: readonly string[]) {
  const { certificate, key } = actor(0);
  const words = ['--ledger', ledger, '--directory', directory, '--address', '127.0.0.1:9545', ...more];
  return coco('recover', 'begin', ...words, '--actor-cert', certificate, '--actor-key', key);
}

function answer(directory: string, i: number, out: string, share = actor(i)) {
  const request = path.join(directory, 'request.json');
  const { certificate, key } = actor(i);
  const words = [
    '--share-key',
    share.shareKey,
    '--actor-cert',
    certificate,
    '--actor-key',
    key,
    '--out',
    at(out),
  ];
  return coco('share', 'answer', request, ...words);
}

const directory = at('recovery');

test('recover begin audits the ledger, and asks for all epochs in the name of the actor', () => {
  const { status, json } = begin(directory, '--service-certificate', at('service.pem'));
  assert.equal(status, 0, JSON.stringify(json));
  assert.deepEqual([json.epochs, json.needed, json.unsigned], [lost.epochs, 3, 0]);
  assert.equal(json.holders?.length, 5);
  const shown = runCoco('share', 'answer', json.request ?? '', '--show');
  assert.match(shown.stdout, new RegExp(`acme.*${actor(0).id}`));
  assert.match(shown.stdout, /3 of 5 actors/);
  const again = begin(directory);
  assert.deepEqual([again.status, again.json.error], [1, again.json.error]);
  assert.equal(again.json.error?.code, 'COCO_CLI_EXISTS');
});

test('two of five recover nothing, a forged answer is named, and the others go on', () => {
  for (const i of [0, 1, 2, 3]) assert.equal(answer(directory, i, `answer${i}.json`).status, 0);
  const two = coco('recover', 'add', directory, at('answer1.json'), at('answer2.json'));
  assert.deepEqual([two.status, two.json.missing], [0, 1]);
  const refused = coco('recover', 'open', directory);
  assert.deepEqual([refused.status, refused.json.error?.code], [1, 'COCO_RECOVERY_TOO_FEW']);
  const text = runCoco('recover', 'open', directory);
  assert.match(text.stderr, /2 of the 3 answers .* 1 more is missing/);

  const other = at('other');
  assert.equal(begin(other).status, 0);
  assert.equal(answer(other, 4, 'elsewhere.json').status, 0);
  const file = JSON.parse(readFileSync(at('answer3.json'), 'utf8'));
  const bytes = fromBase64(file.cose) as Uint8Array;
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1;
  writeFileSync(at('changed.json'), JSON.stringify({ ...file, cose: toBase64(bytes) }));
  const bad = coco('recover', 'add', directory, at('elsewhere.json'), at('changed.json'), at('nowhere.json'));
  assert.deepEqual(
    bad.json.refused?.map(({ code }) => code),
    ['COCO_RECOVERY_ANSWER', 'COCO_RECOVERY_ANSWER', 'COCO_CLI_FILE'],
  );
  assert.deepEqual([bad.status, bad.json.missing], [1, 1]);
  const wrong = answer(directory, 3, 'wrong.json', actor(4));
  assert.equal(wrong.json.error?.code, 'COCO_RECOVERY_SHARE');
});

test('a partial decryption that the actor’s share did not make is named with its epoch, and left aside', async () => {
  const read = (file: string): string => readFileSync(file, 'utf8');
  const { certificate, key, shareKey, id } = actor(0);
  const forger = { certificatePem: read(certificate), privateKeyPem: read(key), shareKeyPem: read(shareKey) };
  writeFileSync(at('forged.json'), await forgedAnswer(path.join(directory, 'request.json'), forger, 2));
  const { status, json } = coco('recover', 'add', directory, at('forged.json'));
  assert.deepEqual([status, json.missing], [1, 1]);
  const [refused] = json.refused ?? [];
  assert.deepEqual([refused?.code, refused?.actor, refused?.epochs], ['COCO_RECOVERY_FORGED', id, [2]]);
  assert.match(
    runCoco('recover', 'add', directory, at('forged.json')).stdout,
    /acme.*epoch 2 .*1 more is needed/s,
  );
});

test('a stopped node of an actor answers with the share that it kept, and for no other actor', () => {
  const words = (i: number, out: string): readonly string[] => {
    const { certificate, key } = actor(i);
    const signing = ['--actor-cert', certificate, '--actor-key', key, '--out', at(out)];
    const request = path.join(directory, 'request.json');
    return ['share', 'answer', request, '--node-dir', lost.nodeDirectory, ...signing];
  };
  assert.equal(coco(...words(3, 'stolen.json')).json.error?.code, 'COCO_RECOVERY_SHARE');
  assert.equal(coco(...words(4, 'kept.json')).status, 0);
  assert.deepEqual(coco('recover', 'add', directory, at('kept.json')).json.missing, 0);
});

test('three of five bring everything back, for a service that endorses the former one', () => {
  const three = coco('recover', 'add', directory, at('answer3.json'));
  assert.deepEqual([three.status, three.json.missing], [0, 0]);
  const opened = coco('recover', 'open', directory);
  assert.equal(opened.status, 0, JSON.stringify(opened.json));
  assert.deepEqual([opened.json.privateEntries, opened.json.privateTables], [values.length, ['app.rows']]);
  const node = path.join(directory, 'node0');
  const verified = coco(
    'ledger',
    'verify',
    path.join(node, 'ledger'),
    '--service-certificate',
    path.join(directory, 'service.pem'),
  );
  // What its nodes have proved is made up, so it is not sound as a whole.
  assert.deepEqual([verified.json.failure, verified.json.unsigned], [undefined, 0]);
  assert.deepEqual(
    verified.json.services?.map(({ status, endorsed }) => [status, endorsed]),
    [
      ['Open', true],
      ['Recovering', false],
    ],
  );
  const shown = runCoco(
    'ledger',
    'show',
    path.join(node, 'ledger'),
    '--secrets',
    node,
    '--table',
    'app.rows',
  );
  for (const value of values) assert.match(shown.stdout, new RegExp(value));
  const again = coco('recover', 'open', directory);
  assert.equal(again.json.error?.code, 'COCO_RECOVERY_OPENED');
  assert.deepEqual(coco('recover', 'status', directory).json.opened, true);
  assert.equal(existsSync(path.join(node, 'sealed', 'recovery-key.sealed')), false);
});

test('the service that goes on can be lost and recovered only when it has made a key', () => {
  const ledgerOfNew = path.join(directory, 'node0', 'ledger');
  const { certificate, key } = actor(1);
  const words = ['--ledger', ledgerOfNew, '--directory', at('again'), '--address', '127.0.0.1:9645'];
  const { json } = coco('recover', 'begin', ...words, '--actor-cert', certificate, '--actor-key', key);
  assert.equal(json.error?.code, 'COCO_RECOVERY_KEY');
  assert.equal(existsSync(at('again')), false);
});

test('a rehearsal says what would come back, and leaves nothing', () => {
  const drill = at('drill');
  assert.equal(begin(drill, '--drill').json.drill, true);
  for (const i of [2, 3, 4]) assert.equal(answer(drill, i, `drill${i}.json`).status, 0);
  coco('recover', 'add', drill, at('drill2.json'), at('drill3.json'), at('drill4.json'));
  const { status, json } = coco('recover', 'open', drill);
  assert.deepEqual([status, json.privateEntries, json.at], [0, values.length, undefined]);
  assert.equal(existsSync(drill), false);
});

test('of several ledgers the one that reaches furthest is recovered, though it begins with a snapshot', () => {
  const further = at('further');
  const { json } = begin(further, '--ledger', lost.joined);
  assert.deepEqual([json.ledger, json.epochs], [lost.joined, lost.epochs + 1]);
  for (const i of [0, 1, 4]) assert.equal(answer(further, i, `further${i}.json`).status, 0);
  coco('recover', 'add', further, at('further0.json'), at('further1.json'), at('further4.json'));
  assert.equal(coco('recover', 'open', further).status, 0);
  const node = path.join(further, 'node0');
  const shown = runCoco(
    'ledger',
    'show',
    path.join(node, 'ledger'),
    '--secrets',
    node,
    '--table',
    'app.rows',
  );
  for (const value of [...values, `value ${lost.epochs + 1}.2`])
    assert.match(shown.stdout, new RegExp(value));
});

test('a last write that was cut short, and what nobody signed, is left out', () => {
  const torn = path.join(root, 'torn', 'ledger');
  cpSync(ledger, torn, { recursive: true });
  const [last = ''] = readdirSync(torn).filter((name) => !name.includes('-'));
  const file = path.join(torn, last);
  const bytes = readFileSync(file);
  // The last signature is cut in two.
  writeFileSync(file, bytes.subarray(0, bytes.length - 100));
  const { certificate, key } = actor(0);
  const words = ['--ledger', torn, '--directory', at('cut'), '--address', '127.0.0.1:9745'];
  const { json } = coco('recover', 'begin', ...words, '--actor-cert', certificate, '--actor-key', key);
  assert.equal(json.unsigned, 1);
  for (const i of [0, 1, 2]) assert.equal(answer(at('cut'), i, `cut${i}.json`).status, 0);
  coco('recover', 'add', at('cut'), at('cut0.json'), at('cut1.json'), at('cut2.json'));
  const opened = coco('recover', 'open', at('cut'));
  assert.deepEqual([opened.status, opened.json.privateEntries], [0, values.length - 1]);
  assert.equal(coco('ledger', 'verify', path.join(at('cut'), 'node0', 'ledger')).json.failure, undefined);
});

test('a ledger that was changed, or of another service than the trusted one, is not recovered', () => {
  const { certificate } = actor(3);
  const { json } = begin(at('untrusted'), '--service-certificate', certificate);
  assert.equal(json.error?.code, 'COCO_RECOVERY_LEDGER');
  assert.equal(existsSync(at('untrusted')), false);
});

test('share keygen makes a key that nobody else can read, and never writes over one', () => {
  const made = coco('share', 'keygen', 'acme-two', '--directory', at('keys'));
  assert.match(made.json.publicKey ?? '', /^[0-9a-f]{64}$/);
  assert.match(readFileSync(path.join(at('keys'), 'acme-two.share-key.pem'), 'utf8'), /BEGIN PRIVATE KEY/);
  const again = coco('share', 'keygen', 'acme-two', '--directory', at('keys'));
  assert.equal(again.json.error?.code, 'COCO_CLI_EXISTS');
});
