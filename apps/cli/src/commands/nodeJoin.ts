/**
 * `coco node join`: from nothing but the address of a node and the fingerprint of the service to a node that takes part
 * (NET-1, GOV-8).
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type Client, createClient, plainBallot } from '@coco/client';
import {
  type JoinedNode,
  joinNetwork,
  type NodeConfig,
  openVirtualSealer,
  pinnedRequest,
  preventDumps,
  type ShownConstitution,
} from '@coco/host';
import { CocoError, utf8 } from '@coco/primitives';
import { type Command, type OptionValues, text, UsageError } from '../command.js';
import { objectIn } from '../governance/actionArguments.js';
import { describeConstitution } from '../governance/constitutionText.js';
import { shortId } from '../governance/naming.js';
import { readConstitution, readNodes } from '../governance/networkReader.js';
import { openProposalFor } from '../governance/openProposal.js';
import { say } from '../governance/signing.js';
import { joinProgressShown } from '../node/joinText.js';
import { ensureConfig, type JoinTarget, loadJoiningConfig, nodeFileOptions } from '../node/nodeFiles.js';
import { logOptions, openLog, runNode, tell } from '../node/runNode.js';
import { confirm } from '../prompt.js';
import { bold, dim, green, interactive } from '../terminal.js';
import { actorOptions, makeTuple } from './nodeTuple.js';

export const nodeJoin: Command = {
  name: 'node join',
  summary: 'make this machine’s node part of a network, and run it',
  operands: '',
  options: {
    peer: { type: 'string', value: 'HOST:PORT', help: 'administrative address of any node of the network' },
    'service-fingerprint': {
      type: 'string',
      value: 'HEX',
      help: 'SHA-256 of the service certificate, from somebody whom you trust',
    },
    approve: {
      type: 'string',
      value: 'DIGEST',
      help: 'approve the constitution with this digest and no other, without being asked',
    },
    propose: {
      type: 'boolean',
      help: 'propose the node to the members, in the name of the actor, which must be a member',
    },
    tuple: { type: 'string', value: 'FILE', default: 'tuple.json', help: 'where the signed tuple goes' },
    'no-start': { type: 'boolean', help: 'stop when the node is ready to start' },
    ...nodeFileOptions,
    ...logOptions,
    ...actorOptions,
  },
  about: [
    'Makes the node’s key and its signed tuple; shows the constitution and asks whether you approve it, before anything is ' +
      'fetched; waits until the members have admitted the node; fetches and verifies a snapshot; starts. It can be ' +
      'interrupted at any time and run again: what is done is not done twice.',
  ],
  examples: [
    [
      'coco node join --peer 10.0.0.1:8645 --service-fingerprint 5f0c… --address 10.0.0.4:8545 \\\n' +
        '    --actor-cert acme.cert.pem --actor-key acme.key.pem --propose',
      'a new node of acme, proposed at once',
    ],
    ['coco node join --approve 3b1d… --no-start', 'go on, in a script'],
  ],
  async run(_operands, options) {
    const log = openLog(options);
    preventDumps(log);
    const file = ensureConfig(options);
    const config = loadJoiningConfig(file, targetOf(options));
    try {
      const { nodeId } = await join(file, config, options);
      process.stdout.write(`${green('●')} ${bold(shortId(nodeId))} — ready\n`);
      if (options['no-start'] !== true) return await runNode(config, log);
      process.stdout.write(`${bold('Next:')} coco node start --config ${here(file)}\n`);
      return 0;
    } catch (error) {
      if (error instanceof CocoError) tell({ type: 'failure', code: error.code, message: error.message });
      throw hinted(error);
    }
  },
};

async function join(file: string, config: NodeConfig, options: OptionValues): Promise<JoinedNode> {
  const sealer = await openVirtualSealer(config.virtualKeyPath);
  const approved = config.join?.constitutionDigest !== undefined;
  // Nothing is proposed to a network whose constitution was not approved; without a terminal it must be already.
  if (approved || !interactive) await announce(file, config, options, approved);
  const approve = async (shown: ShownConstitution): Promise<boolean> => {
    if (!(await askApproval(shown, config))) return false;
    loadJoiningConfig(file, { constitutionDigest: shown.digest });
    if (!approved) await announce(file, config, options, true);
    return true;
  };
  return joinNetwork({
    config,
    sealer,
    onProgress: joinProgressShown(),
    ...(interactive && { approve }),
  });
}

function targetOf(options: OptionValues): Partial<JoinTarget> {
  const peer = text(options, 'peer');
  const serviceFingerprint = text(options, 'service-fingerprint')?.toLowerCase().replaceAll(':', '');
  const constitutionDigest = text(options, 'approve')?.toLowerCase();
  for (const [name, value] of Object.entries({
    'service-fingerprint': serviceFingerprint,
    approve: constitutionDigest,
  })) {
    if (value !== undefined && !/^[0-9a-f]{64}$/.test(value)) {
      throw new UsageError(`--${name} takes all 64 hexadecimal digits`);
    }
  }
  return {
    ...(peer !== undefined && { peer }),
    ...(serviceFingerprint !== undefined && { serviceFingerprint }),
    ...(constitutionDigest !== undefined && { constitutionDigest }),
  };
}

/** Makes the tuple unless it is there, and proposes it if that is wanted and was not done before. */
async function announce(
  file: string,
  config: NodeConfig,
  options: OptionValues,
  approved: boolean,
): Promise<void> {
  const out = path.resolve(path.dirname(file), text(options, 'tuple') ?? 'tuple.json');
  const tuple = await tupleAt(out, file, options);
  if (tuple === undefined) return;
  if (options['propose'] === true && approved) await propose(tuple, config, options);
}

/** The tuple in `out`, or a new one there; none when nobody is there to sign it. */
async function tupleAt(
  out: string,
  file: string,
  options: OptionValues,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (existsSync(out)) return objectIn(out);
  if (text(options, 'actor-cert') === undefined) return undefined;
  const { made } = await makeTuple(file, options);
  if (!('tuple' in made)) return undefined;
  writeFileSync(out, `${JSON.stringify(made.tuple, null, 2)}\n`);
  process.stdout.write(`${green('✓')} tuple signed ${dim(here(out))}\n`);
  if (options['propose'] !== true) {
    process.stdout.write(`${dim(`  a member proposes it: coco proposal create add-node ${here(out)}`)}\n`);
  }
  return made.tuple;
}

async function propose(
  tuple: Readonly<Record<string, unknown>>,
  config: NodeConfig,
  options: OptionValues,
): Promise<void> {
  const body = { actions: [{ name: 'add_node', args: tuple }] };
  const nodeId = String(tuple['node_id']);
  const as = { ...options, cert: text(options, 'actor-cert'), key: text(options, 'actor-key') };
  await withPinnedClient(config, async (client) => {
    const isListed = (await readNodes(client)).some(({ id }) => id === nodeId);
    if (isListed || (await openProposalFor(client, 'add_node', nodeId)) !== undefined) return;
    const said = await say({ type: 'proposal', payload: utf8(JSON.stringify(body)) }, as, client);
    if (!('answer' in said)) return;
    const proposalId = said.answer.text('proposalId');
    const state = said.answer.text('proposalState');
    if (state === 'Open') await say({ type: 'ballot', proposalId, payload: plainBallot(true) }, as, client);
    process.stdout.write(`${green('✓')} proposed as ${bold(shortId(proposalId))}, with your vote for it\n`);
  });
}

/** A client that trusts the service whose fingerprint the configuration has. */
async function withPinnedClient<Result>(
  config: NodeConfig,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  if (config.join === undefined) throw new UsageError('--peer and --service-fingerprint are needed');
  const { peer, serviceFingerprint } = config.join;
  const pin = { serviceFingerprint, timeoutMs: 15_000, nowMs: Date.now };
  const { serviceCertificate } = await pinnedRequest(peer, { method: 'GET', path: '/node/network' }, pin);
  const host = peer.host.includes(':') ? `[${peer.host}]` : peer.host;
  const client = createClient({
    url: `https://${host}:${peer.port}`,
    serviceCertificatePem: serviceCertificate.pem,
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** Shows the constitution, in full where the network tells, and asks. */
async function askApproval({ digest, summary }: ShownConstitution, config: NodeConfig): Promise<boolean> {
  const full = await withPinnedClient(config, readConstitution).catch(() => undefined);
  const shown =
    full?.text('digest') === digest ? describeConstitution(full) : JSON.stringify(summary, null, 2);
  process.stdout.write(`\n${shown}\n\n`);
  process.stdout.write(
    `${dim('Compare the digest with that of somebody whom you trust. Nothing has been fetched yet.')}\n`,
  );
  return confirm(`Approve the constitution ${digest.slice(0, 12)}…?`);
}

/** Failures of joining, with what to do about them here. */
function hinted(error: unknown): unknown {
  if (!(error instanceof CocoError) || error.code !== 'COCO_JOIN_CONSTITUTION') return error;
  const { digest } = error.facts;
  if (typeof digest !== 'string') return error;
  return new CocoError(error.code, `${error.message}; approve it with --approve ${digest}`, error.facts);
}

/** `file` as somebody in this directory names it. */
function here(file: string): string {
  return path.relative(process.cwd(), file) || file;
}
