/**
 * `coco request sign` and `coco request submit`: requests whose key is on a machine that cannot reach the network (ACT-3).
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import {
  completeRequest,
  type GovernanceRequest,
  type PreparedRequest,
  parsePrepared,
  plainBallot,
  readRequest,
  requestPath,
} from '@coco/client';
import { CocoError, equalBytes, fromUtf8 } from '@coco/primitives';
import { type Command, needed, type OptionValues, text } from '../command.js';
import {
  accessOptions,
  jsonOption,
  openSignerFor,
  signerOptions,
  signingOptions,
  withClient,
} from '../governance/access.js';
import { viewOf } from '../governance/jsonView.js';
import { namerOf, shortId } from '../governance/naming.js';
import { actionLines } from '../governance/proposalText.js';
import { showProposal } from '../governance/showProposal.js';
import { post } from '../governance/signing.js';
import { readText } from '../ledger/textFile.js';
import { Cancelled, confirm } from '../prompt.js';
import { bold, dim, fields, green, interactive, red } from '../terminal.js';
import { onlyOperand } from './operands.js';

const requestBytesMax = 16 * 1024 * 1024;

export const requestSign: Command = {
  name: 'request sign',
  summary: 'sign a prepared request; needs no network',
  operands: 'FILE',
  options: {
    out: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'where the signed request goes (default: FILE.cose)',
    },
    signature: {
      type: 'string',
      value: 'FILE',
      help: 'a signature that another tool made over FILE.tbs (DER or r || s), instead of --key',
    },
    yes: { type: 'boolean', short: 'y', help: 'do not show it and ask first (on a terminal)' },
    ...jsonOption,
    key: signingOptions.key,
    ...signerOptions,
  },
  about: [
    'FILE is what --prepare wrote. What would be signed is made again from what can be read in the file, and compared: a ' +
      'file that shows one thing and signs another is refused.',
  ],
  examples: [
    ['coco request sign request.json --key acme.key.pem --out signed.cose', 'with a key file'],
    ['openssl dgst -sha256 -sign acme.key.pem -out sig request.json.tbs', 'with another tool; then:'],
    ['coco request sign request.json --signature sig --out signed.cose', 'put the two together'],
  ],
  async run(operands, options) {
    const file = onlyOperand(operands, 'FILE');
    const prepared = parsePrepared(readText(file, requestBytesMax));
    const json = options['json'] === true;
    if (interactive && !json && options['yes'] !== true) {
      process.stdout.write(`${describeRequest(prepared)}\n\n`);
      if (!(await confirm('Sign this?'))) throw new Cancelled();
    }
    const out = text(options, 'out') ?? `${file}.cose`;
    const signature = await signatureFor(prepared, options);
    writeFileSync(out, completeRequest(prepared, signature));
    if (json) process.stdout.write(`${JSON.stringify({ signed: out, type: prepared.type })}\n`);
    else {
      process.stdout.write(
        `${green('●')} ${bold(out)} ${dim('— signed')}\n\n${bold('Next, where the network can be reached:')}\n` +
          `  coco request submit ${out}\n`,
      );
    }
    return 0;
  },
};

async function signatureFor(prepared: PreparedRequest, options: OptionValues): Promise<Uint8Array> {
  const file = text(options, 'signature');
  if (file === undefined)
    return (await openSignerFor(prepared.certificates, options)).sign(prepared.toBeSigned);
  return readBytes(file, 4096);
}

export const requestSubmit: Command = {
  name: 'request submit',
  summary: 'send a signed request to the network',
  operands: 'FILE',
  options: { ...jsonOption, ...accessOptions },
  about: [
    'FILE is a COSE_Sign1: of coco request sign, or of any other tool. Where it goes follows from what it says.',
  ],
  examples: [['coco request submit signed.cose', 'with COCO_URL and COCO_SERVICE in the environment']],
  async run(operands, options) {
    const message = readBytes(onlyOperand(operands, 'FILE'), requestBytesMax);
    const request = readRequest(message);
    needed(options, 'url', 'COCO_URL');
    return withClient(options, async (client) => {
      const answer = await post(requestPath(request), message, client);
      const proposalId = answer.text('proposalId') || (request.proposalId ?? '');
      const json = options['json'] === true;
      if (proposalId !== '' && !json) return showProposal(client, proposalId, false);
      const shown = json ? JSON.stringify(answer.value) : `${green('●')} accepted: ${request.type}`;
      process.stdout.write(`${shown}\n`);
      return 0;
    });
  },
};

const titles: Readonly<Record<GovernanceRequest['type'], string>> = {
  proposal: 'A proposal',
  ballot: 'A vote',
  withdrawal: 'The withdrawal of a proposal',
  state_digest: 'A request for the state of the ledger, to acknowledge it',
  ack: 'The acknowledgement of the state of the ledger',
  vn_tuple: 'The tuple of a node: who runs it, and where',
  recovery_request: 'A request to holders of shares for the secrets of a lost ledger',
  recovery_answer: 'An answer to such a request',
};

/** What would be signed, for the person who signs. */
function describeRequest(request: PreparedRequest): string {
  const { type, actorId, createdAt, proposalId, payload, certificates } = request;
  const body = bodyOf(payload);
  const actions = type === 'proposal' ? ['', ...actionLines(body, namerOf([]))] : [];
  const lines = fromUtf8(payload) ?? '';
  return [
    bold(titles[type]),
    '',
    fields([
      ['  in the name of', shortId(actorId)],
      ['  certificate', certificates[0].subject.replaceAll('\n', ', ')],
      ['  made', new Date(createdAt * 1000).toISOString().slice(0, 16).replace('T', ' ')],
      ...(proposalId === undefined ? [] : [['  proposal', proposalId] as const]),
      ...(type === 'ballot' || type === 'vn_tuple' || type === 'ack'
        ? [['  says', plainVote(payload) ?? viewOf({ lines }).text('lines')] as const]
        : []),
    ]),
    ...actions,
  ].join('\n');
}

/** A plain vote in words; undefined for anything else. */
function plainVote(payload: Uint8Array): string | undefined {
  if (equalBytes(payload, plainBallot(true))) return green('in favour');
  return equalBytes(payload, plainBallot(false)) ? red('against') : undefined;
}

function bodyOf(payload: Uint8Array): ReturnType<typeof viewOf> {
  try {
    return viewOf(JSON.parse(fromUtf8(payload) ?? ''));
  } catch {
    return viewOf({});
  }
}

function readBytes(file: string, bytesMax: number): Uint8Array {
  if (!existsSync(file) || statSync(file).size > bytesMax) {
    const reason = existsSync(file) ? `it has more than ${bytesMax} bytes` : 'there is no such file';
    throw new CocoError('COCO_CLI_FILE', `cannot read ${file}: ${reason}`, { path: file });
  }
  return new Uint8Array(readFileSync(file));
}
